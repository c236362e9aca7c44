package cli

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/store"
	"rundown/runner/store/pgtest"
)

// trials is how often each of the trials below is made: go test ./internal/cli -run TestTwoDaemons -v -args -trials 10
var trials = flag.Int("trials", 0, "how often two daemons on one PostgreSQL are tried in each way")

// twoAppsNow is aroundNow with two App IDs.
var twoAppsNow = strings.NewReplacer(
	`apps: {main: {id: "${APP}"}}`, `apps: {a: {id: "${APP_A}"}, b: {id: "${APP_B}"}}`,
	"padding: {before: 1s, after: 1s}, cdn: live", "padding: {before: 0s, after: 0s}, min_remainder: 1s",
).Replace(aroundNow)

const appA, appB = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

// trial is two daemons on one PostgreSQL, each of which owns one App ID, with classes of both at one bell.
type trial struct {
	t       *testing.T
	server  *pgtest.Server
	proxy   *proxy // between the first daemon and the database
	reader  *store.Store
	dsn     string
	service string
	bell    time.Time
	classes int // of each App ID
	a, b    *process
	first   int64 // the number of the first daemon as a node
}

const trialLength = 25 * time.Second // of its classes

func newTrial(t *testing.T, server *pgtest.Server) *trial {
	t.Helper()
	x := &trial{t: t, server: server, dsn: server.Database(t), classes: 4}
	x.service, _ = serve(t)
	u, err := url.Parse(x.dsn)
	if err != nil {
		t.Fatal(err)
	}
	x.proxy = newProxy(t, u.Host)
	u.Host = x.proxy.address()
	file := filepath.Join(t.TempDir(), "today.yaml")
	x.bell = time.Now().UTC().Truncate(time.Second).Add(25 * time.Second)
	text := twoAppsNow
	for i := range x.classes {
		for _, app := range []string{"a", "b"} {
			text += fmt.Sprintf("  %s%d: {app: %s, when: %s}\n", app, i, app, dated(x.bell, trialLength))
		}
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := append(slices.Clone(canaries), "APP_A="+appA, "APP_B="+appB, "GORACE=atexit_sleep_ms=0")
	daemon := func(dsn string, args ...string) *process {
		p := start(t, "stderr", append(env, "RUNDOWN_STORE="+dsn), append([]string{"run", "--api-url", x.service, "--listen", "127.0.0.1:0"}, args...)...)
		p.await(1, "msg=running")
		return p
	}
	x.a = daemon(u.String(), file)
	if x.reader, err = store.Open(t.Context(), x.dsn, store.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.reader.Close() })
	x.first = x.owner(appA)
	x.b = daemon(x.dsn)
	eventually(t, 20*time.Second, "each owns an App ID", func() bool {
		a, b := x.owner(appA), x.owner(appB)
		return a != 0 && b != 0 && a != b
	})
	out, errs, status := runBinary(t, nil, "status", "--store", x.dsn)
	for _, app := range []string{appA, appB} {
		if status != StatusOK || !strings.Contains(out, "owns App ID "+app) {
			t.Errorf("status %d does not show who owns %s:\n%s%s", status, app, out, errs)
		}
	}
	return x
}

// owner is the number of the node that owns an App ID; 0 for none.
func (x *trial) owner(app string) int64 {
	leases, err := x.reader.Leases(context.Background())
	if err != nil {
		return 0
	}
	for _, l := range leases {
		if l.App == app {
			return l.Node
		}
	}
	return 0
}

// takenOver waits until the second daemon owns both App IDs, and gives how long that took.
func (x *trial) takenOver(since time.Time) time.Duration {
	x.t.Helper()
	eventually(x.t, 20*time.Second, "both App IDs are the other's", func() bool {
		a, b := x.owner(appA), x.owner(appB)
		return a == b && a != 0 && a != x.first
	})
	return time.Since(since).Round(10 * time.Millisecond)
}

// settled waits until nothing runs any more, and holds the ledger against the store.
func (x *trial) settled() {
	x.t.Helper()
	eventually(x.t, time.Until(x.bell.Add(trialLength+60*time.Second)), "all classes have ended", func() bool {
		found := outcomesOf(x.t, x.dsn)
		for _, o := range found {
			if o.Outcome == nil {
				return false
			}
		}
		return len(found) == 2*x.classes
	})
	known := map[string]bool{}
	for name, o := range outcomesOf(x.t, x.dsn) {
		if *o.Outcome != "recorded" {
			x.t.Errorf("%s is %s: %s", name, *o.Outcome, *o.Reason)
		}
		for _, s := range o.Sessions {
			if s.SID != nil {
				known[*s.SID] = true
			}
		}
	}
	l := readLedger(x.t, x.service)
	last := map[string]simulator.LedgerSession{}
	for _, s := range l.Sessions {
		before, again := last[s.Cname]
		last[s.Cname] = s
		switch {
		case !known[s.SID]:
			x.t.Errorf("session %s of %s ran, and the store does not know it", s.SID, s.Cname)
		case s.StoppedAt == nil:
			x.t.Errorf("session %s of %s runs on", s.SID, s.Cname)
		case again && (before.StoppedAt == nil || s.StartedAt.Before(before.StoppedAt.Add(-5*time.Second))):
			x.t.Errorf("%s was recorded twice at once", s.Cname)
		}
	}
	if n := l.Answers["429"]; n > 0 {
		x.t.Errorf("%d requests were over the rate", n)
	}
}

// TestTwoDaemonsOnPostgreSQL ends the owner of an App ID in several ways at a random instant around the bell. Without -trials
// it leaves out two of them, of which tests in virtual time tell as much.
func TestTwoDaemonsOnPostgreSQL(t *testing.T) {
	t.Parallel()
	for _, way := range []struct {
		name   string
		always bool
		try    func(x *trial) time.Duration
	}{
		{"killed", true, func(x *trial) time.Duration {
			since := time.Now()
			x.a.end(syscall.SIGKILL)
			return x.takenOver(since)
		}},
		{"told to end", false, func(x *trial) time.Duration {
			since := time.Now()
			if err := x.a.cmd.Process.Signal(syscall.SIGTERM); err != nil {
				x.t.Fatal(err)
			}
			return x.takenOver(since)
		}},
		{"frozen for 20 s", true, func(x *trial) time.Duration {
			signal := func(s syscall.Signal) {
				if err := x.a.cmd.Process.Signal(s); err != nil {
					x.t.Fatal(err)
				}
			}
			since := time.Now()
			signal(syscall.SIGSTOP)
			took := x.takenOver(since)
			time.Sleep(20*time.Second - time.Since(since)) // that is what is tried
			signal(syscall.SIGCONT)
			return took
		}},
		{"cut off from the database", false, func(x *trial) time.Duration {
			since := time.Now()
			x.proxy.cut()
			return x.takenOver(since)
		}},
	} {
		if !way.always && *trials == 0 {
			continue
		}
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			server := pgtest.Start(t)
			var took []time.Duration
			for range max(*trials, 1) {
				x := newTrial(t, server)
				at := time.Duration(rand.Int64N(int64(20*time.Second))) - 10*time.Second
				time.Sleep(time.Until(x.bell.Add(at))) // the instant of the fault is what is tried
				took = append(took, way.try(x))
				t.Logf("%v from the bell: taken over after %v", at.Round(10*time.Millisecond), took[len(took)-1])
				x.settled()
				if t.Failed() {
					return
				}
				x.b.end(syscall.SIGTERM)
				_ = x.a.cmd.Process.Kill()
			}
			slices.Sort(took)
			t.Logf("%d tries: taken over after %v at the median, %v at worst", len(took), took[len(took)/2], took[len(took)-1])
		})
	}
}

// TestADatabaseThatIsDownOverTheBell stops PostgreSQL hard for some time. No App ID moves, and what fell due is told.
func TestADatabaseThatIsDownOverTheBell(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	x := newTrial(t, server)
	a, b := x.owner(appA), x.owner(appB)
	time.Sleep(time.Until(x.bell.Add(-8 * time.Second))) // the outage begins before the bell
	server.Kill(t)
	down := time.Now()
	time.Sleep(15 * time.Second) // and lasts beyond it
	up := time.Now()
	server.Restart(t)
	eventually(t, time.Until(x.bell.Add(trialLength+60*time.Second)), "all classes have ended", func() bool {
		for _, o := range outcomesOf(t, x.dsn) {
			if o.Outcome == nil {
				return false
			}
		}
		return true
	})
	if x.owner(appA) != a || x.owner(appB) != b {
		t.Error("App IDs have moved")
	}
	for name, o := range outcomesOf(t, x.dsn) {
		if *o.Outcome == "partial" && o.Reason == nil || *o.Outcome == "missed" || *o.Outcome == "failed" {
			t.Errorf("%s is %s", name, *o.Outcome)
		}
	}
	starts := map[string]int{}
	for _, s := range readLedger(t, x.service).Sessions {
		starts[s.Cname]++
		if s.StartedAt.After(down.Add(4*time.Second)) && s.StartedAt.Before(up) {
			t.Errorf("%s was started %v after the database had stopped", s.Cname, s.StartedAt.Sub(down))
		}
		if s.StoppedAt == nil || starts[s.Cname] > 1 {
			t.Errorf("%s: %+v", s.Cname, s)
		}
	}
}

// proxy passes connections on until it is cut: then it is silent, as a network is.
type proxy struct {
	listener net.Listener
	silence  chan struct{}
	once     sync.Once
}

func newProxy(t *testing.T, to string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, silence: make(chan struct{})}
	var all sync.Map
	t.Cleanup(func() {
		_ = l.Close()
		all.Range(func(c, _ any) bool { _ = c.(net.Conn).Close(); return true })
	})
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			all.Store(in, true)
			out, err := net.Dial("tcp", to)
			if err != nil {
				_ = in.Close()
				continue
			}
			all.Store(out, true)
			go p.copy(in, out)
			go p.copy(out, in)
		}
	}()
	return p
}

func (p *proxy) address() string { return p.listener.Addr().String() }

func (p *proxy) cut() { p.once.Do(func() { close(p.silence) }) }

func (p *proxy) copy(to, from net.Conn) {
	defer to.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		select {
		case <-p.silence:
			_, _ = io.Copy(io.Discard, from)
			return
		default:
		}
		if n > 0 {
			if _, werr := to.Write(buf[:n]); werr != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
