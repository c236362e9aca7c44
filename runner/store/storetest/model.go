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

// model compares the store with maps after spec transactions and groups of steps that nobody would think of: with versions
// that are too old and too new, terms likewise, and removals.
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
			m.specs(t, s)
			under, fenced := term, rapid.IntRange(0, 9).Draw(t, "term") == 0
			if fenced {
				under--
			}
			var steps []store.Step
			var expect []error
			for range rapid.IntRange(0, 8).Draw(t, "steps") {
				row := m.draw(t)
				steps, expect = append(steps, row.Step()), append(expect, m.commit(row, fenced))
			}
			got, err := s.Commit(t.Context(), app, under, steps)
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

// row makes an occurrence that is planned for an instant.
func (m *expectation) row(t *rapid.T) store.Occurrence {
	recording := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "recording")
	o := class(recording, monday)
	o.ID, o.Plan = m.plan+"/"+recording+"/1", m.plan
	o.Start = monday.Add(time.Duration(rapid.Int64Range(0, 1e12).Draw(t, "start"))).Truncate(time.Millisecond)
	o.Doc = []byte("{}")
	return o
}

// specs writes and removes specs in one transaction.
func (m *expectation) specs(t *rapid.T, s *store.Store) {
	err := s.WriteSpecs(t.Context(), func(tx *store.SpecTx) error {
		for range rapid.IntRange(0, 3).Draw(t, "specs") {
			o := m.row(t)
			held, exists := m.rows[o.ID]
			if exists && rapid.IntRange(0, 3).Draw(t, "remove") == 0 {
				removed, err := tx.Remove(o.ID)
				if err != nil || removed != (held.State == "planned" && len(m.sessions[o.ID]) == 0) {
					t.Fatalf("removed: %v, %v", removed, err)
				}
				if removed {
					delete(m.rows, o.ID)
					continue
				}
				held.Absent, held.Generation, held.Wake, held.Doc = true, tx.Generation, time.UnixMilli(0).UTC(), []byte(`{"absent":true}`)
				m.rows[o.ID] = held
				continue
			}
			write := tx.Add
			if exists {
				write = tx.Update
			}
			if done, err := write(Row{Occurrence: o}.Spec()); err != nil || !done {
				t.Fatalf("written: %v, %v", done, err)
			}
			if exists {
				o.State, o.Reason, o.Version = held.State, held.Reason, held.Version
			}
			if o.Version > 0 {
				o.Wake = time.UnixMilli(0).UTC()
			}
			o.Generation = tx.Generation
			m.rows[o.ID] = o
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// draw makes a row whose status is to be committed.
func (m *expectation) draw(t *rapid.T) Row {
	o := m.row(t)
	held := m.rows[o.ID]
	o.State = rapid.SampledFrom([]string{"planned", "recording", "ended"}).Draw(t, "state")
	o.Reason = rapid.StringMatching(`[ -~äß]{0,8}`).Draw(t, "reason")
	o.Version = max(0, held.Version+rapid.SampledFrom([]int64{0, 0, 0, 0, -1, 1}).Draw(t, "off"))
	o.Generation = held.Generation - int64(rapid.SampledFrom([]int{0, 0, 1}).Draw(t, "read before"))
	o.Wake = monday.Add(time.Hour)
	return Row{Occurrence: o, Sessions: []store.Session{{Attempt: rapid.IntRange(1, 3).Draw(t, "attempt"), State: o.Reason}}, Events: []store.Event{{Kind: "state"}}}
}

// commit takes in a step and gives the error that the store is to answer it with.
func (m *expectation) commit(row Row, fenced bool) error {
	held, exists := m.rows[row.ID]
	switch {
	case fenced:
		return store.ErrFenced
	case row.Version != held.Version, !exists:
		return store.ErrStale
	}
	m.events[row.ID]++
	held.State, held.Reason, held.Version, held.Wake = row.State, row.Reason, held.Version+1, row.Wake
	if row.Generation != held.Generation { // what is wanted has changed since
		held.Wake = time.UnixMilli(0).UTC()
	}
	m.rows[row.ID] = held
	if m.sessions[row.ID] == nil {
		m.sessions[row.ID] = map[int]string{}
	}
	m.sessions[row.ID][row.Sessions[0].Attempt] = row.Sessions[0].State
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
	sessions, err := s.Sessions(t.Context(), slices.Collect(maps.Keys(m.rows))...)
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
