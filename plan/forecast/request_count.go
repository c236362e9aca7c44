package forecast

import (
	"math"
	"time"

	"rundown/agora/catalog"
	"rundown/plan/schedule"
)

// requestCount counts the requests of an App ID second by second, in order of time. It models the budget as a queue:
// what exceeds the rate of a second waits for the next one.
//
// Seconds come in order from [sweep.run], by [requestCount.add]; the last one is closed by [requestCount.flush].
type requestCount struct {
	out      RequestForecast
	zone     *time.Location
	app      *node    // counts the sessions that are queried
	interval float64  // s between two queries of a session
	starts   []uint64 // recordings to be placed: events at which they must be writing, with their sessions in place of the kind

	at      int64   // the second that is being counted, Unix
	open    bool    // it was begun and not closed
	counts  [3]int  // requests that fall due in it, by kind
	polls   float64 // queries a second then
	worst   float64 // the most requests of a second so far, queries included
	backlog float64 // requests that wait at the end of the second
	since   [3]int  // all requests from the second sinceAt on, in which something began to wait
	sinceAt int64
	longest float64 // s that a request waits
}

// The kinds of requests, which index counts of them.
const (
	RequestStart = iota
	RequestUpdate
	RequestStop
)

// newRequestCount begins to count, for a budget of qps requests a second.
func newRequestCount(qps int, zone *time.Location, app *node) requestCount {
	return requestCount{out: RequestForecast{QPS: qps, PollEvery: catalog.MonitorInterval()}, zone: zone, app: app, interval: catalog.MonitorInterval().Seconds()}
}

// add counts n requests in a second. Seconds must not decrease.
func (r *requestCount) add(at int64, kind, n int) {
	if !r.open || r.at != at {
		r.next(at)
	}
	ahead := r.counts[RequestUpdate] + r.counts[RequestStop]
	if kind == RequestStart && r.backlog+float64(ahead) > schedule.Slack.Seconds()*float64(r.out.QPS) {
		if r.out.Late == 0 {
			since := at
			if r.backlog > 0 {
				since = r.sinceAt
			}
			r.out.LateAt, r.out.LateSince = r.time(at), r.time(since)
			r.out.LateBehind = r.since
			r.out.LateBehind[RequestUpdate] += r.counts[RequestUpdate]
			r.out.LateBehind[RequestStop] += r.counts[RequestStop]
		}
		r.out.Late++
	}
	r.counts[kind] += n
}

// time gives an instant in the zone of the app.
func (r *requestCount) time(at int64) time.Time { return time.Unix(at, 0).In(r.zone) }

// next begins another second: it closes the open one and reduces the backlog by the idle seconds between.
func (r *requestCount) next(at int64) {
	idle := at - r.at
	r.flush()
	r.backlog = max(0, r.backlog-float64(max(idle-1, 0))*float64(r.out.QPS))
	if r.backlog == 0 {
		r.since, r.sinceAt = [3]int{}, at
	}
	r.at, r.open, r.counts = at, true, [3]int{}
	r.polls = float64(r.app.now[0]) / r.interval
}

// countPolls notes the rate of queries when more sessions run.
func (r *requestCount) countPolls(at int64) {
	if polls := float64(r.app.now[0]) / r.interval; polls > r.out.Most {
		r.out.Most, r.out.MostAt = polls, r.time(at)
	}
}

// flush closes the open second.
func (r *requestCount) flush() {
	if !r.open {
		return
	}
	r.open = false
	sum := r.counts[0] + r.counts[1] + r.counts[2]
	if total := float64(sum) + r.polls; total > r.worst {
		r.worst = total
		r.out.WorstAt, r.out.Polls = r.time(r.at), r.polls
		r.out.Starts, r.out.Stops, r.out.Updates = r.counts[RequestStart], r.counts[RequestStop], r.counts[RequestUpdate]
	}
	r.backlog = max(0, r.backlog+float64(sum-r.out.QPS))
	for kind, n := range r.counts {
		r.since[kind] += n
	}
	r.longest = max(r.longest, r.backlog/float64(r.out.QPS))
}

// forecast gives the counts, with the rate rounded up.
func (r *requestCount) forecast() RequestForecast {
	r.out.Worst = int(math.Ceil(r.worst))
	r.out.Wait = time.Duration(r.longest * float64(time.Second)).Round(100 * time.Millisecond)
	return r.out
}
