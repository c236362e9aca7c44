package store

import (
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestOrdersAreThoseThatWereCarriedOutAndThoseThatWait(t *testing.T) {
	ctx := t.Context()
	s, err := Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "rundown.db"), Options{Create: true, Work: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	at := time.Date(2031, 9, 15, 6, 0, 0, 0, time.UTC)
	const early, late, other = "p/a/20310915T070000Z", "p/a/20310917T070000Z", "p/a/20310917T080000Z"
	term, err := s.Lease(ctx, "app", at.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	add := func(id, kind, result string) int64 {
		t.Helper()
		n, err := s.AddCommand(ctx, Command{At: at, Occurrence: id, Kind: kind, Who: "ops", Args: []byte(`{"until":1}`)})
		code := ""
		if result != Done {
			code = "class-ended"
		}
		if err == nil && result != "" {
			err = s.SettleCommand(ctx, n, at, code, result)
		}
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	add(early, "cancel", Done)
	// Left before the class is stored, and settled after.
	n, err := s.AddCommand(ctx, Command{At: at, Occurrence: late, Kind: "extend", Who: "ops"})
	if err != nil {
		t.Fatal(err)
	}
	row := Occurrence{ID: late, App: "app", Day: "2031-09-17", Clock: "09:00", State: "planned", Start: at, End: at}
	if results, err := s.Apply(ctx, "app", term, []Step{{Occurrence: row}}); err != nil || results[0] != nil {
		t.Fatal(results, err)
	}
	if err := s.SettleCommand(ctx, n, at, "", Done); err != nil {
		t.Fatal(err)
	}
	add(late, "extend", "refused: its end has come already")
	waits := add(late, "cancel", "")
	orders, err := s.Orders(ctx, at.Add(24*time.Hour))
	if err != nil || len(orders) != 2 || orders[0].ID != n || orders[1].ID != waits {
		t.Fatalf("%+v, %v, want commands %d and %d", orders, err, n, waits)
	}
	for _, c := range orders {
		if c.Day != "2031-09-17" || c.Clock != "09:00" {
			t.Errorf("command %d is for %s %s, want the day and time of its class", c.ID, c.Day, c.Clock)
		}
	}
	moved := slices.Clone(orders)
	for i := range moved {
		moved[i].Occurrence, moved[i].Args = other, []byte(`{"until":2}`)
	}
	if err := s.MoveOrders(ctx, moved, []Event{{Occurrence: other, At: at, Kind: "plan", Text: "moved"}}); err != nil {
		t.Fatal(err)
	}
	again, err := s.Orders(ctx, at.Add(24*time.Hour))
	if err != nil || len(again) != 2 || again[0].Occurrence != other || string(again[1].Args) != `{"until":2}` || again[1].DoneAt != (time.Time{}) {
		t.Errorf("%+v, %v", again, err)
	}
	if events, err := s.Events(ctx, other, 0, 0); err != nil || len(events) != 1 {
		t.Errorf("%+v, %v", events, err)
	}
}
