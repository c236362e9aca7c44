package build

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rundown/plan"
	"rundown/plan/load"
	"rundown/plan/plantest"
)

// Plans for the tests, built without the loader.

func Must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func Zone(name string) *time.Location {
	zone, ok := plan.Zone(name)
	if !ok {
		panic(name + " is not a zone")
	}
	return zone
}

func Day(s string) plan.Day { return Must(load.ParseDay(s)) }

// Instant reads RFC 3339 or a day in UTC.
func Instant(s string) time.Time {
	if len(s) == len(time.DateOnly) {
		return Must(time.Parse(time.DateOnly, s))
	}
	return Must(time.Parse(time.RFC3339, s))
}

// Calendar gives each entry a line of its own.
func Calendar(name string, days ...string) *plan.Calendar {
	c := &plan.Calendar{Name: name, Pos: plan.Pos{File: "plan.yaml", Line: 10, Column: 1}}
	for i, d := range days {
		c.Entries = append(c.Entries, plan.CalendarEntry{Pos: plan.Pos{File: "plan.yaml", Line: 11 + i, Column: 1}, Days: Must(load.ParseDays(d))})
	}
	return c
}

// Recording has its times on lines of their own. A time "cron EXPR for LENGTH" is a cron expression.
func Recording(id, zoneName string, when ...string) *plan.Recording {
	r := &plan.Recording{ID: id, Pos: plan.Pos{File: "plan.yaml", Line: 100, Column: 3}}
	r.Zone = Zone(zoneName)
	r.URL = Must(plan.NewText("https://school.example/rooms/{id}", plan.Pos{}, plan.TextURL))
	r.Redundancy = 1
	r.Video = plan.Video{Width: 1280, Height: 720}
	for i, s := range when {
		var w plan.When
		if expr, ok := strings.CutPrefix(s, "cron "); ok {
			fields, length, _ := strings.Cut(expr, " for ")
			w = Must(load.NewCron(fields, Must(time.ParseDuration(length))))
		} else {
			w = Must(load.ParseWhen(s))
		}
		w.Pos = plan.Pos{File: "plan.yaml", Line: 101 + i, Column: 5}
		r.When = append(r.When, w)
	}
	return r
}

// Change gives the recording a change; to is "cancelled", "" or a new time.
func Change(r *plan.Recording, key, to string) *plan.Change {
	at := plan.Pos{File: "plan.yaml", Line: 200 + len(r.Changes), Column: 7}
	c := plan.Change{Pos: at, Key: Must(load.ParseChangeKey(key))}
	switch to {
	case "cancelled":
		c.Cancelled = true
	case "":
	default:
		parsed := Must(load.ParseChangeTo(to))
		c.To = &parsed
		c.ToPos = at
	}
	r.Changes = append(r.Changes, c)
	return &r.Changes[len(r.Changes)-1]
}

// ValuesOf gives placeholders their values.
func ValuesOf(values map[string]string) func(name string) (string, bool) {
	return func(name string) (string, bool) { value, ok := values[name]; return value, ok }
}

func NewPlan(recordings ...*plan.Recording) *plan.Plan {
	return &plan.Plan{Name: "term", Recordings: recordings}
}

// lines shows occurrences one a line, as a test can compare them.
func lines(list []plan.Occurrence) string {
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

func WantLines(t *testing.T, got []plan.Occurrence, want ...string) {
	t.Helper()
	text := strings.Join(want, "\n")
	if text != "" {
		text += "\n"
	}
	if lines(got) != text {
		t.Errorf("got\n%swant\n%s", lines(got), text)
	}
}

// DrawPlan makes a small plan whose classes crowd a few weeks around clock changes, on two pages.
func DrawPlan(t *rapid.T) *plan.Plan {
	zones := []string{"America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia"}
	clockTime := func(label string) string {
		return Must(load.ParseClock(fmt.Sprintf("%02d:%02d", rapid.IntRange(0, 23).Draw(t, label+" hour"), 15*rapid.IntRange(0, 3).Draw(t, label+" quarter")))).String()
	}
	interval := func(label string) string {
		for {
			from, to := clockTime(label), clockTime(label+" end")
			if from != to {
				return from + "-" + to
			}
		}
	}
	date := func(label string) string {
		return (Day("2031-10-20") + plan.Day(rapid.IntRange(0, 20).Draw(t, label))).String()
	}
	var p plan.Plan
	p.Name = "term"
	for i := range rapid.IntRange(1, 4).Draw(t, "recordings") {
		r := Recording(fmt.Sprintf("r%d", i), rapid.SampledFrom(zones).Draw(t, "zone"))
		for range rapid.IntRange(1, 3).Draw(t, "times") {
			switch rapid.IntRange(0, 2).Draw(t, "form") {
			case 0:
				r.When = append(r.When, Must(load.ParseWhen(rapid.SampledFrom([]string{"Mon", "Sat-Sun", "Tue Thu", "Mon-Sun"}).Draw(t, "days")+" "+interval("weekly"))))
			case 1:
				r.When = append(r.When, Must(load.ParseWhen(date("dated")+" "+interval("dated"))))
			default:
				r.When = append(r.When, Must(load.NewCron("*/45 1-3 * * *", time.Duration(rapid.IntRange(1, 100).Draw(t, "length"))*time.Minute)))
			}
		}
		if rapid.Bool().Draw(t, "skips") {
			r.Skip = []*plan.Calendar{Calendar("holidays", date("holiday"))}
		}
		for range rapid.IntRange(0, 4).Draw(t, "changes") {
			to := rapid.SampledFrom([]string{"cancelled", "time", "day", "zone"}).Draw(t, "change")
			switch to {
			case "time":
				to = interval("to")
			case "day":
				to = date("to") + " " + interval("to")
			}
			if to == "zone" {
				Change(r, date("change"), "").Over = func(s plan.Settings) plan.Settings { s.Zone = time.UTC; return s }
			} else {
				Change(r, date("change"), to)
			}
		}
		if rapid.Bool().Draw(t, "hall") {
			r.URL = Must(plan.NewText("https://school.example/hall", plan.Pos{}, plan.TextURL))
		} else if rapid.Bool().Draw(t, "page by the day") {
			r.URL = Must(plan.NewText("https://school.example/{date}", plan.Pos{}, plan.TextURL))
		}
		r.Padding.Before = time.Duration(rapid.IntRange(0, 3).Draw(t, "before")) * 10 * time.Minute
		r.Padding.After = time.Duration(rapid.IntRange(0, 3).Draw(t, "after")) * 10 * time.Minute
		r.ExactStart = rapid.Bool().Draw(t, "exact")
		p.Recordings = append(p.Recordings, r)
	}
	return &p
}

// Zones whose clocks change by an hour, half an hour, whole days and odd numbers of seconds, at midnight and at
// two, to the north and the south.
var OddZones = []string{
	"UTC", "America/New_York", "Europe/Berlin", "Europe/Madrid", "Europe/Dublin", "Australia/Lord_Howe", "Pacific/Apia",
	"Pacific/Kwajalein", "Pacific/Kiritimati", "America/Sao_Paulo", "America/Havana", "Asia/Beirut", "Asia/Gaza",
	"Africa/Cairo", "Africa/Casablanca", "Antarctica/Troll", "America/Santiago", "Asia/Pyongyang", "Asia/Kathmandu",
	"America/Caracas", "Africa/Monrovia", "Europe/Amsterdam", "Pacific/Chatham", "America/Scoresbysund", "Asia/Manila",
	"America/Juneau", "Asia/Tehran", "America/St_Johns",
}

// Loaded is a plan that must load without findings.
func Loaded(t *testing.T, files plantest.Texts) *plan.Plan {
	t.Helper()
	p, findings, err := load.Load(files, "plan.yaml")
	if err != nil || len(findings) > 0 {
		t.Fatalf("error %v, findings:\n%s", err, plantest.Show(findings))
	}
	return p
}

// TermPlan is a plan of a term as a school network writes one: each recording has two classes in each of sixteen
// weeks and takes about 370 bytes. With bells, classes begin on the hour from 8 to 20 and last 50 minutes, so that many
// recordings have the same times. Without, a start is drawn from every five minutes and a length from four, which with the
// pairs of days makes 9360 times: hardly two recordings have the same.
func TermPlan(recordings int, bells bool) string {
	var b strings.Builder
	b.WriteString(strings.Replace(plantest.Base, `"${AGORA_APP_ID}"`, `"${AGORA_APP_ID}", limits: {concurrent: 5000, qps: 200, streams: {fhd: 5000}}`, 1))
	b.WriteString(`calendars: {term: 2031-09-01..2031-12-28, holidays: 2031-10-13..2031-10-19}
cdn: {parents: "rtmps://live.lingua.example/app/${STREAM_KEY}"}
defaults: {timezone: Europe/Madrid, cdn: parents, ready_timeout: 30s, only: term, skip: holidays, labels: {campus: mitte}}
recordings:
`)
	days := []string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}
	draw := rand.New(rand.NewPCG(1, 2))
	for i := range recordings {
		pair := draw.Perm(len(days))[:2]
		start := 8*60 + 5*draw.IntN(13*60/5)
		end := start + []int{45, 50, 60, 90}[draw.IntN(4)]
		if bells {
			start -= start % 60
			end = start + 50
		}
		fmt.Fprintf(&b, `  course-%d:
    title: Course number %d for beginners and returning learners
    when: %s %s %02d:%02d-%02d:%02d
    url: https://rooms.lingua.example/course-%d?role=recorder
    padding: {before: 45s, after: 3m}
    video: 1080p30
    labels: {department: languages, room: "%d"}
    note: recorded for those who cannot be there, and for those who want to hear it again
`, i, i, days[min(pair[0], pair[1])], days[max(pair[0], pair[1])], start/60, start%60, end/60, end%60, i, i%300)
	}
	return b.String()
}

// TermDay is the present of the measurements.
var TermDay = time.Date(2031, time.August, 25, 0, 0, 0, 0, time.UTC)

// TermOf gives the recording the bounds of a term, and the plan the calendar.
func TermOf(days string, recordings ...*plan.Recording) *plan.Plan {
	p := NewPlan(recordings...)
	c := Calendar("term", days)
	p.Calendars = []*plan.Calendar{c}
	for _, r := range recordings {
		r.Only = []*plan.Calendar{c}
	}
	return p
}

func LoadTerm(tb testing.TB, files plantest.Texts) *plan.Plan {
	p, findings, err := load.Load(files, "plan.yaml")
	if err != nil || len(findings) > 0 || len(p.Recordings) == 0 {
		tb.Fatal(err, plantest.Show(findings[:min(len(findings), 5)]))
	}
	return p
}
