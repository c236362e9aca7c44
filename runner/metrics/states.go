package metrics

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rundown/runner"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// readWithin is how long the store may take to answer one question of a scrape.
const readWithin = 2 * time.Second

// soon is how far ahead of its start a class may have sessions: more than any lead and padding.
const soon = 6 * time.Hour

// Sources say how things stand when a scrape asks. All of them are required.
type Sources struct {
	Store *store.Store
	Now   func() time.Time
	// Moves says why the work of an App ID does not move; nil: it does.
	Moves  func() error
	Issues func() []runner.Issue
	// Rejected names the plans whose files were read and not applied.
	Rejected   func() []string
	Targets    func() []string // of the active plans, to which notifications go
	LogDropped func() int
	// FreeBytes is what is free on the disk of the store; known is false where that cannot be told.
	FreeBytes func() (free uint64, known bool)
}

// liveStates are the states of a session that is not over.
var liveStates = slices.DeleteFunc(slices.Clone(session.SessionStates), session.SessionState.Final)

// stateCollector reads the sources for each scrape.
type stateCollector struct{ Sources }

// Describe is for Prometheus. It describes nothing: the metrics that there are depend on the sources.
func (c *stateCollector) Describe(chan<- *prometheus.Desc) {}

// Collect reads the sources.
func (c *stateCollector) Collect(out chan<- prometheus.Metric) {
	emit := func(name string, value float64, labels ...string) {
		m := find(name)
		kind := prometheus.GaugeValue
		if m.Type == "counter" {
			kind = prometheus.CounterValue
		}
		out <- prometheus.MustNewConstMetric(m.desc(), kind, value, labels...)
	}
	emit(nameUp, flag(c.Moves() == nil))
	emit(nameLogDropped, float64(c.LogDropped()))
	c.collectIssues(emit)
	if free, known := c.FreeBytes(); known {
		emit(nameStoreFree, float64(free))
	}
	ctx, cancel := context.WithTimeout(context.Background(), readWithin)
	defer cancel()
	c.collectSessions(ctx, emit)
	c.collectLost(ctx, emit)
	if beat, err := c.Store.LastBeat(ctx); err == nil && !beat.IsZero() {
		emit(nameHeartbeatAge, max(c.Now().Sub(beat), 0).Seconds())
	}
	c.collectPlans(ctx, emit)
	c.collectOutbox(ctx, emit)
}

// collectIssues counts the health issues: of each id that there is, 0 for those that are not raised.
func (c *stateCollector) collectIssues(emit emitter) {
	raised := map[reason.Code]int{}
	for _, issue := range c.Issues() {
		raised[issue.ID]++
	}
	for _, id := range reason.IssueIDs() {
		emit(nameHealthIssues, float64(raised[id]), string(id))
	}
	emit(nameOrphans, float64(raised[reason.IssueOrphan]))
}

// collectSessions counts live sessions by state, 0 for states without any, and finds the next start.
func (c *stateCollector) collectSessions(ctx context.Context, emit emitter) {
	if live, err := c.Store.LiveSessions(ctx, c.Now().Add(soon)); err == nil {
		for _, state := range liveStates {
			emit(nameSessions, float64(live[string(state)]), string(state))
		}
	}
	if next, err := c.Store.NextStart(ctx, string(session.Planned)); err == nil && !next.IsZero() {
		emit(nameNextStart, seconds(next))
	}
}

// recent is how long what ended badly is told, as status does. It may have had its end long before, where no daemon ran: longDown.
const (
	recent   = 24 * time.Hour
	longDown = 8 * 24 * time.Hour
)

// collectLost tells what ended badly of late, by the store. The counters of this process cannot tell what was lost before it started,
// nor what its start found lost: Prometheus sees no rise of a counter whose first value it reads.
func (c *stateCollector) collectLost(ctx context.Context, emit emitter) {
	outcomes := []string{string(session.Partial), string(session.Missed), string(session.Failed)}
	since := c.Now().Add(-recent)
	rows, err := c.Store.EndedWith(ctx, since.Add(-longDown), outcomes...)
	if err != nil {
		return
	}
	ended, last, lost := map[string]int{}, map[string]time.Time{}, time.Duration(0)
	for _, row := range rows {
		s, err := runner.Decode(row, nil)
		if err != nil || s.EndedAt.Before(since) {
			continue
		}
		ended[row.Outcome]++
		last[row.Outcome] = session.Later(last[row.Outcome], s.EndedAt)
		for _, gap := range s.Gaps {
			lost += gap.Until.Sub(gap.From)
		}
	}
	for _, outcome := range outcomes {
		emit(nameRecentClasses, float64(ended[outcome]), outcome)
		if at := last[outcome]; !at.IsZero() {
			emit(nameLastEnded, seconds(at), outcome)
		}
	}
	emit(nameRecentLost, lost.Seconds())
}

// collectPlans tells of each active plan whether its newest version is the active one, which it is not where it was rejected or waits.
func (c *stateCollector) collectPlans(ctx context.Context, emit emitter) {
	active, err := c.Store.ActiveRevisions(ctx)
	if err != nil {
		return
	}
	newest, err := c.Store.Newest(ctx)
	rejected := map[string]bool{}
	for _, plan := range c.Rejected() {
		rejected[plan] = true
	}
	for _, r := range active {
		if r.Withdrawn() {
			continue
		}
		emit(namePlanRevision, float64(r.ID), r.Plan)
		emit(namePlanReloadTime, seconds(r.At), r.Plan)
		if err == nil {
			emit(namePlanReload, flag(newest[r.Plan] == r.ID && !rejected[r.Plan]), r.Plan)
		}
	}
}

// collectOutbox sums up what waits, for all targets together. What waits for one that no plan has any more is not to be delivered.
func (c *stateCollector) collectOutbox(ctx context.Context, emit emitter) {
	now := c.Now()
	backlogs, err := c.Store.Backlogs(ctx, now)
	if err != nil {
		return
	}
	targets := c.Targets()
	pending, oldest := 0, time.Duration(0)
	for _, b := range backlogs {
		if !slices.Contains(targets, b.Target) {
			continue
		}
		pending += b.Waiting
		if !b.Oldest.IsZero() {
			oldest = max(oldest, now.Sub(b.Oldest))
		}
	}
	emit(nameOutboxPending, float64(pending))
	emit(nameOutboxOldest, oldest.Seconds())
}

// emitter takes a value of a metric of the contract.
type emitter func(name string, value float64, labels ...string)

func flag(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
