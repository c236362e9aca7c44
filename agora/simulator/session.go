package simulator

import (
	"time"

	"rundown/agora"
)

const (
	sliceLength  = 15 * time.Second // of writing until the first slice is complete
	pushConnects = 2 * time.Second  // from an address to its stream
	exitVisible  = 15 * time.Second // after the end, while the service still knows the task

	reasonStop    = "stop"
	reasonMaxHour = "max_recording_hour"
)

// session is one recording. Its state at an instant is computed from these fields; only its end is noted when it is
// noticed, see [Simulator.endIfDue].
type session struct {
	job
	instance
	app, region     string
	resourceID, sid string

	startedAt   time.Time // the start request was accepted
	readyAt     time.Time // page and components are up: written from here on, unless on hold
	refusedFrom time.Time // resourceExpiredHour: no query, update and stop from here on
	holds       []hold    // in order; the first is at startedAt
	pushedSince time.Time // when the CDN address was set

	endedAt    time.Time // zero: it runs
	uploadedAt time.Time
	stopReason string

	noticed noticeProgress
}

// hold is a change of onhold.
type hold struct {
	at time.Time
	on bool
}

// span is a period of recording, [from, to).
type span struct{ from, to time.Time }

// newSession begins a session.
func newSession(r *resource, j job, now time.Time, cfg Config) *session {
	return &session{
		job: j, instance: r.instance, app: r.app, region: r.region,
		resourceID: r.id, sid: randomHex(16),
		startedAt: now, readyAt: now.Add(cfg.StartAfter), refusedFrom: now.Add(r.usableFor),
		holds: []hold{{now, j.recorder.onhold}}, pushedSince: now,
	}
}

func (x *session) ended() bool { return !x.endedAt.IsZero() }

// until is the end, or now while it runs.
func (x *session) until(now time.Time) time.Time {
	if x.ended() {
		return x.endedAt
	}
	return now
}

// naturalEnd is when and why the session ends without a stop.
func (x *session) naturalEnd(faults *script) (at time.Time, reason string) {
	at, reason = x.startedAt.Add(x.recorder.longest), reasonMaxHour
	if due, why, ok := faults.stopOf(x); ok && due.Before(at) {
		at, reason = due, why
	}
	return at, reason
}

// onhold says whether it is paused, or was at its end.
func (x *session) onhold() bool { return x.holds[len(x.holds)-1].on }

// setHold pauses or resumes.
func (x *session) setHold(on bool, now time.Time) {
	if x.onhold() != on {
		x.holds = append(x.holds, hold{now, on})
	}
}

// spans are the periods of recording up to now. The last one is empty when recording begins at this instant.
func (x *session) spans(now time.Time) []span {
	end := x.until(now)
	var out []span
	for i, h := range x.holds {
		from, to := later(h.at, x.readyAt), end
		if i+1 < len(x.holds) && x.holds[i+1].at.Before(end) {
			to = x.holds[i+1].at
		}
		begins := from.Equal(end) && !x.ended() && i == len(x.holds)-1
		if !h.on && (from.Before(to) || begins) {
			out = append(out, span{from, to})
		}
	}
	return out
}

// later is the later of two instants.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// recordingAt is when it first recorded; false where it has not.
func (x *session) recordingAt(now time.Time) (time.Time, bool) {
	if spans := x.spans(now); len(spans) > 0 {
		return spans[0].from, true
	}
	return time.Time{}, false
}

// paused is how long it was on hold while it could have recorded.
func (x *session) paused(now time.Time) time.Duration {
	end := x.until(now)
	if !end.After(x.readyAt) {
		return 0
	}
	total := end.Sub(x.readyAt)
	for _, w := range x.spans(now) {
		total -= w.to.Sub(w.from)
	}
	return total
}

// wroteFor gives the instant at which it had recorded for d in total; false where it has not by now.
func (x *session) wroteFor(d time.Duration, now time.Time) (time.Time, bool) {
	for _, w := range x.spans(now) {
		if length := w.to.Sub(w.from); d > length {
			d -= length
			continue
		}
		return w.from.Add(d), true
	}
	return time.Time{}, false
}

// firstSliceAt is when the first slice was complete: after its length, or at a pause or the end.
func (x *session) firstSliceAt(now time.Time) (time.Time, bool) {
	spans := x.spans(now)
	switch {
	case len(spans) == 0:
		return time.Time{}, false
	case spans[0].to.Sub(spans[0].from) >= sliceLength:
		return spans[0].from.Add(sliceLength), true
	case len(spans) > 1 || x.ended() || x.onhold():
		return spans[0].to, true
	}
	return time.Time{}, false
}

// status is what query reports.
func (x *session) status(now time.Time) agora.Status {
	switch {
	case x.ended() && x.stopReason == reasonStop:
		if now.Before(x.endedAt.Add(x.uploadedAt.Sub(x.endedAt) / 2)) {
			return agora.StatusStopping
		}
		return agora.StatusStopped
	case x.ended():
		if x.orderly() {
			return agora.StatusExited
		}
		return agora.StatusExitedFaulty
	case now.Before(x.readyAt):
		return agora.Status(4 * now.Sub(x.startedAt) / x.readyAt.Sub(x.startedAt))
	}
	if _, ok := x.firstSliceAt(now); ok {
		return agora.StatusInProgress
	}
	return agora.StatusReady
}

// orderly says whether the end was not a fault.
func (x *session) orderly() bool {
	return x.stopReason == reasonStop || x.stopReason == "ok" || x.stopReason == reasonMaxHour
}

// state is that of a service of the session, as query reports it.
func (x *session) state(now time.Time) string {
	switch {
	case x.ended():
		return "exit"
	case now.Before(x.readyAt):
		return "init"
	default:
		return "inProgress"
	}
}

// pushStatus is what query and notifications report of the CDN push.
func (x *session) pushStatus(now time.Time) string {
	switch {
	case now.Before(x.publishesAt()):
		return "connecting"
	case x.onhold():
		return "onhold"
	default:
		return "publishing"
	}
}

// publishesAt is when the push has connected.
func (x *session) publishesAt() time.Time { return later(x.readyAt, x.pushedSince).Add(pushConnects) }

// visible says whether query knows the session: it runs, it uploads, or it has just ended by itself.
func (x *session) visible(now time.Time) bool {
	switch {
	case !x.ended() || now.Before(x.uploadedAt):
		return true
	case x.stopReason == reasonStop:
		return false
	default:
		return now.Before(x.endedAt.Add(exitVisible))
	}
}

// leaving says whether a stop finds a session that is already ending.
func (x *session) leaving(now time.Time) bool {
	return x.ended() && now.Before(later(x.uploadedAt, x.endedAt.Add(exitVisible)))
}

func (x *session) identity() identityAnswer {
	return identityAnswer{Cname: x.cname, UID: x.uid, ResourceID: x.resourceID, SID: x.sid}
}
