package comparison

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/plan/load"
	"rundown/plan/schedule"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
)

var (
	update = flag.Bool("update", false, "write docs/comparison.md")
	seed   = flag.Uint64("seed", usualSeed, "of the faults")
)

// usualSeed is one of a week in which an answer to a start is lost, so that the page shows what that costs.
const usualSeed = 3

// writesAfter is how long Agora takes from a start to its first frame: no runner does better, however soon it knows.
const writesAfter = 5 * time.Second

// mostMissing is what a week of these faults may cost.
const mostMissing = 150 * time.Second

const page = "../../docs/comparison.md"

// realTime begins the part of the page that a run in real time writes.
const realTime = "\n## The scripts themselves\n"

func TestAWeekUnderFaultsComparedWithScripts(t *testing.T) {
	t.Parallel()
	ways := []way{
		{"cron and curl", week(t, *seed, scripts(false))},
		{"the careful script", week(t, *seed, scripts(true))},
		{"Rundown", week(t, *seed, rundown)},
	}
	for _, w := range ways {
		t.Logf("%s: %+v", w.name, w.tally)
	}
	rundown := ways[2].tally
	for _, w := range ways[:2] {
		if w.missing <= rundown.missing || w.untold < rundown.untold || w.lost <= rundown.lost || w.ghosts < rundown.ghosts {
			t.Errorf("%s did no worse than Rundown: it is time to learn from it", w.name)
		}
	}
	if oracle := time.Duration(rundown.died) * writesAfter; rundown.missing < oracle || *seed == usualSeed && rundown.missing > mostMissing {
		t.Errorf("Rundown loses %v, want at most %v; who knew of each end at once would lose %v", rundown.missing, mostMissing, oracle)
	}
	if *seed == usualSeed {
		holdPage(t, fmt.Sprintf(inVirtualTime, table(ways), rundown.died, (time.Duration(rundown.died)*writesAfter).Seconds()), "")
		holdReadme(t, ways)
	}
}

// holdReadme holds the README to the figures that it tells.
func holdReadme(t *testing.T, ways []way) {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	plain, careful, ours := ways[0].tally, ways[1].tally, ways[2].tally
	want := fmt.Sprintf("the plain script loses %d classes wholly and leaves %d sessions running, a careful one loses %d, cuts %d and leaves %d, "+
		"Rundown loses %d, cuts %d by %d seconds each and leaves %d, which it reports", plain.lost, plain.ghosts, careful.lost, careful.cut, careful.ghosts,
		ours.lost, ours.cut, int((ours.missing / time.Duration(ours.cut)).Round(time.Second).Seconds()), ours.ghosts)
	if !strings.Contains(strings.Join(strings.Fields(string(text)), " "), want) {
		t.Errorf("README.md does not say: %s", want)
	}
}

// holdPage holds one of the page's two parts, or writes it with -update.
func holdPage(t *testing.T, first, second string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil && !*update {
		t.Fatal(err)
	}
	before, after, _ := strings.Cut(string(text), realTime)
	want := first + realTime + after
	if second != "" {
		want = before + realTime + second
	}
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(text) {
		t.Errorf("docs/comparison.md is not what came out; go test ./internal/comparison -update writes it:\n%s", want)
	}
}

// monday begins the week.
var monday = time.Date(2031, 9, 1, 0, 0, 0, 0, time.UTC)

func at(day, hour, minute int) time.Time {
	return monday.AddDate(0, 0, day).Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}

// boots are the machine's: a power cut on Thursday and a restart in order on Friday, two minutes each, in the middle
// of lessons.
var boots = []struct {
	from, until time.Time
	terminated  bool
}{
	{from: at(0, 0, 0), until: at(3, 10, 20)},
	{from: at(3, 10, 22), until: at(4, 14, 20), terminated: true},
	{from: at(4, 14, 22), until: at(4, 20, 0)},
}

// outage is when the first host takes no connection: around a bell on Wednesday.
var outage = struct{ from, until time.Time }{at(2, 9, 55), at(2, 10, 10)}

const rooms = 5

// timetable is the plan of the week, five lessons of 50 minutes a day in each room.
func timetable(t *testing.T) *plan.Plan {
	var b strings.Builder
	b.WriteString(`version: 1
name: school
account: {customer_id: "${ID}", customer_secret: "${SECRET}"}
apps: {main: {id: "${APP}"}}
storage: {videos: {vendor: s3, region: eu-central-1, bucket: videos, access_key: "${ACCESS}", secret_key: "${KEY}"}}
calendars: {week: [2031-09-01..2031-09-05]}
defaults: {timezone: UTC, url: "https://school.example/rooms/{id}", only: week, cname: "{id}-{date}-{time}"}
recordings:
`)
	for room := range rooms {
		fmt.Fprintf(&b, "  room-%d: {when: [Mon-Fri 08:00-08:50, Mon-Fri 10:00-10:50, Mon-Fri 12:00-12:50, Mon-Fri 14:00-14:50, Mon-Fri 16:00-16:50]}\n", room)
	}
	p, findings, err := load.Load(oneFile(b.String()), "week.yaml")
	if err != nil || p == nil {
		t.Fatal(err, findings)
	}
	return p
}

type oneFile string

func (f oneFile) ReadFile(string) ([]byte, error)       { return []byte(f), nil }
func (f oneFile) Glob(pattern string) ([]string, error) { return filepath.Glob(pattern) }

// weather has a fault for one request in twenty, by class and request, and sessions that die or seem to.
func weather(seed uint64) simulator.Faults {
	fault := func(rate float64, f simulator.RequestFault) simulator.RequestFault {
		f.Rate, f.PerCname = &rate, true
		return f
	}
	return simulator.Faults{
		Seed: seed,
		Requests: []simulator.RequestFault{
			fault(0.010, simulator.RequestFault{Drop: "before"}),
			fault(0.010, simulator.RequestFault{Drop: "after"}),
			fault(0.010, simulator.RequestFault{Status: 500}),
			fault(0.005, simulator.RequestFault{Status: 503}),
			fault(0.005, simulator.RequestFault{Status: 429}),
			fault(0.010, simulator.RequestFault{Delay: simulator.Duration(4 * time.Second)}),
		},
		Sessions: []simulator.SessionFault{
			{Cname: "room-1-20310902-*", After: simulator.Duration(25 * time.Minute), Stop: "recorder_error"},
			{Cname: "room-3-20310903-*", After: simulator.Duration(20 * time.Minute), GoneFor: simulator.Duration(40 * time.Second)},
		},
	}
}

// failover refuses connections to the first host during the outage.
type failover struct{ next http.RoundTripper }

func (f failover) RoundTrip(r *http.Request) (*http.Response, error) {
	if now := time.Now(); r.URL.Host == "api.agora.io" && !now.Before(outage.from) && now.Before(outage.until) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	return f.next.RoundTrip(r)
}

// recorder records the classes and returns after the last boot, saying of which it told somebody.
type recorder func(t *testing.T, service http.RoundTripper, p *plan.Plan, classes []class) (told func(class) bool)

// week lets a way of recording meet the week and reads the ledger when the last session must have ended.
func week(t *testing.T, seed uint64, record recorder) (out tally) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(monday))
		sim, err := simulator.New(simulator.Config{Faults: weather(seed)})
		if err != nil {
			t.Fatal(err)
		}
		p := timetable(t)
		var classes []class
		for _, o := range schedule.Occurrences(p, monday, at(5, 0, 0)) {
			classes = append(classes, class{fmt.Sprintf("%s-%s", o.Recording.ID, o.Start.Format("20060102-1504")), o.Start, o.End})
		}
		byStart(classes)
		told := record(t, failover{sim.Transport()}, p, classes)
		out = account(classes, sim.Ledger().Sessions, told)
	})
	return out
}

// scripts runs one script a class, as cron does.
func scripts(careful bool) recorder {
	return func(t *testing.T, service http.RoundTripper, _ *plan.Plan, classes []class) func(class) bool {
		var mu sync.Mutex
		told := map[string]bool{}
		var wg sync.WaitGroup
		for _, boot := range boots {
			cause := errPowerCut
			if boot.terminated {
				cause = errTerminated
			}
			ctx, cancel := context.WithDeadlineCause(context.Background(), boot.until, cause)
			defer cancel()
			for _, c := range classes {
				if c.start.Before(boot.from) || !c.start.Before(boot.until) {
					continue
				}
				wg.Go(func() {
					complained := script{service, careful}.record(ctx, c)
					mu.Lock()
					defer mu.Unlock()
					told[c.cname] = complained
				})
			}
		}
		wg.Wait()
		time.Sleep(time.Until(boots[len(boots)-1].until))
		return func(c class) bool { return told[c.cname] }
	}
}

// rundown runs the engine on one store through all boots.
func rundown(t *testing.T, service http.RoundTripper, p *plan.Plan, _ []class) func(class) bool {
	st, err := store.Open(context.Background(), ":memory:", store.Options{Create: true, Work: true, Service: "simulator"})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	var mu sync.Mutex
	told := map[string]bool{}
	for i, boot := range boots {
		time.Sleep(time.Until(boot.from))
		if i > 0 { // each start is a node of its own, as by opening the store
			if err := st.Join(context.Background(), time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		l := &life{service: service}
		engine := l.engine(st, func(s session.State) {
			mu.Lock()
			defer mu.Unlock()
			if s.Phase == session.Ended && (s.Outcome != session.Recorded || strings.Contains(s.Reason, "orphan")) {
				told[s.Cname] = true
			}
		})
		if err := engine.Start(context.Background(), p); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Until(boot.until))
		l.dead.Store(!boot.terminated)
		engine.Close()
	}
	return func(c class) bool { return told[c.cname] }
}

// life is one run of the daemon. A power cut ends each of its goroutines at the next failpoint and takes its
// connections away: what it has not stored by then is lost.
type life struct {
	service http.RoundTripper
	dead    atomic.Bool
}

func (l *life) RoundTrip(r *http.Request) (*http.Response, error) {
	if l.dead.Load() {
		return nil, net.ErrClosed
	}
	return l.service.RoundTrip(r)
}

func (l *life) engine(st *store.Store, onChange func(session.State)) *runner.Engine {
	quiet := slog.New(slog.DiscardHandler)
	lookup := func(r plan.Reference) (string, error) { return "example-" + r.Name, nil }
	return runner.New(runner.Config{
		Store: st, Logger: quiet, Who: "comparison", Poll: time.Hour, Beat: time.Hour, OnChange: onChange,
		Failpoint: func(string) {
			if l.dead.Load() {
				runtime.Goexit()
			}
		},
		Connect: func(*plan.Plan) (*runner.Connection, error) {
			return &runner.Connection{Lookup: lookup, Client: func(r catalog.Region) (*agora.Client, error) {
				return agora.New(func(context.Context) (string, string, error) { return "customer", "example", nil },
					agora.WithTransport(l), agora.WithRegion(r), agora.WithLogger(quiet))
			}}, nil
		},
	})
}
