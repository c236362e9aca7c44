package runner

import (
	"time"

	"rundown/runner/reason"
	"rundown/runner/session"
)

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
