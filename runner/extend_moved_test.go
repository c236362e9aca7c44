package runner_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/session"
)

// TestAnExtensionMovesWithItsClass extends a class by a quarter of an hour and then has the plan move it: while the daemon
// runs, and while it does not.
func TestAnExtensionMovesWithItsClass(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		ordered time.Duration // since the bell
		change  string
		length  time.Duration // of the class in the end
		runs    []string
	}{
		{"to the day before", -47 * time.Hour, "{to: 2031-09-14 09:00-09:50}", 65 * time.Minute, []string{"14 06:59-08:07"}},
		{"to an earlier hour", -3 * time.Hour, "{to: 08:00-08:50}", 65 * time.Minute, []string{"05:59-07:07"}},
		{"to a later hour", -3 * time.Hour, "{to: 14:00-14:50}", 65 * time.Minute, []string{"11:59-13:07"}},
		{"to the next day", -3 * time.Hour, "{to: 2031-09-16 09:00-09:50}", 65 * time.Minute, []string{"16 06:59-08:07"}},
		{"to the next day while it is recorded", 20 * time.Minute, "{to: 2031-09-16 09:00-09:50}", 65 * time.Minute, []string{"06:59-07:32", "16 06:59-08:07"}},
		{"by ten minutes while it is recorded", 20 * time.Minute, "{to: 09:10-10:00}", 65 * time.Minute, []string{"06:59-08:17"}},
		{"nowhere, but is longer than that", 20 * time.Minute, "{to: 09:00-10:30}", 90 * time.Minute, []string{"06:59-08:32"}},
		{"to an earlier start alone", -3 * time.Hour, "{to: 08:30-09:50}", 95 * time.Minute, []string{"06:29-08:07"}},
		{"to a later start alone, while it is recorded", 20 * time.Minute, "{to: 09:10-09:50}", 55 * time.Minute, []string{"06:59-08:07"}},
		{"to a later start alone", -3 * time.Hour, "{to: 09:20-09:50}", 45 * time.Minute, []string{"07:19-08:07"}},
		{"to an earlier hour and is shorter", -3 * time.Hour, "{to: 08:00-08:30}", 45 * time.Minute, []string{"05:59-06:47"}},
		{"nowhere, but is longer by less", 20 * time.Minute, "{to: 09:00-10:00}", 65 * time.Minute, []string{"06:59-08:07"}},
	} {
		for name, restart := range map[string]bool{"live": false, "at a restart": true} {
			t.Run(tt.name+", "+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					until(monday.Add(min(tt.ordered, 0) - time.Hour))
					h := newHouse(t, simulator.Config{})
					h.poll = 5 * time.Minute
					e := h.open(loadPlan(t, moving(""), "school.yaml"))
					until(monday.Add(tt.ordered))
					s := h.beside()
					ordered(t, s, session.CommandExtend, german, session.ExtendArgs{Until: monday.Add(65 * time.Minute), Start: monday, End: monday.Add(50 * time.Minute)})
					time.Sleep(12 * time.Minute) // virtual: longer than two polls, and not a multiple of one
					after := loadPlan(t, moving(tt.change), "school.yaml")
					if restart {
						h.shut(e)
						e = h.open(after)
					} else if _, err := e.Apply(context.Background(), after); err != nil {
						t.Fatal(err)
					}
					untilOver(tt.runs, monday.Add(2*time.Hour))
					state, story := h.state(german), h.story(german)
					h.shut(e)
					if runs := h.runs(); !slices.Equal(runs, tt.runs) {
						t.Errorf("ran %v, want %v\n%s", runs, tt.runs, story)
					}
					if x := state.Extended; state.End.Sub(state.Start) != tt.length || x == nil {
						t.Errorf("the class is from %v to %v, and its extension %+v", state.Start, state.End, x)
					}
					ledger := h.sim.Ledger().Sessions
					if last := ledger[len(ledger)-1]; last.StoppedAt == nil || last.StoppedAt.Sub(state.Start.Add(tt.length+2*time.Minute)).Abs() > 5*time.Second {
						t.Errorf("%+v, want it stopped two minutes after %v", last, tt.length)
					}
					h.audit()
				})
			})
		}
	}
}

// TestTheExtendedPartIsRecordedOfAClassThatIsMovedLate extends a class, and hours after its end has the plan move it so that
// its new end has just passed: what the extension adds is still ahead.
func TestTheExtendedPartIsRecordedOfAClassThatIsMovedLate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		more    string
		restart bool
	}{
		{name: "live"},
		{name: "at a restart", restart: true},
		{name: "to another App ID, live", more: "    app: other"},
		{name: "to another App ID, at a restart", more: "    app: other", restart: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				e := h.open(loadPlan(t, moving(""), "school.yaml"))
				until(monday.Add(20 * time.Minute))
				ordered(t, h.beside(), session.CommandExtend, german, session.ExtendArgs{Until: monday.Add(65 * time.Minute), Start: monday, End: monday.Add(50 * time.Minute)})
				until(monday.Add(5*time.Hour + 55*time.Minute))
				after := loadPlan(t, moving("{to: 14:00-14:50}", tt.more), "school.yaml")
				if tt.restart {
					h.shut(e)
					e = h.open(after)
				} else {
					apply(t, e, after)
				}
				until(monday.Add(9 * time.Hour))
				story := h.story(german)
				h.shut(e)
				if runs, want := h.runs(), []string{"06:59-08:07", "12:55-13:07"}; !slices.Equal(runs, want) {
					t.Errorf("ran %v, want %v\n%s", runs, want, story)
				}
			})
		})
	}
}
