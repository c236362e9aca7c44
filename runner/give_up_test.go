package runner

import (
	"context"
	"path/filepath"
	"testing"

	"rundown/runner/session"
	"rundown/runner/store"
)

// heldOrphan is a worker that has a class with an orphan in memory.
func heldOrphan(t *testing.T, phase session.Phase) (*worker, *occurrence) {
	t.Helper()
	s, err := store.Open(context.Background(), filepath.Join(t.TempDir(), "a.db"), store.Options{Create: true, Work: true, Service: "simulator"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	e := New(Config{Store: s})
	e.ctx = context.Background()
	o := &occurrence{index: -1}
	o.spec.ID, o.spec.App = "school/german/20310915T070000Z", "app"
	o.state = session.View(o.spec, session.Status{Phase: phase, Sessions: []session.Session{
		{Attempt: 1, State: session.SessionAcquiring, CredentialFacts: session.CredentialFacts{RenewalError: "the storage refuses it"}},
		{Attempt: 2, State: session.SessionOrphan, Reason: "orphan: its start was not answered"},
	}})
	o.state.Sessions[1].AskedAt = e.cfg.Now()
	e.noteIssues(nil, &o.state)
	if len(e.orphans) != 1 {
		t.Fatalf("before: %+v, %+v", e.issues, e.orphans)
	}
	w := newWorker(e, store.Lease{App: "app"})
	w.near[o.spec.ID] = o
	return w, o
}

// TestAClassThatIsGivenUpLeavesNoIssue gives up a class of which a step is not stored yet: its issues were raised by the state before.
func TestAClassThatIsGivenUpLeavesNoIssue(t *testing.T) {
	t.Parallel()
	w, o := heldOrphan(t, session.Recording)
	o.pending = &pendingCommit{before: o.state}
	o.state = session.View(o.spec, session.Status{Phase: session.Ended, Sessions: []session.Session{
		{Attempt: 1, State: session.SessionFailed, ResourceID: "r1"}, {Attempt: 2, State: session.SessionEnded, ResourceID: "r2"},
	}})
	w.giveUp(o)
	if len(w.e.issues) != 0 || len(w.e.orphans) != 0 {
		t.Errorf("after: %+v, %+v", w.e.issues, w.e.orphans)
	}
}

// TestAnOrphanThatNobodyElseNotesIsKept has classes go to where nobody reads them again, or not before they are near.
func TestAnOrphanThatNobodyElseNotesIsKept(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		phase session.Phase
		goes  func(*worker, *occurrence)
	}{
		{"to the owner of another App ID", session.Planned, func(w *worker, o *occurrence) {
			o.spec.App = "other"
			w.scheduleOrRelease(o)
		}},
		{"with its App ID, when it has ended", session.Ended, (*worker).giveUp},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, o := heldOrphan(t, tt.phase)
			o.state.Sessions[0].State = session.SessionFailed
			tt.goes(w, o)
			if len(w.near) != 0 || len(w.e.issues) != 0 || len(w.e.orphans) != 1 {
				t.Errorf("in memory: %v; issues: %+v, %+v, want the orphan alone", w.near, w.e.issues, w.e.orphans)
			}
		})
	}
}
