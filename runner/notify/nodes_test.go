package notify_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rundown/runner/notify"
	"rundown/runner/session"
)

// fleet are the daemons of a store, as the rig's notifier reads them.
type fleet struct {
	mu   sync.Mutex
	rows map[int64]notify.Node
}

func (f *fleet) set(nodes ...notify.Node) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range nodes {
		f.rows[n.ID] = n
	}
}

func (f *fleet) read(_ context.Context, known []int64) (nodes []notify.Node, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id := int64(1); id < 10; id++ {
		if n, there := f.rows[id]; there && (n.Gone.IsZero() || slices.Contains(known, id)) {
			nodes = append(nodes, n)
		}
	}
	return nodes, nil
}

// TestOneOfSeveralDaemonsThatIsLostIsToldWithWhatFollows has three daemons, of which one ends, and one is taken for dead while a class
// of its begins and one of another daemon's does.
func TestOneOfSeveralDaemonsThatIsLostIsToldWithWhatFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneHook)
		r.close()
		several := &fleet{rows: map[int64]notify.Node{}}
		r.nodes = several.read
		owner := func(id int64, name string, apps ...string) notify.Node {
			return notify.Node{ID: id, Name: name, Seen: time.Now(), Apps: apps}
		}
		several.set(owner(1, "host-a:1"), owner(2, "host-b:2", "app"), owner(3, "host-c:3", "other"))
		r.open()
		pass(time.Minute)
		lost := time.Now()
		its := class("algebra", lost.Add(2*time.Second), session.Planned)
		r.write(its, its, 0)
		before := class("german-a1", lost.Add(-10*time.Minute), session.Recording) // it goes on
		r.write(before, before, 0)
		pass(5 * time.Second)
		dead, left := owner(2, "host-b:2"), owner(3, "host-c:3")
		dead.Seen, dead.Gone, left.Gone, left.Left = lost, time.Now(), time.Now(), true
		several.set(dead, left, owner(1, "host-a:1", "app", "other"))
		pass(time.Minute)
		r.close()
		r.open() // another one has the duties now
		pass(time.Minute)
		got := r.receiver.events("node.lost")
		if len(got) != 1 {
			t.Fatalf("lost: %+v", got)
		}
		text := got[0].Data.Text + " " + got[0].Data.Advice
		for _, want := range []string{"The daemon host-b:2 is lost: it was last seen on ", "Its classes are recorded by host-a:1 from then on", "in between, and may be late: algebra, ", "If one is not, record it by other means", "Start it again"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not in %q", want, text)
			}
		}
		if strings.Contains(text, "german-a1") || strings.Contains(text, "host-c") {
			t.Errorf("it names what was not lost: %q", text)
		}
		for name, with := range map[string]string{"host-a:1": "host-b:2 and host-c:3", "host-b:2": "host-a:1 and host-c:3", "host-c:3": "host-a:1 and host-b:2"} {
			joined := slices.DeleteFunc(r.receiver.events("node.joined"), func(e taken) bool { return e.Subject != name })
			if len(joined) != 1 || !strings.Contains(joined[0].Data.Text, "It records the classes of 1 plan, together with "+with+".") {
				t.Errorf("%s joined: %+v", name, joined)
			}
		}
	})
}
