package runner_test

import (
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/session"
)

// TestARowThatCannotBeReadCostsNoOtherClass restarts an engine on a store in which the account of a class cannot be read: the class is left
// as it is, and the next one is recorded.
func TestARowThatCannotBeReadCostsNoOtherClass(t *testing.T) {
	t.Parallel()
	const second = "school/german/20310915T090000Z"
	for name, text := range map[string]string{
		"that is being recorded": `UPDATE occurrences SET doc = '{"begin": 5}' WHERE id = '` + german + `'`,
		"of a session":           `UPDATE sessions SET doc = '{"attempt": "x"}' WHERE occurrence_id = '` + german + `'`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				p := loadPlan(t, school("2031-09-15 09:00-09:50, 2031-09-15 11:00-11:30"), "school.yaml")
				e := h.open(p)
				until(monday.Add(10 * time.Minute))
				h.shut(e)
				h.alter(text)
				e = h.open(p)
				until(monday.Add(4 * time.Hour))
				h.shut(e)
				if s := h.outcomes()[second]; s.Outcome != session.Recorded {
					t.Errorf("the second class: %s: %s", s.Outcome, s.Reason)
				}
			})
		})
	}
}
