package storetest

import (
	"context"
	"testing"
	"time"

	"rundown/runner/store"
)

// Row is an occurrence as a test writes it: a spec, and a status over it.
type Row struct {
	store.Occurrence
	Sessions  []store.Session
	Events    []store.Event
	Announced []store.Announcement
}

// Spec is what is wanted of the row.
func (r Row) Spec() store.Spec {
	return store.Spec{
		ID: r.ID, Plan: r.Plan, Recording: r.Recording, Day: r.Day, Clock: r.Clock, App: r.App, URL: r.URL, Start: r.Start, End: r.End,
		Revision: r.Revision, Wake: r.Wake,
	}
}

// Step writes the status of the row. Its account holds all that the row's does.
func (r Row) Step() store.Step {
	return store.Step{
		ID: r.ID, Observed: r.Generation, Version: r.Version, HeldBy: r.HeldBy, State: r.State, Outcome: r.Outcome, Reason: r.Reason, ReasonCode: r.ReasonCode,
		Wake: r.Wake, Doc: r.Doc, Sessions: r.Sessions, Events: r.Events, Announced: r.Announced,
	}
}

// Write writes rows, as who applies a plan and the owner of the App ID do, with a result for each.
func Write(ctx context.Context, s *store.Store, app string, rows ...Row) ([]error, error) {
	term, err := Term(ctx, s, app)
	if err != nil {
		return nil, err
	}
	steps := make([]store.Step, len(rows))
	if err := s.WriteSpecs(ctx, func(tx *store.SpecTx) error {
		for i, r := range rows {
			r.Generation = tx.Generation
			steps[i] = r.Step()
			if _, err := tx.Add(r.Spec()); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	return s.Commit(ctx, app, term, steps)
}

// Term makes the node of a store the owner of an App ID, and gives the term.
func Term(ctx context.Context, s *store.Store, app string) (int64, error) {
	l, err := s.Claim(ctx, app, time.Now())
	return l.Term, err
}

// add writes the specs of the rows that the store does not hold.
func add(t testing.TB, s *store.Store, rows ...Row) {
	t.Helper()
	if err := s.WriteSpecs(t.Context(), func(tx *store.SpecTx) error {
		for _, r := range rows {
			if _, err := tx.Add(r.Spec()); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
