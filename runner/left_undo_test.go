package runner_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// TestAStoppedClassThatThePlanLeftIsUndoneOnceThePlanHoldsItAgain cancels a class that is being recorded although the plan no
// longer holds it. The order is not taken back while no plan holds the class, since nothing could start it again. Once the plan
// holds it, what is left is recorded.
func TestAStoppedClassThatThePlanLeftIsUndoneOnceThePlanHoldsItAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		h.poll = time.Second
		with := loadPlan(t, school("2031-09-15 09:00-09:50, 2031-12-01 09:00-09:50"), "school.yaml")
		e := h.open(with)
		until(monday.Add(20 * time.Minute))
		apply(t, e, loadPlan(t, school("2031-12-01 09:00-09:50"), "school.yaml"))
		until(monday.Add(25 * time.Minute))
		s := h.beside()
		ordered(t, s, session.CommandCancel, german, nil)
		n := order(t, s, session.CommandUncancel, german, nil)
		cmd, err := s.Command(t.Context(), n)
		must(t, err)
		if cmd.ReasonCode != string(reason.NotActive) || !strings.Contains(cmd.Result, "put it back") {
			t.Errorf("without the plan: %q (%s)", cmd.Result, cmd.ReasonCode)
		}
		until(monday.Add(30 * time.Minute))
		if x := h.state(german); x.Outcome != session.Cancelled {
			t.Errorf("it is %s: %s", x.Outcome, x.Reason)
		}
		apply(t, e, with)
		until(monday.Add(35 * time.Minute))
		if got := ordered(t, s, session.CommandUncancel, german, nil); got != store.Done {
			t.Errorf("with the plan: %s", got)
		}
		until(monday.Add(2 * time.Hour))
		story := h.story(german)
		h.shut(e)
		if runs := h.runs(); !slices.Equal(runs, []string{"06:59-07:25", "07:35-07:52"}) {
			t.Errorf("ran %v\n%s", runs, story)
		}
		h.audit()
	})
}

// TestAClassThatThePlanLeftAndThatBrokeOffGoesOnWithThePlan has the session of a class end that the plan did not hold any more when the
// daemon began. No other one can be started. Once the plan holds the class again, it is recorded on.
func TestAClassThatThePlanLeftAndThatBrokeOffGoesOnWithThePlan(t *testing.T) {
	t.Parallel()
	for name, back := range map[string]bool{"it comes back": true, "it stays away": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				with := loadPlan(t, school("2031-09-15 09:00-09:50, 2031-12-01 09:00-09:50", "    attempts: 2"), "school.yaml")
				e := h.open(with)
				until(monday.Add(20 * time.Minute))
				h.shut(e)
				e = h.open(loadPlan(t, school("2031-12-01 09:00-09:50"), "school.yaml"))
				until(monday.Add(25 * time.Minute))
				must(t, h.sim.SetFaults(simulator.Faults{Sessions: []simulator.SessionFault{{After: simulator.Duration(time.Minute), Stop: "recorder_error"}}}))
				must(t, h.sim.SetFaults(simulator.Faults{}))
				until(monday.Add(32 * time.Minute))
				x := h.state(german)
				if x.ReasonCode != reason.LeftPlan || strings.Contains(x.Reason, "the service refuses") {
					t.Errorf("%s (%s): %s", x.Outcome, x.ReasonCode, x.Reason)
				}
				want := 1
				if back {
					want = 2
					apply(t, e, with)
				}
				until(monday.Add(2 * time.Hour))
				x, story := h.state(german), h.story(german)
				h.shut(e)
				if runs := h.runs(); len(runs) != want || back && runs[1] != "07:32-07:52" {
					t.Errorf("ran %v\n%s", runs, story)
				}
				if x.Outcome != session.Partial {
					t.Errorf("%s: %s", x.Outcome, x.Reason)
				}
			})
		})
	}
}
