package storetest

import (
	"testing"
	"time"

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

// pendingOrders has a class cancelled, and the cancellation taken back. Once a plan has left the class out and brought it back, the row is
// a new one: nothing of these orders is left to be taken in, and its owner does not look at it before it is due.
func pendingOrders(t *testing.T, s *store.Store) {
	start := time.Date(2031, 9, 15, 7, 0, 0, 0, time.UTC)
	spec := store.Spec{ID: "school/german/20310915T070000Z", Plan: "school", Recording: "german", App: "app", Start: start, End: start.Add(time.Hour), Wake: start}
	const cancelled = `{"cancel":{"who":"ann"}}`
	do := func(what string, want int, write func(*store.SpecTx) error) {
		t.Helper()
		if err := s.WriteSpecs(t.Context(), write); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if pending, err := s.Commands(t.Context()); err != nil || len(pending) != want {
			t.Errorf("%s: %d orders are pending (%v), want %d", what, len(pending), err, want)
		}
	}
	order := func(kind, orders string) func(*store.SpecTx) error {
		return func(tx *store.SpecTx) error {
			c := store.Command{Occurrence: spec.ID, Kind: kind, At: start.Add(-time.Hour), DoneAt: start.Add(-time.Hour), Result: store.Done}
			if err := tx.AddCommand(&c); err != nil {
				return err
			}
			return tx.SetOrders(spec.ID, []byte(orders), spec.End)
		}
	}
	add := func(tx *store.SpecTx) error { _, err := tx.Add(spec); return err }
	remove := func(tx *store.SpecTx) error { _, err := tx.Remove(spec.ID); return err }
	do("a class", 0, add)
	do("cancelled", 1, order("cancel", cancelled))
	do("withdrawn", 0, remove)
	spec.Orders, spec.Wake = []byte(cancelled), time.Time{}
	do("brought back, to be cancelled at once", 1, add)
	do("taken back", 2, order("uncancel", `{}`))
	do("withdrawn again", 0, remove)
	spec.Orders, spec.Wake = nil, start
	do("brought back, to be recorded", 0, add)
}
