package cli

import (
	"cmp"
	"context"
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/store/pgtest"
	"rundown/runner/view"
)

// trial is daemons on one PostgreSQL, each of which owns one App ID.
type trial struct {
	t      *testing.T
	reader *store.Store
	dsn    string
	setup
	service  string // the address of the simulator
	address  string // that of the service to the daemons
	listener string // where the service listens that has a name; "": it has none
	apps     []string
	daemons  []*trialNode
	env      []string
	bell     time.Time            // see ring
	until    time.Time            // the last class ends
	begins   map[string]time.Time // by the channel name of the class
}

// trialNode is a daemon of a trial.
type trialNode struct {
	*process
	id  int64  // its number as a node
	app string // the App ID that it owned when the trial began
	way *proxy // between it and what it can be cut off from; nil: there is none
}

const (
	trialLength  = 25 * time.Second // of its classes
	trialClasses = 8                // of each App ID
	trialNotice  = 30 * time.Second // between the plan and the bell
)

// setup is what a trial begins with.
type setup struct {
	nodes   int
	proxied what          // a proxy is between each daemon and this
	before  time.Duration // the padding of the classes
	program string        // the version of rundown; "": this one
}

// what a daemon can be cut off from.
type what int

const (
	nothing what = iota
	theDatabase
	theService
)

// newTrial starts the daemons and has each own an App ID.
func newTrial(t *testing.T, server *pgtest.Server, s setup) *trial {
	t.Helper()
	x := &trial{t: t, setup: s, dsn: server.Database(t), env: append(slices.Clone(canaries), "GORACE=atexit_sleep_ms=0")}
	x.service, _ = serve(t)
	x.address = x.service
	if s.proxied == theService {
		x.secure()
	}
	for i := range s.nodes {
		app := strings.Repeat(string(rune('a'+i)), 32)
		x.apps = append(x.apps, app)
		x.env = append(x.env, fmt.Sprintf("APP_%d=%s", i, app))
	}
	for range s.nodes {
		x.daemons = append(x.daemons, x.join())
	}
	if out, errs, status := runBinary(t, nil, "store", "migrate", "--store", x.dsn); status != StatusOK { // the daemons may be older
		t.Fatalf("migrate: status %d: %s%s", status, out, errs)
	}
	var err error
	if x.reader, err = store.Open(t.Context(), x.dsn, store.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.reader.Close() })
	x.apply("later", x.atOnce(1, time.Now().UTC().Add(48*time.Hour), time.Minute)) // so that they share the App IDs before the bell
	eventually(t, 60*time.Second, "each owns an App ID", x.shared)
	out, errs, status := runBinary(t, nil, "status", "--store", x.dsn)
	for _, app := range x.apps {
		if status != StatusOK || !strings.Contains(out, "owns App ID "+app) {
			t.Errorf("status %d does not show who owns %s:\n%s%s", status, app, out, errs)
		}
	}
	return x
}

// give gives the daemons the classes that are judged.
func (x *trial) give(classes []trialClass) {
	x.t.Helper()
	x.begins = map[string]time.Time{}
	for _, c := range classes {
		x.begins["today-"+c.id] = c.from
		if end := c.from.Add(c.length); end.After(x.until) {
			x.until = end
		}
	}
	x.apply("today", classes)
}

// ring gives the daemons classes of all App IDs at one bell.
func (x *trial) ring() {
	x.t.Helper()
	x.bell = time.Now().UTC().Truncate(time.Second).Add(x.before + paceNow().of(trialNotice))
	x.give(x.atOnce(trialClasses, x.bell, trialLength))
}

// secure puts a server with TLS before the simulator, under a name, so that daemons reach it by a proxy.
func (x *trial) secure() {
	x.t.Helper()
	to, err := url.Parse(x.service)
	if err != nil {
		x.t.Fatal(err)
	}
	server := httptest.NewTLSServer(httputil.NewSingleHostReverseProxy(to))
	x.t.Cleanup(server.CloseClientConnections)
	x.listener = server.Listener.Addr().String()
	x.address = "https://example.com" // which its certificate names
	file := filepath.Join(x.t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		x.t.Fatal(err)
	}
	x.env = append(x.env, "SSL_CERT_FILE="+file)
}

// join starts a daemon.
func (x *trial) join() *trialNode {
	x.t.Helper()
	n, dsn, env := &trialNode{}, x.dsn, slices.Clone(x.env)
	switch x.proxied {
	case theDatabase:
		u, err := url.Parse(dsn)
		if err != nil {
			x.t.Fatal(err)
		}
		n.way = newProxy(x.t, u.Host)
		u.Host = n.way.address()
		dsn = u.String()
	case theService:
		n.way = newHTTPSProxy(x.t, x.listener)
		env = append(env, "HTTPS_PROXY=http://"+n.way.address())
	}
	n.process = startProgram(x.t, cmp.Or(x.program, "rundown"), "stderr", append(env, "RUNDOWN_STORE="+dsn), "run", "--api-url", x.address, "--listen", "127.0.0.1:0")
	n.await(1, "msg=running")
	return n
}

// trialClass is a class of a trial.
type trialClass struct {
	id     string
	app    int
	from   time.Time
	length time.Duration
}

// atOnce gives so many classes of each App ID at one instant.
func (x *trial) atOnce(n int, at time.Time, length time.Duration) (classes []trialClass) {
	for app := range x.apps {
		for i := range n {
			classes = append(classes, trialClass{fmt.Sprintf("a%d-%d", app, i), app, at, length})
		}
	}
	return classes
}

// apply applies a plan.
func (x *trial) apply(plan string, classes []trialClass) {
	x.t.Helper()
	var apps []string
	for i := range x.apps {
		apps = append(apps, fmt.Sprintf(`a%d: {id: "${APP_%d}"}`, i, i))
	}
	text := strings.NewReplacer(
		`apps: {main: {id: "${APP}"}}`, `apps: {`+strings.Join(apps, ", ")+`}`, "name: today", "name: "+plan,
		"padding: {before: 1s, after: 1s}, cdn: live", fmt.Sprintf("padding: {before: %v, after: 0s}, min_remainder: 1s", x.before),
	).Replace(aroundNow)
	for _, c := range classes {
		text += fmt.Sprintf("  %s: {app: a%d, when: %s}\n", c.id, c.app, dated(c.from, c.length))
	}
	file := filepath.Join(x.t.TempDir(), "plan.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		x.t.Fatal(err)
	}
	cmd := exec.Command(cmp.Or(x.program, "rundown"), "apply", file, "--store", x.dsn)
	cmd.Env = append(os.Environ(), x.env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		x.t.Fatalf("apply: %v: %s", err, out)
	}
}

// owners gives the number of the node that owns each App ID; nil where the store does not answer.
func (x *trial) owners() map[string]int64 {
	leases, err := x.reader.Leases(context.Background())
	if err != nil {
		return nil
	}
	owners := map[string]int64{}
	for _, l := range leases {
		owners[l.App] = l.Node
	}
	return owners
}

// shared says that each daemon owns one App ID, and notes which.
func (x *trial) shared() bool {
	nodes, err := x.reader.Nodes(context.Background())
	if err != nil {
		x.t.Fatal(err)
	}
	owners := x.owners()
	for _, n := range x.daemons {
		i := slices.IndexFunc(nodes, func(r store.Node) bool { return strings.HasSuffix(r.Name, fmt.Sprint(":", n.cmd.Process.Pid)) })
		if i < 0 {
			return false
		}
		n.id, n.app = nodes[i].ID, ""
		for app, owner := range owners {
			if owner == n.id && n.app == "" {
				n.app = app
			} else if owner == n.id {
				return false
			}
		}
		if n.app == "" {
			return false
		}
	}
	return true
}

// takenOver waits until others than a daemon own all App IDs, and gives how long that took.
func (x *trial) takenOver(from *trialNode, since time.Time) time.Duration {
	x.t.Helper()
	moved := func() bool {
		owners := x.owners()
		for _, app := range x.apps {
			if owners[app] == 0 || owners[app] == from.id {
				return false
			}
		}
		return true
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	over, stop := patience(60 * time.Second)
	defer stop()
	for !moved() {
		select {
		case <-tick.C:
		case <-over:
			x.t.Fatalf("a minute later the App IDs are not the others': %v", x.owners())
		}
	}
	return time.Since(since).Round(10 * time.Millisecond)
}

// today gives the classes that are judged as scripts read them.
func (x *trial) today() map[string]view.Occurrence {
	x.t.Helper()
	found := outcomesOf(x.t, x.dsn)
	for name, o := range found {
		if !strings.HasPrefix(o.ID, "today/") {
			delete(found, name)
		}
	}
	return found
}

// settle waits until nothing runs any more, and gives the classes by the store and all sessions by the ledger.
func (x *trial) settle() (map[string]view.Occurrence, simulator.Ledger) {
	x.t.Helper()
	var classes map[string]view.Occurrence
	eventually(x.t, time.Until(x.until.Add(60*time.Second)), "all classes have ended", func() bool {
		classes = x.today()
		for _, o := range classes {
			if o.Outcome == nil {
				return false
			}
		}
		return len(classes) == len(x.begins)
	})
	return classes, readLedger(x.t, x.service)
}

// tally counts what came of the classes of trials. Lost is a class that was not being written from the bell to its end. An orphan is one
// whose owner died between a start and the storing of its answer: nobody can stop that session, and another one records the rest of the
// class. The store must say so; nothing else is wanted of the class.
type tally struct {
	classes, orphans, lost, late, doubled, running, refused int
	took                                                    []time.Duration
}

// sessionsOf gives the sids that the store knows, and the uid of the orphan of each class that has one, by channel name.
func sessionsOf(classes map[string]view.Occurrence) (known map[string]bool, orphans map[string]string) {
	known, orphans = map[string]bool{}, map[string]string{}
	for name, o := range classes {
		for _, s := range o.Sessions {
			if s.SID != nil {
				known[*s.SID] = true
			}
			if orUnknown(s.State) == string(session.SessionOrphan) {
				orphans["today-"+name] = orUnknown(s.UID)
			}
		}
	}
	return known, orphans
}

// judge holds the store against the ledger.
func (x *trial) judge() (sum tally) {
	x.t.Helper()
	classes, ledger := x.settle()
	sum.classes = len(classes)
	known, orphans := sessionsOf(classes)
	for name, o := range classes {
		if *o.Outcome != "recorded" && orphans["today-"+name] == "" {
			sum.lost++
			x.t.Errorf("%s is %s: %s", name, *o.Outcome, *o.Reason)
		}
	}
	sum.orphans = len(orphans)
	last := map[string]simulator.LedgerSession{}
	for _, s := range ledger.Sessions {
		before, again := last[s.Cname]
		last[s.Cname] = s
		if orphan := orphans[s.Cname]; orphan != "" {
			if s.UID != orphan && (!known[s.SID] || s.StoppedAt == nil) {
				x.t.Errorf("%s has an orphan, and session %s, which is none, is not known or runs on", s.Cname, s.SID)
			}
			continue
		}
		if !known[s.SID] {
			x.t.Errorf("session %s of %s ran, and the store does not know it", s.SID, s.Cname)
		}
		if s.StoppedAt == nil {
			sum.running++
			x.t.Errorf("session %s of %s runs on", s.SID, s.Cname)
		}
		if again && (before.StoppedAt == nil || s.StartedAt.Before(before.StoppedAt.Add(-5*time.Second))) {
			sum.doubled++
			x.t.Errorf("%s was recorded twice at once", s.Cname)
		}
		if !again && (s.RecordingAt == nil || s.RecordingAt.After(x.begins[s.Cname])) {
			sum.late++
			x.t.Errorf("%s was not being written at its bell, %v, but from %v on: it was started at %v", s.Cname, x.begins[s.Cname], s.RecordingAt, s.StartedAt)
		}
	}
	if missing := sum.classes - len(last); missing > 0 {
		x.t.Errorf("%d classes have no session in the ledger", missing)
	}
	if sum.refused = ledger.Answers["429"]; sum.refused > 0 {
		x.t.Errorf("%d requests were over the rate", sum.refused)
	}
	return sum
}
