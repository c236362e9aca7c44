package runner_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/session"
	"rundown/runner/store"
)

// TestAWithdrawnPlanIsTakenOutOfWork withdraws a plan in the middle of a class: that one is recorded to its end, and the
// next is not begun, also after a restart, while the class is recorded or later.
func TestAWithdrawnPlanIsTakenOutOfWork(t *testing.T) {
	t.Parallel()
	for name, restart := range map[string]time.Duration{"in its class": 7 * time.Minute, "after its class": 20 * time.Minute} {
		t.Run("restart "+name, func(t *testing.T) {
			t.Parallel()
			withdrawn(t, restart)
		})
	}
}

// TestAWithdrawnPlanIsTakenOutOfWorkOnceTheStoreCanBeWritten withdraws a plan just before the store cannot be written for a while.
func TestAWithdrawnPlanIsTakenOutOfWorkOnceTheStoreCanBeWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-10 * time.Minute))
		h := newHouse(t, simulator.Config{})
		h.revision = wholeRevision
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:10"), "school.yaml"))
		until(monday.Add(-5 * time.Minute))
		if _, err := h.beside().AddRevision(context.Background(), store.Revision{At: time.Now(), Plan: "school", Who: "operator"}); err != nil {
			t.Fatal(err)
		}
		allow := h.refuseWrites()
		until(monday.Add(-3 * time.Minute))
		allow()
		until(monday.Add(time.Hour))
		h.shut(e)
		if sessions := h.sim.Ledger().Sessions; len(sessions) != 0 || e.Plans() != 0 {
			t.Errorf("ran %+v of a plan that was withdrawn", sessions)
		}
	})
}

func withdrawn(t *testing.T, restart time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-10 * time.Minute))
		h := newHouse(t, simulator.Config{})
		h.revision = wholeRevision
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:10, 2031-09-15 09:30-09:40"), "school.yaml"))
		until(monday.Add(5 * time.Minute))
		if _, err := h.beside().AddRevision(context.Background(), store.Revision{At: time.Now(), Plan: "school", Who: "operator"}); err != nil {
			t.Fatal(err)
		}
		until(monday.Add(restart))
		if n := e.Plans(); n != 0 {
			t.Errorf("%d plans are active", n)
		}
		h.shut(e)
		e = h.open()
		until(monday.Add(time.Hour))
		rows, err := h.store.Occurrences(t.Context(), store.Filter{})
		if err != nil || len(rows) != 1 || rows[0].Outcome != string(session.Recorded) {
			t.Errorf("%+v, %v: want the first class recorded and no other", rows, err)
		}
		h.shut(e)
		sessions := h.sim.Ledger().Sessions
		if len(sessions) != 1 || sessions[0].StoppedAt == nil || sessions[0].StoppedAt.After(monday.Add(15*time.Minute)) {
			t.Errorf("ran %+v: want one session, stopped at the end of the class", sessions)
		}
	})
}

// TestAClassIsStoppedWhoseOldPlanWasJustWithdrawn has a plan that was applied long ago withdrawn in the middle of a class. What is old is
// removed then, and a start still finds the account by which it stops the class.
func TestAClassIsStoppedWhoseOldPlanWasJustWithdrawn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.AddDate(0, 0, -45))
		h := newHouse(t, simulator.Config{})
		h.revision = wholeRevision
		p := loadPlan(t, school("2031-09-15 09:00-09:10"), "school.yaml")
		h.shut(h.open(p))
		until(monday.Add(-10 * time.Minute))
		e := h.open(p)
		until(monday.Add(5 * time.Minute))
		if _, err := h.beside().AddRevision(context.Background(), store.Revision{At: time.Now(), Plan: "school", Who: "operator"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second) // virtual: the engine has seen the withdrawal
		if _, err := h.beside().Prune(context.Background(), time.Now().AddDate(0, 0, -31)); err != nil {
			t.Fatal(err)
		}
		h.shut(e)
		e = h.open()
		until(monday.Add(time.Hour))
		h.shut(e)
		sessions := h.sim.Ledger().Sessions
		if len(sessions) != 1 || sessions[0].StoppedAt == nil || sessions[0].StoppedAt.After(monday.Add(15*time.Minute)) {
			t.Errorf("ran %+v: want one session, stopped at the end of the class", sessions)
		}
	})
}

// TestAStartWithAWithdrawnPlan gives a start the file of a plan that an operator withdrew. Alone on its store it makes the plan active
// again, and says so. Of several nodes, a start does so with a file that was changed only.
func TestAStartWithAWithdrawnPlan(t *testing.T) {
	t.Parallel()
	gone := func() store.Revision {
		return store.Revision{At: time.Now(), Plan: "school", Who: "operator", State: store.RevisionConfirmed}
	}
	t.Run("alone", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			until(monday.Add(-10 * time.Minute))
			h := newHouse(t, simulator.Config{})
			h.revision = wholeRevision
			p := loadPlan(t, school("2031-09-15 09:00-09:10"), "school.yaml")
			h.shut(h.open(p))
			e := h.open()
			if _, err := h.beside().AddRevision(context.Background(), gone()); err != nil {
				t.Fatal(err)
			}
			h.shut(e)
			e = h.open(p)
			if n := e.Plans(); n != 1 || !strings.Contains(h.log.String(), "the plan was withdrawn, and its file makes it active again") {
				t.Errorf("%d plans are active, and the log says %s", n, h.log.String())
			}
			h.shut(e)
		})
	})
	t.Run("one of several", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			until(monday.Add(-10 * time.Minute))
			f := newFleet(t, simulator.Config{})
			p := loadPlan(t, twoApps(bell), "school.yaml")
			a := f.join("a", nil, p)
			if _, err := a.store.AddRevision(context.Background(), gone()); err != nil {
				t.Fatal(err)
			}
			b := f.join("b", nil, p)
			time.Sleep(5 * time.Second)
			if a.Plans()+b.Plans() != 0 || !strings.Contains(b.log.String(), "it stays withdrawn") {
				t.Errorf("%d and %d plans are active, and the log says %s", a.Plans(), b.Plans(), b.log.String())
			}
			c := f.join("c", nil, loadPlan(t, twoApps(bell, "2031-09-15 10:00-10:10"), "school.yaml"))
			time.Sleep(5 * time.Second)
			if a.Plans()*b.Plans()*c.Plans() != 1 {
				t.Errorf("%d, %d and %d plans are active", a.Plans(), b.Plans(), c.Plans())
			}
			for _, n := range []*fleetNode{c, b, a} {
				f.leave(n)
			}
		})
	})
}

// TestTheLimitsOfAWithdrawnPlanHoldNoMore has two plans share an App ID of which one states how much it may record at once, and withdraws that
// one: the classes of the other keep their padding.
func TestTheLimitsOfAWithdrawnPlanHoldNoMore(t *testing.T) {
	t.Parallel()
	for name, withdrawn := range map[string]bool{"withdrawn": true, "active": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				h.revision = wholeRevision
				limited := strings.NewReplacer("name: school", "name: academy", `id: "${APP}"`, `id: "${APP}", limits: {concurrent: 1}`).
					Replace(school("2031-09-16 09:00-09:50")["school.yaml"])
				two := school("2031-09-15 09:00-09:50", "  next: {when: 2031-09-15 09:51-10:30}")
				e := h.open(loadPlan(t, two, "school.yaml"), loadPlan(t, files{"school.yaml": limited}, "school.yaml"))
				if withdrawn {
					_, err := h.beside().AddRevision(context.Background(), store.Revision{At: time.Now(), Plan: "academy", Who: "operator"})
					must(t, err)
				}
				until(monday.Add(3 * time.Hour))
				h.shut(e)
				if s := h.outcomes()[german]; s.Until.Equal(monday.Add(52*time.Minute)) != withdrawn {
					t.Errorf("recorded until %v: %s", s.Until, s.Reason)
				}
			})
		})
	}
}
