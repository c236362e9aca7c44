package runner_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/runner"
	"rundown/runner/session"
)

// TestASessionOfAnotherIdentityIsKnownAsOurs has a class change its identity while it is recorded, which takes its
// session over with the uid of the old identity. Then that class is cancelled, its stop fails for ten minutes, and the
// plan has the old identity again: its start meets the session, which is in this store.
func TestASessionOfAnotherIdentityIsKnownAsOurs(t *testing.T) {
	t.Parallel()
	for name, way := range map[string]func(h *house, e *runner.Engine) *runner.Engine{
		"a reload":  func(_ *house, e *runner.Engine) *runner.Engine { return e },
		"a restart": func(h *house, e *runner.Engine) *runner.Engine { h.shut(e); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				h.poll = time.Second
				h.transport = &spell{next: h.sim.Transport(), op: "/stop", from: monday.Add(20 * time.Minute), until: monday.Add(30 * time.Minute), unsent: errors.New("no route to host")}
				before := loadPlan(t, school("2031-09-15 09:00-09:50, 2031-12-01 09:00-09:50"), "school.yaml")
				after := loadPlan(t, school("2031-09-15 09:05-09:55, 2031-12-01 09:00-09:50"), "school.yaml")
				e := h.open(before)
				until(monday.Add(10 * time.Minute))
				apply(t, e, after)
				until(monday.Add(20*time.Minute + time.Second))
				later := "school/german/" + monday.Add(5*time.Minute).Format("20060102T150405Z")
				must(t, e.Cancel(later, "principal", "fire drill"))
				until(monday.Add(21 * time.Minute))
				if e = way(h, e); e == nil {
					e = h.open(before)
				} else {
					apply(t, e, before)
				}
				until(monday.Add(25 * time.Minute))
				if told := strings.Join(e.Troubles(), "\n"); strings.Contains(told, "does not know") {
					t.Errorf("a session of ours is told as another's: %s", told)
				}
				until(monday.Add(2 * time.Hour))
				if told := e.Troubles(); len(told) != 0 {
					t.Errorf("the troubles are %q", told)
				}
				h.shut(e)
				ran := h.sim.Ledger().Sessions
				if len(ran) != 3 || ran[0].Cname != ran[1].Cname || ran[0].UID == ran[1].UID || ran[1].UID == ran[2].UID {
					t.Fatalf("the ledger: %+v", ran)
				}
				if late := ran[1].StoppedAt.Sub(monday.Add(30 * time.Minute)); late < 0 || late > time.Minute {
					t.Errorf("the session of the cancelled class ended %v after its stops reached the service", late)
				}
				if late := ran[2].StartedAt.Sub(monday.Add(21 * time.Minute)); late > time.Minute {
					t.Errorf("the class went on %v after the plan had it again", late)
				}
				if s := h.outcomes()[german]; s.Outcome != session.Partial || strings.Contains(s.Reason, "orphan") || strings.Contains(h.log.String(), "does not know") {
					t.Errorf("%s: %s", s.Outcome, s.Reason)
				}
			})
		})
	}
}

func apply(t *testing.T, e *runner.Engine, p *plan.Plan) {
	t.Helper()
	if _, err := e.Apply(context.Background(), p); err != nil {
		t.Fatal(err)
	}
}
