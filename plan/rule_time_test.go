package plan

import (
	"fmt"
	"strings"
	"testing"
)

// timeFindings checks the plan and gives what the rules about time say, one finding a line: the line of the plan,
// the rule and the message.
func timeFindings(p *Plan, now string) []string {
	own := map[string]bool{
		"never-happens": true, "unbounded": true, "change-matches-nothing": true, "calendar-matches-nothing": true,
		"in-the-past": true, "clock-change": true, "overlap-self": true, "overlap-page": true,
	}
	var list []string
	for _, f := range Check(p, CheckOptions{Now: instant(now)}) {
		if own[f.Rule] {
			list = append(list, fmt.Sprintf("%d %s %s | %s", f.Pos.Line, f.Rule, f.Message, f.Hint))
		}
	}
	return list
}

// wantFindings compares findings in order; each wanted one is a list of pieces that must be in it, by " … ".
func wantFindings(t *testing.T, p *Plan, now string, want ...string) {
	t.Helper()
	got := timeFindings(p, now)
	ok := len(got) == len(want)
	for i := range min(len(got), len(want)) {
		rest := got[i]
		for _, piece := range strings.Split(want[i], " … ") {
			_, after, found := strings.Cut(rest, piece)
			ok = ok && found
			rest = after
		}
	}
	if !ok {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// term gives the recording the bounds of a term, and the plan the calendar.
func termOf(days string, recordings ...*Recording) *Plan {
	p := newPlan(recordings...)
	c := calendar("term", days)
	p.Calendars = []*Calendar{c}
	for _, r := range recordings {
		r.Only = []*Calendar{c}
	}
	return p
}

func TestNeverHappens(t *testing.T) {
	const now = "2031-09-01"
	wantFindings(t, termOf("2031-10-06..2031-10-08", recording("r", "UTC", "Mon 09:00-10:00", "Thu-Sun 09:00-10:00")), now,
		"102 never-happens Thu Fri Sat Sun 09:00-10:00 of r … (2031-10-06 to 2031-10-08)")
	wantFindings(t, termOf("2031-01-01..2031-12-31", recording("r", "UTC", "cron 0 9 30 2 * for 1h", "Mon 09:00-10:00")), "2031-01-01",
		`101 never-happens cron "0 9 30 2 *" … no date fits`)
	wantFindings(t, termOf("2031-01-01..2031-12-31", recording("r", "UTC", "cron 0 9 29 2 * for 1h", "Mon 09:00-10:00")), "2031-01-01",
		"101 never-happens … no such day is in only")

	skipped := recording("r", "UTC", "Mon 09:00-10:00")
	p := termOf("2031-10-06..2031-10-12", skipped)
	skipped.Skip = []*Calendar{calendar("holidays", "2031-10-06")}
	wantFindings(t, p, now, "11 calendar-matches-nothing", "101 never-happens … in skip too, from 2031-10-06")

	cancelled := recording("r", "UTC", "Mon 09:00-10:00", "2031-10-08 09:00-10:00")
	p = termOf("2031-10-06..2031-10-12", cancelled)
	cancelled.change("2031-10-06..2031-10-12", "cancelled")
	wantFindings(t, p, now, "100 never-happens … cancel all of its classes (2, planned on 2031-10-06..2031-10-08)")
	cancelled.change("2031-10-08", "11:00-12:00")
	wantFindings(t, p, now)

	// Whether a class has happened already is no question of this rule.
	wantFindings(t, termOf("2031-10-06..2031-10-12", recording("r", "UTC", "Mon 09:00-10:00")), "2031-12-01", "101 in-the-past")
}

func TestUnbounded(t *testing.T) {
	wantFindings(t, newPlan(recording("r", "UTC", "2031-10-06 09:00-10:00", "Mon 11:00-12:00", "cron 0 15 * * FRI for 1h")), "2031-09-01",
		"102 unbounded Mon 11:00-12:00 of r … | name a calendar")
	wantFindings(t, newPlan(recording("r", "UTC", "2031-10-06 09:00-10:00")), "2031-09-01")
}

func TestChangeMatchesNothing(t *testing.T) {
	r := recording("r", "UTC", "Mon 09:00-10:00", "Mon 15:00-16:00")
	p := termOf("2031-10-06..2031-10-31", r)
	r.change("2031-10-06 09:00", "10:00-11:00")
	r.change("2031-10-07", "cancelled")
	r.change("2031-10-13 15:00", "cancelled")
	r.change("2031-10-20 10:00", "cancelled")
	r.change("2031-10-21..2031-10-26", "cancelled")
	r.change("2031-10-26..2031-10-27", "cancelled")
	r.change("2041-10-27", "cancelled")
	wantFindings(t, p, "2031-09-01",
		"201 change-matches-nothing r has no class planned on 2031-10-07 | planned around it: 2031-10-06, 2031-10-13, 2031-10-20",
		"203 change-matches-nothing … on 2031-10-20 at 10:00 | planned on that day: 09:00, 15:00",
		"204 change-matches-nothing … on 2031-10-21..2031-10-26 | planned around it: 2031-10-13",
		"206 change-matches-nothing … on 2041-10-27 | changes are found by")
}

func TestCalendarMatchesNothing(t *testing.T) {
	a, b := recording("a", "UTC", "Mon 09:00-10:00"), recording("b", "UTC", "Wed 09:00-10:00", "2031-10-09 09:00-10:00")
	p := termOf("2031-10-06..2031-10-31", a, b)
	holidays := calendar("holidays", "2031-10-06", "2031-10-07", "2031-10-08", "2031-10-09", "2030-10-07", "2031-10-11..2031-10-13")
	p.Calendars = append(p.Calendars, holidays, calendar("unused", "2031-10-07"))
	a.Skip = []*Calendar{holidays}
	b.Skip = []*Calendar{holidays}
	wantFindings(t, p, "2031-09-01",
		"12 calendar-matches-nothing … holidays would have a class on 2031-10-07",
		"14 calendar-matches-nothing … on 2031-10-09",
		"15 calendar-matches-nothing … on 2030-10-07")
}

func TestInThePast(t *testing.T) {
	r := recording("r", "UTC", "Mon 09:00-10:00", "2031-10-07 09:00-10:00", "2031-10-08 09:00-10:00")
	p := termOf("2031-10-06..2031-10-13", r)
	wantFindings(t, p, "2031-10-07T09:59:59Z")
	wantFindings(t, p, "2031-10-07T10:00:00Z", "102 in-the-past every class of 2031-10-07 09:00-10:00 of r is over at 2031-10-07T10:00:00Z")
	r.change("2031-10-07", "2031-12-01 09:00-10:00")
	wantFindings(t, p, "2031-10-07T10:00:00Z")
	wantFindings(t, p, "2031-11-01", "101 in-the-past", "103 in-the-past")
}

func TestClockChangesAreListedClassByClass(t *testing.T) {
	r := recording("r", "America/New_York", "Sun 02:30-03:30", "Sun 01:15-01:45", "Mon 02:30-03:00")
	p := termOf("2031-01-01..2031-12-31", r)
	wantFindings(t, p, "2031-01-01",
		"101 clock-change r@2031-03-09: the clock skips 02:30 … starts at 03:00",
		"102 clock-change r@2031-11-02: the clock shows 01:15 twice")
	r.change("2031-03-09 02:30", "04:00-05:00")
	r.change("2031-11-03", "2031-11-02 01:59-02:20")
	wantFindings(t, p, "2031-01-01",
		"102 clock-change r@2031-11-02: the clock shows 01:15 twice",
		"201 clock-change r@2031-11-03: the clock shows 01:59 twice on 2031-11-02")
	wantFindings(t, p, "2031-11-02T12:00:00Z")
}

func TestOverlapSelf(t *testing.T) {
	r := recording("r", "UTC", "Mon 09:00-10:00", "Mon-Tue 09:30-10:30", "Tue 10:30-11:00")
	p := termOf("2031-10-06..2031-10-31", r)
	wantFindings(t, p, "2031-09-01",
		"102 overlap-self … r on 2031-10-06 09:00-10:00, and r on 2031-10-06 09:30-10:30 before it ends; 3 more in the window")
	r.change("2031-10-06 09:00", "cancelled")
	r.change("2031-10-07 10:30", "10:15-11:00")
	wantFindings(t, p, "2031-09-01",
		"102 overlap-self … r on 2031-10-13 09:00-10:00 … 2 more",
		"201 overlap-self … r on 2031-10-07 09:30-10:30, and r on 2031-10-07 10:15-11:00")
	r.Changes = nil
	r.When = recording("", "UTC", "Mon 09:00-10:00", "Mon-Tue 09:00-10:00", "Tue 10:00-10:30", "Tue 23:00-00:00", "Wed 00:00-01:00").When
	wantFindings(t, p, "2031-09-01") // alike, or one after the other

	wantFindings(t, termOf("2031-10-06..2031-10-31", recording("r", "UTC", "Mon 09:00-10:00", "Mon 09:00-09:30")), "2031-09-01",
		"102 overlap-self … Mon 09:00-10:00 and Mon 09:00-09:30 start together")
	wantFindings(t, termOf("2031-10-06..2031-10-31", recording("r", "UTC", "cron 0 */2 * * MON for 3h")), "2031-09-01",
		"101 overlap-self … r on 2031-10-06 00:00-03:00, and r on 2031-10-06 02:00-05:00")
}

func TestOverlapPage(t *testing.T) {
	hall := must(newText("https://school.example/hall", Pos{}, textURL))
	a, b, c := recording("a", "UTC", "Mon 09:00-12:00"), recording("b", "Europe/Berlin", "Mon 12:00-13:00"), recording("c", "UTC", "Mon 09:00-12:00")
	for i, r := range []*Recording{a, b, c} {
		r.When[0].Pos.Line = 101 + i
		r.URL = hall
	}
	p := termOf("2031-10-06..2031-10-19", a, b, c)
	c.URL = must(newText("https://school.example/rooms/{id}", Pos{}, textURL))
	want := "102 overlap-page … a on 2031-10-06 09:00-12:00, and b on 2031-10-06 12:00-13:00 before it ends; 1 more"
	wantFindings(t, p, "2031-09-01", want)

	c.URL = must(newText("https://school.example/{date}", Pos{}, textURL))
	a.URL = must(newText("https://school.example/{date}", Pos{}, textURL))
	wantFindings(t, p, "2031-09-01", "103 overlap-page … a on 2031-10-06 … c on 2031-10-06")

	a.URL, b.URL, c.URL = hall, hall, must(newText("https://school.example/rooms/{id}", Pos{}, textURL))
	a.change("2031-10-06", "cancelled")
	b.change("2031-10-13", "").over = func(s Settings) Settings { s.URL = c.URL; return s }
	wantFindings(t, p, "2031-09-01")
}
