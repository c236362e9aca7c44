package plan

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// ZoneOffset matches an offset from UTC that is written in place of a zone: GMT+2, UTC+05:30, +02:00.
var ZoneOffset = regexp.MustCompile(`(?i)^(?:GMT|UTC|Etc/GMT|Etc/UTC)? ?([+-])0?([0-9]{1,2})(?::?([0-9]{2}))?$`)

// OffsetHint suggests the zone of a city with the offset, as an example: only the author knows which city is meant.
func OffsetHint(name, hours, minutes string) Hint {
	if zone := OffsetCity(name, hours, minutes); zone != "" {
		return NewHint(fmt.Sprintf("write the zone of a city, which has daylight saving time, such as %s", zone))
	}
	return NewHint("write the zone of a city, which has daylight saving time")
}

// OffsetCity is the zone of a large city with the offset; "" for none. Names that begin with Etc/GMT have the
// opposite sign.
func OffsetCity(name, hours, minutes string) string {
	h, _ := strconv.Atoi(hours)
	m, _ := strconv.Atoi(minutes)
	if h < 0 || strings.HasPrefix(hours, "-") {
		m = -m
	}
	if strings.HasPrefix(strings.ToLower(name), "etc/gmt") {
		h, m = -h, -m // its sign is the other way round
	}
	return OffsetCities[h*60+m]
}

// OffsetCities are large cities by their standard offset from UTC, in minutes.
var OffsetCities = map[int]string{
	-600: "Pacific/Honolulu", -540: "America/Anchorage", -480: "America/Los_Angeles", -420: "America/Denver",
	-360: "America/Chicago", -300: "America/New_York", -240: "America/Halifax", -210: "America/St_Johns", -180: "America/Sao_Paulo",
	-60: "Atlantic/Azores", 0: "Europe/London", 60: "Europe/Berlin", 120: "Europe/Athens", 180: "Europe/Istanbul",
	210: "Asia/Tehran", 240: "Asia/Dubai", 270: "Asia/Kabul", 300: "Asia/Karachi", 330: "Asia/Kolkata", 345: "Asia/Kathmandu",
	360: "Asia/Dhaka", 390: "Asia/Yangon", 420: "Asia/Bangkok", 480: "Asia/Singapore", 540: "Asia/Tokyo", 570: "Australia/Adelaide",
	600: "Australia/Sydney", 660: "Pacific/Noumea", 720: "Pacific/Auckland", 780: "Pacific/Tongatapu", 840: "Pacific/Kiritimati",
}
