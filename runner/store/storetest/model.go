package storetest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rundown/runner/store"
)

// model compares the store with a map after groups of steps that nobody would think of: with versions that are too
// old and too new, terms likewise, and deletions.
func model(t *testing.T, s *store.Store) {
	term := lease(t, s)
	run := 0
	rapid.Check(t, func(t *rapid.T) {
		run++ // a plan of its own: the store is one for all runs
		plan := fmt.Sprint("plan-", run)
		want := map[string]store.Occurrence{}
		attempts := map[string]map[int]string{}
		logged := map[string]int{}

		for range rapid.IntRange(1, 6).Draw(t, "groups") {
			stranger := rapid.IntRange(0, 9).Draw(t, "term") == 0
			var steps []store.Step
			var expect []error
			for range rapid.IntRange(0, 8).Draw(t, "steps") {
				recording := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "recording")
				o := class(recording, monday)
				o.ID, o.Plan = plan+"/"+recording+"/1", plan
				o.Start = monday.Add(time.Duration(rapid.Int64Range(0, 1e12).Draw(t, "start")))
				o.Start = o.Start.Truncate(time.Millisecond)
				o.State = rapid.SampledFrom([]string{"planned", "recording", "ended"}).Draw(t, "state")
				o.Reason = rapid.StringMatching(`[ -~äß]{0,8}`).Draw(t, "reason")
				o.Version = max(0, want[o.ID].Version+rapid.SampledFrom([]int64{0, 0, 0, 0, -1, 1}).Draw(t, "off"))
				st := store.Step{
					Occurrence: o,
					Delete:     rapid.IntRange(0, 5).Draw(t, "delete") == 0,
					Kept:       rapid.IntRange(0, 3).Draw(t, "kept") == 0,
					Sessions:   []store.Session{{Attempt: rapid.IntRange(1, 3).Draw(t, "attempt"), State: o.Reason}},
					Events:     []store.Event{{Kind: "state"}},
				}
				steps = append(steps, st)

				_, exists := want[o.ID]
				switch {
				case stranger:
					expect = append(expect, store.ErrFenced)
				case o.Version != want[o.ID].Version, (st.Delete || st.Kept) && !exists:
					expect = append(expect, store.ErrStale)
				case st.Delete:
					expect = append(expect, nil)
					delete(want, o.ID)
					delete(attempts, o.ID)
					logged[o.ID]++
				default:
					expect = append(expect, nil)
					if st.Kept {
						o = want[o.ID]
					}
					o.Version++
					want[o.ID] = o
					if attempts[o.ID] == nil {
						attempts[o.ID] = map[int]string{}
					}
					attempts[o.ID][st.Sessions[0].Attempt] = st.Sessions[0].State
					logged[o.ID]++
				}
			}
			under := term
			if stranger {
				under--
			}
			got, err := s.Apply(t.Context(), app, under, steps)
			if err != nil {
				t.Fatal(err)
			}
			for i := range expect {
				if !errors.Is(got[i], expect[i]) {
					t.Fatalf("step %d: got %v, want %v", i, got[i], expect[i])
				}
			}
		}

		stored, err := s.Occurrences(t.Context(), store.Filter{Plan: plan})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.IsSortedFunc(stored, func(a, b store.Occurrence) int { return a.Start.Compare(b.Start) }) {
			t.Fatal("not in order of start")
		}
		found := map[string]store.Occurrence{}
		for _, o := range stored {
			found[o.ID] = o
		}
		if d := cmp.Diff(want, found); d != "" {
			t.Fatalf("occurrences, -want +got:\n%s", d)
		}
		sessions, err := s.Sessions(t.Context(), slices.Collect(maps.Keys(logged))...)
		if err != nil {
			t.Fatal(err)
		}
		states := map[string]map[int]string{}
		for id, list := range sessions {
			states[id] = map[int]string{}
			for _, r := range list {
				states[id][r.Attempt] = r.State
			}
		}
		if d := cmp.Diff(attempts, states); d != "" {
			t.Fatalf("sessions, -want +got:\n%s", d)
		}
		for id, n := range logged {
			if log, err := s.Events(t.Context(), id, 0, 0); err != nil || len(log) != n {
				t.Fatalf("%s: %d events, %v, want %d", id, len(log), err, n)
			}
		}
	})
}
