package store_test

import (
	"fmt"
	"testing"
	"time"

	"rundown/runner/store"
	"rundown/runner/store/pgtest"
)

// TestASlowServerTakesAGroupOfStepsAndAHeartbeat has each statement take half a second. A group of steps must be stored before
// the bounds of a transaction are over, a heartbeat before the next one is due.
func TestASlowServerTakesAGroupOfStepsAndAHeartbeat(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	direct := server.Database(t)
	network, dsn := server.Proxy(t, direct)
	s := mustOpen(t, dsn, worker)
	lease, err := s.Claim(t.Context(), app, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	const group = 32
	if err := writeSpecs(s, 0, group); err != nil {
		t.Fatal(err)
	}
	network.Slow(500 * time.Millisecond)
	server.Exec(t, direct, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()`)
	for range 2 { // the first has its connection made anew
		if err := s.Beat(t.Context(), time.Now()); err != nil {
			t.Errorf("a heartbeat: %v", err)
		}
	}
	var steps []store.Step
	for i := range group {
		st := step(i)
		st.Announced = []store.Announcement{{ID: fmt.Sprint("a", i), At: monday, Kind: "class.begun", Subject: st.ID}}
		steps = append(steps, st)
	}
	steps[group-1].Version = 7 // of another row
	results, err := s.Commit(t.Context(), app, lease.Term, steps)
	if err != nil {
		t.Fatalf("a group of steps: %v", err)
	}
	for i, err := range results {
		if stale := i == group-1; stale != (err != nil) {
			t.Errorf("step %d: %v", i, err)
		}
	}
	var specs []store.Spec
	for i := range 1000 {
		specs = append(specs, row(group-1+i).Spec())
	}
	var held []store.Spec
	if err := s.WriteSpecs(t.Context(), func(tx *store.SpecTx) (err error) { held, err = tx.AddAll(specs); return err }); err != nil {
		t.Errorf("specs: %v", err)
	}
	if len(held) != 1 || held[0].ID != specs[0].ID {
		t.Errorf("%d specs are said to be in the store already, want the first", len(held))
	}
	network.Slow(0)
	events, err := s.Events(t.Context(), "", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range events {
		if e.Occurrence != step(i).ID {
			t.Errorf("event %d is of %s: want the order of the steps", i, e.Occurrence)
		}
	}
	told, err := s.Announcements(t.Context(), 0, 100)
	if err != nil || len(told) != group-1 || len(events) != group-1 {
		t.Errorf("%d announcements and %d events of %d steps that were written, %v", len(told), len(events), group-1, err)
	}
}
