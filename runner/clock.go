package runner

import (
	"time"

	"rundown/runner/session"
)

// leastFreeze is how long the process must not have run to be logged.
const leastFreeze = 10 * time.Second

// clock notices that the wall clock and the time that passes part: a machine that slept, a clock that was set.
type clock struct{ wall, passed time.Time }

// look takes a reading of both and says how much further than time the wall clock went since the last reading, less
// than nothing where it was set back; 0 where that is not worth a word. passed is a reading that no setting of the
// clock moves.
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

// watchFreeze logs that the process did not run: SIGSTOP, a machine that was suspended or has too much to do. It is a
// duty of each poll, so more than that has passed since the duty before ended.
func (e *Engine) watchFreeze(passed time.Time) {
	if e.watched.IsZero() {
		return
	}
	if frozen := passed.Sub(e.watched) - e.cfg.Poll; frozen > leastFreeze {
		e.log.Warn("the process did not run for a while, stopped or suspended; what ended meanwhile is stopped now, and what was missed is reported", "duration_ms", frozen.Milliseconds())
	}
}

// watchClock tells of a jump and has all that stands on the clock look at it anew.
func (e *Engine) watchClock() {
	now, passed := e.cfg.Now(), time.Now()
	e.watchFreeze(passed)
	defer func() { e.watched = time.Now() }()
	jump := e.clock.look(now, passed)
	switch {
	case jump == 0:
		return
	case jump < 0:
		e.log.Warn("the clock was set back; what runs goes on and is stopped at its end by the new time, and nothing that ended begins again", "by", -jump, "now", now)
	default:
		e.log.Warn("the clock went ahead, or the machine slept; what is over by now is stopped, and what was missed is told", "by", jump, "duration_ms", jump.Milliseconds(), "now", now)
	}
	e.mu.Lock()
	for _, w := range e.workers {
		w.post(func() {}) // the loop looks at its clock before all else
	}
	e.mu.Unlock()
	e.extend()
}

// watchClock looks for a jump since the loop's last turn. Time that was leapt over was nobody's to record in; and what
// was begun before a clock was set back waits for instants of the old time.
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

// unattendedSince is since when nobody could begin an occurrence that has not begun: its time came before this process was there,
// or while the clock leapt. Zero: that is not what kept it.
func (w *worker) unattendedSince(o *occurrence) time.Time {
	switch {
	case !o.state.Fresh() || o.state.Phase == session.Over:
	case o.begin.After(w.leapt.From) && !o.begin.After(w.leapt.Until):
		return w.leapt.From
	case o.spec.FirstRequest().Before(w.e.started):
		return w.e.beat
	}
	return time.Time{}
}
