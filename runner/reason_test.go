package runner_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// TestAnOperatorWhoHasThePlansNameIsNotThePlan has somebody who goes by the name under which the plan cancels classes cancel
// one. The plan, which does not cancel it, must not take that back as if it had.
func TestAnOperatorWhoHasThePlansNameIsNotThePlan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		h.poll = 10 * time.Second
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
		s := h.beside()
		cmd := store.Command{At: time.Now(), Occurrence: german, Kind: session.CommandCancel, Who: runner.PlanWho, Reason: "snow"}
		if _, err := give(s, cmd); err != nil {
			t.Fatal(err)
		}
		until(monday.Add(-30 * time.Minute))
		if _, err := e.Apply(context.Background(), loadPlan(t, school("2031-09-15 09:00-09:55"), "school.yaml")); err != nil {
			t.Fatal(err)
		}
		until(monday.Add(2 * time.Hour))
		h.shut(e)
		h.audit()
		rows, err := s.Occurrences(context.Background(), store.Filter{ID: german})
		if err != nil || len(rows) != 1 || rows[0].Outcome != string(session.Cancelled) || rows[0].ReasonCode != string(reason.CancelledByOperator) {
			t.Fatalf("%v: want one class that an operator cancelled, got %d: %+v", err, len(rows), h.outcomes()[german].Outcome)
		}
		if runs := h.runs(); len(runs) > 0 {
			t.Errorf("ran %v", runs)
		}
	})
}

// TestAClassThatThePlanCancelsSaysSo holds the code of the other side.
func TestAClassThatThePlanCancelsSaysSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		e := h.open(loadPlan(t, moving(""), "school.yaml"))
		until(monday.Add(10 * time.Minute))
		if _, err := e.Apply(context.Background(), loadPlan(t, moving("cancelled"), "school.yaml")); err != nil {
			t.Fatal(err)
		}
		until(monday.Add(2 * time.Hour))
		h.shut(e)
		h.audit()
		if s := h.outcomes()[german]; s.Outcome != session.Cancelled || s.ReasonCode != reason.CancelledByPlan {
			t.Errorf("%s, %s: %s", s.Outcome, s.ReasonCode, s.Reason)
		}
	})
}

// TestAnOrderThatIsNotCarriedOutHasACode gives orders that cannot be carried out, and looks for their codes in the store
// and in the history.
func TestAnOrderThatIsNotCarriedOutHasACode(t *testing.T) {
	t.Parallel()
	const cancel, undo, stop, extend = session.CommandCancel, session.CommandUncancel, session.CommandStop, time.Minute
	for _, tt := range []struct {
		name   string
		at     time.Duration // after the bell
		orders []any
		codes  []reason.Code
	}{
		{"nothing to take back", 10 * time.Minute, []any{undo}, []reason.Code{reason.NotCancelled}},
		{"nothing to stop", -30 * time.Minute, []any{stop}, []reason.Code{reason.NotBegun}},
		{"taken back before it was seen", 10 * time.Minute, []any{cancel, undo}, []reason.Code{"", ""}},
		{"replaced by a later one", 10 * time.Minute, []any{65 * extend, 70 * extend}, []reason.Code{"", ""}},
		{"as long anyway", 10 * time.Minute, []any{45 * extend}, []reason.Code{reason.EndNotLater}},
		{"past", 10 * time.Minute, []any{5 * extend}, []reason.Code{reason.EndPassed}},
		{"cancelled", 10 * time.Minute, []any{cancel, 65 * extend}, []reason.Code{"", reason.IsCancelled}},
		{"over", 55 * time.Minute, []any{cancel, 65 * extend}, []reason.Code{reason.HasEnded, reason.HasEnded}},
		{"unknown", 10 * time.Minute, []any{"dance"}, []reason.Code{reason.OrderInvalid}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				h.poll = time.Minute
				e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
				s := h.beside()
				until(monday.Add(tt.at + time.Second))
				ids := waitingOrders(t, s, tt.orders...)
				until(monday.Add(3 * time.Hour))
				h.shut(e)
				for i, id := range ids {
					c, err := s.Command(context.Background(), id)
					if err != nil || c.DoneAt.IsZero() || c.ReasonCode != string(tt.codes[i]) || c.CarriedOut() != (tt.codes[i] == "") || (c.Result == store.Done) != c.CarriedOut() {
						t.Errorf("order %d, %s: %q, code %q, %v; want code %q", i, c.Kind, c.Result, c.ReasonCode, err, tt.codes[i])
					}
				}
				log, err := s.Events(context.Background(), german, 0, 0)
				if err != nil {
					t.Fatal(err)
				}
				told := map[string]bool{}
				for _, e := range log {
					told[string(e.Data)] = true
				}
				for _, code := range tt.codes {
					if want := fmt.Sprintf(`{"reason_code":"%s"}`, code); code != "" && !told[want] {
						t.Errorf("the history does not tell %s", want)
					}
				}
			})
		})
	}
}
