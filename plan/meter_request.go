package plan

import (
	"math"
	"slices"
	"time"

	"rundown/agora"
)

// requestMeter counts the requests of an App ID by the second.
type requestMeter struct {
	qps       int64
	lead      int64 // s
	interval  float64
	spacing   time.Duration
	starts    []event // those not begun yet, when they must be writing; of one instant, those of most sessions begin last
	spare     []event
	at        int64 // the second being counted
	open      bool
	counts    [3]int64
	sessions  int64 // that were polled at the time
	worst     float64
	worstAt   int64
	worstOf   [3]int64
	worstPoll float64
	mostPoll  float64
	mostAt    int64
	ahead     int64 // ns
	aheadAt   int64
	backlog   float64  // requests that wait at the end of the second
	since     [3]int64 // all requests from the second on in which something began to wait
	sinceAt   int64
	wait      float64 // s
	waitAt    int64
	late      int64
	lateAt    int64
	lateOf    [3]int64 // what the first of them waits behind, from lateSince on
	lateSince int64
}

const (
	requestStart = iota
	requestUpdate
	requestStop
)

func newRequestMeter(qps int) requestMeter {
	if qps <= 0 {
		qps = agora.DefaultQPS()
	}
	return requestMeter{
		qps: int64(qps), spacing: Spacing(qps), lead: int64(Lead() / time.Second), interval: agora.MonitorInterval().Seconds(),
	}
}

// place turns the starts that begin before the offset into events.
func (r *requestMeter) place(m *meter, limit uint64) {
	if len(r.starts) == 0 {
		return
	}
	r.spare = sortEvents(r.starts, r.spare)
	p := newPlacement(r.spacing)
	kept := len(r.starts)
	for i := len(r.starts) - 1; i >= 0; i-- {
		s := &r.starts[i]
		writing, sessions := m.at(s), m.counters[s.counter].sessions
		var waiting int32
		for range s.n {
			before := p.advance(writing*int64(time.Second), sessions)
			at := writing - (before+int64(time.Second)-1)/int64(time.Second)
			if uint64(max(at-m.base, 0)) >= limit {
				waiting++
				continue
			}
			if ahead := before - p.lead; ahead > r.ahead || ahead == r.ahead && ahead > 0 && writing < r.aheadAt {
				r.ahead, r.aheadAt = ahead, writing
			}
			e := m.event(at, eventBegin, s.counter, 1)
			if last := len(m.events) - 1; last >= 0 && m.events[last].key == e.key && m.events[last].counter == e.counter {
				m.events[last].n++
			} else {
				m.events = append(m.events, e)
			}
		}
		if waiting > 0 {
			s.n, kept = waiting, i
		}
	}
	r.starts = slices.Delete(r.starts, 0, kept)
}

// add counts requests of a second, for so many recordings; so many sessions are polled then.
func (r *requestMeter) add(at, sessions int64, kind int, recordings int32, n int64) {
	r.turn(at, sessions)
	if kind == requestStart && r.backlog+float64(r.counts[requestUpdate]+r.counts[requestStop]) > slack.Seconds()*float64(r.qps) {
		if r.late == 0 {
			r.lateAt, r.lateSince, r.lateOf = at, r.at, r.since
			if r.backlog > 0 {
				r.lateSince = r.sinceAt
			}
			r.lateOf[requestUpdate] += r.counts[requestUpdate]
			r.lateOf[requestStop] += r.counts[requestStop]
		}
		r.late += int64(recordings)
	}
	r.counts[kind] += n
}

// turn goes on to another second.
func (r *requestMeter) turn(at, sessions int64) {
	if r.open && r.at == at {
		return
	}
	idle := at - r.at
	r.flush()
	if idle > 0 {
		r.backlog = max(0, r.backlog-float64(idle-1)*float64(r.qps))
	}
	if r.backlog == 0 {
		r.since, r.sinceAt = [3]int64{}, at
	}
	r.at, r.open, r.sessions, r.counts = at, true, sessions, [3]int64{}
}

// load tells that so many sessions are polled from now on.
func (r *requestMeter) load(at, sessions int64) {
	if polls := float64(sessions) / r.interval; polls > r.mostPoll {
		r.mostPoll, r.mostAt = polls, at
	}
}

// flush counts the second that is open.
func (r *requestMeter) flush() {
	if !r.open {
		return
	}
	r.open = false
	polls := float64(r.sessions) / r.interval
	sum := r.counts[0] + r.counts[1] + r.counts[2]
	total := float64(sum) + polls
	if total > r.worst {
		r.worst, r.worstAt, r.worstOf, r.worstPoll = total, r.at, r.counts, polls
	}
	r.backlog = max(0, r.backlog+float64(sum)-float64(r.qps))
	for kind, n := range r.counts {
		r.since[kind] += n
	}
	if wait := r.backlog / float64(r.qps); wait > r.wait {
		r.wait, r.waitAt = wait, r.at
	}
}

func (r *requestMeter) forecast(zone *time.Location) RequestForecast {
	at := func(unix int64, known bool) time.Time {
		if !known {
			return time.Time{}
		}
		return time.Unix(unix, 0).In(zone)
	}
	return RequestForecast{
		QPS: int(r.qps), Worst: int(math.Ceil(r.worst)), WorstAt: at(r.worstAt, r.worst > 0),
		Starts: int(r.worstOf[requestStart]), Stops: int(r.worstOf[requestStop]), Updates: int(r.worstOf[requestUpdate]), Polls: r.worstPoll,
		Most: r.mostPoll, MostAt: at(r.mostAt, r.mostPoll > 0),
		Ahead: time.Duration(r.ahead), AheadAt: at(r.aheadAt, r.ahead > 0),
		Wait: time.Duration(r.wait * float64(time.Second)).Round(100 * time.Millisecond), WaitAt: at(r.waitAt, r.wait > 0),
		Late: int(r.late), LateAt: at(r.lateAt, r.late > 0), LateSince: at(r.lateSince, r.late > 0),
		LateBehind: [3]int{int(r.lateOf[requestStart]), int(r.lateOf[requestUpdate]), int(r.lateOf[requestStop])},
	}
}
