package runner_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/session"
)

// TestAClassThatWasStoppedStaysCancelledWhereItsIdentityChanges stops a class, and then has the zone of its recording change, by which
// its orders go over to another identity.
func TestAClassThatWasStoppedStaysCancelledWhereItsIdentityChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		h.poll = time.Second
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50, 2031-09-16 09:00-09:50"), "school.yaml"))
		until(monday.Add(20 * time.Minute))
		ordered(t, h.beside(), session.CommandCancel, german, nil)
		apply(t, e, loadPlan(t, school("2031-09-15 09:00-09:50, 2031-09-16 09:00-09:50", "    timezone: Europe/Lisbon"), "school.yaml"))
		until(monday.Add(4 * time.Hour))
		x, story := h.state(german), h.story(german)
		h.shut(e)
		if runs := h.runs(); !slices.Equal(runs, []string{"06:59-07:20"}) {
			t.Errorf("ran %v\n%s", runs, story)
		}
		if x.Outcome != session.Cancelled {
			t.Errorf("it is %s: %s\n%s", x.Outcome, x.Reason, story)
		}
		h.audit()
	})
}
