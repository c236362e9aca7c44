package view

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"rundown/plan"
)

// TimeForm is how a time is written where people read it.
const TimeForm = "Mon 2006-01-02 15:04:05 MST"

// OrNull is a text for JSON: null where there is none.
func OrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Positive is a number for JSON: null where there is none.
func Positive(n int) *int {
	if n <= 0 {
		return nil
	}
	return &n
}

// DayText is a day, "" for none.
func DayText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// PlanTime writes a time of a plan: RFC 3339 with the offset of its zone. The zero time is null.
func PlanTime(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := t.Format(time.RFC3339)
	return &s
}

// SessionTime writes a time of a session: UTC with milliseconds. The zero time is null.
func SessionTime(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := t.UTC().Format("2006-01-02T15:04:05.000Z")
	return &s
}

// Line makes a text of a plan or of the service fit for one line: control characters and line breaks are replaced.
func Line(s string) string { return strings.Map(Printable, s) }

// Printable replaces a character that is not fit for one line.
func Printable(r rune) rune {
	switch {
	case r == ' ', unicode.IsGraphic(r) && !unicode.Is(unicode.Zs, r):
		return r
	case unicode.IsSpace(r):
		return ' '
	default:
		return '\uFFFD'
	}
}

// JoinSome lists at most n items and counts the rest.
func JoinSome(items []string, n int) string {
	if len(items) > n {
		return fmt.Sprintf("%s and %d more", strings.Join(items[:n], ", "), len(items)-n)
	}
	return strings.Join(items, ", ")
}

// Nearest is the name that a typing mistake or a beginning most likely stands for; "" where none is near.
func Nearest(name string, names []string) string {
	if i := slices.IndexFunc(names, func(n string) bool { return len(name) >= 3 && strings.HasPrefix(n, name) }); i >= 0 {
		return names[i]
	}
	return plan.Nearest(name, names)
}

// InZone moves an instant to a zone and leaves the zero time as it is.
func InZone(t time.Time, zone *time.Location) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(zone)
}

// ZonedClock is the wall clock of a class with the zone of its start: 09:00-09:50 CET.
func ZonedClock(start, end time.Time) string { return ClockText(start, end) + start.Format(" MST") }

// ClockText is the wall clock of a class: 09:00-09:50, with seconds where there are any. Where the end is on a later day,
// the days follow, as in 09:00-15:00 +1d; where a clock change makes the two clocks misleading, the length follows.
func ClockText(start, end time.Time) string {
	end = end.In(start.Location())
	layout := "15:04"
	if start.Second() != 0 || end.Second() != 0 {
		layout = time.TimeOnly
	}
	text := start.Format(layout) + "-" + end.Format(layout)
	wall := func(t time.Time) time.Time {
		_, offset := t.Zone()
		return t.UTC().Add(time.Duration(offset) * time.Second)
	}
	const day = 24 * time.Hour
	if days := wall(end).Truncate(day).Sub(wall(start).Truncate(day)) / day; days > 0 {
		text += fmt.Sprintf(" +%dd", days)
	}
	if length := end.Sub(start); length != wall(end).Sub(wall(start)) {
		text += " (" + plan.DurationText(length) + ")"
	}
	return text
}
