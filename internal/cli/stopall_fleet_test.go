package cli

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/store/pgtest"
	"rundown/runner/store/storetest"
	"rundown/runner/view"
)

// TestStopAllBesideDaemonsFollowsTheirWork has daemons on PostgreSQL stop what they record, and stops by itself what a daemon
// that was killed recorded.
func TestStopAllBesideDaemonsFollowsTheirWork(t *testing.T) {
	t.Parallel()
	x := newNowBeside(t, pgtest.Start(t).Database(t))
	daemon := x.daemon(t)
	record := func() {
		t.Helper()
		now := x.now(t, "german", "--for", "20m")
		now.await(1, "german", "recording until")
		now.end(syscall.SIGKILL)
	}
	stopAll := func(env []string, says string) {
		t.Helper()
		begun := time.Now()
		out, errs, status := runBinary(t, env, "run", "--stop-all", "--store", x.dsn, "--api-url", x.service)
		if status != StatusOK || !strings.Contains(out, "german") || !strings.Contains(out, "cancelled") || !strings.Contains(errs, says) {
			t.Errorf("after %v, status %d:\n%s%s", time.Since(begun), status, out, errs)
		}
		for _, s := range readLedger(t, x.service).Sessions {
			if s.StoppedAt == nil {
				t.Errorf("%s runs on", s.Cname)
			}
		}
	}
	record()
	stopAll(nil, "daemons are using the store") // the daemon has what the plan refers to
	record()
	daemon.end(syscall.SIGKILL)
	stopAll(x.env, "german")
	if n := len(readLedger(t, x.service).Sessions); n != 2 {
		t.Errorf("%d sessions ran", n)
	}
	out, errs, status := runBinary(t, x.env, "run", "--stop-all", "--api-url", x.service)
	if status != StatusOK || !strings.Contains(out, "nothing is running") {
		t.Errorf("with nothing left: status %d:\n%s%s", status, out, errs)
	}
	s, err := store.Open(t.Context(), x.dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	nodes, err := s.Nodes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes {
		if n.Beat.IsZero() {
			t.Errorf("a command that had nothing to do is left as node %d", n.ID)
		}
	}
}

// TestStopAllOutlastsADatabaseThatFails has the server crash while the orders to stop are carried out.
func TestStopAllOutlastsADatabaseThatFails(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	s, err := store.Open(t.Context(), server.Database(t), store.Options{Create: true, Work: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	now := time.Now().UTC().Truncate(time.Second)
	row := storetest.Row{Occurrence: store.Occurrence{
		ID: "school/german/" + now.Format(view.IdentityForm), Plan: "school", Recording: "german", App: "app", State: string(session.Recording),
		Start: now, End: now.Add(time.Hour),
	}}
	row.Doc = fmt.Appendf(nil, `{"id":%q}`, row.ID)
	if results, err := storetest.Write(t.Context(), s, "app", row); err != nil || results[0] != nil {
		t.Fatal(results, err)
	}
	out, in := io.Pipe()
	said := make(chan string, 100)
	go func() {
		defer close(said)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			said <- lines.Text()
		}
	}()
	a := newApp(Streams{Out: io.Discard, Err: in})
	server.Kill(t)
	ended := make(chan error, 1)
	go func() {
		open, err := a.awaitStops(t.Context(), s, map[string]int64{row.ID: 1}, &leftover{states: map[string]session.State{}}, func() bool { return true })
		if open != nil {
			err = fmt.Errorf("it leaves %v", open.open)
		}
		_ = in.Close()
		ended <- err
	}()
	if line := <-said; !strings.Contains(line, "cannot be reached") {
		t.Errorf("it says %q", line)
	}
	server.Restart(t)
	row.State, row.Outcome, row.Version, row.Generation = string(session.Ended), string(session.Cancelled), 1, 1
	term, err := storetest.Term(t.Context(), s, "app")
	if err != nil {
		t.Fatal(err)
	}
	if results, err := s.Commit(t.Context(), "app", term, []store.Step{row.Step()}); err != nil || results[0] != nil {
		t.Fatal(results, err)
	}
	for range said { // until it has ended
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
