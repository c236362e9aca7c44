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

// model compares the store with maps after groups of steps that nobody would think of: with versions that are too old
// and too new, terms likewise, and deletions.
func model(t *testing.T, s *store.Store) {
	term := lease(t, s)
	run := 0
	rapid.Check(t, func(t *rapid.T) {
		run++ // a plan of its own: the store is one for all runs
		m := expectation{
			plan: fmt.Sprint("plan-", run), rows: map[string]store.Occurrence{},
			sessions: map[string]map[int]string{}, events: map[string]int{},
		}
		for range rapid.IntRange(1, 6).Draw(t, "groups") {
			under, fenced := term, rapid.IntRange(0, 9).Draw(t, "term") == 0
			if fenced {
				under--
			}
			var steps []store.Step
			var expect []error
			for range rapid.IntRange(0, 8).Draw(t, "steps") {
				step := m.draw(t)
				steps, expect = append(steps, step), append(expect, m.apply(step, fenced))
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
		m.compare(t, s)
	})
}

// expectation is what the store is to hold of a plan.
type expectation struct {
	plan     string
	rows     map[string]store.Occurrence
	sessions map[string]map[int]string // state by occurrence and attempt
	events   map[string]int            // how many, by occurrence
}

// draw makes a step.
func (m *expectation) draw(t *rapid.T) store.Step {
	recording := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "recording")
	o := class(recording, monday)
	o.ID, o.Plan = m.plan+"/"+recording+"/1", m.plan
	o.Start = monday.Add(time.Duration(rapid.Int64Range(0, 1e12).Draw(t, "start")))
	o.Start = o.Start.Truncate(time.Millisecond)
	o.State = rapid.SampledFrom([]string{"planned", "recording", "ended"}).Draw(t, "state")
	o.Reason = rapid.StringMatching(`[ -~äß]{0,8}`).Draw(t, "reason")
	o.Version = max(0, m.rows[o.ID].Version+rapid.SampledFrom([]int64{0, 0, 0, 0, -1, 1}).Draw(t, "off"))
	return store.Step{
		Occurrence: o,
		Delete:     rapid.IntRange(0, 5).Draw(t, "delete") == 0,
		Kept:       rapid.IntRange(0, 3).Draw(t, "kept") == 0,
		Sessions:   []store.Session{{Attempt: rapid.IntRange(1, 3).Draw(t, "attempt"), State: o.Reason}},
		Events:     []store.Event{{Kind: "state"}},
	}
}

// apply takes in a step and gives the error that the store is to answer it with.
func (m *expectation) apply(step store.Step, fenced bool) error {
	o := step.Occurrence
	held, exists := m.rows[o.ID]
	switch {
	case fenced:
		return store.ErrFenced
	case o.Version != held.Version, (step.Delete || step.Kept) && !exists:
		return store.ErrStale
	}
	m.events[o.ID]++
	if step.Delete {
		delete(m.rows, o.ID)
		delete(m.sessions, o.ID)
		return nil
	}
	if step.Kept {
		o = held
	}
	o.Version++
	m.rows[o.ID] = o
	if m.sessions[o.ID] == nil {
		m.sessions[o.ID] = map[int]string{}
	}
	m.sessions[o.ID][step.Sessions[0].Attempt] = step.Sessions[0].State
	return nil
}

// compare reads the store and fails where it holds anything else.
func (m *expectation) compare(t *rapid.T, s *store.Store) {
	stored, err := s.Occurrences(t.Context(), store.Filter{Plan: m.plan})
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
	if d := cmp.Diff(m.rows, found); d != "" {
		t.Fatalf("occurrences, -want +got:\n%s", d)
	}
	sessions, err := s.Sessions(t.Context(), slices.Collect(maps.Keys(m.events))...)
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
	if d := cmp.Diff(m.sessions, states); d != "" {
		t.Fatalf("sessions, -want +got:\n%s", d)
	}
	for id, n := range m.events {
		if log, err := s.Events(t.Context(), id, 0, 0); err != nil || len(log) != n {
			t.Fatalf("%s: %d events, %v, want %d", id, len(log), err, n)
		}
	}
}
