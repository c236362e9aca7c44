//go:build unix

package runner_test

import (
	"context"
	"flag"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/plan/load"
	"rundown/runner"
	"rundown/runner/store"
	"rundown/runner/store/pgtest"
)

var recordings = flag.String("recordings", "1000,2000,5000,10000", "how many recordings at once BenchmarkFleet tries, one after the other")

// fleetApps is how many App IDs the recordings of BenchmarkFleet are of.
const fleetApps = 50

// fleetPlan is a plan with n classes of many App IDs at one bell, without limits of the service.
func fleetPlan(b *testing.B, n int, bell time.Time) *plan.Plan {
	b.Helper()
	var text strings.Builder
	text.WriteString("version: 1\nname: city\naccount: {customer_id: \"${ID}\", customer_secret: \"${SECRET}\"}\napps:\n")
	for i := range fleetApps {
		fmt.Fprintf(&text, "  app-%d: {id: \"${APP_%d}\", limits: {qps: 2000, concurrent: 100000}}\n", i, i)
	}
	text.WriteString(`storage: {videos: {vendor: s3, region: eu-central-1, bucket: videos, access_key: "${ACCESS}", secret_key: "${KEY}"}}
defaults: {timezone: UTC, url: "https://school.example/rooms/{id}"}
recordings:
`)
	for i := range n {
		fmt.Fprintf(&text, "  room-%d: {app: app-%d, when: %s}\n", i, i%fleetApps,
			bell.Format("2006-01-02 15:04:05")+"-"+bell.Add(time.Hour).Format("15:04:05"))
	}
	p, _, err := load.Load(files{"city.yaml": text.String()}, "city.yaml")
	if err != nil || p == nil {
		b.Fatal(err)
	}
	return p
}

// fleetFigures are what one number of recordings came to.
type fleetFigures struct {
	n                    int
	steps                int64         // stored for the starts of all
	took                 time.Duration // from the first request to the last start
	p99                  time.Duration // how long after the first request of all a start arrived
	database, nodes      time.Duration // of a processor, for the starts of all
	read                 time.Duration // the longest that a read of the store took meanwhile
	databaseIdle         float64       // share of a processor while all are being recorded
	stepsIdle            float64       // stored a second while all are being recorded
	written, planWritten time.Duration // of the plan: until it was stored; processor time of the database
}

// runFleet has two nodes start n recordings at one bell.
func runFleet(b *testing.B, server *pgtest.Server, n int) (f fleetFigures) {
	b.Helper()
	f.n = n
	dsn := server.Database(b)
	sim, err := simulator.New(simulator.Config{QPS: -1, Concurrent: -1})
	if err != nil {
		b.Fatal(err)
	}
	defer sim.Close()
	service := &arrivals{next: sim.Transport(), all: make(chan struct{}), want: n}
	first := &firstRequest{next: service, seen: make(chan time.Time, 1)}
	join := func(name string, plans ...*plan.Plan) (*runner.Engine, *store.Store) {
		s, err := store.Open(context.Background(), dsn, store.Options{Create: true, Work: true, Service: "bench", Node: name})
		if err != nil {
			b.Fatal(err)
		}
		e := runner.New(runner.Config{Store: s, Connect: connect(first), Revision: wholeRevision})
		if err := e.Start(context.Background(), plans...); err != nil {
			b.Fatal(err)
		}
		return e, s
	}
	bell := time.Now().UTC().Truncate(time.Second).Add(100*time.Second + time.Duration(n)*10*time.Millisecond)
	p := fleetPlan(b, n, bell)
	began, unwritten := time.Now(), server.Processor(b)
	one, ones := join("one", p)
	f.written, f.planWritten = time.Since(began), server.Processor(b)-unwritten
	two, second := join("two")
	defer func() {
		for _, e := range []*runner.Engine{one, two} {
			e.Abandon()
			e.Close()
		}
		_, _ = ones.Close(), second.Close()
	}()
	halves := func() bool {
		leases, err := ones.Leases(context.Background())
		if err != nil { // the machine is busy with the plan
			return false
		}
		owned := map[int64]int{}
		for _, l := range leases {
			owned[l.Node]++
		}
		return len(owned) == 2 && owned[ones.NodeID()] == fleetApps/2
	}
	for !halves() {
		time.Sleep(500 * time.Millisecond)
	}
	select {
	case <-first.seen:
		b.Fatal("the first request was sent before both nodes had their share: give the start more time")
	default:
	}
	database, own := server.Processor(b), cpu(b)
	begin := <-first.seen
	longest := longestRead(b, ones)
	<-service.all
	f.took, f.read = time.Since(begin), longest()
	f.database, f.nodes = server.Processor(b)-database, cpu(b)-own
	service.mu.Lock()
	late := make([]time.Duration, n)
	for i, at := range service.at[:n] {
		late[i] = at.Sub(begin)
	}
	service.mu.Unlock()
	slices.Sort(late)
	f.p99 = late[n*99/100]
	f.steps = stepsOf(b, ones)
	time.Sleep(20 * time.Second) // the last starts are confirmed
	const watched = time.Minute
	before, stored := server.Processor(b), stepsOf(b, ones)
	time.Sleep(watched)
	f.databaseIdle = (server.Processor(b) - before).Seconds() / watched.Seconds()
	f.stepsIdle = float64(stepsOf(b, ones)-stored) / watched.Seconds()
	return f
}

// stepsOf is how many steps the store has taken in of what is open. On a machine that is busy with much else a read may be over its
// bound. It is repeated, as by the nodes.
func stepsOf(b *testing.B, s *store.Store) (n int64) {
	b.Helper()
	for {
		n = 0
		err := s.EachPage(context.Background(), store.Filter{Open: true}, func(rows []store.Occurrence) error {
			for _, r := range rows {
				n += r.Version
			}
			return nil
		})
		if err == nil {
			return n
		}
		b.Logf("repeated: %v", err)
	}
}

// longestRead reads a number from the store again and again, until the function that it returns is called.
func longestRead(b *testing.B, s *store.Store) (end func() time.Duration) {
	b.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	longest := make(chan time.Duration)
	go func() {
		var most time.Duration
		for ctx.Err() == nil {
			began := time.Now()
			if _, err := s.Generation(context.Background()); err != nil {
				b.Logf("repeated: %v", err)
			}
			most = max(most, time.Since(began))
			time.Sleep(20 * time.Millisecond) // so that the reads that are measured are not the load
		}
		longest <- most
	}()
	return func() time.Duration {
		cancel()
		return <-longest
	}
}

// firstRequest tells when the first request is sent.
type firstRequest struct {
	next http.RoundTripper
	seen chan time.Time
}

func (f *firstRequest) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case f.seen <- time.Now():
	default:
	}
	return f.next.RoundTrip(r)
}

// BenchmarkFleet measures two nodes on one PostgreSQL that begin recordings of 50 App IDs at one bell, with the rates of the
// service lifted: what the database and the nodes, which hold the simulated service, take of a processor, and by which power
// of the number of recordings that grows. The share of a processor while all are being recorded counts heartbeats,
// monitoring and the reads of what is near. Durations count what else the machine does.
func BenchmarkFleet(b *testing.B) {
	server := pgtest.Start(b)
	var all []fleetFigures
	for b.Loop() {
		for _, text := range strings.Split(*recordings, ",") {
			n, err := strconv.Atoi(text)
			if err != nil {
				b.Fatal(err)
			}
			f := runFleet(b, server, n)
			b.Logf("%d recordings: %d steps, %.0f a second; 99%% of the starts within %v; database %.2f s of a processor (%.0f us a step), nodes %.2f s; a read took %v at most; "+
				"then %.0f steps a second, for which the database takes %.1f%% of a processor; the plan was written in %v, database %.2f s",
				f.n, f.steps, float64(f.steps)/f.took.Seconds(), f.p99.Round(time.Millisecond), f.database.Seconds(), f.database.Seconds()*1e6/float64(f.steps), f.nodes.Seconds(),
				f.read.Round(time.Millisecond), f.stepsIdle, 100*f.databaseIdle, f.written.Round(time.Millisecond), f.planWritten.Seconds())
			all = append(all, f)
		}
	}
	if len(all) < 2 {
		return
	}
	for name, of := range map[string]func(fleetFigures) float64{
		"database": func(f fleetFigures) float64 { return f.database.Seconds() },
		"nodes":    func(f fleetFigures) float64 { return f.nodes.Seconds() },
		"plan":     func(f fleetFigures) float64 { return f.planWritten.Seconds() },
		"steps":    func(f fleetFigures) float64 { return float64(f.steps) },
	} {
		b.ReportMetric(exponent(all, of), name+"-exponent")
	}
}

// exponent is the power of the number of recordings by which a figure grows: the slope of a line through their logarithms.
func exponent(all []fleetFigures, of func(fleetFigures) float64) float64 {
	var n, x, y, xx, xy float64
	for _, f := range all {
		a, b := math.Log(float64(f.n)), math.Log(of(f))
		n, x, y, xx, xy = n+1, x+a, y+b, xx+a*a, xy+a*b
	}
	return (n*xy - x*y) / (n*xx - x*x)
}
