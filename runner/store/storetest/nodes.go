package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"rundown/runner/store"
)

// Nodes runs what two processes on one store rely on. in runs a test, in virtual time where the database has no clock of its
// own; open gives two processes on a new store, and lets time pass by its clock.
func Nodes(t *testing.T, in func(t *testing.T, do func(t *testing.T)), open func(t *testing.T) (a, b *store.Store, pass func(time.Duration))) {
	for _, one := range []struct {
		name string
		run  func(t *testing.T, n *nodes)
	}{
		{"a node that gives no heartbeats is buried, and its App IDs are free", burial},
		{"a node that gives heartbeats is not buried", alive},
		{"a write of an owner that lost the App ID is fenced", fencedWrite},
		{"a released App ID is free at once", released},
		{"who leaves owns nothing", left},
		{"a buried node joins again under a new number", rejoined},
		{"a late sid waits for the next owner", lateSID},
		{"a notification that was passed on waits for the owner", relayed},
	} {
		t.Run(one.name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				a, b, pass := open(t)
				one.run(t, &nodes{t: t, a: a, b: b, pass: pass})
			})
		})
	}
}

// nodes are two processes on one store.
type nodes struct {
	t    *testing.T
	a, b *store.Store
	pass func(time.Duration)
}

func (n *nodes) must(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
}

func (n *nodes) claim(s *store.Store, want error) store.Lease {
	n.t.Helper()
	l, err := s.Claim(n.t.Context(), app, time.Now())
	if !errors.Is(err, want) {
		n.t.Fatalf("claim: %v, want %v", err, want)
	}
	return l
}

func (n *nodes) bury(s *store.Store, want ...int64) {
	n.t.Helper()
	dead, err := s.Bury(n.t.Context(), time.Now())
	n.must(err)
	var ids []int64
	for _, d := range dead {
		ids = append(ids, d.ID)
	}
	if !slices.Equal(ids, want) {
		n.t.Fatalf("buried %v, want %v", ids, want)
	}
}

func burial(t *testing.T, n *nodes) {
	ctx := t.Context()
	first := n.claim(n.a, nil)
	n.must(n.a.Beat(ctx, time.Now()))
	n.claim(n.b, store.ErrOwned)
	n.pass(n.a.Liveness().TTL + 50*time.Millisecond)
	n.must(n.b.Beat(ctx, time.Now()))
	n.claim(n.b, store.ErrOwned) // nobody has buried it yet
	n.bury(n.b, n.a.NodeID())
	second := n.claim(n.b, nil)
	if second.Term <= first.Term || second.Seen.IsZero() {
		t.Errorf("taken over as %+v after %+v: want a later term and the last sign of life of the owner before", second, first)
	}
	if _, err := n.a.Heartbeat(ctx, time.Now(), nil); !errors.Is(err, store.ErrBuried) {
		t.Errorf("heartbeat of a buried node: %v", err)
	}
	if _, err := n.a.Claim(ctx, "another", time.Now()); !errors.Is(err, store.ErrBuried) {
		t.Errorf("claim of a buried node: %v", err)
	}
}

func alive(t *testing.T, n *nodes) {
	for range 3 {
		n.pass(n.a.Liveness().TTL / 2)
		_, err := n.a.Heartbeat(t.Context(), time.Now(), []string{app, store.ClockOff("late"), store.Reserve("second"), store.Duties, store.NoDaemon})
		n.must(errors.Join(err, n.b.Beat(t.Context(), time.Now())))
		n.bury(n.b)
	}
	list, err := n.b.Nodes(t.Context())
	n.must(err)
	i := slices.IndexFunc(list, func(x store.Node) bool { return x.ID == n.a.NodeID() })
	if i < 0 || !list[i].Duties || !list[i].NoDaemon || !slices.Equal(list[i].Apps, []string{app}) || !slices.Equal(list[i].ClockOff, []string{"late"}) || !slices.Equal(list[i].Reserve, []string{"second"}) || list[i].Beat.IsZero() || !list[i].AliveUntil.Equal(list[i].Beat.Add(n.a.Liveness().TTL)) {
		t.Errorf("the nodes are %+v", list)
	}
}

func fencedWrite(t *testing.T, n *nodes) {
	l := n.claim(n.a, nil)
	n.must(n.a.Release(t.Context(), app, l.Term, time.Now()))
	n.claim(n.b, nil)
	add(t, n.b, Row{Occurrence: class("algebra", monday)})
	results, err := n.a.Commit(t.Context(), app, l.Term, []store.Step{Row{Occurrence: class("algebra", monday)}.Step()})
	n.must(err)
	if !errors.Is(results[0], store.ErrFenced) {
		t.Errorf("a write under an old term: %v", results[0])
	}
	l, err = n.b.Claim(t.Context(), app, time.Now())
	n.must(err)
	if results, err = n.a.Commit(t.Context(), app, l.Term, []store.Step{Row{Occurrence: class("algebra", monday)}.Step()}); err != nil || !errors.Is(results[0], store.ErrFenced) {
		t.Errorf("a write under the term of another node: %v, %v", results, err)
	}
}

func released(t *testing.T, n *nodes) {
	l := n.claim(n.a, nil)
	if again := n.claim(n.a, nil); again.Term != l.Term {
		t.Errorf("claimed twice: %+v, %+v", l, again)
	}
	n.must(n.b.Release(t.Context(), app, l.Term, time.Now())) // not its own
	n.claim(n.b, store.ErrOwned)
	n.must(n.a.Release(t.Context(), app, l.Term, time.Now()))
	n.claim(n.b, nil)
	n.claim(n.a, store.ErrOwned)
}

func left(t *testing.T, n *nodes) {
	n.claim(n.a, nil)
	n.must(n.a.Leave(t.Context(), time.Now()))
	n.claim(n.b, nil)
	list, err := n.b.Nodes(t.Context())
	n.must(err)
	if len(list) != 1 || list[0].ID != n.b.NodeID() {
		t.Errorf("the nodes are %+v", list)
	}
}

func rejoined(t *testing.T, n *nodes) {
	before := n.a.NodeID()
	n.pass(n.a.Liveness().TTL + 50*time.Millisecond)
	n.must(n.b.Beat(t.Context(), time.Now()))
	n.bury(n.b, before)
	n.must(n.a.Join(t.Context(), time.Now()))
	if n.a.NodeID() == before {
		t.Errorf("it is node %d again", before)
	}
	n.must(n.a.Beat(t.Context(), time.Now()))
	n.claim(n.a, nil)
}

func lateSID(t *testing.T, n *nodes) {
	late := store.LateSID{App: app, Occurrence: "school/algebra/20310917T170000Z", Attempt: 2, Cname: "c", UID: "7", ResourceID: "r", SID: "s", Found: monday}
	for range 2 {
		n.must(n.a.LeaveSID(t.Context(), late))
	}
	list, err := n.b.LateSIDs(t.Context())
	n.must(err)
	if len(list) != 1 {
		t.Fatalf("messages: %+v", list)
	}
	late.ID = list[0].ID
	same(t, list[0], late)
	n.must(n.b.DropLateSID(t.Context(), late.ID))
	if list, err := n.b.LateSIDs(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("after it was taken in: %+v, %v", list, err)
	}
}

func relayed(t *testing.T, n *nodes) {
	notice := store.RelayedNotice{App: app, Occurrence: "school/algebra/20310917T170000Z", Key: "k", Notice: []byte(`{"SID":"s"}`), Received: monday}
	again := notice
	again.Received = monday.Add(time.Hour)
	n.must(errors.Join(n.a.RelayNotice(t.Context(), notice), n.a.RelayNotice(t.Context(), again)))
	list, err := n.b.RelayedNotices(t.Context())
	n.must(err)
	if len(list) != 1 {
		t.Fatalf("messages: %+v", list)
	}
	notice.ID = list[0].ID
	same(t, list[0], notice)
	n.must(n.b.DropRelayedNotice(t.Context(), notice.ID))
	if list, err := n.b.RelayedNotices(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("after it was taken in: %+v, %v", list, err)
	}
}
