package rules

import (
	"fmt"
	"regexp"
	"strings"

	"rundown/plan"
)

// fixedZone matches the zones of the database that are taken for the time of a place and never change their clocks.
var fixedZone = regexp.MustCompile(`^(EST|MST|HST|(Etc/)?(GMT([+-]?[0-9]+)?|Greenwich))$`)

// fixedZones are the fixed zones that belong to a country, with its real zone.
var fixedZones = map[string]string{"EST": "America/New_York", "MST": "America/Denver", "HST": "Pacific/Honolulu"}

// checkFixedZones reports zones without daylight saving time, apart from UTC.
func checkFixedZones(c *checker) {
	c.reportValues([]string{"timezone"}, func(s *plan.Settings) (string, plan.Hint) {
		if s.Zone == nil || !fixedZone.MatchString(s.Zone.String()) {
			return "", plan.Hint{}
		}
		name := s.Zone.String()
		is := ""
		if sign, hours, ok := cutEtc(name); ok {
			is = fmt.Sprintf("is UTC%s%s, and it ", sign, hours)
		}
		message := fmt.Sprintf("timezone %s %shas no daylight saving time: where clocks change, classes are an hour off for half of the year", name, is)
		if zone, known := fixedZones[name]; known {
			return message, plan.WriteHint(zone)
		}
		m := plan.ZoneOffset.FindStringSubmatch(name)
		if m == nil {
			m = []string{name, "+", "0", ""}
		}
		return message, plan.OffsetHint(name, m[1]+m[2], m[3])
	})
}

// cutEtc gives the offset from UTC of a zone such as Etc/GMT+1, whose sign is the other way round.
func cutEtc(name string) (sign, hours string, ok bool) {
	if hours, ok = strings.CutPrefix(name, "Etc/GMT+"); ok {
		return "-", hours, hours != "0"
	}
	hours, ok = strings.CutPrefix(name, "Etc/GMT-")
	return "+", hours, ok && hours != "0"
}
