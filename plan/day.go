package plan

import (
	"strings"
	"time"
)

// Day is a day of the calendar, counted from 1970-01-01, without any zone. Plans may name the years 1 to 9999.
type Day int32

// DayRange is a run of days, both ends included.
type DayRange struct{ First, Last Day }

// Clock is a time of day on the wall, in seconds from midnight, 0 to 86 399.
type Clock int32

// Weekdays is a set of days of the week; bit 0 is Sunday, as in time.Weekday.
type Weekdays uint8

// DaySeconds is the length of a day without a clock change, in seconds.
const DaySeconds = 24 * 60 * 60

// DayOf counts the day of a civil date.
func DayOf(year int, month time.Month, day int) Day {
	return Day(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / DaySeconds) // whole days: nothing is cut off
}

// Date gives the civil date of the day.
func (d Day) Date() (year int, month time.Month, day int) {
	return time.Unix(int64(d)*DaySeconds, 0).UTC().Date()
}

// Weekday gives the day of the week.
func (d Day) Weekday() time.Weekday {
	return time.Weekday((int(d)%7 + 7 + 4) % 7) // 1970-01-01 was a Thursday
}

// String writes the day as plans do: 2031-10-13.
func (d Day) String() string {
	year, month, day := d.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

// String writes the range as plans do: 2031-10-13 or 2031-11-17..2031-11-19.
func (r DayRange) String() string {
	if r.First == r.Last {
		return r.First.String()
	}
	return r.First.String() + ".." + r.Last.String()
}

// Contains says whether the day is in the range, both ends included.
func (r DayRange) Contains(d Day) bool { return r.First <= d && d <= r.Last }

// Has says whether the set contains the day.
func (w Weekdays) Has(d time.Weekday) bool { return w>>d&1 != 0 }

// String names the days, from Monday.
func (w Weekdays) String() string {
	var names []string
	for i := range 7 {
		if d := time.Weekday((i + 1) % 7); w.Has(d) {
			names = append(names, WeekdayNames[d][:3])
		}
	}
	return strings.Join(names, " ")
}

// String writes the time of day as plans do: 09:00, or 09:00:20 where there are seconds.
func (c Clock) String() string {
	layout := "15:04"
	if c%60 != 0 {
		layout = time.TimeOnly
	}
	return time.Unix(int64(c), 0).UTC().Format(layout)
}

// LocalDay gives the day on which the instant falls by the wall clock of its zone.
func LocalDay(t time.Time) Day {
	year, month, day := t.Date()
	return DayOf(year, month, day)
}

// FloorDiv divides and rounds towards negative infinity, which integer division in Go does not do. It is for instants
// before 1970.
func FloorDiv[T int | int64](a, b T) T {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// WeekdayNames are the English days from Sunday, as time.Weekday counts them. Plans write whole names or three
// letters, in any case.
var WeekdayNames = [...]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}

// HourSeconds is the length of an hour, in seconds.
const HourSeconds = 60 * 60
