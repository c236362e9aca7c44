package runner

import (
	"fmt"
	"time"

	"rundown/runner/reason"
	"rundown/runner/session"
)

// leastFreeze is the shortest pause of the process that is logged.
const leastFreeze = 10 * time.Second

// clock notices that the wall clock and the monotonic time differ: the machine slept, or the clock was set. It is not safe
// for concurrent use; the engine and each worker have one of their own.
type clock struct {
	wall, passed time.Time
	leapt        session.Gap // the last time that the wall clock leapt over
}

// look reads both, and returns by how much the wall clock went further than time since the last reading: negative where it was
// set back, 0 below session.MinClockJump. passed is a monotonic reading.
func (c *clock) look(wall, passed time.Time) time.Duration {
	last := *c
	c.wall, c.passed = wall, passed
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
		w.clock.leapt, w.loadAt = session.Gap{From: now.Add(-jump), Until: now}, now
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
	case o.begin.After(w.clock.leapt.From) && !o.begin.After(w.clock.leapt.Until):
		return w.clock.leapt.From
	case o.spec.FirstRequest().Before(w.since):
		return w.seen
	}
	return time.Time{}
}

// A difference of session.MaxSkew between the clocks is reported, and it is over once they agree within minSkew. The Date of an
// answer has whole seconds and an answer may be slow, so several answers in a row must say the same.
const (
	minSkew     = 3 * time.Second
	skewAnswers = 3
)

// skew watches by how much the service's clock is ahead of ours. Guarded by the engine's lock.
type skew struct {
	off    bool // the difference was reported
	voices int  // answers in a row that say the opposite of off
}

// heard takes in the difference by one answer, and says whether off has changed.
func (k *skew) heard(by time.Duration) bool {
	otherwise := !k.off && by.Abs() >= session.MaxSkew || k.off && by.Abs() < minSkew
	if !otherwise {
		k.voices = 0
		return false
	}
	if k.voices++; k.voices < skewAnswers {
		return false
	}
	k.off, k.voices = !k.off, 0
	return true
}

// serviceClock takes in the Date of an answer; zero: it had none.
func (e *Engine) serviceClock(date time.Time) {
	if date.IsZero() {
		return
	}
	by := date.Add(500 * time.Millisecond).Sub(e.cfg.Now()).Round(100 * time.Millisecond)
	e.mu.Lock()
	changed, off := e.skew.heard(by), e.skew.off
	e.mu.Unlock()
	switch {
	case !changed:
	case off:
		way := "behind"
		if by < 0 {
			way = "ahead of"
		}
		e.raise("", Issue{
			ID: reason.IssueClockOff, Severity: SeverityWarning,
			Text:   "this machine's clock is " + by.Abs().String() + " " + way + " the service's, and classes begin and end by this machine's",
			Advice: "synchronize it by NTP",
		})
		e.log.Warn("this machine's clock is "+way+" the service's: classes begin and end by ours; keep it by NTP", "reason_code", reason.IssueClockOff, "by", by.Abs())
	default:
		e.clear(reason.IssueClockOff, "")
		e.log.Info("this machine's clock and the service's agree again")
	}
}

// compareClocks compares the clock with that of the store's database, which answered between two instants.
func (e *Engine) compareClocks(at, before, after time.Time) {
	if !e.shared() {
		return
	}
	offset := at.Sub(before.Add(after.Sub(before) / 2))
	e.mu.Lock()
	if offset.Abs() >= clockWrong && e.offset.Abs() < clockWrong {
		e.wrongSince = e.gate.elapsed()
	}
	e.offset = offset
	e.mu.Unlock()
	if offset.Abs() < clockDiffers {
		e.clear(reason.IssueNodeClock, "")
		return
	}
	e.raise("", e.clockIssue(offset))
}

// clockIssue is the health issue about a clock from which that of the database differs by an offset.
func (e *Engine) clockIssue(offset time.Duration) Issue {
	issue := Issue{
		ID: reason.IssueNodeClock, Severity: SeverityWarning, Advice: "set the clock of this machine or of the database's, for instance by NTP",
		Text: fmt.Sprintf("the clock of this machine differs from the database's by %v", offset.Abs().Round(100*time.Millisecond)),
	}
	if offset.Abs() < clockWrong {
		return issue
	}
	issue.Severity = SeverityCritical
	if len(e.allWorkers()) == 0 {
		issue.Text += ": this node takes on no App IDs while another node can work on them"
		return issue
	}
	way := "late"
	if offset < 0 {
		way = "early"
	}
	issue.Text += fmt.Sprintf(": by the database's clock, its classes begin and end about %v too %s until a node with the right time takes them over", offset.Abs().Round(time.Second), way)
	return issue
}

// clockInDoubt says that the clock of this node is wrong, and that the other nodes may not know yet whether theirs are, too.
func (e *Engine) clockInDoubt() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.offset.Abs() >= clockWrong && e.gate.elapsed()-e.wrongSince < clockGrace
}
