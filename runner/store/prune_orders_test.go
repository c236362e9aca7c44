package store

import (
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestPruneKeepsTheOrdersForAClassThatWasMovedFarAhead removes what is old while an order first for a class that its plan
// moved by most of a year, of which the store has no row yet.
func TestPruneKeepsTheOrdersForAClassThatWasMovedFarAhead(t *testing.T) {
	ctx := t.Context()
	s, err := Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "rundown.db"), Options{Create: true, Work: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	given := time.Date(2031, 9, 14, 6, 0, 0, 0, time.UTC)
	const moved, older = "p/a/20310915T070000Z", "p/a/20300801T070000Z"
	add := func(id, result string) int64 {
		return addCommand(t, s, Command{At: given, Occurrence: id, Kind: "cancel", Who: "ops", Day: "2031-09-15", Clock: "09:00"}, result)
	}
	first, done := add(moved, Done), add(moved, Done)
	add(moved, "it was not cancelled")
	add(older, Done)
	for _, now := range []time.Time{given.AddDate(0, 1, 0), given.AddDate(0, 11, 0)} { // it is moved by 350 days
		if _, err := s.Prune(ctx, now.AddDate(0, 0, -9)); err != nil {
			t.Fatal(err)
		}
		orders, err := s.Orders(ctx, given.AddDate(-2, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		var ids []int64
		for _, c := range orders {
			ids = append(ids, c.ID)
		}
		if now.After(given.AddDate(0, 6, 0)) && !slices.Equal(ids, []int64{first, done}) || !slices.Contains(ids, first) || !slices.Contains(ids, done) {
			t.Errorf("on %s it holds the orders %v, want %d and %d", now.Format(time.DateOnly), ids, first, done)
		}
		if events, err := s.Events(ctx, moved, 0, 0); err != nil || len(events) == 0 {
			t.Errorf("on %s the log does not tell of the orders any more: %v, %v", now.Format(time.DateOnly), events, err)
		}
	}
}
