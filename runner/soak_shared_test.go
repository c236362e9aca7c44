package runner_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/runnertest"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/store/pgtest"
)

var schoolDays = flag.Int("days", 0, "of the soak of nodes on PostgreSQL in virtual time, 5 at most; 0: a lesson")

// serviceRate is how many requests a second the service takes for an App ID.
const serviceRate = 10

// freezes is how long a node stands still that is frozen.
const freezes = 20 * time.Second

// machine is one life of a node on PostgreSQL. As in the life of a daemon alone, a crash takes effect at a failpoint; and from then on
// it has no way to the database, either, over which it could free what it owns. A node that is frozen stands still at its failpoints, at
// what it sends and receives, and after each write.
type machine struct {
	life
	thaws    atomic.Int64 // when, in Unix nanoseconds
	toFreeze atomic.Int64 // failpoints until it is frozen
	froze    func()       // hears of that
	apart    *apart
	version  string
	rate     *rateWatch
	next     http.RoundTripper
}

func (m *machine) freeze() {
	m.thaws.Store(time.Now().Add(freezes).UnixNano())
	m.froze()
}

// stand blocks while the node is frozen.
func (m *machine) stand() (stood bool) {
	for {
		left := time.Until(time.Unix(0, m.thaws.Load()))
		if left <= 0 {
			return stood
		}
		stood = true
		time.Sleep(left) // virtual: it is frozen
	}
}

func (m *machine) failpoint(point string) {
	if m.toFreeze.Add(-1) == 0 {
		m.freeze()
	}
	m.stand()
	m.life.failpoint(point)
}

func (m *machine) RoundTrip(r *http.Request) (*http.Response, error) {
	if m.stand() {
		return nil, syscall.ECONNREFUSED // it was frozen before the gate, which it passes again
	}
	m.apart.sent()
	resp, err := mortal{&m.life, http.RoundTripper(m.rate.before(m.next, m.version))}.RoundTrip(r)
	m.stand()
	if m.dead.Load() {
		return nil, io.ErrClosedPipe
	}
	return resp, err
}

// apart says since when a machine has no way to the database, and counts the requests that it sends later than it may.
type apart struct{ since, late atomic.Int64 }

const gateShutsAfter = 3 * time.Second

func (a *apart) begin() { a.since.Store(time.Now().UnixNano()) }
func (a *apart) end()   { a.since.Store(0) }

func (a *apart) sent() {
	if since := a.since.Load(); since != 0 && time.Since(time.Unix(0, since)) > gateShutsAfter {
		a.late.Add(1)
	}
}

// rateWatch counts the requests for each App ID, whoever sends them.
type rateWatch struct {
	mu   sync.Mutex
	sent map[string][]time.Time // the last ones
	over int                    // requests that were the eleventh within a second
	by   map[string]string      // the version that sent the last one
	swap int                    // requests for an App ID by another version than the one before
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func (w *rateWatch) before(next http.RoundTripper, version string) roundTripper {
	return func(r *http.Request) (*http.Response, error) {
		if app, _, paced := strings.Cut(r.URL.Path, "/cloud_recording/"); paced {
			w.mu.Lock()
			last := append(w.sent[app], time.Now())
			if n := len(last) - 1 - serviceRate; n >= 0 {
				if last[len(last)-1].Sub(last[n]) < time.Second {
					w.over++
				}
				last = last[n+1:]
			}
			w.sent[app] = last
			if by := w.by[app]; by != "" && by != version {
				w.swap++
			}
			w.by[app] = version
			w.mu.Unlock()
		}
		return next.RoundTrip(r)
	}
}

// version is a version of the node.
type version struct {
	name        string
	open        func(context.Context, runnertest.Config) (soakNode, error)
	unreachable func(error) bool // the database, by the error of open
}

// soakNode is a node of some version; see [runnertest.Node].
type soakNode interface {
	Start(context.Context) error
	Isolate()
	Abandon()
	Close()
}

// newer is the version of this tree.
var newer = version{"newer", func(ctx context.Context, c runnertest.Config) (soakNode, error) { return runnertest.Open(ctx, c) }, runnertest.Unreachable}

// sharedSoak is a term that several machines record, whose nodes come and go on one PostgreSQL.
type sharedSoak struct {
	*house
	d         *database
	rate      rateWatch
	apart     [3]apart // the machines
	from, end time.Time
	count     map[string]int // of what befell nodes and database; the house's lock guards it
	// version says which version the next node has, and fits whether a node of a version is still wanted.
	version func() version
	fits    func(machine int, v version) bool
	plans   map[string]string // the plan with which nodes start, by version; the house's lock guards it, and works
	works   [3]string         // the version of each machine's node; "": none works
	check   func(*soak)       // looks for further faults at the end; nil: nothing does
}

// newSharedSoak is one of nodes of this version that begins on a Monday morning.
func newSharedSoak() *sharedSoak {
	from := time.Date(2031, 9, 1, 7, 45, 0, 0, time.UTC)
	return &sharedSoak{
		count: map[string]int{}, from: from, version: func() version { return newer }, fits: func(int, version) bool { return true },
		plans: map[string]string{newer.name: term(from, 1, 9, 3)["term.yaml"]},
	}
}

func (s *sharedSoak) planOf(v version) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.plans[v.name]
}

func (s *sharedSoak) noteWork(machine int, version string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.works[machine] = version
}

func (s *sharedSoak) note(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count[what]++
}

// closed says until when no node runs: the machines are off at night, except for the first one of a week. It is zero while they run.
func (s *sharedSoak) closed(now time.Time) time.Time {
	day := now.Truncate(24 * time.Hour)
	opens := day.Add(7*time.Hour + 15*time.Minute)
	switch evening := day.Add(17*time.Hour + 15*time.Minute); {
	case now.Before(opens) && !day.Equal(s.from.Truncate(24*time.Hour).AddDate(0, 0, 1)):
		return opens
	case !now.Before(evening) && !day.Equal(s.from.Truncate(24*time.Hour)):
		return opens.AddDate(0, 0, 1)
	}
	return time.Time{}
}

// seat has node after node run on one machine.
func (s *sharedSoak) seat(n int) {
	rng := rand.New(rand.NewPCG(*seed, uint64(10+n)))
	for time.Now().Before(s.end) {
		if opens := s.closed(time.Now()); !opens.IsZero() {
			until(opens)
		} else {
			s.run(n, rng)
		}
		time.Sleep(dice(rng, time.Minute)) // virtual: the machine has no node meanwhile
	}
}

func dice(rng *rand.Rand, most time.Duration) time.Duration {
	return time.Duration(rng.Int64N(int64(most)))
}

// run is one life of a node.
func (s *sharedSoak) run(n int, rng *rand.Rand) {
	v := s.version()
	m := &machine{life: life{queries: rng.IntN(8) == 0, crashed: make(chan struct{})}, version: v.name, rate: &s.rate, apart: &s.apart[n], next: s.sim.Transport()}
	m.froze = func() { s.note("freezes") }
	m.countdown.Store(1 + rng.Int64N(60))
	m.toFreeze.Store(1 + rng.Int64N(60))
	leaves := time.Now().Add(5*time.Minute + dice(rng, 3*time.Hour))
	freezesAt := time.Now().Add(dice(rng, 2*time.Hour))
	ctx, address := context.Background(), s.d.address
	if n == 0 {
		address = s.d.narrow
	}
	node, err := v.open(ctx, runnertest.Config{
		Address: address, Name: fmt.Sprint("seat-", n), Plan: s.planOf(v), Poll: time.Second + dice(rng, 15*time.Second).Truncate(time.Second),
		Transport: m, Logger: slog.New(slog.NewTextHandler(&s.log, nil)).With("seat", n, "node", v.name),
		OnCommit: func(time.Duration) { m.stand() }, Failpoint: m.failpoint,
	})
	if err != nil {
		if !v.unreachable(err) {
			s.t.Error(err)
		}
		return
	}
	defer node.Close()
	m.isolate = node.Isolate
	if err := node.Start(ctx); err != nil {
		s.note("failed starts")
		return
	}
	s.noteWork(n, v.name)
	defer s.noteWork(n, "")
	s.live(m, n, node, v, leaves, freezesAt)
}

// live waits until a node crashes or leaves.
func (s *sharedSoak) live(m *machine, n int, node soakNode, v version, leaves, freezesAt time.Time) {
	if s.end.Before(leaves) {
		leaves = s.end
	}
	every := time.NewTicker(time.Minute)
	defer every.Stop()
	for {
		select {
		case <-m.crashed:
			s.note("crashes")
			node.Abandon()
			return
		case <-every.C:
		}
		now := time.Now()
		if !freezesAt.IsZero() && now.After(freezesAt) {
			freezesAt = time.Time{}
			m.freeze()
		}
		if !now.Before(leaves) || !s.closed(now).IsZero() || !s.fits(n, v) {
			s.note("leaves")
			return
		}
	}
}

// failDatabase has the database away for two minutes once a day, and the first machine cut off from it for up to two minutes some
// times more, until the time has come.
func (s *sharedSoak) failDatabase() {
	rng := rand.New(rand.NewPCG(*seed, 9))
	span := min(s.end.Sub(s.from)-20*time.Minute, 3*time.Hour)
	for day := s.from; day.Before(s.end); day = day.AddDate(0, 0, 1) {
		away := day.Add(5*time.Minute + dice(rng, span))
		for at := day; at.Before(day.Add(9 * time.Hour)); at = at.Add(10*time.Minute + dice(rng, time.Hour)) {
			if !away.IsZero() && at.After(away) {
				until(away)
				away = time.Time{}
				s.note("outages of the database")
				s.d.outside(func() { s.d.server.Kill(s.t) })
				for i := range s.apart {
					s.apart[i].begin()
				}
				time.Sleep(2 * time.Minute) // virtual: the outage
				for i := range s.apart {
					s.apart[i].end()
				}
				s.d.outside(func() { s.d.server.Restart(s.t) })
			}
			if until(at); !time.Now().Before(s.end) {
				return
			}
			s.note("cuts")
			s.d.network.Break()
			s.apart[0].begin()
			time.Sleep(dice(rng, 2*time.Minute)) // virtual: the cut
			s.apart[0].end()
			s.d.network.Mend()
		}
	}
}

// shared are the bounds of several nodes: those of one, and the two minutes for which the database is away, with the seconds until
// nodes work again after that. Two sessions run at once where a node could not store the sid of one, since it was frozen or cut off:
// until it has left the sid, and the owner, which may crash meanwhile, has looked for it.
var shared = bounds{
	poll: alone.poll + outage, stopping: alone.stopping, overrun: alone.overrun + outage, lost: alone.lost + outage, twice: outage + 90*time.Second,
}

const outage = 2*time.Minute + 15*time.Second

// leftSIDs are those that a node could not store and left to the next owner.
func (s *sharedSoak) leftSIDs() map[string]bool {
	left := map[string]bool{}
	for line := range strings.Lines(s.log.String()) {
		if _, after, ok := strings.Cut(line, "its sid is left to the node that owns the app"); ok {
			_, sid, _ := strings.Cut(after, " sid=")
			sid, _, _ = strings.Cut(sid, " ")
			left[sid] = true
		}
	}
	return left
}

// keepLogs writes what the nodes logged, what ran, and the event log of each class to a file.
func (s *sharedSoak) keepLogs(st *store.Store) {
	s.store = st
	fmt.Fprintln(&s.log)
	for _, x := range s.sim.Ledger().Sessions {
		stopped := "still running"
		if x.StoppedAt != nil {
			stopped = x.StoppedAt.Format(time.TimeOnly) + " by " + x.StopReason
		}
		fmt.Fprintf(&s.log, "%s of %s, uid %s: %s to %s\n", x.SID, x.Cname, x.UID, x.StartedAt.Format(time.DateTime), stopped)
	}
	rows, err := st.Occurrences(context.Background(), store.Filter{})
	if err != nil {
		s.t.Error(err)
	}
	for i := range rows {
		if rows[i].Start.Before(s.end) {
			fmt.Fprintf(&s.log, "\n%s: %s %s\n%s", rows[i].ID, rows[i].State, rows[i].Reason, s.story(rows[i].ID))
		}
	}
	name := filepath.Join(s.t.ArtifactDir(), "nodes.log")
	if err := os.WriteFile(name, []byte(s.log.String()), 0o600); err != nil {
		s.t.Error(err)
	}
	s.t.Logf("with -artifacts the log of all nodes is in %s", name)
}

// TestATermOnPostgreSQLWhoseNodesDieIsAccountedForToTheLastSession has three machines record a week on one PostgreSQL, or two a
// lesson, in virtual time. Nodes crash at failpoints, freeze, leave and come back, the service has faults, one machine loses its way
// to the database, and the database is away for two minutes each day.
func TestATermOnPostgreSQLWhoseNodesDieIsAccountedForToTheLastSession(t *testing.T) {
	t.Parallel()
	began := time.Now()
	out := soak{outcomes: map[session.Outcome]int{}}
	s := newSharedSoak()
	machines := 2
	s.end = s.from.Add(80 * time.Minute)
	if *schoolDays > 0 {
		machines = 3
		s.end = s.from.AddDate(0, 0, *schoolDays-1).Add(9*time.Hour + 30*time.Minute)
	}
	virtually(t, pgtest.Start(t), s.from.Add(-5*time.Minute), func(t *testing.T, d *database) {
		s.d = d
		s.work(t, machines, &out)
	})
	t.Logf("%s, in %v", s.sum(&out), time.Since(began).Round(time.Second))
	s.judge(t, &out)
	if s.count["crashes"] < 3 || s.count["freezes"] < 3 || s.count["outages of the database"] < max(1, *schoolDays) {
		t.Errorf("%v prove little", s.count)
	}
}

// work has nodes on so many machines record the term, and then holds the ledger against the store.
func (s *sharedSoak) work(t *testing.T, machines int, out *soak, also ...func()) {
	s.house = newHouse(t, simulator.Config{Faults: weather(*seed), QPS: serviceRate})
	s.rate.sent, s.rate.by = map[string][]time.Time{}, map[string]string{}
	var all sync.WaitGroup
	for n := range machines {
		all.Go(func() { s.seat(n) })
	}
	for _, do := range append(also, s.failDatabase) {
		all.Go(do)
	}
	all.Wait()
	st, err := store.Open(context.Background(), s.d.address, store.Options{Service: "simulator"})
	must(t, err)
	defer st.Close()
	out.left = s.leftSIDs()
	s.settle(st, loadPlan(t, files{"term.yaml": s.planOf(newer)}, "term.yaml"), s.from, s.end, shared, out)
	if s.check != nil {
		s.check(out)
	}
	if len(out.faults) > 0 {
		s.keepLogs(st)
	}
}

func (s *sharedSoak) sum(out *soak) string {
	return fmt.Sprintf("seed %d: %d classes %v, %d sessions, %d orphans, %v, worst %s (%v lost), %v past the end at most, twice for %v at most",
		*seed, out.classes, out.outcomes, out.sessions, out.orphans, s.count, out.worst, out.worstLost, out.longest, out.twice)
}

// judge fails the test where ledger and store do not agree, or the nodes sent what they must not.
func (s *sharedSoak) judge(t *testing.T, out *soak) {
	t.Helper()
	out.tell(t)
	for n := range s.apart {
		if late := s.apart[n].late.Load(); late > 0 {
			t.Errorf("machine %d sent %d requests later than %v after it lost its way to the database", n, late, gateShutsAfter)
		}
	}
	if s.rate.over > 0 {
		t.Errorf("%d requests were over the rate", s.rate.over)
	}
}
