package runner_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/plan/load"
	"rundown/plan/rules"
	"rundown/plan/schedule"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
)

// files reads plans from memory, else from the disk.
type files map[string]string

func (f files) ReadFile(name string) ([]byte, error) {
	if text, ok := f[name]; ok {
		return []byte(text), nil
	}
	return os.ReadFile(name)
}

func (f files) Glob(pattern string) ([]string, error) { return filepath.Glob(pattern) }

func loadPlan(t testing.TB, f files, path string) *plan.Plan {
	t.Helper()
	p, findings, err := load.Load(f, path)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(findings, rules.Check(p, rules.Options{Now: time.Now()})...) {
		if f.Severity == plan.SeverityError {
			t.Fatalf("%s:%d: %s [%s]", f.Pos.File, f.Pos.Line, f.Message, f.Rule)
		}
	}
	return p
}

// values are what references stand for in these tests; every one of them is a canary.
func values(r plan.Reference) (string, error) {
	if strings.Contains(r.Name, "RTMP") {
		return "rtmps://ingest.example/app/canary-" + r.Name, nil
	}
	return "canary-" + r.Name, nil
}

// house is a store and a simulated service on which engines come and go.
type house struct {
	t     testing.TB
	sim   *simulator.Simulator
	dir   string
	store *store.Store
	log   lockedBuffer
	keep  time.Duration // default for ever
	// revision says what is kept of a plan; default its hash.
	revision func(*plan.Plan) (store.Revision, error)
	now      func() time.Time // default the bubble's clock
	poll     time.Duration    // default a minute: what is not tested need not be polled for years
	watch    time.Duration    // the shortest time between two queries; default the longest

	transport http.RoundTripper                                // default: to the simulator
	lookup    plan.Lookup                                      // default values
	issue     func(context.Context, *plan.STS) ([]byte, error) // of temporary storage credentials

	atPoint func(string) // is called at the failpoints of an engine; nil: nobody

	onStep func(session.State) // hears of each stored step, in the loop that stores it

	mu    sync.Mutex
	ended map[string]session.State
}

type lockedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func newHouse(t testing.TB, cfg simulator.Config) *house {
	t.Helper()
	cfg.Strict = true // our own client follows the documentation's letter
	sim, err := simulator.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &house{t: t, sim: sim, dir: t.TempDir(), lookup: values, ended: map[string]session.State{}}
}

// open starts an engine on the house's store.
func (h *house) open(plans ...*plan.Plan) *runner.Engine {
	h.t.Helper()
	return h.begin((*runner.Engine).Start, plans...)
}

func (h *house) begin(start func(*runner.Engine, context.Context, ...*plan.Plan) error, plans ...*plan.Plan) *runner.Engine {
	h.t.Helper()
	var err error
	h.store, err = store.Open(context.Background(), filepath.Join(h.dir, "rundown.db"), store.Options{Create: true, Work: true, Service: "simulator"})
	if err != nil {
		h.t.Fatal(err)
	}
	engine := runner.New(runner.Config{
		Store: h.store, Connect: h.connect, Now: h.now, Who: "test", Poll: cmp.Or(h.poll, time.Minute), MinQueryInterval: cmp.Or(h.watch, catalog.MonitorInterval()), Beat: max(h.poll, time.Minute), Keep: h.keep, Revision: h.revision, Failpoint: h.atPoint, Logger: slog.New(slog.NewTextHandler(&h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		OnChange: func(s session.State) {
			if h.onStep != nil {
				h.onStep(s)
			}
			h.mu.Lock()
			defer h.mu.Unlock()
			if s.Phase == session.Ended {
				h.ended[s.ID] = s
			}
		},
	})
	if err := start(engine, context.Background(), plans...); err != nil {
		h.t.Fatal(err)
	}
	return engine
}

// shut ends an engine and closes the store.
func (h *house) shut(e *runner.Engine) {
	h.t.Helper()
	e.Close()
	if err := h.store.Close(); err != nil {
		h.t.Error(err)
	}
}

func (h *house) connect(p *plan.Plan) (*runner.Connection, error) {
	return &runner.Connection{Lookup: h.lookup, Issue: h.issue, Client: func(r catalog.Region) (*agora.Client, error) {
		return agora.New(func(context.Context) (string, string, error) {
			id, err := p.Account.CustomerID.Resolve(h.lookup)
			if err != nil {
				return "", "", err
			}
			secret, err := p.Account.CustomerSecret.Resolve(h.lookup)
			return id, secret, err
		}, agora.WithTransport(cmp.Or[http.RoundTripper](h.transport, h.sim.Transport())), agora.WithRegion(r), agora.WithLogger(slog.New(slog.NewTextHandler(&h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	}}, nil
}

// outcomes lists what has ended, as id → outcome.
func (h *house) outcomes() map[string]session.State {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := map[string]session.State{}
	for id, s := range h.ended {
		out[id] = s
	}
	return out
}

// audit holds the ledger against what the engines said: every session is known, and begins and ends as they say.
func (h *house) audit() {
	h.t.Helper()
	known := map[string]session.Session{}
	for _, s := range h.outcomes() {
		for _, uncoded := range session.Uncoded(s) {
			h.t.Errorf("%s: %s", s.ID, uncoded)
		}
		for _, x := range s.Sessions {
			if x.SID != "" {
				known[x.SID] = x
			}
		}
	}
	for _, s := range h.sim.Ledger().Sessions {
		x, ok := known[s.SID]
		delete(known, s.SID)
		switch {
		case !ok:
			h.t.Errorf("session %s of %s (uid %s) ran from %v on and nobody knows it", s.SID, s.Cname, s.UID, s.StartedAt)
		case s.StoppedAt == nil:
			h.t.Errorf("session %s of %s still runs", s.SID, s.Cname)
		case s.StoppedAt.Sub(x.StoppedAt).Abs() > time.Second:
			h.t.Errorf("session %s of %s ended at %v, the engine says %v", s.SID, s.Cname, s.StoppedAt, x.StoppedAt)
		case s.RecordingAt != nil && s.RecordingAt.Sub(x.RecordingAt).Abs() > time.Second:
			h.t.Errorf("session %s of %s was written from %v on, the engine says %v", s.SID, s.Cname, s.RecordingAt, x.RecordingAt)
		}
	}
	for sid := range known {
		h.t.Errorf("session %s never ran", sid)
	}
}

func until(t time.Time) { time.Sleep(time.Until(t)) }

func TestADayOfTheTimetableIsRecordedWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		day := time.Date(2031, 9, 3, 0, 0, 0, 0, time.UTC)
		until(day)
		p := loadPlan(t, nil, "../examples/timetable.yaml")
		h := newHouse(t, simulator.Config{})
		e := h.open(p)
		until(day.Add(26 * time.Hour))
		h.shut(e)

		want := 0
		ended := h.outcomes()
		for _, o := range schedule.Occurrences(p, day, day.Add(24*time.Hour)) {
			if o.Cancelled() {
				continue
			}
			want++
			s, ok := ended[o.ID]
			if !ok || s.Outcome != session.Recorded {
				t.Errorf("%s: %s %q", o.ID, s.Outcome, s.Reason)
			}
			if len(s.Sessions) != 1 {
				t.Errorf("%s took %d sessions", o.ID, len(s.Sessions))
			}
		}
		if want < 10 {
			t.Errorf("only %d classes on that day: it proves little", want)
		}
		h.audit()
		ledger := h.sim.Ledger()
		if n := ledger.Answers["429"]; n > 0 {
			t.Errorf("%d requests were over the budget", n)
		}
		t.Logf("%d classes, %d sessions, requests %v", want, len(ledger.Sessions), ledger.Requests)
	})
}

// school is a small plan with one recording, whose classes and further keys a test gives.
func school(when string, more ...string) files {
	return files{"school.yaml": fmt.Sprintf(`version: 1
name: school
account: {customer_id: "${ID}", customer_secret: "${SECRET}"}
apps: {main: {id: "${APP}"}}
storage: {videos: {vendor: s3, region: eu-central-1, bucket: videos, access_key: "${ACCESS}", secret_key: "${KEY}"}}
cdn: {one: "${RTMP_ONE}", two: "${RTMP_TWO}"}
expose: [ROOM]
calendars: {autumn: 2031-09-15..2031-09-30}
defaults:
  timezone: Europe/Madrid
  url: https://school.example/rooms/{id}?token=${ROOM}
recordings:
  german:
    when: [%s]
%s`, when, strings.Join(more, "\n"))}
}

// monday is when the classes of these tests take place: 09:00 to 09:50 in Madrid.
var monday = time.Date(2031, 9, 15, 7, 0, 0, 0, time.UTC)

const german = "school/german/20310915T070000Z"

func TestAnEngineThatEndsLeavesRecordingsToTheNextOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		p := loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml")
		h := newHouse(t, simulator.Config{})
		e := h.open(p)
		until(monday.Add(20 * time.Minute))
		h.shut(e)
		if s := h.sim.Ledger().Sessions; len(s) != 1 || s[0].StoppedAt != nil {
			t.Fatalf("after the end of the engine: %+v, want one session that runs", s)
		}
		until(monday.Add(30 * time.Minute))
		e = h.open(p)
		until(monday.Add(time.Hour))
		log, err := h.store.Events(t.Context(), german, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		h.shut(e)
		if s := h.outcomes()[german]; s.Outcome != session.Recorded || len(s.Sessions) != 1 {
			t.Errorf("%s with %d sessions: %s", s.Outcome, len(s.Sessions), s.Reason)
		}
		const adopted = "adopted by a new start; nobody watched it from 2031-09-15 09:20:00+02:00 to 2031-09-15 09:30:00+02:00"
		if n := len(slices.DeleteFunc(log, func(e store.Event) bool { return e.Text != adopted })); n != 1 {
			t.Errorf("its log says %d times, want once: %s", n, adopted)
		}
		h.audit()
	})
}

func TestClassesThatPassWhileNobodyRunsAreMissedAndSaySo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		p := loadPlan(t, school("2031-09-15 09:00-09:50, 2031-09-16 09:00-09:50, 2031-09-17 09:00-09:50, 2031-10-15 09:00-09:50"), "school.yaml")
		h := newHouse(t, simulator.Config{})
		e := h.open(p)
		until(monday.Add(2 * time.Hour))
		h.shut(e)
		until(monday.Add(48*time.Hour + 30*time.Minute)) // in the middle of the third
		e = h.open(p)
		until(monday.Add(72 * time.Hour))
		h.shut(e)
		until(monday.Add(31 * 24 * time.Hour)) // after one that was not within the horizon
		e = h.open(p)
		synctest.Wait()
		until(monday.Add(31*24*time.Hour + time.Minute))
		h.shut(e)
		ended := h.outcomes()
		for id, want := range map[string]session.Outcome{
			german: session.Recorded, "school/german/20310916T070000Z": session.Missed,
			"school/german/20310917T070000Z": session.Partial, "school/german/20311015T070000Z": session.Missed,
		} {
			if s := ended[id]; s.Outcome != want || want == session.Missed && !strings.Contains(s.Reason, "rundown did not run from 2031-") {
				t.Errorf("%s: %s %q, want %s", id, s.Outcome, s.Reason, want)
			}
		}
		h.audit()
	})
}

func TestAReloadTakesOverWhatAPlanChangesOfARunningClass(t *testing.T) {
	const at = "2031-09-15 09:00-09:50"
	tests := []struct {
		name    string
		after   files
		outcome session.Outcome
		stopped time.Duration // since the bell
		rtmp    string
	}{
		{"a later end", school("2031-09-15 09:00-10:20", "    cdn: one"), session.Recorded, 82 * time.Minute, "ONE"},
		{"an end that is past is refused", school("2031-09-15 09:00-09:10", "    cdn: one"), session.Recorded, 52 * time.Minute, "ONE"},
		{"another CDN target", school(at, "    cdn: two"), session.Recorded, 52 * time.Minute, "TWO"},
		{"a class that the plan no longer holds goes on", school("2031-09-16 09:00-09:50", "    cdn: one"), session.Recorded, 52 * time.Minute, "ONE"},
		{"a class that the plan cancels is stopped", school(at+", 2031-12-01 09:00-09:50", "    cdn: one", "    changes: {2031-09-15: cancelled}"), session.Cancelled, 20 * time.Minute, "ONE"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				e := h.open(loadPlan(t, school(at, "    cdn: one"), "school.yaml"))
				until(monday.Add(20 * time.Minute))
				if _, err := e.Apply(context.Background(), loadPlan(t, tt.after, "school.yaml")); err != nil {
					t.Fatal(err)
				}
				until(monday.Add(2 * time.Hour))
				h.shut(e)
				s := h.outcomes()[german]
				if s.Outcome != tt.outcome {
					t.Errorf("%s: %s", s.Outcome, s.Reason)
				}
				h.audit()
				ran := h.sim.Ledger().Sessions
				if len(ran) != 1 {
					t.Fatalf("%d sessions", len(ran))
				}
				if got := ran[0].StoppedAt.Sub(monday); (got - tt.stopped).Abs() > time.Second {
					t.Errorf("stopped %v after the bell, want %v", got, tt.stopped)
				}
				if !strings.HasSuffix(ran[0].RTMPURL, tt.rtmp) {
					t.Errorf("pushed to %s, want %s", ran[0].RTMPURL, tt.rtmp)
				}
			})
		})
	}
}

func TestAReloadReplacesWhatHasNotBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-2 * time.Hour))
		h := newHouse(t, simulator.Config{})
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50, 2031-09-15 12:00-12:50"), "school.yaml"))
		until(monday.Add(-time.Hour))
		diff, err := e.Apply(context.Background(), loadPlan(t, school("2031-09-15 09:30-10:00, 2031-09-15 12:00-12:30"), "school.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if diff != (runner.Diff{Added: 1, Removed: 1, Changed: 1}) {
			t.Errorf("the reload reports %+v", diff)
		}
		until(monday.Add(5 * time.Hour))
		h.shut(e)
		h.audit()
		var ran []string
		for _, s := range h.sim.Ledger().Sessions {
			ran = append(ran, s.StartedAt.Format("15:04")+"-"+s.StoppedAt.Format("15:04"))
		}
		if want := []string{"07:29-08:02", "09:59-10:32"}; !slices.Equal(ran, want) {
			t.Errorf("ran %v, want %v", ran, want)
		}
	})
}

func TestOperatorsCancelThroughTheStoreAndTakeItBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		h.poll = 10 * time.Second
		p := loadPlan(t, school("2031-09-15 09:00-09:50, 2031-09-15 12:00-12:50"), "school.yaml")
		e := h.open(p)
		order := func(kind, id string) {
			other, err := store.Open(context.Background(), filepath.Join(h.dir, "rundown.db"), store.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			if _, err := give(other, store.Command{At: time.Now(), Occurrence: id, Kind: kind, Who: "ops", Reason: "snow"}); err != nil {
				t.Fatal(err)
			}
		}
		const noon = "school/german/20310915T100000Z"
		order("cancel", noon)
		until(monday.Add(10 * time.Minute))
		if s := h.outcomes()[noon]; s.Outcome != session.Cancelled || s.Reason != "cancelled by ops: snow" {
			t.Errorf("before its start: %s %q", s.Outcome, s.Reason)
		}
		order("cancel", german)
		until(monday.Add(time.Hour))
		h.shut(e) // orders outlive a restart
		e = h.open(p)
		until(monday.Add(2 * time.Hour))
		order("uncancel", noon)
		until(monday.Add(6 * time.Hour))
		h.shut(e)
		h.audit()
		if s := h.outcomes()[german]; s.Outcome != session.Cancelled || len(s.Sessions) != 1 || s.Sessions[0].StoppedAt.Sub(monday) > 11*time.Minute {
			t.Errorf("cancelled in the middle: %s %q", s.Outcome, s.Reason)
		}
		if s := h.outcomes()[noon]; s.Outcome != session.Recorded {
			t.Errorf("taken back: %s %q", s.Outcome, s.Reason)
		}
	})
}

func TestNoSecretReachesStoreOrLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{Faults: simulator.Faults{Requests: []simulator.RequestFault{
			{Endpoint: "start", Times: 1, Drop: "before"}, {Endpoint: "query", Times: 2, Status: 500, Code: 1, Reason: "oops"},
		}}})
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50", "    cdn: one"), "school.yaml"))
		until(monday.Add(2 * time.Hour))
		h.shut(e)
		if s := h.outcomes()[german]; s.Outcome != session.Recorded {
			t.Errorf("%s: %s", s.Outcome, s.Reason)
		}
		if !strings.Contains(h.log.String(), "request") {
			t.Error("nothing was logged: the test proves nothing")
		}
		written := map[string]string{"the log": h.log.String()}
		entries, err := os.ReadDir(h.dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			b, err := os.ReadFile(filepath.Join(h.dir, entry.Name()))
			if err != nil {
				t.Fatal(err)
			}
			written[entry.Name()] = string(b)
		}
		for where, text := range written {
			for _, secret := range []string{"canary-SECRET", "canary-ACCESS", "canary-KEY", "canary-RTMP_ONE", "canary-ROOM"} {
				if strings.Contains(text, secret) {
					t.Errorf("%s holds %s", where, secret)
				}
			}
		}
	})
}

func TestAReloadMovesAClassThatHasNotBegun(t *testing.T) {
	changed := func(change string) files {
		return school("2031-09-15 09:00-09:50, 2031-12-01 09:00-09:50", "    changes: {2031-09-15: "+change+"}")
	}
	plain := school("2031-09-15 09:00-09:50, 2031-12-01 09:00-09:50")
	tests := []struct {
		name  string
		plans []files // applied at four, three and two hours before the bell
		want  string
	}{
		{"earlier", []files{plain, changed("{to: 08:00-08:50}")}, "05:59-06:52"},
		{"later", []files{plain, changed("{to: 11:00-11:50}")}, "08:59-09:52"},
		{"after it was cancelled", []files{plain, changed("cancelled"), changed("{to: 10:00-10:50}")}, "07:59-08:52"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-4 * time.Hour))
				h := newHouse(t, simulator.Config{})
				e := h.open(loadPlan(t, tt.plans[0], "school.yaml"))
				for i, plan := range tt.plans[1:] {
					until(monday.Add(time.Duration(i-3) * time.Hour))
					if _, err := e.Apply(context.Background(), loadPlan(t, plan, "school.yaml")); err != nil {
						t.Fatal(err)
					}
				}
				until(monday.Add(6 * time.Hour))
				h.shut(e)
				h.audit()
				var ran []string
				for _, s := range h.sim.Ledger().Sessions {
					ran = append(ran, s.StartedAt.Format("15:04")+"-"+s.StoppedAt.Format("15:04"))
				}
				if s := h.outcomes()[german]; !slices.Equal(ran, []string{tt.want}) || s.Outcome != session.Recorded {
					t.Errorf("ran %v and ended %s: %s; want %s", ran, s.Outcome, s.Reason, tt.want)
				}
			})
		})
	}
}

func TestAReloadSaysNothingOfThePast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-48 * time.Hour))
		h := newHouse(t, simulator.Config{})
		h.shut(h.open(loadPlan(t, school("2031-09-20 09:00-09:50"), "school.yaml")))
		until(monday.Add(-time.Hour))
		e := h.open(loadPlan(t, school("2031-09-20 09:00-09:50"), "school.yaml"))
		until(monday.Add(3 * time.Hour))
		diff, err := e.Apply(context.Background(), loadPlan(t, school("2031-09-15 09:00-09:50, 2031-09-20 09:00-09:50"), "school.yaml"))
		if err != nil || diff.Added != 0 {
			t.Errorf("a class that was over before it came into the plan: %+v %v", diff, err)
		}
		until(monday.Add(4 * time.Hour))
		h.shut(e)
		if s, ok := h.outcomes()[german]; ok {
			t.Errorf("it ended %s: %s", s.Outcome, s.Reason)
		}
	})
}
