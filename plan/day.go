package plan

// Day is a day of the calendar, counted from 1970-01-01, without any zone.
type Day int32

// DayRange is a run of days, both ends included.
type DayRange struct{ First, Last Day }

// clock is a time of day on the wall, in seconds from midnight, 0 to 86 399.
type clock int32

// weekdays is a set of days of the week; bit 0 is Sunday, as in time.Weekday.
type weekdays uint8

// parseDays reads a day or a range of days: "2031-10-13" or "2031-11-27..2031-11-28". The error is a
// [*syntaxError].
func parseDays(s string) (DayRange, error) { panic("skeleton") }
