package metrics

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"rundown/agora"
	"rundown/runner/session"
)

// Metrics holds the counters of a process. It is safe for concurrent use, and none of its methods blocks but
// [Metrics.Handler]'s.
type Metrics struct {
	registry *prometheus.Registry
	classes  *classes

	requests    *prometheus.CounterVec
	requestTime *prometheus.HistogramVec
	budgetWait  *prometheus.HistogramVec
	commit      *prometheus.HistogramVec
	heartbeat   *prometheus.HistogramVec
}

// New returns metrics of a process that starts now, of a version.
func New(version string, now func() time.Time) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(), classes: newClasses(now),
		requests: counter(nameRequests), requestTime: histogram(nameRequestTime), budgetWait: histogram(nameBudgetWait), commit: histogram(nameCommit),
		heartbeat: histogram(nameHeartbeatTime),
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: nameBuildInfo, Help: find(nameBuildInfo).Help}, find(nameBuildInfo).labels())
	build.WithLabelValues(version).Set(1)
	m.registry.MustRegister(build, m.requests, m.requestTime, m.budgetWait, m.commit, m.heartbeat,
		m.classes.ended, m.classes.reasons, m.classes.lost, m.classes.lateness, m.classes.notice,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	// What a rate is taken of has to be there before it rises.
	m.budgetWait.WithLabelValues()
	m.commit.WithLabelValues()
	m.heartbeat.WithLabelValues()
	for _, op := range []agora.Op{agora.OpAcquire, agora.OpStart, agora.OpQuery, agora.OpUpdate, agora.OpStop} {
		m.requests.WithLabelValues(string(op), string(agora.VerdictDone))
		m.requests.WithLabelValues(string(op), string(agora.VerdictRateLimited))
		m.requestTime.WithLabelValues(string(op))
	}
	return m
}

// Exchange counts a request to the service. What failed before the network is no request.
func (m *Metrics) Exchange(x agora.Exchange) {
	m.budgetWait.WithLabelValues().Observe(x.Waited.Seconds())
	if x.Local {
		return
	}
	m.requests.WithLabelValues(string(x.Op), string(x.Verdict)).Inc()
	m.requestTime.WithLabelValues(string(x.Op)).Observe(x.Duration.Seconds())
}

// Step takes in the state of an occurrence after a stored step. The steps of one occurrence come in their order.
func (m *Metrics) Step(s session.State) { m.classes.step(&s) }

// Commit takes in how long a write of the store took, whether or not it succeeded.
func (m *Metrics) Commit(took time.Duration) { m.commit.WithLabelValues().Observe(took.Seconds()) }

// Heartbeat takes in how long a heartbeat took, whether or not it was confirmed.
func (m *Metrics) Heartbeat(took time.Duration) {
	m.heartbeat.WithLabelValues().Observe(took.Seconds())
}

// Handler answers a scrape. It reads the sources, which say how things stand at that time; a source that cannot be read
// leaves its metrics out.
func (m *Metrics) Handler(s Sources) http.Handler {
	states := prometheus.NewRegistry()
	states.MustRegister(&stateCollector{s})
	all := prometheus.Gatherers{m.registry, states}
	return promhttp.HandlerFor(all, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: scrapeWithin})
}

// scrapeWithin is how long a scrape may take. Prometheus gives it 10 s by default.
const scrapeWithin = 8 * time.Second
