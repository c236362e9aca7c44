package store_test

import (
	"path/filepath"
	"testing"

	"rundown/runner/store"
)

func TestWhatWasAcknowledgedOutlivesAKill(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "rundown.db")
	for _, acknowledged := range []int{1, 100, 300} {
		writer, out, _ := child(t, "write", file, worker)
		var told []string
		for len(told) < acknowledged && out.Scan() {
			told = append(told, out.Text())
		}
		if len(told) < acknowledged {
			t.Fatalf("the writer ended after %q", told)
		}
		if err := writer.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for out.Scan() { // what it said before the signal reached it
			told = append(told, out.Text())
		}
		_ = writer.Wait() // killed

		s := mustOpen(t, file, worker) // the lock died with its holder
		found, err := s.Occurrences(t.Context(), store.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		stored := map[string]bool{}
		var ids []string
		for _, o := range found {
			stored[o.ID] = true
			ids = append(ids, o.ID)
		}
		for _, id := range told {
			if !stored[id] {
				t.Errorf("%s was acknowledged and is lost", id)
			}
		}
		// Of each step all is there or nothing.
		sessions, err := s.Sessions(t.Context(), ids...)
		if err != nil {
			t.Fatal(err)
		}
		events, err := s.Events(t.Context(), "", 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(sessions) != len(found) || len(events) != len(found) {
			t.Errorf("%d occurrences, %d with sessions, %d events", len(found), len(sessions), len(events))
		}
		removeAll(t, s, found)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		execRaw(t, file, `DELETE FROM events`)
	}
}

// removeAll empties a store, so that the next writer may begin anew.
func removeAll(t *testing.T, s *store.Store, found []store.Occurrence) {
	t.Helper()
	term, err := s.Lease(t.Context(), app, monday)
	if err != nil {
		t.Fatal(err)
	}
	var steps []store.Step
	for _, o := range found {
		steps = append(steps, store.Step{Occurrence: o, Delete: true})
	}
	results, err := s.Apply(t.Context(), app, term, steps)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range results {
		if err != nil {
			t.Fatal(err)
		}
	}
}
