package metrics_test

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/plan/load"
	"rundown/runner"
	"rundown/runner/metrics"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/web"
)

var day = time.Date(2031, 9, 15, 0, 0, 0, 0, time.UTC) // a Monday

// oneFile is a plan in memory.
type oneFile string

func (f oneFile) ReadFile(string) ([]byte, error) { return []byte(f), nil }
func (f oneFile) Glob(string) ([]string, error)   { return nil, nil }

const lessons = 4

// timetable has four lessons a day in each of ten rooms.
func timetable() oneFile {
	var b strings.Builder
	b.WriteString(`version: 1
name: school
account: {customer_id: "${ID}", customer_secret: "${SECRET}"}
apps: {main: {id: "${APP}", limits: {concurrent: 100}}}
storage: {videos: {vendor: s3, region: eu-central-1, bucket: videos, access_key: "${ACCESS}", secret_key: "${KEY}"}}
defaults: {timezone: UTC, url: "https://school.example/rooms/{id}", only: week}
calendars: {week: 2031-09-15..2031-09-16}
recordings:
`)
	for room := range 10 {
		fmt.Fprintf(&b, "  room-%d: {when: [", room)
		for lesson := range lessons {
			fmt.Fprintf(&b, "Mon-Tue %02d:00-%02d:50, ", 8+lesson, 8+lesson)
		}
		b.WriteString("]}\n")
	}
	return oneFile(b.String())
}

// tenInAHundred is a script of faults on one request in ten, and of sessions that end by themselves.
func tenInAHundred() simulator.Faults {
	share := func(rate float64) *float64 { return &rate }
	f := simulator.Faults{Seed: 7, Requests: []simulator.RequestFault{
		{Rate: share(0.02), Drop: "before"},
		{Rate: share(0.02), Drop: "after"},
		{Rate: share(0.02), Status: 500},
		{Rate: share(0.01), Status: 503},
		{Rate: share(0.01), Status: 429},
		{Rate: share(0.02), Delay: simulator.Duration(4 * time.Second)},
		{Endpoint: "acquire", Cname: "school-room-9", Times: 18, Status: 503}, // its first lesson begins late
	}}
	for room := range 3 {
		f.Sessions = append(f.Sessions, simulator.SessionFault{
			Cname: fmt.Sprintf("school-room-%d", room), After: simulator.Duration(time.Duration(12+7*room) * time.Minute), Stop: "recorder_error",
		})
	}
	return f
}

// works is a daemon's engine with metrics, on a store and a simulated service of its own.
type works struct {
	t       *testing.T
	sim     *simulator.Simulator
	store   *store.Store
	engine  *runner.Engine
	metrics *metrics.Metrics
	handler http.Handler
}

// RoundTrip carries the service's notifications to the engine.
func (w *works) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	web.Notices(func() (string, error) { return "hook", nil }, w.engine.TakeNotice, nil).ServeHTTP(answer, r)
	return answer.Result(), nil
}

func start(t *testing.T, faults simulator.Faults, p *plan.Plan) *works {
	t.Helper()
	w := &works{t: t, metrics: metrics.New("v1.2.3", time.Now)}
	var err error
	w.sim, err = simulator.New(simulator.Config{
		Strict: true, Concurrent: 100, Faults: faults, Callback: "https://rundown.example/webhooks/agora", CallbackSecret: "hook", CallbackTransport: w,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.sim.Close() })
	w.store, err = store.Open(context.Background(), filepath.Join(t.TempDir(), "rundown.db"), store.Options{Create: true, Work: true, OnCommit: w.metrics.Commit})
	if err != nil {
		t.Fatal(err)
	}
	lookup := func(r plan.Reference) (string, error) { return "canary-" + r.Name, nil }
	w.engine = runner.New(runner.Config{
		Store: w.store, Poll: time.Minute, MinQueryInterval: catalog.MonitorInterval(), OnChange: w.metrics.Step,
		Connect: func(*plan.Plan) (*runner.Connection, error) {
			return &runner.Connection{Lookup: lookup, Client: func(r catalog.Region) (*agora.Client, error) {
				return agora.New(func(context.Context) (string, string, error) { return "customer", "canary", nil },
					agora.WithTransport(w.sim.Transport()), agora.WithRegion(r), agora.WithObserver(w.metrics.Exchange))
			}}, nil
		},
	})
	w.handler = w.metrics.Handler(metrics.Sources{
		Store: w.store, Now: time.Now, Issues: w.engine.Issues, Rejected: func() []string { return nil }, LogDropped: func() int { return 3 },
		FreeBytes: func() (uint64, bool) { return 0, false }, Targets: func() []string { return nil },
		Moves: func() error { return w.engine.Progress(time.Second) },
	})
	if err := w.engine.Start(context.Background(), p); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *works) end() {
	w.engine.Close()
	if err := w.store.Close(); err != nil {
		w.t.Error(err)
	}
}

// scrape is what /metrics says, by name.
func (w *works) scrape() families {
	w.t.Helper()
	return scrape(w.t, w.handler)
}

func scrape(t *testing.T, h http.Handler) families {
	t.Helper()
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if answer.Code != http.StatusOK {
		t.Fatalf("/metrics: %d %s", answer.Code, answer.Body)
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "canary") {
		t.Error("/metrics shows a secret")
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	found, err := parser.TextToMetricFamilies(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

type families map[string]*dto.MetricFamily

// sum adds up the series of a metric whose labels include those given, as name and value in turn. Of a histogram it is the sum.
func (f families) sum(name string, labels ...string) (sum float64) {
	for _, m := range f.matching(name, labels) {
		sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetHistogram().GetSampleSum()
	}
	return sum
}

// count adds up the observations of a histogram.
func (f families) count(name string, labels ...string) (n int) {
	for _, m := range f.matching(name, labels) {
		n += int(m.GetHistogram().GetSampleCount())
	}
	return n
}

func (f families) matching(name string, labels []string) (found []*dto.Metric) {
	for _, m := range f[name].GetMetric() {
		have := map[string]string{}
		for _, l := range m.GetLabel() {
			have[l.GetName()] = l.GetValue()
		}
		fits := true
		for i := 0; i < len(labels); i += 2 {
			fits = fits && have[labels[i]] == labels[i+1]
		}
		if fits {
			found = append(found, m)
		}
	}
	return found
}

func loadPlan(t *testing.T, f oneFile) *plan.Plan {
	t.Helper()
	p, findings, err := load.Load(f, "school.yaml")
	if err != nil || len(findings) > 0 {
		t.Fatalf("%v %v", err, findings)
	}
	return p
}

// TestTheMetricsOfADayUnderFaultsAreThoseOfTheLedger has one request in ten fail, and three sessions of each lesson end by
// themselves. The ledger is the service's own account, and the store is what history reads.
func TestTheMetricsOfADayUnderFaultsAreThoseOfTheLedger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(day.Add(7 * time.Hour))) // virtual: an hour before the first lesson
		w := start(t, tenInAHundred(), loadPlan(t, timetable()))
		time.Sleep(time.Second) // virtual: until the classes are stored
		if next := w.scrape().sum("rundown_next_start_timestamp_seconds"); next != float64(day.Add(8*time.Hour).Unix()) {
			t.Errorf("the next class starts at %v", next)
		}
		w.inMidLesson(day.Add(10*time.Hour + 6*time.Minute))
		time.Sleep(time.Until(day.Add(15 * time.Hour))) // virtual: after the last lesson
		got, ledger := w.scrape(), w.sim.Ledger()
		w.end()
		w.requestsAgree(got, ledger)
		w.classesAgree(got, ledger)
		for name, want := range map[string]float64{
			"rundown_up": 1, "rundown_build_info": 1, "rundown_sessions": 0, "rundown_plan_revision": 1, "rundown_log_dropped_total": 3,
			"rundown_plan_last_reload_successful": 1, "rundown_plan_last_reload_success_timestamp_seconds": float64(day.Add(7 * time.Hour).Unix()),
			"rundown_next_start_timestamp_seconds": float64(day.Add(32 * time.Hour).Unix()), "rundown_outbox_pending": 0, "rundown_outbox_oldest_seconds": 0,
		} {
			if v := got.sum(name); len(got.matching(name, nil)) == 0 || v != want {
				t.Errorf("%s is %v, want %v", name, v, want)
			}
		}
		if n := got.count("rundown_store_commit_duration_seconds"); n < 500 {
			t.Errorf("%d writes of the store are counted", n)
		}
	})
}

// inMidLesson compares the live sessions with those that run by the ledger.
func (w *works) inMidLesson(at time.Time) {
	w.t.Helper()
	time.Sleep(time.Until(at)) // virtual: into the lesson
	got := w.scrape()
	running := 0
	for _, x := range w.sim.Ledger().Sessions {
		if x.StoppedAt == nil {
			running++
		}
	}
	if live := got.sum("rundown_sessions", "state", "running") + got.sum("rundown_orphans"); running < 10 || live != float64(running) {
		w.t.Errorf("%v sessions are live, %d by the ledger", live, running)
	}
	if n := got.sum("rundown_health_issues", "id", string(reason.IssueOrphan)); n != got.sum("rundown_orphans") {
		w.t.Errorf("%v health issues of orphans", n)
	}
}

func (w *works) requestsAgree(got families, ledger simulator.Ledger) {
	w.t.Helper()
	all := 0
	for endpoint, n := range ledger.Requests {
		all += n
		if v := got.sum("rundown_requests_total", "endpoint", endpoint); v != float64(n) {
			w.t.Errorf("%v requests to %s, %d by the ledger", v, endpoint, n)
		}
		if v := got.count("rundown_request_duration_seconds", "endpoint", endpoint); v != n {
			w.t.Errorf("the time of %d requests to %s, %d by the ledger", v, endpoint, n)
		}
	}
	if v := got.sum("rundown_requests_total", "verdict", "done"); v > float64(ledger.Answers["200"]) || v < float64(ledger.Answers["200"])*0.97 {
		w.t.Errorf("%v requests were done, %d were answered 200", v, ledger.Answers["200"]) // of these some were dropped on their way back
	}
	if v := got.sum("rundown_requests_total", "verdict", "rate-limited"); v != float64(ledger.Answers["429"]) || v == 0 {
		w.t.Errorf("%v requests were limited, %d by the ledger", v, ledger.Answers["429"])
	}
	if v := got.count("rundown_budget_wait_seconds"); v != all {
		w.t.Errorf("the wait of %d requests, %d by the ledger", v, all)
	}
}

func (w *works) classesAgree(got families, ledger simulator.Ledger) {
	w.t.Helper()
	wrote := map[string][]simulator.LedgerSession{}
	died := 0
	for _, x := range ledger.Sessions {
		wrote[x.Cname] = append(wrote[x.Cname], x)
		if x.StopReason == "recorder_error" {
			died++
		}
	}
	var lost, late float64
	for room := range 10 {
		for lesson := range lessons {
			from := day.Add(time.Duration(8+lesson) * time.Hour)
			missing, first := uncovered(from, from.Add(50*time.Minute), wrote[fmt.Sprintf("school-room-%d", room)])
			lost += missing.Seconds()
			late += max(first.Sub(from), 0).Seconds()
		}
	}
	if v := got.sum("rundown_classes_total"); v != 10*lessons {
		w.t.Errorf("%v classes ended", v)
	}
	if v := got.sum("rundown_classes_total", "outcome", string(session.Partial)); v < 3*lessons || v != got.sum("rundown_class_reasons_total") {
		w.t.Errorf("%v classes are partial, and %v have a reason", v, got.sum("rundown_class_reasons_total"))
	}
	within := float64(died + 1) // the service names beginnings in whole seconds
	if v := got.sum("rundown_class_seconds_lost_total"); math.Abs(v-lost) > within || lost == 0 {
		w.t.Errorf("%v seconds were lost, %v by the ledger", v, lost)
	}
	if bad, sum := got.sum("rundown_recent_classes"), got.sum("rundown_recent_class_lost_seconds"); bad != got.sum("rundown_class_reasons_total") || math.Abs(sum-lost) > within {
		w.t.Errorf("by the store %v classes lost %v seconds", bad, sum)
	}
	if n, v := got.count("rundown_start_lateness_seconds"), got.sum("rundown_start_lateness_seconds"); n != 10*lessons || math.Abs(v-late) > within || late == 0 {
		w.t.Errorf("%d classes began %v seconds late, %v by the ledger", n, v, late)
	}
	if n, v := got.count("rundown_end_notice_seconds"), got.sum("rundown_end_notice_seconds"); n != died || died < 3*lessons || v > float64(15*died) {
		w.t.Errorf("%d ends were noticed within %v seconds in all, %d by the ledger", n, v, died)
	}
	w.t.Logf("%d sessions, %d died, %.0f s lost, starts %.0f s late in all, requests %v, answers %v", len(ledger.Sessions), died, lost, late, ledger.Requests, ledger.Answers)
}

// uncovered is how much of a class no session of the ledger wrote, and when the first one wrote.
func uncovered(from, until time.Time, sessions []simulator.LedgerSession) (lost time.Duration, first time.Time) {
	at := from
	for _, x := range sessions { // in the order of their starts
		if x.RecordingAt == nil || x.StoppedAt == nil || !x.StoppedAt.After(at) || !x.RecordingAt.Before(until) {
			continue
		}
		if first.IsZero() {
			first = *x.RecordingAt
		}
		lost += max(0, x.RecordingAt.Sub(at))
		at = *x.StoppedAt
	}
	return lost + max(0, until.Sub(at)), first
}
