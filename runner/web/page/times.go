package page

import (
	"fmt"
	"strings"
	"time"
)

// zoneName is how an offset is called: by its abbreviation where the zone has one that is letters, else UTC+10:30.
func zoneName(name string, offset int) string {
	if name != "" && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
		return name
	}
	sign := '+'
	if offset < 0 {
		sign, offset = '-', -offset
	}
	text := fmt.Sprintf("UTC%c%d", sign, offset/3600)
	if minutes := offset / 60 % 60; minutes != 0 {
		text += fmt.Sprintf(":%02d", minutes)
	}
	return text
}

// zoneAt is the name of a zone's offset at an instant.
func zoneAt(t time.Time, zone *time.Location) string {
	name, offset := t.In(zone).Zone()
	return zoneName(name, offset)
}

// lengthText is a length in words, to the second or the minute, of more than a day in days: "50 min", "1 h 30 min", "45 s", "3 days".
func lengthText(d time.Duration) string {
	d = d.Round(time.Second)
	switch days := d / (24 * time.Hour); {
	case d < 0:
		return "-" + lengthText(-d)
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < 10*time.Minute && d%time.Minute != 0:
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min", d.Round(time.Minute)/time.Minute)
	case d < 24*time.Hour && d%time.Hour < time.Minute:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d < 24*time.Hour:
		return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
	case days == 1:
		return "1 day"
	default:
		return fmt.Sprintf("%d days", days)
	}
}

// When is an instant as a page shows it: in the zone of the class, and where the viewer's clock shows another time, in
// the viewer's too.
type When struct {
	At   time.Time
	Text string // in the class's zone, such as "09:00" or "Mon 15 Sep 09:00"
	Here string // in the viewer's zone, "" where it is the same
}

// Machine is the instant for the datetime attribute.
func (w When) Machine() string { return w.At.UTC().Format("2006-01-02T15:04:05Z") }

// Known says that there is an instant.
func (w When) Known() bool { return !w.At.IsZero() }

// scribe writes times for one request.
type scribe struct {
	now    time.Time
	day    *time.Location // that of the pages
	viewer *time.Location // nil: unknown
}

// differs says that the viewer's clock shows another time than that of a zone.
func (s scribe) differs(t time.Time, zone *time.Location) bool {
	return s.viewer != nil && offsetOf(t.In(zone)) != offsetOf(t.In(s.viewer))
}

// when is an instant in a form, in the zone of the class and for the viewer; the zero When for the zero time.
func (s scribe) when(t time.Time, zone *time.Location, form string) When {
	if t.IsZero() {
		return When{}
	}
	w := When{At: t, Text: t.In(zone).Format(form)}
	if s.differs(t, zone) {
		w.Here = t.In(s.viewer).Format(form) + " " + zoneAt(t, s.viewer)
	}
	return w
}

// clock is an instant by its time of day, with the day where it is not that of the page.
func (s scribe) clock(t time.Time, zone *time.Location) When { return s.when(t, zone, "15:04") }

// moment is an instant with its day, its seconds and the name of the zone's offset.
func (s scribe) moment(t time.Time, zone *time.Location) When {
	w := s.when(t, zone, "Mon 2 Jan 2006 15:04:05")
	if w.Known() {
		w.Text += " " + zoneAt(t, zone)
	}
	return w
}

// Range is the time of a class: "09:00–09:50".
type Range struct {
	From, Until When
	Zone        string // abbreviation, where the class's zone is not that of the page or its clock shows another time
	Day         string // of the start, where it is not that of the page
	Over        string // the weekday of the end, such as "Tue", where it ends on another day
	Here        string // the same for the viewer, "" where it is the same
}

// Text is the range in words.
func (r Range) Text() string {
	text := r.From.Text + "–" + r.Until.Text
	for _, more := range []string{r.Over, r.Zone} {
		if more != "" {
			text += " " + more
		}
	}
	if r.Day != "" {
		text = r.Day + " " + text
	}
	return text
}

// rangeOf writes the time of a class for a page about a day; a zero day always names the day.
func (s scribe) rangeOf(from, until time.Time, zone *time.Location, day time.Time) Range {
	r := Range{From: s.clock(from, zone), Until: s.clock(until, zone)}
	if offsetOf(from.In(zone)) != offsetOf(from.In(s.day)) {
		r.Zone = zoneAt(from, zone)
	}
	if day.IsZero() || from.In(zone).Format(time.DateOnly) != day.In(s.day).Format(time.DateOnly) {
		r.Day = from.In(zone).Format("Mon 2 Jan")
	}
	if from.In(zone).Format(time.DateOnly) != until.In(zone).Format(time.DateOnly) {
		r.Over = until.In(zone).Format("Mon")
	}
	if offsetOf(from.In(zone)) != offsetOf(until.In(zone)) {
		r.Zone = zoneAt(from, zone) + " to " + zoneAt(until, zone)
	}
	if s.differs(from, zone) {
		r.Here = from.In(s.viewer).Format("15:04") + "–" + until.In(s.viewer).Format("15:04") + " " + zoneAt(from, s.viewer)
	}
	return r
}

// ago says how long ago an instant was, or how far ahead it is.
func (s scribe) ago(t time.Time) string {
	switch d := s.now.Sub(t); {
	case t.IsZero():
		return ""
	case d.Abs() < time.Second:
		return "now"
	case d < 0:
		return "in " + lengthText(-d)
	default:
		return lengthText(d) + " ago"
	}
}
