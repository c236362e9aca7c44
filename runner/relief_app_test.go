package runner_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
)

// TestAClassOfAnotherAppRelievesTheRunningOne edits start and App ID of a class while it is recorded, which makes it another
// class of another worker: that takes over, also where the daemon is started again in between.
func TestAClassOfAnotherAppRelievesTheRunningOne(t *testing.T) {
	t.Parallel()
	for name, restart := range map[string]bool{"live": false, "after a restart": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				e := h.open(loadPlan(t, moving(""), "school.yaml"))
				until(monday.Add(20 * time.Minute))
				edited := moving("", "    app: other")
				edited["school.yaml"] = strings.Replace(edited["school.yaml"], "2031-09-15 09:00-09:50", "2031-09-15 09:10-10:00", 1)
				after := loadPlan(t, edited, "school.yaml")
				if restart {
					h.shut(e)
					e = h.open(after)
				} else {
					apply(t, e, after)
				}
				until(monday.Add(3 * time.Hour))
				story := h.story(german)
				h.shut(e)
				if runs, want := h.runs(), []string{"06:59-07:20", "07:20-08:02"}; !slices.Equal(runs, want) {
					t.Errorf("ran %v, want %v\n%s", runs, want, story)
				}
				if s := h.outcomes()[german]; !strings.Contains(s.Reason, "the plan no longer holds it, and school/german/20310915T071000Z is recorded in its place") {
					t.Errorf("%s: %s", s.Outcome, s.Reason)
				}
			})
		})
	}
}
