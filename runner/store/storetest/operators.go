package storetest

import (
	"context"
	"testing"
	"time"

	"rundown/runner/store"
)

func revisionStates(t *testing.T, s *store.Store) {
	holds := func(read func(context.Context) ([]store.Revision, error)) func(want ...int64) {
		return func(want ...int64) {
			t.Helper()
			found, err := read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var ids []int64
			for _, r := range found {
				ids = append(ids, r.ID)
			}
			same(t, ids, want)
		}
	}
	active, waiting := holds(s.ActiveRevisions), holds(s.Waiting)
	add := func(r store.Revision) store.Revision {
		t.Helper()
		r.At, r.Plan = monday, "school"
		stored, err := s.AddRevision(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		return stored
	}
	set := func(r store.Revision, state store.RevisionState, code, note string) {
		t.Helper()
		if err := s.SetRevision(t.Context(), r.ID, state, code, note); err != nil {
			t.Fatal(err)
		}
	}
	first, second := add(store.Revision{Hash: "a"}), add(store.Revision{Hash: "b"})
	active(second.ID)
	set(second, store.RevisionWaiting, "plan-removes-many", "removes much")
	active(first.ID)
	waiting(second.ID)
	again := add(store.Revision{Hash: "b"})
	if again.ID != second.ID || again.State != store.RevisionWaiting || again.Note != "removes much" || again.ReasonCode != "plan-removes-many" {
		t.Errorf("given again it is %+v, want the one that waits", again)
	}
	active(first.ID)
	if sure := add(store.Revision{Hash: "b", State: store.RevisionConfirmed}); sure.ID != second.ID {
		t.Errorf("confirmed as %d, want %d", sure.ID, second.ID)
	}
	active(second.ID)
	waiting()
	set(second, store.RevisionRefused, "plan-rejected", "no such App ID")
	active(first.ID)
	if third := add(store.Revision{Hash: "b"}); third.ID == second.ID {
		t.Error("what was refused may be given again")
	} else {
		set(third, store.RevisionWaiting, "plan-removes-many", "removes much")
		waiting(third.ID)
		add(store.Revision{Hash: "a"})
		waiting()
	}
	if err := s.SetRevision(t.Context(), 4711, store.RevisionRefused, "", ""); err == nil {
		t.Error("a revision that does not exist was set")
	}
}

func pruning(t *testing.T, s *store.Store) {
	term := lease(t, s)
	row := func(name string, start time.Time, state string) Row {
		o := class(name, start)
		o.State, o.Revision = state, 2
		return Row{Occurrence: o, Sessions: []store.Session{{Attempt: 1, App: app}}, Events: []store.Event{{At: start, Kind: "state", Text: state}}}
	}
	limit := monday.Add(24 * time.Hour)
	apply(t, s, term, nil, row("old", monday, "ended"), row("stuck", monday, "stopping"), row("young", limit, "ended"))
	for i, hash := range []string{"a", "b", "c"} {
		if _, err := s.AddRevision(t.Context(), store.Revision{At: monday.Add(time.Duration(i)), Plan: "school", Hash: hash, Text: []byte(hash)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SetRevision(t.Context(), 3, store.RevisionRefused, "", ""); err != nil {
		t.Fatal(err)
	}
	// One for a class that never came, one for a class that is still open, and one for a class ahead.
	ahead := "school/ahead/20311115T080000Z"
	for _, id := range []string{"school/gone/20300901T070000Z", row("stuck", monday, "").Occurrence.ID, ahead} {
		if err := s.WriteSpecs(t.Context(), func(tx *store.SpecTx) error {
			return tx.AddCommand(&store.Command{At: monday, DoneAt: monday, Occurrence: id, Kind: "cancel"})
		}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Prune(t.Context(), limit)
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, store.Pruned{Occurrences: 1, Events: 2, Texts: 1, Commands: 1})
	if log, err := s.Events(t.Context(), ahead, 0, 0); err != nil || len(log) != 1 {
		t.Errorf("the log of the class ahead: %v, %v", log, err)
	}
	if orders, err := s.Orders(t.Context(), time.Time{}); err != nil || len(orders) != 2 || orders[1].Occurrence != ahead {
		t.Errorf("orders %+v, %v, want those for what is open and what is ahead", orders, err)
	}
	left, err := s.Occurrences(t.Context(), store.Filter{})
	if err != nil || len(left) != 2 || left[0].Recording != "stuck" || left[1].Recording != "young" {
		t.Errorf("left %+v, %v", left, err)
	}
	if sessions, err := s.Sessions(t.Context(), row("old", monday, "").Occurrence.ID); err != nil || len(sessions) > 0 {
		t.Errorf("its sessions: %v, %v", sessions, err)
	}
	if r, err := s.Revision(t.Context(), 2); err != nil || string(r.Text) != "b" {
		t.Errorf("the active plan lost its text: %+v, %v", r, err)
	}
	if again, err := s.Prune(t.Context(), limit); err != nil || again != (store.Pruned{}) {
		t.Errorf("again: %+v, %v", again, err)
	}
}

// replacedTexts has revisions that were replaced at several times, and classes that have not ended, by two of them. Each revision is of
// a plan that was applied long ago: when it was replaced counts.
func replacedTexts(t *testing.T, s *store.Store) {
	limit, long, young := monday, monday.AddDate(0, -2, 0), monday.Add(time.Hour)
	var plans []Row
	for plan, at := range map[string]time.Time{"long ago": long, "since": young, "running": long, "orphaned": long} {
		var first int64
		for i, r := range []store.Revision{{At: long, Hash: "a", Text: []byte("a")}, {At: at}} { // the second takes the plan away
			r.Plan = plan
			added, err := s.AddRevision(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				first = added.ID
			}
		}
		o := class("algebra", monday)
		o.ID, o.Plan, o.Revision, o.State, o.Wake = plan+"/algebra/20310915T070000Z", plan, first, "ended", time.Time{}
		switch plan {
		case "running":
			o.State, o.Wake = "recording", monday
		case "orphaned": // its session is still to be looked at
			o.Wake = monday
		}
		plans = append(plans, Row{Occurrence: o})
	}
	apply(t, s, lease(t, s), make([]error, len(plans)), plans...)
	if _, err := s.Prune(t.Context(), limit); err != nil {
		t.Fatal(err)
	}
	for _, row := range plans {
		r, err := s.Revision(t.Context(), row.Revision)
		if err != nil {
			t.Fatal(err)
		}
		if kept := len(r.Text) > 0; kept != (row.Plan != "long ago") {
			t.Errorf("the text of the revision of plan %q is kept: %v", row.Plan, kept)
		}
	}
}
