package plan

import (
	"fmt"
	"regexp"
)

// fixedZone matches the zones of the database that are taken for the time of a place and never change their clocks.
var fixedZone = regexp.MustCompile(`^(EST|MST|HST|(Etc/)?(GMT([+-]?[0-9]+)?|Greenwich))$`)

// fixedZones are those that belong to a country.
var fixedZones = map[string]string{"EST": "America/New_York", "MST": "America/Denver", "HST": "Pacific/Honolulu"}

func checkFixedZones(c *checker) {
	c.reportValues([]string{"timezone"}, func(s *Settings) (string, tip) {
		if s.Zone == nil || !fixedZone.MatchString(s.Zone.String()) {
			return "", tip{}
		}
		name := s.Zone.String()
		message := fmt.Sprintf("timezone %s knows no summer time: where clocks change, classes are an hour off for half of the year", name)
		if zone, known := fixedZones[name]; known {
			return message, write(zone)
		}
		m := zoneOffset.FindStringSubmatch(name)
		if m == nil {
			m = []string{name, "+", "0", ""}
		}
		return message, offsetHint(name, m[1]+m[2], m[3])
	})
}
