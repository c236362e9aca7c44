package runner

import (
	"time"

	"rundown/runner/session"
)

// leastFreeze is the shortest pause of the process that is logged.
const leastFreeze = 10 * time.Second

// clock notices that the wall clock and the monotonic time differ: the machine slept, or the clock was set. It is not safe
// for concurrent use; the engine and each worker have one of their own.
type clock struct{ wall, passed time.Time }

// look reads both, and returns by how much the wall clock went further than time since the last reading: negative where it was
// set back, 0 below session.MinClockJump. passed is a monotonic reading.
func (c *clock) look(wall, passed time.Time) time.Duration {
	last := *c
	*c = clock{wall, passed}
	if last.wall.IsZero() {
		return 0
	}
	jump := wall.Sub(last.wall) - passed.Sub(last.passed)
	if jump.Abs() < session.MinClockJump {
		return 0
	}
	return jump
}

// watchFreeze logs that the process did not run for a while: SIGSTOP, a suspended or overloaded machine. It runs at each poll,
// so a pause shows as a poll that comes too late.
func (e *Engine) watchFreeze(passed time.Time) {
	if e.watched.IsZero() {
		return
	}
	if frozen := passed.Sub(e.watched) - e.cfg.Poll; frozen > leastFreeze {
		e.log.Warn("the process did not run for a while, stopped or suspended; classes that are over are stopped now, and missed ones are reported", "duration_ms", frozen.Milliseconds())
	}
}

// watchClocks reports a jump of the clock and has every worker look at its clock.
func (e *Engine) watchClocks() {
	now, passed := e.cfg.Now(), time.Now()
	e.watchFreeze(passed)
	defer func() { e.watched = time.Now() }()
	jump := e.clock.look(now, passed)
	switch {
	case jump == 0:
		return
	case jump < 0:
		e.log.Warn("the clock was set back; recordings go on to their end by the new time, and no class that has ended begins again", "by", -jump, "now", now)
	default:
		e.log.Warn("the clock went ahead, or the machine slept; classes that are over are stopped, and missed ones are reported", "by", jump, "duration_ms", jump.Milliseconds(), "now", now)
	}
	e.mu.Lock()
	for _, w := range e.workers {
		w.post(func() {}) // the loop looks at its clock before all else
	}
	e.mu.Unlock()
	e.extendHorizon()
}

// watchClock looks for a jump since the loop's last turn. In time that was jumped over nothing could be recorded. After a clock
// was set back, what had begun waits for instants of the old time, so it is looked at now.
func (w *worker) watchClock(now time.Time) {
	switch jump := w.clock.look(now, time.Now()); {
	case jump > 0:
		w.leapt, w.loadAt = session.Gap{From: now.Add(-jump), Until: now}, now
	case jump < 0:
		w.loadAt = now
		for _, o := range w.near {
			if len(o.state.Sessions) > 0 {
				w.step(o)
			}
		}
	}
}

// unattendedSince is since when no process could begin an occurrence: its time came before this process started, or in time
// that the clock jumped over. Zero: neither is the case.
func (w *worker) unattendedSince(o *occurrence) time.Time {
	switch {
	case !o.state.Fresh() || o.state.Phase == session.Ended:
	case o.begin.After(w.leapt.From) && !o.begin.After(w.leapt.Until):
		return w.leapt.From
	case o.spec.FirstRequest().Before(w.since):
		return w.seen
	}
	return time.Time{}
}
