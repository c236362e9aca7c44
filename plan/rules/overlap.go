package rules

import (
	"cmp"
	"fmt"
	"time"

	"rundown/plan"
	"rundown/plan/schedule"
)

// overlap is two classes that overlap, and how often the two times that give them overlap in the window.
type overlap struct {
	first, second schedule.Instance // by start; of the earliest time
	count         int
}

// overlaps groups overlaps by the positions in the plan that cause them, so that a term of overlaps is one finding.
type overlaps struct {
	byPlace map[[2]plan.Pos]*overlap
	order   []*overlap
}

// add counts an overlap.
func (o *overlaps) add(first, second *schedule.Instance) {
	key := [2]plan.Pos{first.Pos(), second.Pos()}
	if comparePos(key[1], key[0]) < 0 {
		key[0], key[1] = key[1], key[0]
	}
	if known := o.byPlace[key]; known != nil {
		known.count++
		return
	}
	if o.byPlace == nil {
		o.byPlace = make(map[[2]plan.Pos]*overlap)
	}
	found := &overlap{*first, *second, 1}
	o.byPlace[key] = found
	o.order = append(o.order, found)
}

// comparePos orders positions by file, line and column.
func comparePos(a, b plan.Pos) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

// pos is the later one of the two positions in the document.
func (o *overlap) pos() plan.Pos {
	a, b := o.first.Pos(), o.second.Pos()
	if comparePos(a, b) > 0 {
		return a
	}
	return b
}

// String describes both classes, and how many more overlaps there are.
func (o *overlap) String() string {
	when := "before it ends"
	if o.first.Start == o.second.Start {
		when = "at the same time"
	}
	s := fmt.Sprintf("%s, and %s %s", intervalOf(&o.first), intervalOf(&o.second), when)
	if o.count > 1 {
		s += fmt.Sprintf("; %d more in the window", o.count-1)
	}
	return s
}

// intervalOf describes a class by its recording and its time.
func intervalOf(c *schedule.Instance) string {
	zone := c.Settings().Zone
	start, end := time.Unix(c.Start, 0).In(zone), time.Unix(c.End, 0).In(zone)
	format := func(t time.Time) string {
		if t.Second() != 0 {
			return t.Format(time.TimeOnly)
		}
		return t.Format("15:04")
	}
	until := "-" + format(end)
	if end.Sub(start) >= 24*time.Hour {
		until = " to " + end.Format(time.DateOnly) + " " + format(end)
	}
	moved := ""
	if isMoved(c) {
		moved = " (moved)"
		if day := c.Day.String(); day != start.Format(time.DateOnly) {
			moved = " (moved from " + day + ")"
		}
	}
	return fmt.Sprintf("%s on %s %s%s%s", c.Timetable.Recording.ID, start.Format(time.DateOnly), format(start), until, moved)
}

// isMoved says whether a change gives a class its time.
func isMoved(c *schedule.Instance) bool {
	return c.Change >= 0 && c.Timetable.Recording.Changes[c.Change].To != nil
}
