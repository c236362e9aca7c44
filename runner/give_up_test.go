package runner

import (
	"context"
	"path/filepath"
	"testing"

	"rundown/runner/session"
	"rundown/runner/store"
)

// TestAClassThatIsGivenUpLeavesNoIssue gives up a class of which a step is not stored yet: its issues were raised by the state before.
func TestAClassThatIsGivenUpLeavesNoIssue(t *testing.T) {
	t.Parallel()
	s, err := store.Open(context.Background(), filepath.Join(t.TempDir(), "a.db"), store.Options{Create: true, Work: true, Service: "simulator"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	e := New(Config{Store: s})
	o := &occurrence{index: -1}
	o.spec.ID = "school/german/20310915T070000Z"
	before := session.View(o.spec, session.Status{Phase: session.Recording, Sessions: []session.Session{
		{Attempt: 1, State: session.SessionAcquiring, CredentialFacts: session.CredentialFacts{RenewalError: "the storage refuses it"}},
		{Attempt: 2, State: session.SessionOrphan, Reason: "orphan: its start was not answered"},
	}})
	before.Sessions[1].AskedAt = e.cfg.Now()
	e.noteIssues(nil, &before)
	if len(e.issues) != 1 || len(e.orphans) != 1 {
		t.Fatalf("before: %+v, %+v", e.issues, e.orphans)
	}
	o.pending = &pendingCommit{before: before}
	o.state = session.View(o.spec, session.Status{Phase: session.Ended, Sessions: []session.Session{
		{Attempt: 1, State: session.SessionFailed, ResourceID: "r1"}, {Attempt: 2, State: session.SessionEnded, ResourceID: "r2"},
	}})
	e.ctx = context.Background()
	newWorker(e, store.Lease{}).giveUp(o)
	if len(e.issues) != 0 || len(e.orphans) != 0 {
		t.Errorf("after: %+v, %+v", e.issues, e.orphans)
	}
}
