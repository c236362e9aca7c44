package runner_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/plan/load"
	"rundown/plan/schedule"
	"rundown/runner"
	"rundown/runner/store"
)

// arrivals notes when each start arrives at the service.
type arrivals struct {
	next http.RoundTripper
	mu   sync.Mutex
	at   []time.Time
	all  chan struct{} // closed when want have arrived
	want int
}

func (a *arrivals) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/start") {
		a.mu.Lock()
		a.at = append(a.at, time.Now())
		if len(a.at) == a.want {
			close(a.all)
		}
		a.mu.Unlock()
	}
	return a.next.RoundTrip(r)
}

// crowd is a plan of so many recordings on one app without a limit on requests.
func crowd(b *testing.B, n int) *plan.Plan {
	b.Helper()
	text := `version: 1
name: crowd
account: {customer_id: "${ID}", customer_secret: "${SECRET}"}
apps: {main: {id: "${APP}", limits: {qps: 1000000, concurrent: 5000}}}
storage: {videos: {vendor: s3, region: eu-central-1, bucket: videos, access_key: "${ACCESS}", secret_key: "${KEY}"}}
defaults: {timezone: UTC, url: "https://school.example/rooms/{id}"}
recordings:
`
	for i := range n {
		text += fmt.Sprintf("  room-%d: {when: 2091-09-15 09:00-09:50}\n", i)
	}
	p, _, err := load.Load(files{"crowd.yaml": text}, "crowd.yaml")
	if err != nil || p == nil {
		b.Fatal(err)
	}
	return p
}

// connect reaches the service by a transport.
func connect(service http.RoundTripper) func(*plan.Plan) (*runner.Connection, error) {
	return func(*plan.Plan) (*runner.Connection, error) {
		return &runner.Connection{Lookup: values, Client: func(r catalog.Region) (*agora.Client, error) {
			return agora.New(func(context.Context) (string, string, error) { return "id", "secret", nil }, agora.WithTransport(service), agora.WithRegion(r))
		}}, nil
	}
}

// dispatch begins n starts at one instant and gives the time until each arrived at the service, sorted. Before a start
// arrives, three steps have been stored: the intent to acquire, its answer with the intent to start.
func dispatch(b *testing.B, dsn string, p *plan.Plan, n int) []time.Duration {
	b.Helper()
	sim, err := simulator.New(simulator.Config{QPS: -1, Concurrent: -1})
	if err != nil {
		b.Fatal(err)
	}
	defer sim.Close()
	s, err := store.Open(context.Background(), dsn, store.Options{Create: true, Work: true, Service: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	service := &arrivals{next: sim.Transport(), all: make(chan struct{}), want: n}
	engine := runner.New(runner.Config{Store: s, Connect: connect(service)})
	if err := engine.StartAside(context.Background(), p); err != nil {
		b.Fatal(err)
	}
	due := time.Now().Add(time.Second) // all are stored as planned by then
	var occurrences []plan.Occurrence
	var begin []time.Time
	for _, r := range p.Recordings {
		start := due.Add(6 * time.Second).Truncate(time.Second).UTC()
		occurrences = append(occurrences, schedule.At(p, r, start, start.Add(time.Hour)))
		begin = append(begin, due)
	}
	if err := engine.Record(context.Background(), p, occurrences, begin); err != nil {
		b.Fatal(err)
	}
	<-service.all
	engine.Close()
	out := make([]time.Duration, 0, n)
	for _, at := range service.at[:n] {
		out = append(out, at.Sub(due))
	}
	slices.Sort(out)
	return out
}

// BenchmarkDispatch measures 4,000 starts that are due at one instant with the budget lifted: how long after it all
// but the last hundredth have arrived at the service, with the intents durable on SQLite and on a store in memory. Durable
// means that every commit has reached the disk when it is reported (synchronous=FULL): a kill -9 costs nothing, and a power
// cut only what the disk said that it held and did not.
func BenchmarkDispatch(b *testing.B) {
	const n = 4000
	p := crowd(b, n)
	p99 := func(d []time.Duration) time.Duration { return d[len(d)*99/100] }
	var durable, memory time.Duration
	for b.Loop() {
		durable += p99(dispatch(b, "sqlite:"+filepath.Join(b.TempDir(), "rundown.db"), p, n))
		memory += p99(dispatch(b, ":memory:", p, n))
	}
	b.ReportMetric(float64(durable.Milliseconds())/float64(b.N), "ms/p99-sqlite")
	b.ReportMetric(float64(memory.Milliseconds())/float64(b.N), "ms/p99-memory")
	b.ReportMetric(float64(durable)/float64(memory), "sqlite/memory")
}
