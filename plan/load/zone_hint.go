package load

import (
	"fmt"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"rundown/plan"
)

// zoneHint finds the zone that is meant by an abbreviation, a city, an offset, or a misspelt name. It never suggests
// a zone with another offset, since classes would then be an hour off without anyone noticing.
func zoneHint(name string) plan.Hint {
	folded := foldZone(name)
	for _, zone := range plan.ZoneList() {
		if strings.EqualFold(zone, folded) {
			return plan.WriteHint(zone)
		}
	}
	if m := plan.ZoneOffset.FindStringSubmatch(strings.TrimSpace(name)); m != nil {
		return plan.OffsetHint(name, m[1]+m[2], m[3])
	}
	if zone, known := abbreviations[strings.ToUpper(folded)]; known {
		return plan.WriteHint(zone)
	}
	area, city, hasArea := cutLast(folded)
	for _, table := range []map[string]string{moreCities, zoneCities()} {
		if zone, known := table[strings.ToLower(city)]; known {
			return plan.WriteHint(zone)
		}
	}
	if zone := nearestZone(area, city, hasArea); zone != "" {
		return plan.Hint{Text: fmt.Sprintf("did you mean %s?", zone), Replacement: zone}
	}
	return plan.NewHint("write a name of the IANA database, as in Europe/Madrid")
}

// foldZone writes a name without accents and with underscores for spaces, as the database does.
func foldZone(name string) string {
	return strings.ReplaceAll(foldLatin(strings.TrimSpace(name)), " ", "_")
}

// foldLatin removes accents from letters.
func foldLatin(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(s))
}

// cutLast splits a zone at its last slash: area and city.
func cutLast(name string) (area, city string, ok bool) {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		return name[:i], name[i+1:], true
	}
	return "", name, false
}

// nearestZone finds the zone whose name is misspelt. Short city names are too similar to guess.
func nearestZone(area, city string, hasArea bool) string {
	most := 1
	switch n := len(city); {
	case n < 5:
		return ""
	case n > 6:
		most = 2
	}
	return plan.Closest(plan.ZoneList(), most, func(zone string) (int, bool) {
		of, name, ok := cutLast(zone)
		if !ok || plan.DigitsOf(name) != plan.DigitsOf(city) || hasArea && plan.Typos(strings.ToLower(area), strings.ToLower(of)) > 1 {
			return 0, false
		}
		return plan.Typos(strings.ToLower(city), strings.ToLower(name)), true
	})
}

// zoneCities are the zones by the lower-case name of the city.
var zoneCities = sync.OnceValue(func() map[string]string {
	cities := make(map[string]string)
	for _, zone := range plan.ZoneList() {
		area, city, ok := cutLast(zone)
		if !ok || area == "Etc" || plan.DigitsOf(city) != "" {
			continue
		}
		city = strings.ToLower(city)
		if other, known := cities[city]; !known || len(zone) < len(other) {
			cities[city] = zone
		}
	}
	return cities
})

// abbreviations are names of times that are not zones of the database, with the zone of most people who use them.
var abbreviations = map[string]string{
	"PST": "America/Los_Angeles", "PDT": "America/Los_Angeles", "MDT": "America/Denver", "CST": "America/Chicago",
	"CDT": "America/Chicago", "EDT": "America/New_York", "AKST": "America/Anchorage", "AKDT": "America/Anchorage",
	"NST": "America/St_Johns", "NDT": "America/St_Johns",
	"MEZ": "Europe/Berlin", "MESZ": "Europe/Berlin", "CEST": "Europe/Berlin", "BST": "Europe/London", "WEST": "Europe/Lisbon",
	"OEZ": "Europe/Athens", "OESZ": "Europe/Athens", "EEST": "Europe/Athens", "HNEC": "Europe/Paris", "HAEC": "Europe/Paris",
	"MSK": "Europe/Moscow", "TRT": "Europe/Istanbul", "IST": "Asia/Kolkata", "PKT": "Asia/Karachi", "JST": "Asia/Tokyo",
	"KST": "Asia/Seoul", "HKT": "Asia/Hong_Kong", "SGT": "Asia/Singapore", "WIB": "Asia/Jakarta", "ICT": "Asia/Bangkok",
	"AEST": "Australia/Sydney", "AEDT": "Australia/Sydney", "AWST": "Australia/Perth", "ACST": "Australia/Adelaide",
	"NZST": "Pacific/Auckland", "NZDT": "Pacific/Auckland", "SAST": "Africa/Johannesburg", "CAT": "Africa/Maputo",
	"EAT": "Africa/Nairobi", "WAT": "Africa/Lagos", "BRT": "America/Sao_Paulo",
}

// moreCities are large cities that no zone is named after, and local names of cities.
var moreCities = map[string]string{
	"munich": "Europe/Berlin", "munchen": "Europe/Berlin", "muenchen": "Europe/Berlin", "hamburg": "Europe/Berlin",
	"frankfurt": "Europe/Berlin", "cologne": "Europe/Berlin", "koln": "Europe/Berlin", "koeln": "Europe/Berlin",
	"stuttgart": "Europe/Berlin", "dusseldorf": "Europe/Berlin", "leipzig": "Europe/Berlin", "dresden": "Europe/Berlin",
	"hannover": "Europe/Berlin", "nuremberg": "Europe/Berlin", "nurnberg": "Europe/Berlin", "bonn": "Europe/Berlin",
	"wien": "Europe/Vienna", "graz": "Europe/Vienna", "salzburg": "Europe/Vienna", "geneva": "Europe/Zurich",
	"geneve": "Europe/Zurich", "basel": "Europe/Zurich", "bern": "Europe/Zurich", "lausanne": "Europe/Zurich",
	"lyon": "Europe/Paris", "marseille": "Europe/Paris", "toulouse": "Europe/Paris", "bordeaux": "Europe/Paris",
	"lille": "Europe/Paris", "nice": "Europe/Paris", "strasbourg": "Europe/Paris", "barcelona": "Europe/Madrid",
	"valencia": "Europe/Madrid", "sevilla": "Europe/Madrid", "seville": "Europe/Madrid", "bilbao": "Europe/Madrid",
	"milan": "Europe/Rome", "milano": "Europe/Rome", "roma": "Europe/Rome", "naples": "Europe/Rome", "turin": "Europe/Rome",
	"florence": "Europe/Rome", "lisboa": "Europe/Lisbon", "porto": "Europe/Lisbon", "manchester": "Europe/London",
	"birmingham": "Europe/London", "edinburgh": "Europe/London", "glasgow": "Europe/London", "oxford": "Europe/London",
	"cambridge": "Europe/London", "bristol": "Europe/London", "leeds": "Europe/London", "cork": "Europe/Dublin",
	"rotterdam": "Europe/Amsterdam", "utrecht": "Europe/Amsterdam", "bruxelles": "Europe/Brussels", "antwerp": "Europe/Brussels",
	"krakow": "Europe/Warsaw", "warszawa": "Europe/Warsaw", "gdansk": "Europe/Warsaw", "praha": "Europe/Prague", "brno": "Europe/Prague",
	"gothenburg": "Europe/Stockholm", "kobenhavn": "Europe/Copenhagen", "bergen": "Europe/Oslo", "thessaloniki": "Europe/Athens",
	"kharkiv": "Europe/Kyiv", "odesa": "Europe/Kyiv", "lviv": "Europe/Kyiv", "saint_petersburg": "Europe/Moscow",
	"ankara": "Europe/Istanbul", "san_francisco": "America/Los_Angeles", "seattle": "America/Los_Angeles",
	"san_diego": "America/Los_Angeles", "las_vegas": "America/Los_Angeles", "portland": "America/Los_Angeles",
	"houston": "America/Chicago", "dallas": "America/Chicago", "austin": "America/Chicago", "san_antonio": "America/Chicago",
	"minneapolis": "America/Chicago", "new_orleans": "America/Chicago", "boston": "America/New_York", "miami": "America/New_York",
	"washington": "America/New_York", "atlanta": "America/New_York", "philadelphia": "America/New_York",
	"ottawa": "America/Toronto", "calgary": "America/Edmonton", "rio_de_janeiro": "America/Sao_Paulo",
	"brasilia": "America/Sao_Paulo", "quito": "America/Guayaquil", "medellin": "America/Bogota", "guadalajara": "America/Mexico_City",
	"mumbai": "Asia/Kolkata", "delhi": "Asia/Kolkata", "new_delhi": "Asia/Kolkata", "bangalore": "Asia/Kolkata",
	"bengaluru": "Asia/Kolkata", "chennai": "Asia/Kolkata", "hyderabad": "Asia/Kolkata", "pune": "Asia/Kolkata",
	"beijing": "Asia/Shanghai", "shenzhen": "Asia/Shanghai", "guangzhou": "Asia/Shanghai", "osaka": "Asia/Tokyo",
	"kyoto": "Asia/Tokyo", "busan": "Asia/Seoul", "hanoi": "Asia/Bangkok", "islamabad": "Asia/Karachi", "lahore": "Asia/Karachi",
	"abu_dhabi": "Asia/Dubai", "doha": "Asia/Qatar", "cape_town": "Africa/Johannesburg",
	"pretoria": "Africa/Johannesburg", "abuja": "Africa/Lagos", "alexandria": "Africa/Cairo", "rabat": "Africa/Casablanca",
	"wellington": "Pacific/Auckland",
}
