package metrics

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rundown/runner/session"
)

// keepEnded is how long an occurrence that has ended is remembered. Steps come for hours after the end, of uploads
// for instance, and must not be counted again.
const keepEnded = 48 * time.Hour

// keepOpen is how long one is remembered that no step comes for and that has not ended: longer than any recording.
const keepOpen = 40 * 24 * time.Hour

// classes counts what becomes of occurrences. Steps repeat what earlier ones said, so it remembers what it has counted
// of each occurrence that is begun or has ended of late.
type classes struct {
	now     func() time.Time
	started time.Time // what ended or began to be recorded before was counted by an earlier process

	ended    *prometheus.CounterVec
	reasons  *prometheus.CounterVec
	lost     *prometheus.CounterVec // without labels, as the two below
	lateness *prometheus.HistogramVec
	notice   *prometheus.HistogramVec

	mu      sync.Mutex          // guards what is below; the metrics above guard themselves
	counted map[string]*counted // by occurrence
	swept   time.Time
}

// counted is what was counted of an occurrence.
type counted struct {
	ended   time.Time    // the end that was counted; zero: none
	late    time.Time    // the start of the class whose lateness was counted; zero: none
	noticed map[int]bool // attempts whose end was counted
	touched time.Time
}

// newClasses has each outcome there with 0 from the start: a rate needs a value before the first rise.
func newClasses(now func() time.Time) *classes {
	c := &classes{
		now: now, started: now(), swept: now(), counted: map[string]*counted{},
		ended: counter(nameClasses), reasons: counter(nameReasons), lost: counter(nameSecondsLost),
		lateness: histogram(nameLateness), notice: histogram(nameNotice),
	}
	for _, outcome := range outcomes {
		c.ended.WithLabelValues(string(outcome))
	}
	c.lost.WithLabelValues()
	c.lateness.WithLabelValues()
	c.notice.WithLabelValues()
	return c
}

// step takes in a state.
func (c *classes) step(s *session.State) {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sweep(now)
	if len(s.Sessions) == 0 && s.Phase != session.Ended {
		return // nothing has happened yet
	}
	was := c.counted[s.ID]
	if was == nil {
		was = &counted{noticed: map[int]bool{}}
		c.counted[s.ID] = was
	}
	was.touched = now
	c.countStart(s, was)
	c.countEnds(s, was, now)
	if s.Phase == session.Ended && !s.EndedAt.Equal(was.ended) {
		was.ended = s.EndedAt
		if !s.EndedAt.Before(c.started) {
			c.countOutcome(s)
		}
	}
}

// countStart observes how late a class began to be recorded, once for each of its times.
func (c *classes) countStart(s *session.State, was *counted) {
	if was.late.Equal(s.Start) {
		return
	}
	var first time.Time
	for i := range s.Sessions {
		x := &s.Sessions[i]
		if i >= s.EarlierSessions && !x.RecordingAt.IsZero() && (first.IsZero() || x.RecordingAt.Before(first)) {
			first = x.RecordingAt
		}
	}
	if first.IsZero() {
		return
	}
	was.late = s.Start
	if !first.Before(c.started) {
		c.lateness.WithLabelValues().Observe(max(first.Sub(s.Start), 0).Seconds())
	}
}

// countEnds observes how long it took to notice the ends of sessions that nobody stopped.
func (c *classes) countEnds(s *session.State, was *counted, now time.Time) {
	for i := range s.Sessions {
		x := &s.Sessions[i]
		if x.State != session.SessionLost && x.FinalState != session.SessionLost || was.noticed[x.Attempt] {
			continue
		}
		was.noticed[x.Attempt] = true
		if !x.StoppedAt.Before(c.started) {
			c.notice.WithLabelValues().Observe(max(now.Sub(x.StoppedAt), 0).Seconds())
		}
	}
}

// countOutcome counts an outcome. What a cancelled class lost is lost on purpose, and does not count.
func (c *classes) countOutcome(s *session.State) {
	c.ended.WithLabelValues(string(s.Outcome)).Inc()
	if s.ReasonCode != "" {
		c.reasons.WithLabelValues(string(s.ReasonCode)).Inc()
	}
	if s.Outcome == session.Recorded || s.Outcome == session.Cancelled {
		return
	}
	for _, gap := range s.Gaps {
		c.lost.WithLabelValues().Add(gap.Until.Sub(gap.From).Seconds())
	}
}

// sweep forgets what no step comes for any more. The caller holds mu.
func (c *classes) sweep(now time.Time) {
	if now.Sub(c.swept) < time.Hour {
		return
	}
	c.swept = now
	for id, was := range c.counted {
		if quiet := now.Sub(was.touched); quiet > keepEnded && !was.ended.IsZero() || quiet > keepOpen {
			delete(c.counted, id)
		}
	}
}
