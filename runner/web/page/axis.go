package page

import (
	"math"
	"strconv"
	"time"
)

// axis maps a period to positions from 0 to 100, in proportion to the time that really passes: an hour that the clock
// repeats takes its place twice, and one that it skips takes none.
type axis struct {
	from, until time.Time
	zone        *time.Location
}

// percent is a position on an axis, for an attribute of SVG.
type percent float64

// String has no more digits than can be seen.
func (p percent) String() string {
	return strconv.FormatFloat(math.Round(float64(p)*100)/100, 'f', -1, 64) + "%"
}

// at is the position of an instant. What lies outside of the axis is at its end.
func (a axis) at(t time.Time) percent {
	whole := a.until.Sub(a.from)
	if whole <= 0 {
		return 0
	}
	part := t.Sub(a.from)
	return percent(100 * float64(min(max(part, 0), whole)) / float64(whole))
}

// has says that an instant is on the axis.
func (a axis) has(t time.Time) bool { return !t.Before(a.from) && t.Before(a.until) }

// dayIn is the day of an instant in a zone, as a period: from its first instant to the first of the next. It has 23 or 25
// hours where the clock changes. Where a change skips midnight it begins at the first instant that there is.
func dayIn(t time.Time, zone *time.Location) (from, until time.Time) {
	y, m, d := t.In(zone).Date()
	return startOfDay(y, m, d, zone), startOfDay(y, m, d+1, zone)
}

// startOfDay is the first instant of a day. [time.Date] may give an instant before it where the clock skips midnight, and
// either of two where it repeats it.
func startOfDay(y int, m time.Month, d int, zone *time.Location) time.Time {
	noon := time.Date(y, m, d, 12, 0, 0, 0, zone)
	day := noon.Day()
	at := noon
	for _, step := range []time.Duration{time.Hour, time.Minute, time.Second} {
		for at.Add(-step).Day() == day {
			at = at.Add(-step)
		}
	}
	return at
}

// tick is a mark on an axis, at a full hour of the wall clock.
type tick struct {
	X      percent
	Label  string
	Change string // what the clock does here, such as "clock goes back"; "" for nothing
}

// steps are the distances between ticks, in hours.
var steps = []int{1, 2, 3, 4, 6, 12}

// ticks are the full hours of an axis, at most so many. Where the offset changes between two of them, the later says so
// and both hours of the same name are told apart by their offset.
func (a axis) ticks(most int) []tick {
	hours := int(a.until.Sub(a.from)/time.Hour) + 1
	step := steps[len(steps)-1]
	for _, s := range steps {
		if hours/s < most {
			step = s
			break
		}
	}
	var list []tick
	_, before := a.from.In(a.zone).Zone()
	for t := a.fullHour(a.from); t.Before(a.until); t = a.fullHour(t.Add(time.Second)) {
		name, offset := t.In(a.zone).Zone()
		change := ""
		switch {
		case offset > before:
			change = "clock goes forward"
		case offset < before:
			change = "clock goes back"
		}
		if change == "" && t.In(a.zone).Hour()%step != 0 {
			continue
		}
		label := t.In(a.zone).Format("15:04")
		if change != "" {
			label += " " + zoneName(name, offset)
		}
		before = offset
		list = append(list, tick{X: a.at(t), Label: label, Change: change})
	}
	return list
}

// fullHour is the first full hour of the wall clock at or after an instant.
func (a axis) fullHour(t time.Time) time.Time {
	for range 4 { // a change may lie in between, and may be one of half an hour
		local := t.In(a.zone)
		rest := time.Duration(local.Minute())*time.Minute + time.Duration(local.Second())*time.Second + time.Duration(local.Nanosecond())
		if rest == 0 {
			return t
		}
		t = t.Add(time.Hour - rest)
		if _, offset := t.In(a.zone).Zone(); offset != offsetOf(local) {
			// The hour ended early or late by the change: begin again from the change itself.
			t = changeBetween(local, t, a.zone)
		}
	}
	return t
}

// offsetOf is how many seconds the clock of an instant is ahead of UTC.
func offsetOf(t time.Time) int {
	_, offset := t.Zone()
	return offset
}

// changeBetween is the instant at which the offset of a zone changes, between two instants of different offsets.
func changeBetween(from, until time.Time, zone *time.Location) time.Time {
	if _, end := from.In(zone).ZoneBounds(); !end.IsZero() && !end.After(until) {
		return end
	}
	return until
}

// axisOf is the axis of a day's timeline: the hours in which there is something, with some room, but at least four, and no
// more than the day and what reaches over its ends.
func axisOf(day, dayEnd time.Time, zone *time.Location, spans []span) axis {
	const room, least = 30 * time.Minute, 4 * time.Hour
	if len(spans) == 0 {
		return axis{day, dayEnd, zone}
	}
	from, until := spans[0].From, spans[0].Until
	for _, s := range spans {
		if s.From.Before(from) {
			from = s.From
		}
		if s.Until.After(until) {
			until = s.Until
		}
	}
	from, until = from.Add(-room), until.Add(room)
	if short := least - until.Sub(from); short > 0 {
		from, until = from.Add(-short/2), until.Add(short/2)
	}
	if from.Before(day) {
		from = day
	}
	if until.After(dayEnd) {
		until = dayEnd
	}
	return axis{from, until, zone}
}
