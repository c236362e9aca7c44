package runner

import (
	"time"

	"rundown/runner/reason"
	"rundown/runner/session"
)

// skew watches by how much the service's clock goes ahead of ours.
type skew struct {
	off    bool // told of
	voices int  // answers in a row that say otherwise
}

// heard takes in by how much it does by one answer, and says whether that changes what is to be told.
func (k *skew) heard(by time.Duration) bool {
	otherwise := !k.off && by.Abs() >= session.MaxSkew || k.off && by.Abs() < session.MinSkew
	if !otherwise {
		k.voices = 0
		return false
	}
	if k.voices++; k.voices < session.SkewAnswers {
		return false
	}
	k.off, k.voices = !k.off, 0
	return true
}

// serviceClock takes in the Date of an answer.
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
