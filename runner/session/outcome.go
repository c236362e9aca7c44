package session

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/runner/reason"
)

// finish sets the outcome by the best evidence there is and says which that was.
func (d *Decision) finish() {
	s := &d.S
	s.EndedAt = d.now
	for i := range s.Sessions {
		d.orphanIfDoubtful(&s.Sessions[i])
	}
	gaveUp := s.abandonReason()
	s.Gaps = gaps(s.Start, s.End, s.Sessions)
	foreign := s.foreignText()
	why := append(d.outcome(gaveUp), foreign...)
	for _, x := range s.Sessions {
		if x.isOrphan() {
			why = append(why, x.Reason)
		}
		why = append(why, x.Remarks...)
		why = append(why, x.uploadProblems()...)
	}
	why = append(why, d.earlierEvidenceText()...)
	if gaveUp.None() {
		for _, rep := range s.Replicas[:s.ReplicaCount()] {
			if rep.AbandonReason != "" {
				why = append(why, fmt.Sprintf("one of the %d recordings at once was given up: %s", s.ReplicaCount(), rep.AbandonReason))
			}
		}
	}
	s.Reason = strings.Join(why, "; ")
	d.note("%s: %s", s.Outcome, s.Reason)
}

// outcome sets the outcome and its reason code, and gives the first sentences of the reason.
func (d *Decision) outcome(gaveUp reason.Reason) (why []string) {
	s := &d.S
	covered := s.hasRecording()
	switch {
	case s.Cancel != nil && s.Cancel.At.Before(s.End):
		return d.cancelledOutcome(covered)
	case s.outOfPlan():
		s.Outcome, s.ReasonCode, s.Gaps = Cancelled, reason.LeftPlan, nil
		return []string{"the plan no longer holds it"}
	case s.Fresh() && !covered:
		late := gaveUp.Or(d.latenessReason(0))
		s.Outcome, s.ReasonCode = Missed, late.Code
		return []string{late.Text}
	case !covered:
		return d.failedOutcome(gaveUp)
	case s.onlyPadding():
		return d.paddingOutcome(gaveUp)
	case len(s.Gaps) > 0:
		return d.partialOutcome(gaveUp)
	default:
		s.Outcome = Recorded
		return d.evidenceText()
	}
}

// cancelledOutcome is the outcome of a class that was cancelled before its end. What was recorded until then is kept.
func (d *Decision) cancelledOutcome(covered bool) []string {
	s := &d.S
	s.Outcome, s.ReasonCode = Cancelled, cmp.Or(s.Cancel.ReasonCode, reason.CancelledByOperator)
	text := "cancelled by " + s.Cancel.Who
	if covered && s.ReasonCode == reason.CancelledByOperator {
		s.ReasonCode = reason.EndedByOperator
		text = fmt.Sprintf("ended early by %s at %s", s.Cancel.Who, d.Clock(s.Cancel.At))
	}
	if s.Cancel.Reason != "" {
		text += ": " + s.Cancel.Reason
	}
	if !covered {
		s.Gaps = nil
		return []string{text}
	}
	return append([]string{text}, d.evidenceText()...)
}

// failedOutcome is the outcome of a class of which nothing was recorded although it was begun.
func (d *Decision) failedOutcome(gaveUp reason.Reason) []string {
	s := &d.S
	last := s.Sessions[len(s.Sessions)-1].reason()
	s.Outcome = Failed
	s.ReasonCode = cmp.Or(gaveUp.Code, last.Code, reason.NothingRecorded)
	why := []string{cmp.Or(gaveUp.Text, "nothing was recorded")}
	why = append(why, d.unconfirmedSessions("nothing of ours recorded")...)
	// Foreign answers and orphans are told below, and what a replica was given up for may quote its last session.
	told := last.None() || last.Code == reason.ForeignAnswer || last.Code.Orphan() || strings.Contains(gaveUp.Text, last.Text)
	if !told {
		why = append(why, last.Text)
	}
	return why
}

// paddingOutcome is the outcome of a class of which nothing was recorded, but some of what came before or after it.
func (d *Decision) paddingOutcome(gaveUp reason.Reason) []string {
	s := &d.S
	s.Outcome = Failed
	why := []string{"nothing of the class was recorded, only padding"}
	switch {
	case !gaveUp.None():
		s.ReasonCode = gaveUp.Code
		why = append(why, gaveUp.Text)
	case s.gapCode() == reason.Incomplete && s.startedLate():
		late := s.lateStart()
		s.ReasonCode, why = late.Code, append(why, late.Text)
	default:
		s.ReasonCode = s.gapCode()
	}
	why = append(why, d.unconfirmedSessions("nothing of ours recorded it")...)
	return append(why, d.evidenceText()...)
}

// onlyPadding says that what was recorded lies outside of the class. It is false where a session that wrote may have written the class:
// its end is unknown. It is false as well where the class ended before its start, since another class took over: then nothing of it is missing.
func (s *State) onlyPadding() bool {
	if !s.Start.Before(s.End) {
		return false
	}
	if missing(s.Gaps) < s.End.Sub(s.Start) {
		return false
	}
	return !slices.ContainsFunc(s.Sessions, func(x Session) bool {
		from, until := x.writtenPeriod()
		return !from.IsZero() && !from.Before(until) && from.Before(s.End)
	})
}

// partialOutcome is the outcome of a class that was recorded with gaps.
func (d *Decision) partialOutcome(gaveUp reason.Reason) []string {
	s := &d.S
	s.Outcome = Partial
	why := []string{plan.DurationText(missing(s.Gaps).Round(100*time.Millisecond)) + " of the class are missing"}
	switch {
	case !gaveUp.None():
		s.ReasonCode = gaveUp.Code
		why = append(why, gaveUp.Text)
	case s.Begin.Add(catalog.StartLead()).After(s.Start):
		s.ReasonCode = d.latenessReason(0).Code
		why = append(why, "it was begun late")
	default:
		if s.ReasonCode = s.gapCode(); s.ReasonCode == reason.Incomplete && s.startedLate() {
			late := s.lateStart()
			s.ReasonCode, why = late.Code, append(why, late.Text)
		}
	}
	why = append(why, d.unconfirmedSessions("what is missing is not in a session of ours")...)
	return append(why, d.evidenceText()...)
}

// startedLate says that nothing but the beginning is missing, since the first start was sent too late for it, although the class was
// begun in time: the request had to wait, as where the store could not be written. One that was sent in time and answered late is not
// meant: nothing held the daemon up.
func (s *State) startedLate() bool {
	x := s.current()
	if len(x) == 0 || len(s.Gaps) != 1 {
		return false
	}
	sent := cmp.Or(x[0].SentAt, x[0].StartedAt) // where nothing says when it was sent, the sid came after that
	return sent.Add(catalog.StartLead()).After(s.Start) && s.Gaps[0].From.Equal(s.Start) && !s.Gaps[0].Until.After(x[0].RecordingAt)
}

// lateStart is why a class was begun late ([State.startedLate]): what the service answered to its acquires, where it refused them so long
// that the resource id came too late for the start.
func (s *State) lateStart() reason.Reason {
	x := s.current()[0]
	if x.DelayedBy == "" || !x.AcquiredAt.Add(catalog.StartLead()).After(s.Start) { // the id was there in time
		return reason.Because(reason.BegunLate, "its start was sent late")
	}
	return reason.Because(cmp.Or(x.DelayCode, reason.BegunLate), "its start was sent late: %s", x.DelayedBy)
}

// gapCode is the code of what most likely made the gaps: the first session that failed or was lost, else the first that
// ended otherwise than by our stop.
func (s *State) gapCode() reason.Code {
	var other reason.Code
	for _, x := range s.current() {
		if x.ReasonCode != "" && x.State != SessionEnded {
			return x.ReasonCode
		}
		other = cmp.Or(other, x.ReasonCode)
	}
	return cmp.Or(other, reason.Incomplete)
}

func (x *Session) isOrphan() bool { return x.State == SessionOrphan || x.ReasonCode.Orphan() }

// orphanIfDoubtful makes an orphan of a session of whose start nothing has told.
func (d *Decision) orphanIfDoubtful(x *Session) {
	if x.State == SessionFailed && x.StartUncertain && !x.OnlyBlocked && !d.S.startRefuted(x) {
		d.markOrphan(x)
	}
}

// unconfirmedSessions names the sessions that nobody could confirm, which may have written what ours did not, and where to look.
func (d *Decision) unconfirmedSessions(missing string) []string {
	var out []string
	for _, x := range d.S.Sessions {
		if !x.isOrphan() {
			continue
		}
		text := fmt.Sprintf("%s, an unconfirmed session may hold it (orphan: session %d", missing, x.Attempt)
		if x.ResourceID != "" {
			text += ", resource id " + x.ResourceID
		}
		if x.SID != "" {
			text += ", sid " + x.SID
		}
		text += ")"
		if d.S.Prefix != "" {
			text += ": look under " + d.S.Prefix + " for files of " + x.Cname
		}
		out = append(out, text)
	}
	return out
}

// earlierEvidenceText tells of what was written before the class was moved.
func (d *Decision) earlierEvidenceText() []string {
	var out []string
	for _, x := range d.S.Sessions {
		if from, until := x.writtenPeriod(); d.S.IsEarlier(&x) && from.Before(until) {
			out = append(out, fmt.Sprintf("before it was moved, session %d recorded from %s to %s", x.Attempt, d.Clock(from), d.Clock(until)))
		}
	}
	return out
}

// evidenceText tells of each session of the class that wrote, and by what evidence that is known.
func (d *Decision) evidenceText() []string {
	var out []string
	for _, x := range d.S.current() {
		from, until := x.writtenPeriod()
		if from.IsZero() {
			continue
		}
		how := "start as first seen by a query"
		if x.FromNamed {
			how = "start reported by the service"
		}
		if !from.Before(until) {
			out = append(out, fmt.Sprintf("recorded from %s (%s); its end is unknown", d.Clock(from), how))
			continue
		}
		text := fmt.Sprintf("recorded from %s (%s) to %s", d.Clock(from), how, d.Clock(until))
		if x.Failover > 0 {
			text += fmt.Sprintf(", answering 404 for %s in between", plan.DurationText(x.Failover.Round(time.Second)))
		}
		if x.Reason != "" && x.State != SessionOrphan {
			text += ": " + x.Reason
		}
		out = append(out, text)
	}
	return out
}

// writtenPeriod is the interval in which a session wrote, as far as is known; empty when it did not.
func (x *Session) writtenPeriod() (from, until time.Time) {
	if x.RecordingAt.IsZero() {
		return time.Time{}, time.Time{}
	}
	until = x.StoppedAt
	if until.IsZero() {
		until = x.LastGood
	}
	return x.RecordingAt, until
}

// missing is how long gaps are together.
func missing(gaps []Gap) (sum time.Duration) {
	for _, g := range gaps {
		sum += g.Until.Sub(g.From)
	}
	return sum
}

// gaps lists the parts of [start, end) of a second or more in which no session wrote.
func gaps(start, end time.Time, sessions []Session) []Gap {
	type interval struct{ from, until time.Time }
	var wrote []interval
	for i := range sessions {
		from, until := sessions[i].writtenPeriod()
		for _, p := range sessions[i].Paused {
			if from.Before(p.From) {
				wrote = append(wrote, interval{from, Earlier(p.From, until)})
			}
			from = until // never resumed
			if !p.Until.IsZero() {
				from = p.Until
			}
		}
		if from.Before(until) {
			wrote = append(wrote, interval{from, until})
		}
	}
	slices.SortFunc(wrote, func(a, b interval) int { return a.from.Compare(b.from) })
	var out []Gap
	at := start
	add := func(until time.Time) {
		if until = Earlier(until, end); until.Sub(at) >= minGap {
			out = append(out, Gap{From: at, Until: until})
		}
	}
	for _, w := range wrote {
		add(w.from)
		at = Later(at, w.until)
	}
	add(end)
	return out
}

// startRefuted says that a doubtful start is known not to have had an effect: a later one with the same uid was accepted. (After a
// conflict markConflicting has left one start in doubt.) Of those whose starts were not answered by the service
// the last one stands for all, since one recording of a cname and a uid lives at most.
func (s *State) startRefuted(x *Session) bool {
	return slices.ContainsFunc(s.Sessions, func(y Session) bool {
		return y.Attempt > x.Attempt && y.UID == x.UID && (y.SID != "" || len(x.Foreign) > 0 && y.State == SessionFailed && y.StartUncertain && !y.OnlyBlocked)
	})
}
