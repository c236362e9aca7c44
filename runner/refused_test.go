package runner_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/runner/reason"
	"rundown/runner/session"
)

func TestARefusedAccountIsHeldBackAsAWholeAndGoesOnOnceItIsMended(t *testing.T) {
	t.Parallel()
	var more []string
	for i := range 8 {
		more = append(more, fmt.Sprintf(`  class%d: {when: "2031-09-15 09:30:%02d-10:20:00"}`, i, 3*i))
	}
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		var wrong atomic.Bool
		h.lookup = func(r plan.Reference) (string, error) { // a file that is replaced
			if r.Name == "SECRET" && wrong.Load() {
				return "canary-of-another-account", nil
			}
			return values(r)
		}
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50", more...), "school.yaml"))
		until(monday.Add(28 * time.Minute))
		wrong.Store(true)
		until(monday.Add(31 * time.Minute))
		if told := e.Troubles(); len(told) != 1 || !e.Blocked() || !strings.HasPrefix(told[0], "account-refused: the account of app ") || !strings.Contains(told[0], "refused: HTTP 401") {
			t.Errorf("troubles: %q", told)
		}
		mended := monday.Add(40 * time.Minute)
		until(mended)
		if n := h.sim.Ledger().Requests["acquire"]; n > 40 {
			t.Errorf("%d acquires: each class asks by itself", n)
		}
		wrong.Store(false)
		until(mended.Add(time.Minute))
		if told := e.Troubles(); len(told) != 0 {
			t.Errorf("troubles afterwards: %q", told)
		}
		until(monday.Add(2 * time.Hour))
		h.shut(e)

		sessions := h.sim.Ledger().Sessions[1:]
		if late := sessions[0].StartedAt.Sub(mended); late > 35*time.Second {
			t.Errorf("the first class began %v after the account was mended", late)
		}
		for _, s := range sessions {
			if late := s.StartedAt.Sub(sessions[0].StartedAt); late > 4*time.Second {
				t.Errorf("%s began %v after the first", s.Cname, late)
			}
		}
		got := h.outcomes()
		for i := range 8 {
			if s := got[fmt.Sprintf("school/class%d/20310915T0730%02dZ", i, 3*i)]; s.Outcome != session.Partial ||
				s.ReasonCode != reason.IssueAccountRefused || !strings.Contains(s.Reason, "its start was sent late: ") || !strings.Contains(s.Reason, "HTTP 401") {
				t.Errorf("%s: %s (%s) %q", s.ID, s.Outcome, s.ReasonCode, s.Reason)
			}
		}
		if s := got[german]; s.Outcome != session.Recorded || len(s.Sessions) != 1 {
			t.Errorf("what ran: %s %q", s.Outcome, s.Reason)
		}
		for _, line := range []string{"account refused", "account accepted again"} {
			if n := strings.Count(h.log.String(), `msg="`+line); n != 1 {
				t.Errorf("the log says %q %d times", line, n)
			}
		}
		h.audit()
	})
}

func TestAPlanThatIsGivenAnewAsksForItsRefusedAccountAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		var wrong atomic.Bool
		h.lookup = func(r plan.Reference) (string, error) {
			if r.Name == "SECRET" && wrong.Load() {
				return "canary-of-another-account", nil
			}
			return values(r)
		}
		text := school("2031-09-15 08:20-08:30", `  french: {when: 2031-09-15 09:00-09:50}`, `  latin: {when: 2031-09-15 09:00-09:50}`)
		e := h.open(loadPlan(t, text, "school.yaml"))
		until(monday.Add(-10 * time.Minute))
		wrong.Store(true)
		until(monday.Add(10 * time.Minute))
		if told := e.Troubles(); len(told) != 1 {
			t.Errorf("troubles: %q", told)
		}
		wrong.Store(false)
		if _, err := e.Apply(context.Background(), loadPlan(t, text, "school.yaml")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if told := e.Troubles(); len(told) != 0 {
			t.Errorf("troubles once it is mended: %q", told)
		}
		if n := h.sim.Ledger().Requests["start"]; n != 3 {
			t.Errorf("%d classes have begun, want the one before and both that waited", n)
		}
		until(monday.Add(2 * time.Hour))
		h.shut(e)
		h.audit()
	})
}

func TestAClockThatIsOffTheServicesIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h, clock := newHouse(t, simulator.Config{}), &wallClock{}
		clock.set(-8 * time.Second)
		h.now = clock.now
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
		until(monday.Add(10 * time.Minute))
		if told := e.Troubles(); len(told) != 1 || e.Blocked() || !strings.HasPrefix(told[0], "clock-off: ") || !strings.Contains(told[0], "behind the service's") {
			t.Errorf("troubles: %q", told)
		}
		clock.set(8 * time.Second)
		until(monday.Add(30 * time.Minute))
		if told := e.Troubles(); len(told) != 0 {
			t.Errorf("troubles once it is right: %q", told)
		}
		h.shut(e)
		if n := strings.Count(h.log.String(), "behind the service's"); n != 1 {
			t.Errorf("the log says it %d times", n)
		}
	})
}
