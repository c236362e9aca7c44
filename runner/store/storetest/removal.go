package storetest

import (
	"testing"

	"rundown/runner/store"
)

// newestRemoval has a node that works on an older revision note a removal after one that works on a newer one.
func newestRemoval(t *testing.T, s *store.Store) {
	for _, revision := range []int64{9, 12, 11} {
		if err := s.WriteSpecs(t.Context(), func(tx *store.SpecTx) error { return tx.NoteRemoval("school", revision) }); err != nil {
			t.Fatal(err)
		}
	}
	for revision, want := range map[int64]bool{8: true, 11: true, 12: false} {
		if written, err := s.WrittenSince(t.Context(), "school", revision); err != nil || written != want {
			t.Errorf("a newer revision than %d has written: %v (%v), want %v", revision, written, err, want)
		}
	}
}
