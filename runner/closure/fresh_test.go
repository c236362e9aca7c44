package closure

import (
	"maps"
	"slices"
	"testing"
	"time"

	"rundown/runner/store"
)

// TestWhatAnotherProcessHasNotedHidesNothing has two processes look at a closed day. One knew a plan with one class of it, and the other
// one, which found none noted, a plan with two.
func TestWhatAnotherProcessHasNotedHidesNothing(t *testing.T) {
	s, err := store.Open(t.Context(), ":memory:", store.Options{Create: true, Work: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	ctx, now := t.Context(), time.Date(2031, 9, 16, 12, 0, 0, 0, time.UTC)
	c := store.Closure{At: now, Kind: store.ClosureCancel, Day: "2031-09-17", Who: "duty"}
	c.ID, err = s.AddClosure(ctx, c, nil, func(int64) store.Announcement { return store.Announcement{At: now, Kind: "order.given"} })
	if err != nil {
		t.Fatal(err)
	}
	var rows []store.Occurrence
	for _, id := range []string{"school/german/20310917T070000Z", "school/latin/20310917T110000Z"} {
		rows = append(rows, store.Occurrence{ID: id, Plan: "school", Start: now.Add(24 * time.Hour)})
	}
	for _, fresh := range [][]store.Occurrence{rows[:1], rows, rows} {
		if err := noteFresh(ctx, newFinder(s, now), c, fresh); err != nil {
			t.Fatal(err)
		}
	}
	noted, err := s.ClosureClasses(ctx, c.ID)
	if want := []string{rows[0].ID, rows[1].ID}; err != nil || !slices.Equal(slices.Sorted(maps.Keys(noted)), want) {
		t.Errorf("noted %v, %v, want %v", noted, err, want)
	}
	if told, err := s.Announcements(ctx, 0, 10); err != nil || len(told) != 3 {
		t.Errorf("%d announcements, %v: want the closure, and each class once", len(told), err)
	}
}
