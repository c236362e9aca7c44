package plan

import (
	"strings"
	"testing"
	"time"
)

// Plans for the tests, built without the loader.

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func zone(name string) *time.Location {
	zone, ok := Zone(name)
	if !ok {
		panic(name + " is not a zone")
	}
	return zone
}

func day(s string) Day { return must(parseDay(s)) }

// instant reads RFC 3339 or a day in UTC.
func instant(s string) time.Time {
	if len(s) == len(time.DateOnly) {
		return must(time.Parse(time.DateOnly, s))
	}
	return must(time.Parse(time.RFC3339, s))
}

// calendar gives each entry a line of its own.
func calendar(name string, days ...string) *Calendar {
	c := &Calendar{Name: name, Pos: Pos{File: "plan.yaml", Line: 10, Column: 1}}
	for i, d := range days {
		c.Entries = append(c.Entries, CalendarEntry{Pos: Pos{File: "plan.yaml", Line: 11 + i, Column: 1}, Days: must(parseDays(d))})
	}
	return c
}

// recording has its times on lines of their own. A time "cron EXPR for LENGTH" is a cron expression.
func recording(id, zoneName string, when ...string) *Recording {
	r := &Recording{ID: id, Pos: Pos{File: "plan.yaml", Line: 100, Column: 3}}
	r.Zone = zone(zoneName)
	r.URL = must(newText("https://school.example/rooms/{id}", Pos{}, textURL))
	r.Redundancy = 1
	r.Video = Video{Width: 1280, Height: 720}
	for i, s := range when {
		var w When
		if expr, ok := strings.CutPrefix(s, "cron "); ok {
			fields, length, _ := strings.Cut(expr, " for ")
			w = must(newCron(fields, must(time.ParseDuration(length))))
		} else {
			w = must(parseWhen(s))
		}
		w.Pos = Pos{File: "plan.yaml", Line: 101 + i, Column: 5}
		r.When = append(r.When, w)
	}
	return r
}

// change gives the recording a change; to is "cancelled", "" or a new time.
func (r *Recording) change(key, to string) *Change {
	at := Pos{File: "plan.yaml", Line: 200 + len(r.Changes), Column: 7}
	c := Change{Pos: at, Key: must(parseChangeKey(key))}
	switch to {
	case "cancelled":
		c.Cancelled = true
	case "":
	default:
		parsed := must(parseChangeTo(to))
		c.To = &parsed
		c.ToPos = at
	}
	r.Changes = append(r.Changes, c)
	return &r.Changes[len(r.Changes)-1]
}

// valuesOf gives placeholders their values.
func valuesOf(values map[string]string) func(name string) (string, bool) {
	return func(name string) (string, bool) { value, ok := values[name]; return value, ok }
}

func newPlan(recordings ...*Recording) *Plan {
	return &Plan{Name: "term", Recordings: recordings}
}

// lines shows occurrences one a line, as a test can compare them.
func lines(list []Occurrence) string {
	var b strings.Builder
	for _, o := range list {
		b.WriteString(o.Recording.ID + " " + o.Start.Format("2006-01-02T15:04:05-07:00") + "/" + o.End.Sub(o.Start).String())
		if o.Change != "" {
			b.WriteString(" " + o.Change)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func wantLines(t *testing.T, got []Occurrence, want ...string) {
	t.Helper()
	text := strings.Join(want, "\n")
	if text != "" {
		text += "\n"
	}
	if lines(got) != text {
		t.Errorf("got\n%swant\n%s", lines(got), text)
	}
}
