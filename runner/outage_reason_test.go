package runner_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/reason"
	"rundown/runner/session"
)

// TestAClassThatAnOutageOfTheStoreDelayedNamesIt has the store take no writes from before a class is begun until some minutes after its
// start.
func TestAClassThatAnOutageOfTheStoreDelayedNamesIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
		until(monday.Add(-5 * time.Minute))
		allow := h.refuseWrites()
		until(monday.Add(6 * time.Minute))
		allow()
		until(monday.Add(time.Hour))
		h.shut(e)
		s := h.outcomes()[german]
		if s.Outcome != session.Partial || s.ReasonCode != reason.BegunLate {
			t.Fatalf("it is %s (%s): %s", s.Outcome, s.ReasonCode, s.Reason)
		}
		_, told, found := strings.Cut(s.Reason, "the store could not be written from 2031-09-15 08:59:")
		if !found || !strings.Contains(told, " to 2031-09-15 09:06:0") {
			t.Errorf("its reason does not tell from when to when the store could not be written: %s", s.Reason)
		}
		h.audit()
	})
}

// TestARequestThatAnEndKeepsBackIsNotSentLate has an engine end while the store takes no writes, and take them again before it has ended: the
// acquire that was held back is stored then, and sent by the next engine.
func TestARequestThatAnEndKeepsBackIsNotSentLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		p := loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml")
		e := h.open(p)
		until(monday.Add(-5 * time.Minute))
		allow := h.refuseWrites()
		until(monday.Add(time.Minute))
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			h.shut(e)
		}()
		until(monday.Add(time.Minute + 2*time.Second))
		allow()
		<-ended
		if n := len(h.sim.Ledger().Sessions); n > 0 {
			t.Fatalf("%d sessions were begun", n)
		}
		until(monday.Add(5 * time.Minute))
		e = h.open(p)
		until(monday.Add(time.Hour))
		h.shut(e)
		if s := h.outcomes()[german]; s.Outcome != session.Partial || strings.Contains(s.Reason, "was held back") {
			t.Errorf("%s: %s", s.Outcome, s.Reason)
		}
		h.audit()
	})
}
