package store

import (
	"path/filepath"
	"testing"
	"time"
)

// addCommand records a command as it was judged.
func addCommand(t *testing.T, s *Store, c Command, result string) int64 {
	t.Helper()
	c.DoneAt, c.Result = c.At, result
	if result != Done {
		c.ReasonCode = "class-ended"
	}
	if err := s.WriteSpecs(t.Context(), func(tx *SpecTx) error { return tx.AddCommand(&c) }); err != nil {
		t.Fatal(err)
	}
	return c.ID
}

func TestOrdersAreThoseThatAreCarriedOut(t *testing.T) {
	ctx := t.Context()
	s, err := Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "rundown.db"), Options{Create: true, Work: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	at := time.Date(2031, 9, 15, 6, 0, 0, 0, time.UTC)
	const early, late, other = "p/a/20310915T070000Z", "p/a/20310917T070000Z", "p/a/20310917T080000Z"
	add := func(id, kind, result string) int64 {
		return addCommand(t, s, Command{At: at, Occurrence: id, Kind: kind, Who: "ops", Day: "2031-09-17", Clock: "09:00", Args: []byte(`{"until":1}`)}, result)
	}
	add(early, "cancel", Done)
	n := add(late, "extend", Done)
	add(late, "extend", "refused: its end has come already")
	last := add(late, "cancel", Done)
	orders, err := s.Orders(ctx, at.Add(24*time.Hour))
	if err != nil || len(orders) != 2 || orders[0].ID != n || orders[1].ID != last {
		t.Fatalf("%+v, %v, want commands %d and %d", orders, err, n, last)
	}
	if err := s.WriteSpecs(ctx, func(tx *SpecTx) error {
		for _, c := range orders {
			c.Occurrence, c.Args = other, []byte(`{"until":2}`)
			if err := tx.MoveCommand(c); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	again, err := s.Orders(ctx, at.Add(24*time.Hour))
	if err != nil || len(again) != 2 || again[0].Occurrence != other || string(again[1].Args) != `{"until":2}` {
		t.Errorf("%+v, %v", again, err)
	}
}
