package render

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rundown/plan/forecast"
	"rundown/runner/view"
)

// DifferenceKinds are the kinds of differences, in the order in which they are shown, with their signs.
var DifferenceKinds = []struct {
	Kind forecast.DifferenceKind
	Sign string
}{
	{forecast.DifferenceRemoved, "-"}, {forecast.DifferenceMoved, "~"}, {forecast.DifferenceAdded, "+"}, {forecast.DifferenceChanged, "*"},
}

// GroupsOf are the groups of a kind.
func GroupsOf(groups []forecast.DifferenceGroup, kind forecast.DifferenceKind) []forecast.DifferenceGroup {
	var list []forecast.DifferenceGroup
	for _, g := range groups {
		if g.Kind == kind {
			list = append(list, g)
		}
	}
	return list
}

// ClassesOf counts the classes of groups.
func ClassesOf(groups []forecast.DifferenceGroup) (n int) {
	for _, g := range groups {
		n += len(g.Classes)
	}
	return n
}

// GroupText tells what becomes of the classes of a group: of one class with its day, of several with the days of the week.
func GroupText(g forecast.DifferenceGroup) string {
	first := g.Classes[0]
	if len(g.Classes) == 1 {
		return differenceText(first) + keysText(first)
	}
	days := func(start func(forecast.ClassDifference) time.Time) string {
		var has [7]bool
		for _, c := range g.Classes {
			has[start(c).Weekday()] = true
		}
		var names []string
		for i := range 7 {
			if d := (i + 1) % 7; has[d] {
				names = append(names, time.Weekday(d).String()[:3])
			}
		}
		return strings.Join(names, " ") + " "
	}
	was := func(c forecast.ClassDifference) time.Time { return c.OldStart }
	is := func(c forecast.ClassDifference) time.Time { return c.Start }
	var what string
	switch g.Kind {
	case forecast.DifferenceRemoved:
		what = days(was) + clocksText(first.OldStart, first.OldEnd)
		if first.Cancelled {
			what += ", cancelled"
		}
	case forecast.DifferenceAdded, forecast.DifferenceChanged:
		what = days(is) + clocksText(first.Start, first.End)
	default:
		what = shiftText(first, days(was), days(is))
	}
	return fmt.Sprintf("%s, %s%s%s", Plural(len(g.Classes), "class"), what, periodText(g), keysText(first))
}

// shiftText tells from when to when classes move, with what differs alone: days, times and zones.
func shiftText(c forecast.ClassDifference, daysBefore, daysAfter string) string {
	before, after := clocksText(c.OldStart, c.OldEnd), clocksText(c.Start, c.End)
	if c.OldEnd.Sub(c.OldStart) == c.End.Sub(c.Start) {
		before, after = clockText(c.OldStart), clockText(c.Start)
	}
	if daysBefore == daysAfter {
		daysAfter = ""
	}
	if a, b := c.OldStart.Location().String(), c.Start.Location().String(); a != b {
		before, after = before+" "+a, after+" "+b
	}
	return daysBefore + before + " → " + daysAfter + after
}

// periodText is from when to when the classes of a group are, in the new plan or else in the old one.
func periodText(g forecast.DifferenceGroup) string {
	var days []string
	for _, c := range g.Classes {
		start := c.Start
		if start.IsZero() {
			start = c.OldStart
		}
		days = append(days, start.Format(time.DateOnly))
	}
	first, last := slices.Min(days), slices.Max(days)
	if first == last {
		return ", " + first
	}
	return ", " + first + " to " + last
}

// keysText lists the keys in which classes differ. Where only the name of the time zone does, no class begins or ends at
// another instant, which is said, since everybody would look for it.
func keysText(c forecast.ClassDifference) string {
	if len(c.Keys) == 0 {
		return ""
	}
	text := " (" + strings.Join(c.Keys, ", ") + ")"
	if slices.Contains(c.Keys, "timezone") && c.OldStart.Equal(c.Start) && c.OldEnd.Equal(c.End) {
		text += fmt.Sprintf(": %s → %s does not move the class", c.OldStart.Location(), c.Start.Location())
	}
	return text
}

// clocksText is the wall clock of the classes of a group, as [view.ClockText] writes it. That the clock changes during one of them
// is left out, since it is not said of the others.
func clocksText(from, until time.Time) string {
	wall := func(t time.Time) time.Time {
		_, offset := t.Zone()
		return t.UTC().Add(time.Duration(offset) * time.Second)
	}
	return view.ClockText(wall(from), wall(until))
}

// clockText is the time of day, with seconds where there are any.
func clockText(t time.Time) string {
	if t.Second() != 0 {
		return t.Format(time.TimeOnly)
	}
	return t.Format("15:04")
}

// RenameText tells of a recording that the new plan knows by another id.
func RenameText(r forecast.Rename) string {
	return fmt.Sprintf("renamed from %s, %s keep their history", view.Line(r.From), Plural(r.Classes, "class"))
}

// differenceText tells one class.
func differenceText(c forecast.ClassDifference) string {
	switch {
	case c.OldStart.IsZero():
		return intervalText(c.Start, c.End)
	case c.Start.IsZero() && c.Cancelled:
		return intervalText(c.OldStart, c.OldEnd) + ", cancelled"
	case c.Start.IsZero():
		return intervalText(c.OldStart, c.OldEnd)
	case c.OldStart.Equal(c.Start) && c.OldEnd.Equal(c.End):
		return intervalText(c.Start, c.End)
	default:
		return intervalText(c.OldStart, c.OldEnd) + " → " + intervalText(c.Start, c.End)
	}
}

// intervalText is the time of a class with its day and its zone.
func intervalText(from, until time.Time) string {
	return from.Format("Mon 2006-01-02 ") + view.ZonedClock(from, until)
}
