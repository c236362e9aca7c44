package runner_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/session"
	"rundown/runner/store"
)

// rows are the versions of what the house's store holds, by id.
func (h *house) rows() map[string]int64 {
	h.t.Helper()
	list, err := h.store.Occurrences(context.Background(), store.Filter{})
	if err != nil {
		h.t.Fatal(err)
	}
	out := map[string]int64{}
	for _, o := range list {
		out[o.ID] = o.Version
	}
	return out
}

func TestAPlanOfManyClassesIsWrittenOnceAndARestartWritesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-170 * time.Minute)) // two classes are so near that they do not rest
		h := newHouse(t, simulator.Config{})
		p := loadPlan(t, school("{cron: '*/15 4-23 * * *', duration: 10m}", "    only: autumn"), "school.yaml")
		e := h.open(p)
		synctest.Wait()
		before := h.rows()
		if len(before) < 500 {
			t.Fatalf("%d classes are planned", len(before))
		}
		h.shut(e)
		e = h.open(p)
		synctest.Wait()
		if after := h.rows(); len(after) != len(before) {
			t.Fatalf("%d classes are planned after the restart, %d before", len(after), len(before))
		}
		for id, version := range h.rows() {
			if version != before[id] {
				t.Errorf("%s was written %d times, and %d times before the restart", id, version, before[id])
			}
		}
		h.shut(e)
	})
}

func TestAClassThatRestsIsChangedCancelledAndRecordedAsAnyOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-8 * time.Hour))
		h := newHouse(t, simulator.Config{})
		const rest = ", 2031-09-15 11:00-11:50, 2031-09-15 13:00-13:50"
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"+rest), "school.yaml"))
		until(monday.Add(-7 * time.Hour))
		if _, err := e.Apply(context.Background(), loadPlan(t, school("2031-09-15 09:00-09:30"+rest), "school.yaml")); err != nil {
			t.Fatal(err)
		}
		order(t, h.beside(), session.CommandCancel, "school/german/20310915T090000Z", struct{}{})
		until(monday.Add(8 * time.Hour))
		h.shut(e)
		h.audit()
		var got string
		for _, s := range h.sim.Ledger().Sessions {
			got += s.StartedAt.Format("15:04") + "-" + s.StoppedAt.Format("15:04 ")
		}
		if want := "06:59-07:32 10:59-11:52 "; got != want {
			t.Errorf("ran %s, want %s", got, want)
		}
	})
}
