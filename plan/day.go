package plan

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Day is a day of the calendar, counted from 1970-01-01, without any zone. Plans may name the years 1 to 9999.
type Day int32

// DayRange is a run of days, both ends included.
type DayRange struct{ First, Last Day }

// clock is a time of day on the wall, in seconds from midnight, 0 to 86 399.
type clock int32

// weekdays is a set of days of the week; bit 0 is Sunday, as in time.Weekday.
type weekdays uint8

const daySeconds = 24 * 60 * 60

// dayOf counts the day of a civil date.
func dayOf(year int, month time.Month, day int) Day {
	return Day(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / daySeconds) // whole days: nothing is cut off
}

// Date gives the civil date of the day.
func (d Day) Date() (year int, month time.Month, day int) {
	return time.Unix(int64(d)*daySeconds, 0).UTC().Date()
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

func (r DayRange) contains(d Day) bool { return r.First <= d && d <= r.Last }

// has says that the set holds the day.
func (w weekdays) has(d time.Weekday) bool { return w>>d&1 != 0 }

// String names the days, from Monday.
func (w weekdays) String() string {
	var names []string
	for i := range 7 {
		if d := time.Weekday((i + 1) % 7); w.has(d) {
			names = append(names, weekdayNames[d][:3])
		}
	}
	return strings.Join(names, " ")
}

// String writes the time of day as plans do: 09:00, or 09:00:20 where there are seconds.
func (c clock) String() string {
	layout := "15:04"
	if c%60 != 0 {
		layout = time.TimeOnly
	}
	return time.Unix(int64(c), 0).UTC().Format(layout)
}

// localDay gives the day on which the instant falls by the wall clock of its zone.
func localDay(t time.Time) Day {
	year, month, day := t.Date()
	return dayOf(year, month, day)
}

// floorDiv divides towards negative infinity.
func floorDiv[T int | int64](a, b T) T {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

const dayHint = "write a day as 2031-10-13 or a range as 2031-11-27..2031-11-28"

// parseDay reads a day as 2031-10-13.
func parseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	switch {
	case err == nil && t.Year() >= 1:
		return localDay(t), nil
	case looksLikeDate(s):
		return 0, noSuchDay(s)
	default:
		if d, ok := parseForeignDay(s); ok {
			return 0, syntaxTip(tip{text: "write " + d.String(), of: s, with: d.String()}, "%q is not a day as plans write it", s)
		}
		return 0, syntaxErrorf(dayHint, "%q is not a day", s)
	}
}

// noSuchDay is the error for a text that has the form of a day, and names none. Its hint is the nearest day where that
// is clear: the last day of a month, or the day whose month and day were swapped.
func noSuchDay(s string) error {
	number := func(digits string) int { n, _ := strconv.Atoi(digits); return n }
	year, month, day := number(s[:4]), number(s[5:7]), number(s[8:])
	switch {
	case year < 1:
		return syntaxErrorf(dayHint, "there is no day %s: years go from 0001 to 9999", s)
	case month < 1 || month > 12:
		message := fmt.Sprintf("there is no day %s: months go from 01 to 12", s)
		swapped := s[:5] + s[8:] + "-" + s[5:7]
		if _, err := time.Parse(time.DateOnly, swapped); err == nil {
			return syntaxErrorf("did you mean "+swapped+"?", "%s", message)
		}
		return syntaxErrorf(dayHint, "%s", message)
	}
	last := dayOf(year, time.Month(month)+1, 1) - 1
	_, _, length := last.Date()
	message := fmt.Sprintf("there is no day %s: %s %d has %d days", s, time.Month(month), year, length)
	if day < 1 || day > 31 {
		return syntaxErrorf(dayHint, "%s", message)
	}
	return syntaxTip(tip{text: fmt.Sprintf("did you mean %s?", last), of: s, with: last.String()}, "%s", message)
}

func looksLikeDate(s string) bool {
	if len(s) != len(time.DateOnly) {
		return false
	}
	for i := range len(s) {
		if (i == 4 || i == 7) != (s[i] == '-') || i != 4 && i != 7 && !isDigit(s[i]) {
			return false
		}
	}
	return true
}

// parseDays reads a day or a range of days: "2031-10-13" or "2031-11-27..2031-11-28". The error is a
// [*syntaxError].
func parseDays(s string) (DayRange, error) {
	first, last, isRange := strings.Cut(strings.TrimSpace(s), "..")
	from, err := parseDay(strings.TrimSpace(first))
	if days, ok := foreignDays(s); err != nil && ok {
		return DayRange{}, syntaxTip(write(days.String()), "%q is not a day, or a range of days, as plans write them", s)
	}
	if err != nil {
		return DayRange{}, err
	}
	if !isRange {
		return DayRange{from, from}, nil
	}
	until, err := parseDay(strings.TrimSpace(last))
	if err != nil {
		return DayRange{}, err
	}
	if until < from {
		return DayRange{}, syntaxTip(write(DayRange{until, from}.String()), "the range %s ends before it begins", DayRange{from, until})
	}
	return DayRange{from, until}, nil
}
