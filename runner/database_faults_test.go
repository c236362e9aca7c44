package runner_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/store/pgtest"
	"rundown/runner/web"
)

// campus is a fleet on a PostgreSQL, in real time. Each node has a network of its own to the database.
type campus struct {
	*fleet
	server   *pgtest.Server
	dsn      string            // without a network in between
	address  func() string     // of a node's store; nil: through its network
	networks []*pgtest.Proxy   // of the nodes
	webs     []http.Handler    // of the nodes: /healthz and /readyz
	due      time.Time         // the bell that falls into the fault
	leases   []store.Lease     // before the fault
	owner    map[string]string // before the fault
}

const (
	leadTime   = 15 * time.Second // from the start of the nodes to the first bell
	dueAfter   = 30 * time.Second // from the plan that has it to the bell that falls into the fault
	dueLength  = 25 * time.Second
	faultAhead = 18 * time.Second // before the first request of that bell
)

func newCampus(t *testing.T, server *pgtest.Server) *campus {
	t.Helper()
	return &campus{fleet: newFleet(t, simulator.Config{StartAfter: -1, UploadDelay: -1}), server: server, dsn: server.Database(t)}
}

// enter starts a node.
func (c *campus) enter(name string, plans ...*plan.Plan) *fleetNode {
	c.t.Helper()
	network, dsn := c.server.Proxy(c.t, c.dsn)
	if c.address != nil {
		dsn = c.address()
	}
	n := &fleetNode{name: name, wire: &nodeWire{next: c.sim.Transport()}}
	var err error
	if n.store, err = store.Open(context.Background(), dsn, store.Options{Create: true, Work: true, Node: name, Service: "simulator"}); err != nil {
		c.t.Fatal(err)
	}
	site := &house{t: c.t, sim: c.sim, lookup: values, transport: n.wire}
	n.Engine = runner.New(runner.Config{Store: n.store, Connect: site.connect, Who: name, Revision: c.revision, Logger: slog.New(slog.NewTextHandler(&n.log, nil))})
	if err := n.Start(context.Background(), plans...); err != nil {
		c.t.Fatal(err)
	}
	var ready web.Readiness
	ready.Set(true)
	c.nodes, c.networks = append(c.nodes, n), append(c.networks, network)
	c.webs = append(c.webs, web.Handler(&ready, n.Progress, n.Issues))
	return n
}

// open starts two nodes, each of which owns one App ID, waits until a class of each is being recorded, and then until some
// seconds before the bell that is to fall into the fault.
func (c *campus) open() {
	c.t.Helper()
	begin := time.Now().UTC().Truncate(time.Second).Add(leadTime)
	when := func(from time.Time, length time.Duration) string {
		return from.Format("2006-01-02 15:04:05") + "-" + from.Add(length).Format("15:04:05")
	}
	text := twoApps(when(begin, 10*time.Minute))["school.yaml"]
	text = strings.ReplaceAll(text, "timezone: Europe/Madrid", "timezone: UTC, padding: {before: 0s, after: 0s}, min_remainder: 1s")
	c.enter("a", loadPlan(c.t, files{"school.yaml": text}, "school.yaml"))
	b := c.enter("b")
	c.eventually("each owns an App ID", func() bool {
		c.owner = c.owners(b.store)
		return len(c.owner) == 2 && c.owner["canary-APP_A"] != c.owner["canary-APP_B"]
	})
	c.eventually("the classes before the fault are being recorded", func() bool { return len(c.sim.Ledger().Sessions) == 4 })
	var err error
	if c.leases, err = b.store.Leases(context.Background()); err != nil {
		c.t.Fatal(err)
	}
	// The bell is planned once the nodes are ready for it, however long that took, and again where to plan it took too long.
	for wait := time.Duration(0); wait <= 0; wait = time.Until(c.due.Add(-faultAhead)) {
		c.due = time.Now().UTC().Truncate(time.Second).Add(dueAfter)
		due := text
		for _, app := range []string{"a", "b"} {
			due += fmt.Sprintf("  due-%s: {app: %s, when: %s}\n", app, app, when(c.due, dueLength))
		}
		if _, err := c.nodes[0].Apply(context.Background(), loadPlan(c.t, files{"school.yaml": due}, "school.yaml")); err != nil {
			c.t.Fatal(err)
		}
	}
	time.Sleep(time.Until(c.due.Add(-faultAhead))) // the fault begins before the first request of the bell
}

// eventually waits until something holds, three minutes at most. It asks again and again, since the server and the daemons run in real time
// and nothing tells when they are through.
func (c *campus) eventually(what string, holds func() bool) {
	c.t.Helper()
	for until := time.Now().Add(3 * time.Minute); !holds(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(until) {
			c.t.Fatalf("not within three minutes: %s\na: %s", what, c.nodes[0].log.String())
		}
	}
}

// ready says whether each node answers /readyz with 200. All must answer /healthz so.
func (c *campus) ready() (all, any bool) {
	c.t.Helper()
	all = true
	for i, h := range c.webs {
		ask := func(path string) bool {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
			return w.Code == http.StatusOK
		}
		if !ask("/healthz") {
			c.t.Errorf("/healthz of %s is not 200: %v", c.nodes[i].name, c.nodes[i].Progress(web.MovesWithin))
		}
		one := ask("/readyz")
		all, any = all && one, any || one
	}
	return all, any
}

// through waits until no node is ready and the bell has rung, ends the fault, and waits until all are ready again.
func (c *campus) through(end func()) {
	c.t.Helper()
	c.eventually("no node is ready", func() bool { _, any := c.ready(); return !any })
	for time.Now().Before(c.due.Add(2 * time.Second)) {
		c.ready() // the nodes stay alive
		time.Sleep(200 * time.Millisecond)
	}
	before := len(c.sim.Ledger().Sessions)
	if before != 4 {
		c.t.Errorf("%d sessions were begun while the database failed", before-4)
	}
	end()
	c.eventually("all nodes are ready", func() bool { all, _ := c.ready(); return all })
}

// settled waits until the classes of the bell are over, and holds the ledger and the store against what must be. It gives the
// outcomes of the bell's classes.
func (c *campus) settled() (outcomes []store.Occurrence) {
	c.t.Helper()
	s := c.nodes[len(c.nodes)-1].store
	c.eventually("the classes of the bell are over", func() bool {
		rows, err := s.Occurrences(context.Background(), store.Filter{States: []string{string(session.Ended)}})
		outcomes = rows
		return err == nil && len(rows) == 2
	})
	ran := map[string]int{}
	for _, x := range c.sim.Ledger().Sessions {
		ran[x.Cname]++
		if due := strings.Contains(x.Cname, "due"); due != (x.StoppedAt != nil) {
			c.t.Errorf("%s: %+v: want the classes of the bell stopped, and what ran before going on", x.Cname, x)
		}
	}
	for name, n := range ran {
		if n != 1 || len(ran) != 6 {
			c.t.Errorf("%s was started %d times, and %d of 6 classes were", name, n, len(ran))
		}
	}
	for _, n := range c.nodes {
		n.Close()
		if err := n.store.Close(); err != nil {
			c.t.Error(err)
		}
	}
	return outcomes
}

// stayed wants each App ID with the owner and the term that it had.
func (c *campus) stayed() {
	c.t.Helper()
	after, err := c.nodes[0].store.Leases(context.Background())
	if err != nil {
		c.t.Error(err)
	}
	for i, l := range after {
		if l.Node != c.leases[i].Node || l.Term != c.leases[i].Term {
			c.t.Errorf("App ID %s is owned by node %d, term %d; it was node %d, term %d", l.App, l.Node, l.Term, c.leases[i].Node, c.leases[i].Term)
		}
	}
}

// TestFaultsOfTheDatabase has the database of two nodes fail in several ways over a bell. What runs goes on, what falls due is begun
// when the database works again and is told as late, nothing is begun twice, and the nodes stay alive, but not ready.
func TestFaultsOfTheDatabase(t *testing.T) {
	t.Parallel()
	faults := map[string]func(c *campus) (end func()){
		"stopped hard and started": func(c *campus) func() {
			c.server.Kill(c.t)
			return func() { c.server.Restart(c.t) }
		},
		"unreachable": func(c *campus) func() {
			for _, n := range c.networks {
				n.Cut()
			}
			return func() {
				for _, n := range c.networks {
					n.Mend()
				}
			}
		},
		"out of connections": func(c *campus) func() { return c.server.Fill(c.t, c.dsn) },
		"read-only": func(c *campus) func() {
			c.server.ReadOnly(c.t, true)
			return func() { c.server.ReadOnly(c.t, false) }
		},
		"failing over to a replica": nil,
	}
	var all sync.WaitGroup
	for name, fault := range faults {
		all.Go(func() { // most of it is waiting: they are tried at once, however few processors there are
			t.Run(name, func(t *testing.T) {
				c := newCampus(t, pgtest.Start(t))
				if fault == nil {
					replica := c.server.Replica(t)
					c.address = func() string { return c.server.Both(t, c.dsn, replica) }
					fault = func(c *campus) func() {
						c.server.Kill(t)
						return func() { replica.Promote(t) }
					}
				}
				c.open()
				c.through(fault(c))
				c.stayed()
				for _, o := range c.settled() {
					if o.Outcome != string(session.Partial) || o.Reason == "" {
						t.Errorf("%s: %s: %q, want partial with a reason", o.ID, o.Outcome, o.Reason)
					}
					t.Logf("%s: %s: %s", o.Recording, o.Outcome, o.Reason)
				}
				if t.Failed() {
					t.Logf("a: %s\nb: %s", c.nodes[0].log.String(), c.nodes[1].log.String())
				}
			})
		})
	}
	all.Wait()
}

// TestTheAnswerToACommitIsLost has the database store that the first request for a class is asked, and the node not hear of it: its
// connection breaks, and no other can be made for a moment. The request was not sent, so the class is begun all the same.
func TestTheAnswerToACommitIsLost(t *testing.T) {
	t.Parallel()
	c := newCampus(t, pgtest.Start(t))
	n := c.enter("a")
	begin := time.Now().UTC().Truncate(time.Second).Add(leadTime + 5*time.Second)
	text := twoApps(begin.Format("2006-01-02 15:04:05") + "-" + begin.Add(10*time.Minute).Format("15:04:05"))["school.yaml"]
	text = strings.ReplaceAll(text, "timezone: Europe/Madrid", "timezone: UTC, padding: {before: 0s, after: 0s}, min_remainder: 1s")
	if _, err := n.Apply(context.Background(), loadPlan(t, files{"school.yaml": text}, "school.yaml")); err != nil {
		t.Fatal(err)
	}
	c.networks[0].LoseAnswerTo("acquire")
	reader, err := store.Open(context.Background(), c.dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	c.eventually("the request is stored as asked, and the node cannot reach the database", func() bool {
		asked, err := reader.Occurrences(context.Background(), store.Filter{States: []string{string(session.Starting)}})
		if err != nil {
			t.Fatal(err)
		}
		return len(asked) > 0 && strings.Contains(n.log.String(), "the store cannot be written")
	})
	c.networks[0].Mend()
	c.eventually("all four classes are being recorded", func() bool { return len(c.sim.Ledger().Sessions) == 4 })
	n.Close()
	if err := n.store.Close(); err != nil {
		t.Error(err)
	}
}

// statement is how much longer each statement takes in the test below. To find what a fleet bears:
// go test ./runner -run TestASlowDatabase -v -args -statement 800ms
var statement = flag.Duration("statement", 500*time.Millisecond, "how long each statement takes on the slow database of a fleet")

// TestASlowDatabaseMovesNoAppAndLetsOneBeTakenOver has each statement take half a second over a bell, and then one of the nodes be cut
// off.
func TestASlowDatabaseMovesNoAppAndLetsOneBeTakenOver(t *testing.T) {
	t.Parallel()
	c := newCampus(t, pgtest.Start(t))
	c.open()
	for _, n := range c.networks {
		n.Slow(*statement)
	}
	c.eventually("the classes of the bell are begun", func() bool { return len(c.sim.Ledger().Sessions) == 6 })
	for time.Now().Before(c.due.Add(10 * time.Second)) {
		c.ready()
		time.Sleep(200 * time.Millisecond)
	}
	c.stayed()
	for _, n := range c.nodes {
		if strings.Contains(n.log.String(), "node-unconfirmed") || strings.Contains(n.log.String(), "store-failed") {
			t.Errorf("%s could not work: %s", n.name, n.log.String())
		}
	}
	lost := c.nodes[0]
	lost.wire.cut.Store(true)
	c.networks[0].Cut()
	since := time.Now()
	reader, err := store.Open(context.Background(), c.dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	c.eventually("the other node owns both App IDs", func() bool {
		owner := c.owners(reader)
		return owner["canary-APP_A"] == "b" && owner["canary-APP_B"] == "b"
	})
	t.Logf("with %v a statement the App ID was taken over after %v", *statement, time.Since(since).Round(100*time.Millisecond))
	lost.Abandon()
	for _, o := range c.settled() {
		if o.Outcome == string(session.Missed) || o.Outcome == string(session.Failed) {
			t.Errorf("%s: %s: %q", o.ID, o.Outcome, o.Reason)
		}
		t.Logf("%s: %s: %s", o.Recording, o.Outcome, o.Reason)
	}
}
