package runner_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
)

var (
	seed  = flag.Uint64("seed", 1, "of the soak's faults and crashes")
	weeks = flag.Int("weeks", 1, "of the soak's term")
)

// term is a school's timetable with five lessons a day for each room, from Monday to Friday. The rooms take turns with the App IDs.
func term(from time.Time, weeks, rooms, apps int) files {
	var b strings.Builder
	fmt.Fprint(&b, `version: 1
name: school
account: {customer_id: "${ID}", customer_secret: "${SECRET}"}
apps:
`)
	for app := range apps {
		fmt.Fprintf(&b, "  app-%d: {id: \"${APP_%d}\"}\n", app, app)
	}
	fmt.Fprintf(&b, `storage: {videos: {vendor: s3, region: eu-central-1, bucket: videos, access_key: "${ACCESS}", secret_key: "${KEY}"}}
calendars: {term: [%s..%s]}
defaults: {timezone: UTC, url: "https://school.example/rooms/{id}", only: term}
recordings:
`, from.Format(time.DateOnly), from.AddDate(0, 0, 7*weeks-1).Format(time.DateOnly))
	for room := range rooms {
		fmt.Fprintf(&b, "  room-%d:\n    app: app-%d\n    when:\n", room, room%apps)
		for lesson := range 5 {
			begin := time.Duration(8+2*lesson)*time.Hour + time.Duration(room/4)*3*time.Minute
			at := time.Time{}.Add(begin)
			fmt.Fprintf(&b, "      - Mon-Fri %s-%s\n", at.Format("15:04"), at.Add(50*time.Minute).Format("15:04"))
		}
	}
	return files{"term.yaml": b.String()}
}

// weather is a script of faults on one request in twenty, and on some sessions.
func weather(seed uint64) simulator.Faults {
	share := func(rate float64) *float64 { return &rate }
	f := simulator.Faults{Seed: seed, Requests: []simulator.RequestFault{
		{Rate: share(0.010), Drop: "before"},
		{Rate: share(0.010), Drop: "after"},
		{Rate: share(0.010), Status: 500},
		{Rate: share(0.005), Status: 503},
		{Rate: share(0.005), Status: 429},
		{Rate: share(0.010), Delay: simulator.Duration(4 * time.Second)},
	}}
	for status, body := range map[int]foreignBody{302: foreignBodies[3], 400: foreignBodies[1], 403: foreignBodies[2], 404: foreignBodies[2]} {
		fault := body.fault("*", "*", status)
		fault.Rate = share(0.0025)
		f.Requests = append(f.Requests, fault)
	}
	slices.SortFunc(f.Requests[6:], func(a, b simulator.RequestFault) int { return cmp.Compare(a.Status, b.Status) })
	for room, fault := range map[int]simulator.SessionFault{
		3: {After: simulator.Duration(20 * time.Minute), GoneFor: simulator.Duration(40 * time.Second)},
		4: {After: simulator.Duration(10 * time.Minute), GoneFor: simulator.Duration(85 * time.Second)},
		2: {After: simulator.Duration(25 * time.Minute), Stop: "recorder_error"},
		1: {After: simulator.Duration(40 * time.Minute), Stop: "recorder_error"},
	} {
		fault.Cname = fmt.Sprintf("school-room-%d", room)
		f.Sessions = append(f.Sessions, fault)
	}
	slices.SortFunc(f.Sessions, func(a, b simulator.SessionFault) int { return cmp.Compare(a.Cname, b.Cname) })
	return f
}

// life is one run of the daemon, from its start to its crash. A crash ends each goroutine of the engine that comes
// to a failpoint, and takes its connection to the service away: what it has not stored by then is lost.
type life struct {
	countdown atomic.Int64 // failpoints until the crash
	queries   bool         // those about queries count too; they are most of them and least worth a crash
	dead      atomic.Bool
	crashed   chan struct{}
	at        string // the failpoint; readable once crashed is closed
	isolate   func() // is called at the crash; nil: nothing is
}

func (l *life) failpoint(point string) {
	if counts := l.queries || !strings.HasSuffix(point, "query"); counts && l.countdown.Add(-1) == 0 {
		l.at = point
		l.dead.Store(true)
		if l.isolate != nil {
			l.isolate()
		}
		close(l.crashed)
	}
	if l.dead.Load() {
		runtime.Goexit()
	}
}

type mortal struct {
	*life
	next http.RoundTripper
}

func (m mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	switch {
	case m.dead.Load():
		return nil, io.ErrClosedPipe
	case down(r.URL.Host, time.Now()):
		return nil, syscall.ECONNREFUSED
	}
	return m.next.RoundTrip(r)
}

// down says that a host takes no connection: each Wednesday the first one, around a bell, and each Thursday all of
// them, in mid-lesson.
func down(host string, now time.Time) bool {
	day := now.Truncate(24 * time.Hour)
	during := func(from, until time.Duration) bool { return now.Sub(day) >= from && now.Sub(day) < until }
	switch now.Weekday() {
	case time.Wednesday:
		return host == "api.agora.io" && during(9*time.Hour+55*time.Minute, 10*time.Hour+10*time.Minute)
	case time.Thursday:
		return during(12*time.Hour+30*time.Minute, 12*time.Hour+34*time.Minute)
	}
	return false
}

// live runs a daemon on the house's store until it crashes or the time has come.
func (h *house) live(p *plan.Plan, failpoints int64, queries bool, end time.Time, forget bool) (crashedAt string) {
	h.t.Helper()
	l := &life{queries: queries, crashed: make(chan struct{})}
	l.countdown.Store(math.MaxInt64) // what a crash while planning does, the crash matrix shows
	quiet := slog.New(slog.DiscardHandler)
	st, err := store.Open(context.Background(), filepath.Join(h.dir, "rundown.db"), store.Options{Create: true, Work: true, Service: "simulator"})
	if err != nil {
		h.t.Fatal(err)
	}
	var watch time.Duration // as a daemon does
	if *weeks > 1 {
		watch = catalog.MonitorInterval() // most of what a term takes is queries
	}
	engine := runner.New(runner.Config{
		MinQueryInterval: watch,
		Store:            st, Logger: quiet, Who: "soak", Horizon: 26 * time.Hour, Poll: time.Hour, Beat: 10 * time.Minute, Failpoint: l.failpoint,
		Connect: func(*plan.Plan) (*runner.Connection, error) {
			return &runner.Connection{Lookup: values, Client: func(r catalog.Region) (*agora.Client, error) {
				return agora.New(func(context.Context) (string, string, error) { return "customer", "canary", nil },
					agora.WithTransport(mortal{l, h.sim.Transport()}), agora.WithRegion(r), agora.WithLogger(quiet))
			}}, nil
		},
	})
	runner.ForgetUnanswered(engine, forget)
	if err := engine.Start(context.Background(), p); err != nil {
		h.t.Fatal(err)
	}
	l.countdown.Store(failpoints)
	timer := time.NewTimer(time.Until(end))
	defer timer.Stop()
	select {
	case <-l.crashed:
		crashedAt = l.at
	case <-timer.C:
	}
	engine.Close()
	if err := st.Close(); err != nil {
		h.t.Error(err)
	}
	return crashedAt
}

// soak is what a term came to.
type soak struct {
	classes, sessions, crashes, orphans int
	outcomes                            map[session.Outcome]int
	crashPoints                         map[string]int
	worst                               string
	worstLost, longest, twice           time.Duration   // of class time; past the end of a class and its padding; of two sessions at once
	left                                map[string]bool // the sids that a node could not store and left to another
	states                              map[string]session.State
	faults                              []string // where ledger and store do not agree
}

// bounds are what the soak holds engines to.
type bounds struct {
	// poll is how far off an instant may be that the service did not name.
	poll time.Duration
	// stopping is how far off the end of a session may be that a stop ended whose answer arrived. Where answers were
	// lost or the daemon crashed, nobody knows which of its stops had the effect.
	stopping time.Duration
	// overrun is how long after its padding a session may run.
	overrun time.Duration
	// lost is how much of a class may be missing where a session died: until a poll finds it, the 90 s for which
	// 404 may be a failover, and then until the next one is written.
	lost time.Duration
	// twice is how long two sessions of a class may run at once, of which a node left the sid of one to another node. Orphans and
	// such sessions aside, none do.
	twice time.Duration
}

// alone are the bounds of one daemon. A poll is an interval of monitoring, two minutes, the minute at most in which the daemon
// is down after a crash, and half a minute for a query that went unanswered or whose answer waited to be stored. A session runs on
// for two crashes of a minute each, then the repetitions of a stop without answer. A start may meet faults and another crash.
var alone = bounds{
	poll: 3*time.Minute + 30*time.Second, stopping: time.Second, overrun: 2*time.Minute + 30*time.Second,
	lost: 3*time.Minute + 30*time.Second + 90*time.Second + 3*time.Minute,
}

func runSoak(t *testing.T, weeks int, seed uint64, forget bool) soak {
	out := soak{outcomes: map[session.Outcome]int{}, crashPoints: map[string]int{}}
	synctest.Test(t, func(t *testing.T) {
		from := time.Date(2031, 9, 1, 0, 0, 0, 0, time.UTC)
		until(from.Add(-time.Hour))
		rooms := 5 // 25 classes a day: every test run waits for a week
		if weeks > 1 {
			rooms = 40
		}
		p := loadPlan(t, term(from, weeks, rooms, 1), "term.yaml")
		h := newHouse(t, simulator.Config{Faults: weather(seed), Concurrent: 200})
		rng := rand.New(rand.NewPCG(seed, 1))
		end := from.AddDate(0, 0, 7*weeks)
		for time.Now().Before(end) {
			apart := int64(600) // failpoints between crashes, at most
			if forget {
				apart = 100 // what the control forgets, it must be given the occasion to
			}
			if at := h.live(p, 1+rng.Int64N(apart), rng.IntN(8) == 0, end, forget); at != "" {
				out.crashes++
				out.crashPoints[at]++
				time.Sleep(time.Duration(rng.Int64N(int64(time.Minute))))
			}
		}
		st, err := store.Open(context.Background(), filepath.Join(h.dir, "rundown.db"), store.Options{Service: "simulator"})
		must(t, err)
		defer st.Close()
		h.settle(st, p, from, end, alone, &out)
	})
	return out
}

// settle holds the ledger against the store.
func (h *house) settle(st *store.Store, p *plan.Plan, from, end time.Time, most bounds, out *soak) {
	rows, err := st.Occurrences(context.Background(), store.Filter{})
	if err != nil {
		h.t.Fatal(err)
	}
	bad := func(format string, args ...any) { out.faults = append(out.faults, fmt.Sprintf(format, args...)) }
	states := map[string]session.State{}
	out.states = states
	sessions := map[string]session.Session{}
	owner := map[string]session.State{}
	orphans := map[string][]session.State{} // by cname and uid
	for rows := range slices.Chunk(rows, 500) {
		ids := make([]string, len(rows))
		for i := range rows {
			ids[i] = rows[i].ID
		}
		stored, err := st.Sessions(context.Background(), ids...)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, row := range rows {
			s, err := runner.Decode(row, stored[row.ID])
			if err != nil {
				h.t.Fatal(err)
			}
			states[row.ID] = s
			for _, x := range s.Sessions {
				if x.SID != "" {
					sessions[x.SID], owner[x.SID] = x, s
				}
				if x.State == session.SessionOrphan {
					orphans[x.Cname+" "+x.UID] = append(orphans[x.Cname+" "+x.UID], s)
				}
			}
		}
	}
	wrote := map[string][]simulator.LedgerSession{} // by cname
	type ran struct {
		sid   string
		until time.Time
	}
	last := map[string]ran{} // of each cname: the session that is known and ended last
	for _, x := range h.sim.Ledger().Sessions {
		out.sessions++
		wrote[x.Cname] = append(wrote[x.Cname], x)
		ours, known := sessions[x.SID]
		delete(sessions, x.SID)
		if !known {
			out.orphans++
			if !slices.ContainsFunc(orphans[x.Cname+" "+x.UID], func(s session.State) bool {
				return !x.StartedAt.Before(s.Begin) && x.StartedAt.Before(s.Until)
			}) {
				bad("session %s of %s (uid %s) began at %v and nobody reports it", x.SID, x.Cname, x.UID, x.StartedAt)
			}
			continue
		}
		s := owner[x.SID]
		if x.StoppedAt != nil && ours.State != session.SessionOrphan {
			before := last[x.Cname]
			both := min(before.until.Sub(x.StartedAt), x.StoppedAt.Sub(x.StartedAt))
			out.twice = max(out.twice, both)
			if both > most.twice || both > 0 && !out.left[x.SID] && !out.left[before.sid] {
				bad("%s: two sessions ran at once for %v, %s and %s", s.ID, both, before.sid, x.SID)
			}
			if x.StoppedAt.After(before.until) {
				last[x.Cname] = ran{x.SID, *x.StoppedAt}
			}
		}
		stopped := most.poll // what ended by itself was last seen a poll before
		if x.StopReason == "stop" && ours.StopUnansweredAt.IsZero() {
			stopped = most.stopping
		}
		if x.StoppedAt != nil {
			out.longest = max(out.longest, x.StoppedAt.Sub(s.Until))
		}
		switch {
		case x.StoppedAt == nil:
			bad("%s: session %s still runs", s.ID, x.SID)
		case x.StoppedAt.Sub(s.Until) > most.overrun:
			bad("%s: session %s ran %v past its end", s.ID, x.SID, x.StoppedAt.Sub(s.Until))
		case x.StoppedAt.Sub(ours.StoppedAt).Abs() > stopped && !ours.RecordingAt.IsZero():
			bad("%s: session %s ended at %v, the store says %v: %s", s.ID, x.SID, x.StoppedAt, ours.StoppedAt, ours.Reason)
		case x.RecordingAt != nil && ours.FromNamed && x.RecordingAt.Sub(ours.RecordingAt).Abs() > time.Second,
			x.RecordingAt != nil && !ours.RecordingAt.IsZero() && x.RecordingAt.Sub(ours.RecordingAt).Abs() > most.poll:
			bad("%s: session %s was written from %v on, the store says %v (named: %v)", s.ID, x.SID, x.RecordingAt, ours.RecordingAt, ours.FromNamed)
		}
	}
	for sid := range sessions {
		bad("%s: session %s never ran", owner[sid].ID, sid)
	}
	for _, o := range schedule.Occurrences(p, from, end) {
		out.classes++
		s, ok := states[o.ID]
		if !ok || s.Phase != session.Ended {
			bad("%s: %s, it never ended", o.ID, s.Phase)
			continue
		}
		out.outcomes[s.Outcome]++
		for _, uncoded := range session.Uncoded(s) {
			bad("%s: %s", o.ID, uncoded)
		}
		if s.Outcome == session.Cancelled && s.Reason != "" {
			continue // what it lacks, somebody wanted it to
		}
		lost := uncovered(s, wrote[s.Cname])
		if lost > out.worstLost {
			out.worst, out.worstLost = o.ID, lost
		}
		switch {
		case s.Reason == "":
			bad("%s: %s without a reason", o.ID, s.Outcome)
		case lost > most.lost:
			bad("%s: %v of it are missing: %s: %s", o.ID, lost, s.Outcome, s.Reason)
		case s.Outcome == session.Recorded && lost > most.poll:
			bad("%s: recorded, but %v of it are missing: %s", o.ID, lost, s.Reason)
		}
	}
}

// uncovered is how much of a class no session of the ledger wrote. An orphan may still run.
func uncovered(s session.State, sessions []simulator.LedgerSession) time.Duration {
	lost, at := time.Duration(0), s.Start
	for _, x := range sessions { // in the order of their starts
		until := s.End
		if x.StoppedAt != nil {
			until = *x.StoppedAt
		}
		if x.RecordingAt == nil || !until.After(at) || !x.RecordingAt.Before(s.End) {
			continue
		}
		lost += max(0, x.RecordingAt.Sub(at))
		at = until
	}
	return lost + max(0, s.End.Sub(at))
}

func TestATermUnderFaultsAndCrashesIsAccountedForToTheLastSession(t *testing.T) {
	t.Parallel()
	began := time.Now()
	out := runSoak(t, *weeks, *seed, false)
	t.Logf("seed %d: %d classes %v, %d sessions, %d orphans, %d crashes at %d points, worst %s (%v lost), %v past the end at most, twice for %v at most, in %v",
		*seed, out.classes, out.outcomes, out.sessions, out.orphans, out.crashes, len(out.crashPoints), out.worst, out.worstLost, out.longest, out.twice, time.Since(began).Round(time.Second))
	out.tell(t)
	if out.classes < 125**weeks || out.crashes < 2**weeks {
		t.Errorf("%d classes and %d crashes prove little", out.classes, out.crashes)
	}
}

// tell fails the test where ledger and store do not agree.
func (out *soak) tell(t *testing.T) {
	t.Helper()
	for i, fault := range out.faults {
		if i == 20 {
			t.Errorf("and %d more", len(out.faults)-i)
			break
		}
		t.Error(fault)
	}
}
