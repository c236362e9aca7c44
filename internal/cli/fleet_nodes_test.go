package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rundown/runner/notify"
	"rundown/runner/store"
	"rundown/runner/store/pgtest"
)

// TestEachDaemonOfAFleetThatIsLostIsTold has two daemons on one store, of which the second, which owns no App ID and sends no
// notifications, is killed, another one takes its place and ends as it should.
func TestEachDaemonOfAFleetThatIsLostIsTold(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t)
	address, _ := serve(t)
	hook := newReceiver(t)
	file := filepath.Join(t.TempDir(), "plan.yaml")
	if err := os.WriteFile(file, []byte(notified(", events: [\"node.*\"]")+"  german: {when: "+dated(time.Now().Add(time.Hour), time.Minute)+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) *process {
		p := start(t, "stderr", append(hook.env(), "RUNDOWN_STORE="+dsn), append([]string{"run", "--api-url", address, "--listen", "127.0.0.1:0"}, args...)...)
		p.awaitListen()
		return p
	}
	told := func(kind string, n int) string {
		t.Helper()
		eventually(t, paceNow().of(60*time.Second), kind+" is told", func() bool { return len(hook.events(kind)) == n })
		return hook.events(kind)[n-1].Data.Text
	}
	first := run(file)
	told("node.joined", 1)
	second := run()
	if text := told("node.joined", 2); !strings.Contains(text, "together with ") {
		t.Errorf("joined: %s", text)
	}
	second.end(syscall.SIGKILL)
	if text := told("node.lost", 1); !strings.Contains(text, " is lost: it was last seen on ") || !strings.Contains(text, "It is not known to have had classes.") {
		t.Errorf("lost: %s", text)
	}
	third := run()
	told("node.joined", 3)
	third.end(syscall.SIGTERM)
	first.end(syscall.SIGTERM) // who takes its place would tell of the loss of the third, if it were one
	last := run()
	told("node.joined", 4)
	last.end(syscall.SIGTERM)
	told("node.lost", 1)
}

// TestTheNodesThatAreToldOfAreDaemons has beside a daemon a command that works on the store, a process that has given no heartbeat
// yet, and a daemon that was taken for dead and joined again.
func TestTheNodesThatAreToldOfAreDaemons(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	file := filepath.Join(t.TempDir(), "rundown.db")
	open := func(name string) *store.Store {
		t.Helper()
		s, err := store.Open(ctx, file, store.Options{Create: true, Work: true, Shared: true, Node: name})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	now := time.Date(2031, 9, 15, 9, 0, 0, 0, time.UTC)
	beat := func(s *store.Store, offers ...string) {
		t.Helper()
		if _, err := s.Heartbeat(ctx, now, offers); err != nil {
			t.Fatal(err)
		}
	}
	daemonStore, again, command := open("first"), open("again"), open("command")
	open("silent")
	beat(again, "app")
	lost := again.NodeID()
	now = now.Add(time.Minute)
	beat(daemonStore, "app")
	if _, err := daemonStore.Bury(ctx, now); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(again.Join(ctx, now.Add(time.Second)), command.Join(ctx, now)); err != nil {
		t.Fatal(err)
	}
	beat(again, "app")
	beat(command, "app", store.NoDaemon)
	d := &daemon{work: &environment{store: daemonStore}}
	nodes, err := d.notifiedNodes(ctx, []int64{daemonStore.NodeID(), lost})
	if err != nil {
		t.Fatal(err)
	}
	got := map[int64]notify.Node{}
	for _, n := range nodes {
		got[n.ID] = n
	}
	if len(got) != 3 || got[daemonStore.NodeID()].Name != "first" || got[lost].Gone.IsZero() || got[lost].Left {
		t.Errorf("read %+v", nodes)
	}
	if n := got[again.NodeID()]; !n.Lost.Equal(now) || !n.Started.Equal(now.Add(time.Second)) {
		t.Errorf("the daemon that joined again is %+v", n)
	}
}
