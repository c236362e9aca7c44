package runner_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner"
	"rundown/runner/session"
)

// toldOfOrphan holds an engine, its log, its store and the outcome to one recording that its store does not know.
func (h *house) toldOfOrphan(e *runner.Engine, s session.State, uid string) {
	h.t.Helper()
	const about = "a recording that this store does not know runs with cname school-german and uid "
	const says = "orphan: " + about
	if is := e.Troubles(); len(is) != 1 || !strings.HasPrefix(is[0], "orphan: "+german+": "+about+uid) || !strings.Contains(is[0], "maxRecordingHour ends it at 2031-09-15 ") {
		h.t.Errorf("the troubles are %q", is)
	}
	if log := h.log.String(); strings.Count(log, `level=ERROR msg="`+says+uid) != 1 {
		h.t.Errorf("the log does not tell once of the orphan:\n%s", log)
	}
	if s.Outcome != session.Recorded && s.Outcome != session.Partial || !strings.Contains(s.Reason, says+uid) {
		h.t.Errorf("%s: %s", s.Outcome, s.Reason)
	}
	if len(s.Sessions) != 2 || s.Sessions[0].State != session.SessionOrphan || s.Sessions[0].UID != uid || s.Sessions[1].UID == uid || s.Sessions[1].SID == "" {
		h.t.Errorf("the sessions are %+v, want an orphan and one on the other uid", s.Sessions)
	}
}

// TestAStoreThatWasLostOverARestartTellsOfWhatRuns removes the store between two engines in the middle of a class.
func TestAStoreThatWasLostOverARestartTellsOfWhatRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		h.poll = 10 * time.Second
		p := loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml")
		e := h.open(p)
		until(monday.Add(10 * time.Minute))
		h.shut(e) // what runs goes on
		must(t, os.Remove(filepath.Join(h.dir, "rundown.db")))
		e = h.open(p)
		until(monday.Add(55 * time.Minute))
		ran := h.sim.Ledger().Sessions
		if len(ran) != 2 || ran[0].StoppedAt != nil || ran[1].StopReason != "stop" {
			t.Fatalf("the ledger: %+v", ran)
		}
		h.toldOfOrphan(e, h.outcomes()[german], ran[0].UID)
		until(monday.Add(3 * time.Hour))
		if is := e.Troubles(); len(is) != 0 {
			t.Errorf("the troubles are %q, though its hours are over", is)
		}
		if ended := h.sim.Ledger().Sessions[0]; ended.StoppedAt == nil {
			t.Errorf("it runs on beyond the bound that was told: %+v", ended)
		}
		h.shut(e)
		h.agrees()
	})
}

// TestTwoEnginesWithTwoStoresOnOnePlanFindEachOther: which of them comes first is a matter of chance.
func TestTwoEnginesWithTwoStoresOnOnePlanFindEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		other := newHouse(t, simulator.Config{})
		other.sim = h.sim
		h.poll, other.poll = time.Second, time.Second
		p := loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml")
		e, f := h.open(p), other.open(p)
		until(monday.Add(55 * time.Minute))
		ran := h.sim.Ledger().Sessions
		if len(ran) != 2 || ran[0].StopReason != "stop" || ran[1].StopReason != "stop" {
			t.Fatalf("the ledger: %+v", ran)
		}
		second, engine := h, e
		if h.outcomes()[german].Sessions[0].State != session.SessionOrphan {
			second, engine = other, f
		}
		second.toldOfOrphan(engine, second.outcomes()[german], ran[0].UID)
		h.shut(e)
		other.shut(f)
	})
}
