package rules

import (
	"strings"
	"testing"

	"rundown/plan"
	"rundown/plan/plantest/build"
)

// surprises are the plan's findings of one rule, by their messages.
func surprises(p *plan.Plan, now, id string) []string {
	var list []string
	for _, f := range Check(p, Options{Now: build.Instant(now)}) {
		if f.Rule == id {
			list = append(list, f.Message)
		}
	}
	return list
}

// wantSurprises compares messages in order; each wanted one must be a part of one.
func wantSurprises(t *testing.T, p *plan.Plan, now, id string, want ...string) {
	t.Helper()
	got := surprises(p, now, id)
	ok := len(got) == len(want)
	for i := range min(len(got), len(want)) {
		ok = ok && strings.Contains(got[i], want[i])
	}
	if !ok {
		t.Errorf("%s: got\n\t%s\nwant\n\t%s", id, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func TestALongClassIsOneOverMidnight(t *testing.T) {
	r := build.Recording("r", "UTC", "Mon 16:00-24:00", "Tue 15:00-24:00", "Wed 20:00-04:00", "Thu 20:00-04:01", "Sat 09:50-09:00", "2031-10-06 08:00-20:00")
	build.Change(r, "2031-10-07", "22:00-21:00")
	build.Change(r, "2031-10-08", "cancelled")
	wantSurprises(t, build.TermOf("2031-10-06..2031-10-31", r), "2031-09-01", "long-class",
		"Thu 20:00-04:01 of r lasts 8h1m: its end is before its start, so it ends on the next day", "Sat 09:50-09:00 of r lasts 23h10m: its end", "22:00-21:00 of r lasts 23h: its end")
}

func TestAChangeWithoutAClassOfItsOwnIsReported(t *testing.T) {
	r := build.Recording("r", "UTC", "Mon Wed 09:00-10:00", "Mon 11:00-12:00")
	for _, key := range []string{"2031-10-06", "2031-10-06 09:00", "2031-10-08..2031-10-12", "2031-10-08", "2031-10-13..2031-10-15", "2031-10-13"} {
		build.Change(r, key, "cancelled")
	}
	wantSurprises(t, build.TermOf("2031-10-06..2031-10-31", r), "2031-09-01", "change-shadowed", "the change 2031-10-08..2031-10-12 of r has no effect")
}

func TestAMoveByMoreThanHalfAYearIsReported(t *testing.T) {
	r := build.Recording("r", "UTC", "Mon Wed 09:00-10:00")
	for _, change := range [][2]string{
		{"2031-10-06", "2030-10-07 09:00-10:00"},
		{"2031-10-08 09:00", "2032-10-09 10:00-11:00"},
		{"2031-10-13", "2032-04-10 09:00-10:00"}, // 180 days
		{"2031-10-15", "2032-04-13 09:00-10:00"}, // 181 days
		{"2031-10-20", "2031-10-21 09:00-10:00"},
		{"2031-10-22", "2031-04-25 09:00-10:00"}, // 180 days
		{"2031-10-27..2031-10-29", "2031-04-29 09:00-10:00"},
		{"2031-10-14", "2030-10-15 09:00-10:00"}, // of no class, which change-matches-nothing tells
		{"2031-10-29", "cancelled"},
	} {
		build.Change(r, change[0], change[1])
	}
	wantSurprises(t, build.TermOf("2031-10-06..2031-10-31", r), "2031-09-01", "moved-far",
		"the change 2031-10-06 of r moves to 2030-10-07, 364 days earlier",
		"the change 2031-10-08 09:00 of r moves to 2032-10-09, 367 days later",
		"the change 2031-10-15 of r moves to 2032-04-13, 181 days later",
		"the change 2031-10-27..2031-10-29 of r moves to 2031-04-29, 181 days earlier")
}

func TestACalendarWithinAnotherIsReported(t *testing.T) {
	a, b := build.Calendar("a", "2031-10-06..2031-10-12", "2031-10-13"), build.Calendar("b", "2031-10-01..2031-10-31")
	same, apart := build.Calendar("same", "2031-10-06..2031-10-13"), build.Calendar("apart", "2031-10-13..2031-11-01")
	for _, test := range []struct {
		only []*plan.Calendar
		want []string
	}{
		{[]*plan.Calendar{b, a}, []string{"each day of a is in b too"}},
		{[]*plan.Calendar{a, b}, []string{"each day of a is in b too"}},
		{[]*plan.Calendar{a, same}, []string{"each day of same is in a too"}},
		{[]*plan.Calendar{b, apart}, nil},
		{[]*plan.Calendar{a}, nil},
	} {
		r := build.Recording("r", "UTC", "Mon 09:00-10:00")
		r.Only = test.only
		p := build.NewPlan(r)
		p.Calendars = test.only
		wantSurprises(t, p, "2031-09-01", "calendar-contained", test.want...)
	}
}

func TestAPlanWithoutAClassAheadIsReported(t *testing.T) {
	r := build.Recording("r", "UTC", "2031-10-06 09:00-10:00", "2031-10-07 09:00-10:00")
	p := build.NewPlan(r)
	wantSurprises(t, p, "2031-10-07T09:59:59Z", "nothing-ahead")
	wantSurprises(t, p, "2031-10-07T10:00:00Z", "nothing-ahead", "all classes of the plan term have ended, the last one on 2031-10-07: nothing will be recorded")
	build.Change(r, "2031-10-07", "cancelled")
	wantSurprises(t, p, "2031-10-06T09:59:59Z", "nothing-ahead")
	wantSurprises(t, p, "2031-10-06T10:00:00Z", "nothing-ahead", "the plan term has no upcoming class that is not cancelled: nothing will be recorded")
	wantSurprises(t, p, "2031-10-08T10:00:00Z", "nothing-ahead", "all classes of the plan term have ended, the last one on 2031-10-06: nothing will be recorded")
	r.Changes = nil
	build.Change(r, "2031-10-06", "2031-12-01 09:00-10:00")
	wantSurprises(t, p, "2031-11-01", "nothing-ahead")
}
