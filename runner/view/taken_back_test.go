package view_test

import (
	"fmt"
	"testing"
	"time"

	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/view"
)

// TestAnOrderThatNoDaemonHasTakenInIsNotLaidOverTheRowTwice has a class with two extensions, of which the last was just taken back.
func TestAnOrderThatNoDaemonHasTakenInIsNotLaidOverTheRowTwice(t *testing.T) {
	start := time.Date(2031, 9, 15, 7, 0, 0, 0, time.UTC)
	end, first := start.Add(50*time.Minute), start.Add(65*time.Minute)
	args := func(until time.Time) []byte {
		return fmt.Appendf(nil, `{"until":%q,"start":%q,"end":%q}`, until.Format(time.RFC3339), start.Format(time.RFC3339), end.Format(time.RFC3339))
	}
	row := store.Occurrence{
		ID: "school/german/20310915T070000Z", Start: start, End: first, State: string(session.Recording), Versions: store.Versions{Generation: 12},
		Doc: fmt.Appendf(nil, `{"start":%q,"end":%q,"extended":%s,"observed":{"generation":11}}`, start.Format(time.RFC3339), end.Format(time.RFC3339), args(first)),
	}
	order := func(kind string, args []byte, generation int64) store.Command {
		return store.Command{Occurrence: row.ID, Kind: kind, Args: args, Generation: generation, DoneAt: start, Result: store.Done}
	}
	got := view.WithOrders(row, []store.Command{
		order(session.CommandExtend, args(first), 10), order(session.CommandExtend, args(start.Add(80*time.Minute)), 11), order(session.CommandUnextend, nil, 12),
	})
	x, effective := view.ExtensionOf(got)
	if !effective || !x.Until.Equal(first) {
		t.Errorf("extended %+v, in force %v; want to %v", x, effective, first)
	}
}

// TestACancellationThatWasTakenBackDoesNotHold has a class that ended as cancelled, before and after a daemon has seen that this was
// taken back, and one that its plan does not hold any more.
func TestACancellationThatWasTakenBackDoesNotHold(t *testing.T) {
	for doc, want := range map[string]bool{
		`{"observed":{"generation":11}}`: false, `{"observed":{"generation":12}}`: true,
		`{"absent":true,"observed":{"generation":11}}`: true, `{"absent":true,"observed":{"generation":12}}`: true,
	} {
		row := store.Occurrence{
			ID: "school/german/20310915T070000Z", State: string(session.Ended), Outcome: string(session.Cancelled), Versions: store.Versions{Generation: 12}, Doc: []byte(doc),
		}
		if _, cancelled := (view.Class{Row: row}).Cancelled(); cancelled != want {
			t.Errorf("%s of generation 12: cancelled %v", doc, cancelled)
		}
	}
}
