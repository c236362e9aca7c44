package runner_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/catalog"
	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
)

// fleet is a house on whose store several engines work at once, in virtual time, on an SQLite file without a lock or a PostgreSQL.
type fleet struct {
	*house
	address   string // of the next to join, on PostgreSQL; "": the file
	nodes     []*fleetNode
	finishes  func(*plan.Plan) bool //  of the next to join; nil: of no plan
	failpoint func(string)          // of the next to join; nil: nothing is done there
	slow      func(time.Duration)   // hears of each write of the next to join before it goes on; nil: nobody
}

// fleetNode is one of the engines.
type fleetNode struct {
	*runner.Engine
	name  string
	store *store.Store
	log   lockedBuffer
	wire  *nodeWire
}

// nodeWire is a node's way to the service, which can be cut. It notes when requests were sent.
type nodeWire struct {
	next   http.RoundTripper
	cut    atomic.Bool
	silent atomic.Bool // no request gets an answer
	// onAnswer is told of each request and its answer before the node is; nil: nobody.
	onAnswer func(*http.Request)

	mu    sync.Mutex
	sent  []time.Time
	paced []time.Time // of these, those for an App ID, which count against its rate
}

func (w *nodeWire) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.cut.Load() {
		return nil, errors.New("the wire is cut")
	}
	if w.silent.Load() {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	w.mu.Lock()
	w.sent = append(w.sent, time.Now())
	if strings.Contains(r.URL.Path, "/cloud_recording/") {
		w.paced = append(w.paced, time.Now())
	}
	w.mu.Unlock()
	resp, err := w.next.RoundTrip(r)
	if w.onAnswer != nil {
		w.onAnswer(r)
	}
	return resp, err
}

func (w *nodeWire) requests() []time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.sent)
}

func (w *nodeWire) pacedRequests() []time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.paced)
}

// twoApps is a plan with classes of two App IDs, two at each bell.
func twoApps(bells ...string) files {
	when := `["` + strings.Join(bells, `", "`) + `"]`
	return files{"school.yaml": `version: 1
name: school
account: {customer_id: "${ID}", customer_secret: "${SECRET}"}
apps: {a: {id: "${APP_A}"}, b: {id: "${APP_B}"}}
storage: {videos: {vendor: s3, region: eu-central-1, bucket: videos, access_key: "${ACCESS}", secret_key: "${KEY}"}}
expose: [ROOM]
defaults: {timezone: Europe/Madrid, url: "https://school.example/rooms/{id}?token=${ROOM}"}
recordings:
  german: {app: a, when: ` + when + `}
  french: {app: b, when: ` + when + `}
  music: {app: a, when: ` + when + `}
  maths: {app: b, when: ` + when + `}
`}
}

// openStore opens the fleet's store for a node.
func (f *fleet) openStore(name string, slow func(time.Duration)) *store.Store {
	f.t.Helper()
	s, err := store.Open(context.Background(), cmp.Or(f.address, filepath.Join(f.dir, "rundown.db")), store.Options{
		Create: true, Work: true, Shared: true, Node: name, Service: "simulator", OnCommit: slow,
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return s
}

// join starts an engine on the fleet's store. vet says what it lacks for a plan; nil: nothing.
func (f *fleet) join(name string, vet func(*plan.Plan) error, plans ...*plan.Plan) *fleetNode {
	f.t.Helper()
	return f.joinBy((*runner.Engine).Start, name, vet, plans...)
}

// lacksKey is a vet for [fleet.join]: the node lacks what each plan refers to while a flag is set.
func lacksKey(lacks *atomic.Bool) func(*plan.Plan) error {
	return func(*plan.Plan) error {
		if lacks.Load() {
			return errors.New("KEY is not set")
		}
		return nil
	}
}

// joinBy is join with another way to start.
func (f *fleet) joinBy(start func(*runner.Engine, context.Context, ...*plan.Plan) error, name string, vet func(*plan.Plan) error, plans ...*plan.Plan) *fleetNode {
	f.t.Helper()
	n := &fleetNode{name: name, wire: &nodeWire{next: f.sim.Transport()}}
	n.store = f.openStore(name, f.slow)
	site := &house{t: f.t, sim: f.sim, lookup: f.lookup, transport: n.wire}
	judge := func(_ context.Context, p *plan.Plan) error {
		if vet == nil {
			return nil
		}
		return vet(p)
	}
	n.Engine = runner.New(runner.Config{
		Store: n.store, Connect: site.connect, Now: f.now, Who: name, Poll: time.Second, MinQueryInterval: cmp.Or(f.watch, catalog.MonitorInterval()), Vet: judge, Finishes: f.finishes, Revision: f.revision, Failpoint: f.failpoint,
		Logger: slog.New(slog.NewTextHandler(&n.log, nil)),
		OnChange: func(s session.State) {
			f.mu.Lock()
			defer f.mu.Unlock()
			if s.Phase == session.Ended {
				f.ended[s.ID] = s
			}
		},
	})
	if err := start(n.Engine, context.Background(), plans...); err != nil {
		f.t.Fatal(err)
	}
	f.nodes = append(f.nodes, n)
	return n
}

func newFleet(t *testing.T, cfg simulator.Config) *fleet {
	t.Helper()
	f := &fleet{house: newHouse(t, cfg)}
	f.revision = wholeRevision
	return f
}

// wholeRevision keeps a plan so that another node can work on it.
func wholeRevision(p *plan.Plan) (store.Revision, error) {
	return runner.NewRevision(p, p.Files[0].Path, p.Files)
}

// kill has a node send and write nothing any more.
func (f *fleet) kill(n *fleetNode) {
	n.wire.cut.Store(true)
	f.isolate(n)
}

// isolate cuts a node from the store.
func (f *fleet) isolate(n *fleetNode) {
	if err := n.store.Close(); err != nil {
		f.t.Error(err)
	}
}

// leave ends a node as a signal does.
func (f *fleet) leave(n *fleetNode) {
	n.Close()
	if err := n.store.Close(); err != nil {
		f.t.Error(err)
	}
	f.nodes = slices.DeleteFunc(f.nodes, func(o *fleetNode) bool { return o == n })
}

// owners gives the name of the node that owns each App ID.
func (f *fleet) owners(s *store.Store) map[string]string {
	f.t.Helper()
	nodes, err := s.Nodes(context.Background())
	if err != nil {
		f.t.Fatal(err)
	}
	leases, err := s.Leases(context.Background())
	if err != nil {
		f.t.Fatal(err)
	}
	owners := map[string]string{}
	for _, l := range leases {
		for _, n := range nodes {
			if n.ID == l.Node {
				owners[l.App] = n.Name
			}
		}
	}
	return owners
}

// recorded wants so many classes, each recorded whole by one session or more, and no other.
func (f *fleet) recorded(s *store.Store, want int) {
	f.t.Helper()
	rows, err := s.Occurrences(context.Background(), store.Filter{})
	if err != nil {
		f.t.Fatal(err)
	}
	n := 0
	for _, o := range rows {
		if o.Outcome == string(session.Recorded) {
			n++
		} else if o.State == string(session.Ended) {
			f.t.Errorf("%s: %s %q", o.ID, o.Outcome, o.Reason)
		}
	}
	if n != want {
		f.t.Errorf("%d classes are recorded, want %d", n, want)
	}
}

// once wants no two sessions of a class to run at once, and none to run on.
func (f *fleet) once() {
	f.t.Helper()
	last := map[string]simulator.LedgerSession{}
	for _, s := range f.sim.Ledger().Sessions {
		if s.StoppedAt == nil {
			f.t.Errorf("session %s of %s runs on", s.SID, s.Cname)
			continue
		}
		if before, ok := last[s.Cname]; ok && s.StartedAt.Before(*before.StoppedAt) {
			f.t.Errorf("sessions %s and %s of %s ran at once", before.SID, s.SID, s.Cname)
		}
		last[s.Cname] = s
	}
}

// bell is one bell of ten minutes; nodes that come a little before it share its App IDs when it rings.
const bell = "2031-09-15 09:00-09:10"

func TestTwoNodesShareTheAppsAndLoseNothingWhenOneDies(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Duration{-20 * time.Second, -6 * time.Second, -1 * time.Second, 2 * time.Minute, 11 * time.Minute} {
		t.Run(fmt.Sprint("killed at the bell and ", at), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f, a, b := twoNodes(t)
				until(monday.Add(at))
				f.kill(a)
				time.Sleep(6 * time.Second)
				if got := f.owners(b.store); got["canary-APP_A"] != "b" || got["canary-APP_B"] != "b" {
					t.Errorf("6 s after the other died the owners are %v", got)
				}
				if a.OnDuty() || !b.OnDuty() {
					t.Errorf("6 s after the other died on duty are %v, %v", a.OnDuty(), b.OnDuty())
				}
				until(monday.Add(15 * time.Minute))
				f.end(a, b)
			})
		})
	}
}

// twoNodes are two nodes that share the App IDs of a plan, some minutes before its bell.
func twoNodes(t *testing.T) (f *fleet, a, b *fleetNode) {
	t.Helper()
	until(monday.Add(-5*time.Minute + 700*time.Millisecond))
	f = newFleet(t, simulator.Config{})
	a = f.join("a", nil, loadPlan(t, twoApps(bell), "school.yaml"))
	time.Sleep(600 * time.Millisecond) // so that their heartbeats are not sent at once
	b = f.join("b", nil)
	until(monday.Add(-4 * time.Minute))
	if got := f.owners(b.store); len(got) != 2 || got["canary-APP_A"] == got["canary-APP_B"] {
		t.Fatalf("the owners are %v, want one App ID for each", got)
	}
	for _, n := range []*fleetNode{a, b} {
		if log := n.log.String(); !strings.Contains(log, "owns app") {
			t.Errorf("the log of %s does not tell what it owns:\n%s", n.name, log)
		}
	}
	if a.OnDuty() == b.OnDuty() {
		t.Fatalf("on duty are both or none: %v, %v", a.OnDuty(), b.OnDuty())
	}
	return f, a, b
}

// end ends both nodes, of which the first was cut off, and wants all four classes recorded once.
func (f *fleet) end(a, b *fleetNode) {
	f.t.Helper()
	a.Abandon()
	a.Close()
	f.recorded(b.store, 4)
	f.leave(b)
	f.once()
	if f.t.Failed() {
		f.t.Logf("a: %s\nb: %s", a.log.String(), b.log.String())
	}
}

// bothEnd ends two nodes in order and checks what both have recorded.
func (f *fleet) bothEnd(a, b *fleetNode, classes int) {
	f.t.Helper()
	f.recorded(b.store, classes)
	f.leave(a)
	f.leave(b)
	f.once()
	if f.t.Failed() {
		f.t.Logf("a: %s\nb: %s", a.log.String(), b.log.String())
	}
}

// TestANodeThatIsCutOffFromTheStoreStopsActing cuts a node off around the bell; the service stays in its reach.
func TestANodeThatIsCutOffFromTheStoreStopsActing(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Duration{-40 * time.Second, -8 * time.Second, -2 * time.Second, 9 * time.Minute, 11*time.Minute + 58*time.Second} {
		t.Run(fmt.Sprint("at the bell and ", at), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f, a, b := twoNodes(t)
				until(monday.Add(at))
				f.isolate(a)
				cut := time.Now()
				time.Sleep(6 * time.Second)
				if issues := fmt.Sprint(a.Issues()); !strings.Contains(issues, "node-unconfirmed") || !slices.ContainsFunc(a.Issues(), func(i runner.Issue) bool { return i.Blocking }) {
					t.Errorf("the health issues of a node that is cut off are %s", issues)
				}
				until(monday.Add(15 * time.Minute))
				for _, sent := range a.wire.requests() {
					if late := sent.Sub(cut); late > 3*time.Second {
						t.Errorf("a request was sent %v after the node was cut off", late)
					}
				}
				f.end(a, b)
			})
		})
	}
}

func TestANodeThatEndsHandsOverItsApps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, a, b := twoNodes(t)
		until(monday.Add(2 * time.Minute))
		f.leave(a)
		ended := time.Now()
		for f.owners(b.store)["canary-APP_A"] != "b" || f.owners(b.store)["canary-APP_B"] != "b" {
			time.Sleep(50 * time.Millisecond)
			if time.Since(ended) > 2*time.Second {
				t.Fatalf("2 s after the other left the owners are %v", f.owners(b.store))
			}
		}
		until(monday.Add(15 * time.Minute))
		f.recorded(b.store, 4)
		f.leave(b)
		f.once()
	})
}

// TestASIDThatCouldNotBeStoredReachesTheNextOwner buries a node at the instant at which start was answered.
func TestASIDThatCouldNotBeStoredReachesTheNextOwner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, a, b := twoNodes(t)
		var once sync.Once
		a.wire.onAnswer = func(r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/mode/web/start") {
				return
			}
			once.Do(func() { // as if it had been frozen with the answer in its hand
				f.alter(`UPDATE nodes SET gone_at = 1 WHERE name = 'a'`)
				f.alter(`UPDATE leases SET node = 0 WHERE node = (SELECT id FROM nodes WHERE name = 'a')`)
				time.Sleep(2 * time.Second)
			})
		}
		until(monday.Add(15 * time.Minute))
		f.recorded(b.store, 4)
		for _, n := range []*fleetNode{a, b} {
			f.leave(n)
		}
		for _, s := range f.sim.Ledger().Sessions {
			if s.StoppedAt == nil {
				t.Errorf("session %s of %s runs on", s.SID, s.Cname)
			}
		}
		if !strings.Contains(a.log.String(), "its sid is left to the node that owns the app") {
			t.Errorf("no sid was left: it proves nothing\n%s", a.log.String())
		}
	})
}

// TestAnOutageOfTheStoreMovesNoApp has the store refuse all writes for some time, also over the bell.
func TestAnOutageOfTheStoreMovesNoApp(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]time.Duration{"before the bell": -2 * time.Minute, "over the bell": -10 * time.Second, "in the middle": 5 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f, a, b := twoNodes(t)
				before, err := b.store.Leases(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				until(monday.Add(at))
				tells := a.HasDuties()
				again := f.refuseWrites()
				time.Sleep(20*time.Second + 500*time.Millisecond) // one of them is back before the other
				if a.HasDuties() != tells || b.HasDuties() == tells || a.OnDuty() || b.OnDuty() {
					t.Errorf("in the outage a, b have duties: %v, %v, are on duty: %v, %v", a.HasDuties(), b.HasDuties(), a.OnDuty(), b.OnDuty())
				}
				again()
				until(monday.Add(15 * time.Minute))
				if after, err := b.store.Leases(t.Context()); err != nil || !slices.Equal(after, before) {
					t.Errorf("the leases are %+v, %v, and were %+v", after, err, before)
				}
				if at != -10*time.Second {
					f.recorded(b.store, 4)
				}
				for _, n := range []*fleetNode{a, b} {
					f.leave(n)
				}
				f.once()
			})
		})
	}
}

// TestANodeDoesNotTellOfAppsThatAreAnothers has each App ID run out of places, and takes those of one node away from it.
func TestANodeDoesNotTellOfAppsThatAreAnothers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-5*time.Minute + 700*time.Millisecond))
		f := newFleet(t, simulator.Config{Concurrent: 1})
		a := f.join("a", nil, loadPlan(t, twoApps(bell), "school.yaml"))
		until(monday.Add(2 * time.Minute))
		if got := fmt.Sprint(a.Troubles()); strings.Count(got, "quota-taken") != 2 {
			t.Fatalf("the issues are %s, want one of each App ID", got)
		}
		b := f.join("b", nil)
		f.alter(`UPDATE leases SET node = (SELECT id FROM nodes WHERE name = 'b' AND gone_at = 0), term = term + 1 WHERE app = 'canary-APP_A'`)
		time.Sleep(5 * time.Second)
		if got := fmt.Sprint(a.Troubles()); strings.Contains(got, "APP_A") || !strings.Contains(got, "APP_B") {
			t.Errorf("the issues of the node that owns one App ID are %s", got)
		}
		for _, n := range []*fleetNode{a, b} {
			f.leave(n)
		}
	})
}

// TestANodeThatLacksAReferenceOwnsNoneOfThePlansApps gives one of two nodes not all that the plan refers to.
func TestANodeThatLacksAReferenceOwnsNoneOfThePlansApps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-5 * time.Minute))
		f := newFleet(t, simulator.Config{})
		a := f.join("a", nil, loadPlan(t, twoApps(bell), "school.yaml"))
		var lacks atomic.Bool
		lacks.Store(true)
		b := f.join("b", lacksKey(&lacks))
		until(monday.Add(15 * time.Minute))
		if got := f.owners(b.store); got["canary-APP_A"] != "a" || got["canary-APP_B"] != "a" {
			t.Errorf("the owners are %v", got)
		}
		var issues []string
		for _, i := range b.Issues() {
			issues = append(issues, i.String())
		}
		if got := strings.Join(issues, "\n"); !strings.Contains(got, "node-unfit: ") || !strings.Contains(got, "KEY") {
			t.Errorf("the health issues of the node are %q", got)
		}
		f.recorded(b.store, 4)
		lacks.Store(false)
		time.Sleep(30 * time.Second)
		if got := f.owners(b.store); got["canary-APP_A"] == got["canary-APP_B"] {
			t.Errorf("once it has all the owners are %v", got)
		}
		if got := b.Issues(); len(got) > 0 {
			t.Errorf("once it has all its health issues are %v", got)
		}
		for _, n := range []*fleetNode{b, a} {
			f.leave(n)
		}
		f.once()
	})
}
