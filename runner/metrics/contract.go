package metrics

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"rundown/runner/session"
)

// Metric is one row of the contract.
type Metric struct {
	Name    string // with the prefix
	Type    string // counter, gauge or histogram
	Help    string
	Labels  []Label
	Buckets []float64 // upper bounds, of a histogram
}

// Label is a label of a metric.
type Label struct {
	Name   string
	Values string // what values it has, for people
}

// The metrics' names.
const (
	nameUp             = "rundown_up"
	nameBuildInfo      = "rundown_build_info"
	nameClasses        = "rundown_classes_total"
	nameReasons        = "rundown_class_reasons_total"
	nameSecondsLost    = "rundown_class_seconds_lost_total"
	nameRecentClasses  = "rundown_recent_classes"
	nameRecentLost     = "rundown_recent_class_lost_seconds"
	nameLastEnded      = "rundown_last_class_ended_timestamp_seconds"
	nameLateness       = "rundown_start_lateness_seconds"
	nameNotice         = "rundown_end_notice_seconds"
	nameRequests       = "rundown_requests_total"
	nameRequestTime    = "rundown_request_duration_seconds"
	nameBudgetWait     = "rundown_budget_wait_seconds"
	nameSessions       = "rundown_sessions"
	nameOrphans        = "rundown_orphans"
	nameOutboxPending  = "rundown_outbox_pending"
	nameOutboxOldest   = "rundown_outbox_oldest_seconds"
	nameCommit         = "rundown_store_commit_duration_seconds"
	nameHeartbeatTime  = "rundown_heartbeat_duration_seconds"
	nameHeartbeatAge   = "rundown_heartbeat_age_seconds"
	nameStoreFree      = "rundown_store_free_bytes"
	namePlanRevision   = "rundown_plan_revision"
	namePlanReload     = "rundown_plan_last_reload_successful"
	namePlanReloadTime = "rundown_plan_last_reload_success_timestamp_seconds"
	nameNextStart      = "rundown_next_start_timestamp_seconds"
	nameHealthIssues   = "rundown_health_issues"
	nameLogDropped     = "rundown_log_dropped_total"
)

// The labels. What has more values than these texts name says so.
var (
	labelOutcome  = Label{"outcome", listed(outcomes)}
	labelLost     = Label{"outcome", "`partial`, `missed`, `failed`"}
	labelReason   = Label{"reason_code", "a code of [reason-codes.md](reason-codes.md)"}
	labelEndpoint = Label{"endpoint", "`acquire`, `start`, `query`, `update`, `stop`, `addresses`"}
	labelVerdict  = Label{"verdict", "`done`, or in one word what else the answer means, such as `retry`, `wait`, `gone`, `refused`, `unauthorized`, `rate-limited`, `foreign`; `unknown` where there was no answer"}
	labelState    = Label{"state", listed(liveStates)}
	labelPlan     = Label{"plan", "the name of an active plan"}
	labelIssue    = Label{"id", "the id of a health issue, such as `account-refused`"}
	labelVersion  = Label{"version", "as `rundown version` prints it"}
)

// outcomes are the values of the label of that name: each is there with 0 before a class has it.
var outcomes = []session.Outcome{session.Recorded, session.Partial, session.Missed, session.Failed, session.Cancelled}

// listed are the values of a label, for people.
func listed[T ~string](values []T) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = "`" + string(v) + "`"
	}
	return strings.Join(texts, ", ")
}

// Contract lists the metrics, in the order of docs/metrics.md.
var Contract = []Metric{
	{nameUp, "gauge", "1 while the work of each App ID moves, as /healthz says, else 0.", nil, nil},
	{nameBuildInfo, "gauge", "Always 1; the label names the version.", []Label{labelVersion}, nil},
	{nameClasses, "counter", "Classes that ended, by outcome.", []Label{labelOutcome}, nil},
	{nameReasons, "counter", "Classes that ended otherwise than recorded, by reason code.", []Label{labelReason}, nil},
	{nameSecondsLost, "counter", "Seconds of class that were not recorded, of classes that ended partial, missed or failed.", nil, nil},
	{nameRecentClasses, "gauge", "Classes that ended partial, missed or failed within the last 24 hours, by outcome. From the store, so that it has those that were lost while no daemon ran.", []Label{labelLost}, nil},
	{nameRecentLost, "gauge", "Seconds of class that were not recorded, of these classes.", nil, nil},
	{nameLastEnded, "gauge", "Unix time at which the latest class that ended partial, missed or failed did so, by outcome. Of one that was lost while no daemon ran, that is when the next daemon found out. Not there where none did within the last 24 hours.", []Label{labelLost}, nil},
	{
		nameLateness, "histogram", "Seconds from the start of a class to its first recorded moment, 0 where recording began before. Classes without any recording are not in it.", nil,
		[]float64{0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800},
	},
	{
		nameNotice, "histogram", "Seconds from the last moment at which a session is known to have run until its end was noticed, of sessions that ended without a stop. An upper bound where no notification told when the session ended.", nil,
		[]float64{1, 5, 10, 15, 30, 60, 90, 120, 180, 240, 300, 600},
	},
	{nameRequests, "counter", "Requests to the service, repeats included.", []Label{labelEndpoint, labelVerdict}, nil},
	{
		nameRequestTime, "histogram", "Seconds from a request to the end of its answer, or until it was given up.",
		[]Label{labelEndpoint},
		[]float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 35},
	},
	{
		nameBudgetWait, "histogram", "Seconds that a request waited for the request budget of its App ID.", nil,
		[]float64{0.01, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60},
	},
	{nameSessions, "gauge", "Live sessions, by state.", []Label{labelState}, nil},
	{nameOrphans, "gauge", "Sessions that may be running although nothing here can stop them.", nil, nil},
	{nameOutboxPending, "gauge", "Notifications that wait to be delivered.", nil, nil},
	{nameOutboxOldest, "gauge", "Age in seconds of the oldest notification that waits although it is due, 0 where none does.", nil, nil},
	{
		nameCommit, "histogram", "Seconds that a write of the store took, heartbeats included, from its begin to its commit or failure.", nil,
		[]float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
	},
	{
		nameHeartbeatTime, "histogram", "Seconds that a heartbeat of this process took, until the store confirmed it or it failed. Where several processes work on the store, a process sends nothing later than 3 s after it sent the last confirmed one.", nil,
		[]float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5},
	},
	{nameHeartbeatAge, "gauge", "Seconds since the newest heartbeat of a daemon in the store. A daemon gives one every 15 s, and every second where several work on the store.", nil, nil},
	{nameStoreFree, "gauge", "Bytes that are free on the disk of an SQLite store. Not there for PostgreSQL.", nil, nil},
	{namePlanRevision, "gauge", "Revision of the plan that is active.", []Label{labelPlan}, nil},
	{namePlanReload, "gauge", "1 where the newest version of the plan is active, 0 where it was rejected or waits for a confirmation.", []Label{labelPlan}, nil},
	{namePlanReloadTime, "gauge", "Unix time at which the active revision of the plan was applied.", []Label{labelPlan}, nil},
	{nameNextStart, "gauge", "Unix time at which the next planned class starts. In the past where that class is late; not there where no class is planned.", nil, nil},
	{nameHealthIssues, "gauge", "Health issues that are raised, by id; 0 for those that are not.", []Label{labelIssue}, nil},
	{nameLogDropped, "counter", "Log lines that were dropped because standard error did not take them.", nil, nil},
}

// find gives the row of a metric. A name without a row is a mistake of this package, which every test run shows.
func find(name string) Metric {
	for _, m := range Contract {
		if m.Name == name {
			return m
		}
	}
	panic("metrics: no row for " + name)
}

func (m Metric) labels() (names []string) {
	for _, l := range m.Labels {
		names = append(names, l.Name)
	}
	return names
}

func (m Metric) desc() *prometheus.Desc {
	return prometheus.NewDesc(m.Name, m.Help, m.labels(), nil)
}

func counter(name string) *prometheus.CounterVec {
	m := find(name)
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: m.Name, Help: m.Help}, m.labels())
}

func histogram(name string) *prometheus.HistogramVec {
	m := find(name)
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: m.Name, Help: m.Help, Buckets: m.Buckets}, m.labels())
}
