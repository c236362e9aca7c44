package page

import (
	"slices"
	"time"

	"rundown/runner/reason"
	"rundown/runner/session"
)

// look is how a class looks. The word and the icon say the same as the colour, so that nobody needs to see colours.
type look struct {
	Key  string // names the colour in page.css and the icon in icons.html
	Word string
	Rank int // how much a person is needed; 0: not
}

// The looks of classes.
var (
	lookPlanned   = look{"planned", "Planned", 0}
	lookStarting  = look{"starting", "Starting", 0}
	lookLate      = look{"late", "Starting late", 2}
	lookRecording = look{"recording", "Recording", 0}
	lookBroken    = look{"broken", "Interrupted", 3}
	lookStopping  = look{"stopping", "Stopping", 0}
	lookRecorded  = look{"recorded", "Recorded", 0}
	lookPartial   = look{"partial", "Partial", 1}
	lookMissed    = look{"missed", "Missed", 2}
	lookFailed    = look{"failed", "Failed", 2}
	lookCancelled = look{"cancelled", "Cancelled", 0}
	lookOverdue   = look{"overdue", "Unattended", 3}
)

// looks are all of them, in the order in which a page counts them.
var looks = []look{
	lookOverdue, lookBroken, lookLate, lookFailed, lookMissed, lookPartial,
	lookRecording, lookStarting, lookStopping, lookPlanned, lookRecorded, lookCancelled,
}

// kind is a choice of looks: what a list can be limited to, and what a chart tells apart.
type kind struct {
	key, word string
	has       func(look) bool
}

// lookOf is how a class looks now. The look of one that has ended has the name of its outcome.
func lookOf(c *Class, now time.Time) look {
	if i := slices.IndexFunc(looks, func(l look) bool { return c.Outcome != "" && l.Key == string(c.Outcome) }); i >= 0 {
		return looks[i]
	}
	if c.Cancel != nil && c.Phase == session.Planned {
		return lookCancelled
	}
	if c.ReasonCode == reason.Unattended {
		return lookOverdue
	}
	switch c.Phase {
	case session.Starting:
		if now.After(c.Start) {
			return lookLate
		}
		return lookStarting
	case session.Recording:
		if c.Start.Before(now) && c.Interrupted() {
			return lookBroken
		}
		return lookRecording
	case session.Stopping:
		return lookStopping
	}
	if c.Start.Before(now) && c.Phase == session.Planned {
		if !c.End.After(now) {
			return lookOverdue
		}
		return lookLate
	}
	return lookPlanned
}

// live says that a class is being recorded, or that this has begun.
func (l look) live() bool {
	switch l {
	case lookStarting, lookLate, lookRecording, lookBroken, lookStopping:
		return true
	}
	return false
}

// over says that nothing more happens to the class.
func (l look) over() bool {
	switch l {
	case lookRecorded, lookPartial, lookMissed, lookFailed, lookCancelled:
		return true
	}
	return false
}

// written are the periods that the sessions of a class wrote.
func (c *Class) written(now time.Time) (spans []span) {
	for _, s := range c.Sessions {
		if s.RecordingAt.IsZero() {
			continue
		}
		until := s.StoppedAt
		if until.IsZero() {
			switch s.State {
			case session.SessionRunning, session.SessionStopping, session.SessionSuspect:
				until = now
			default:
				if c.Outcome == "" {
					continue // when it ended is not known yet
				}
				until = c.End // and now the gaps tell
			}
		}
		spans = append(spans, span{s.RecordingAt, until})
	}
	return spans
}

// parts divides the class into what was recorded, missed and is to come.
func (c *Class) parts(now time.Time) []part {
	var gaps []span
	for _, g := range c.Gaps {
		until := g.Until
		if until.IsZero() {
			until = now
		}
		gaps = append(gaps, span{g.From, until})
	}
	written := c.written(now)
	if len(written) == 0 && c.Outcome == session.Recorded {
		written = []span{{c.Start, c.End}} // the sessions do not say when
	}
	cancelled := c.Outcome == session.Cancelled || c.Outcome == "" && c.Cancel != nil && c.Phase == session.Planned
	return partsOf(span{c.Start, c.End}, written, gaps, now, cancelled)
}
