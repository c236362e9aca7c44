package store_test

import (
	"path/filepath"
	"slices"
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
		found = slices.DeleteFunc(found, func(o store.Occurrence) bool { return o.Version == 0 }) // wanted, and not written yet
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
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		execRaw(t, file, `DELETE FROM sessions; DELETE FROM occurrences; DELETE FROM events`)
	}
}
