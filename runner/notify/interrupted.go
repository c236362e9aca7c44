package notify

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// steadyAfter is how long a class that lost its recording again, within as long after it had recorded again, must record without a
// break before that is told. So who is on duty hears once that the recording comes and goes, not each time.
const steadyAfter = 10 * time.Minute

// Interruption is what a fact tells of a class that lost its recording while it lasts.
type Interruption struct {
	Since   time.Time            `json:"since"`              // nothing was recorded from then on
	Until   time.Time            `json:"until,omitzero"`     // it records again; zero: it does not
	Session int                  `json:"session,omitempty"`  // recorded until Since
	Suspect bool                 `json:"suspect,omitempty"`  // and may still do so
	Next    int                  `json:"next,omitempty"`     // the session that is begun in its place; 0: none is
	State   session.SessionState `json:"state,omitempty"`    // of that session
	Answer  string               `json:"answer,omitempty"`   // what the service answered to it
	Code    reason.Code          `json:"code,omitempty"`     // of that answer
	NextAt  time.Time            `json:"next_at,omitzero"`   // when Rundown tries next; zero: now
	GivenUp string               `json:"given_up,omitempty"` // why Rundown does not try any more, for which Code is; "": it does
	Again   bool                 `json:"again,omitempty"`    // it was told shortly before that the class records again
	Gaps    []session.Gap        `json:"gaps,omitempty"`     // of the class, until Until
}

// interruptionOf is what the message tells. A session that was begun in the place of the lost one has the last word on the answer.
func interruptionOf(i *session.Interruption) *Interruption {
	f := &Interruption{Since: i.Since, Suspect: i.Suspect, NextAt: i.NextAt, GivenUp: i.GivenUp.Text, Code: i.GivenUp.Code}
	if i.Last != nil {
		f.Session = i.Last.Attempt
	}
	if x := i.Next; x != nil && x != i.Last {
		f.Next, f.State, f.Answer, f.Code = x.Attempt, x.State, x.Reason, x.ReasonCode
	}
	return f
}

// silence is since when nothing of a class is seen to be recorded, by one that looks every few seconds. It is not stored: another daemon
// that takes over the duties waits for the grace anew.
type silence struct {
	since   time.Time
	suspect bool
}

// mayBeInterrupted says that a class is on and was begun, and that by its brief nothing of it is recorded.
func mayBeInterrupted(b store.Brief, now time.Time) bool {
	on := !now.Before(b.Start) && now.Before(b.End)
	return on && (b.State == string(session.Stopping) || session.Interrupted(session.Phase(b.State), statesOf(b)...))
}

// interrupted announces a class that was begun, and of which nothing is recorded for longer than a replacement takes. It says whether that
// is told.
func (o *observer) interrupted(l classLook, b store.Brief) (told bool) {
	now, s := l.now, l.states[b.ID]
	name := lateMark + b.ID
	c, marked := o.mark(name)
	told = marked && c.Recovered.IsZero()
	var i *session.Interruption
	switch may := mayBeInterrupted(b, now); {
	case may && s == nil: // it could not be read
		return told
	case may:
		i = s.Interruption(now)
	}
	if i == nil {
		delete(o.silent, b.ID)
		return false
	}
	first, silent := o.silent[b.ID]
	if !silent || first.suspect && !i.Suspect {
		first = silence{now, i.Suspect}
		o.silent[b.ID] = first
	}
	switch {
	case told:
		return true
	case now.Sub(first.since) < i.Grace(), now.Sub(b.Start) < lateAfter:
		return false
	case i.Last == nil: // nothing of it was ever recorded
		o.late(l, b)
		return true
	}
	f := Fact{
		Class: l.class(b), Code: cmp.Or(i.Last.ReasonCode, reason.SessionLost), Reason: i.Last.Reason,
		SessionFact: SessionFact{Interruption: interruptionOf(i)},
	}
	if i.GivenUp.None() {
		f.Causes = l.causes(b) // for which no other session may begin
	}
	f.Interruption.Again = marked && i.Since.Before(c.Recovered.Add(steadyAfter))
	next := condition{Since: now, Class: f.Class, Lost: i.Since, Again: f.Interruption.Again}
	key := fmt.Sprintf("%s/%d/%d", b.Start.UTC(), i.Last.Attempt, i.Since.Unix())
	l.found.add(next.mark(name), announcement(kindLate, b.Plan, b.ID, key, now, f))
	return true
}

// mark is the condition that a mark remembers.
func (o *observer) mark(name string) (c condition, marked bool) {
	value, marked := o.marks[name]
	if marked {
		c = conditionOf(value)
	}
	return c, marked
}

// steady says that a class of which a late mark tells records for long enough to be told so.
func (o *observer) steady(name string, c condition, now time.Time) bool {
	if !c.Again {
		return true
	}
	since, known := o.gone[name]
	if !known {
		o.gone[name] = now
		return false
	}
	return now.Sub(since) >= steadyAfter
}

// recorded announces late classes that are recorded now, and forgets those that are over: of them the outcome tells all. lates are
// those of which nothing is recorded, by the names of their marks.
func (o *observer) recorded(l classLook, lates map[string]bool, known map[string]store.Brief) {
	for _, name := range sortedWith(o.marks, lateMark) {
		id := strings.TrimPrefix(name, lateMark)
		c := conditionOf(o.marks[name])
		b, there := known[id]
		switch {
		case lates[name]:
			delete(o.gone, name)
		case !there || b.State == string(session.Ended):
			l.found.marks = append(l.found.marks, store.Mark{Name: name})
		case !c.Recovered.IsZero(), session.Interrupted(session.Phase(b.State), statesOf(b)...):
			delete(o.gone, name)
		case b.State != string(session.Recording) || c.Class == nil:
			l.found.marks = append(l.found.marks, store.Mark{Name: name})
		case o.steady(name, c, l.now):
			o.recordsAgain(l, b, c)
		}
	}
}

// recordsAgain announces a class that was told as late.
func (o *observer) recordsAgain(l classLook, b store.Brief, c condition) {
	name := lateMark + b.ID
	f := Fact{Audience: Audience{Was: kindLate, As: severityOf(kindLate)}, Class: c.Class, Causes: c.Causes, Since: c.Since}
	if !c.Lost.IsZero() {
		f.Interruption = &Interruption{Since: c.Lost, Until: l.now}
		if s := l.states[b.ID]; s != nil {
			f.Interruption.Until = cmp.Or(s.RecordsSince(), l.now)
			f.Interruption.Gaps = s.GapsUntil(f.Interruption.Until)
		}
	}
	delete(o.gone, name)
	l.found.marks = append(l.found.marks, store.Mark{Name: riskMark + b.ID})
	l.found.add(condition{Since: c.Since, Class: c.Class, Recovered: l.now}.mark(name),
		announcement(kindRecovered, b.Plan, b.ID, name+c.Since.UTC().String(), l.now, f))
}

// statesOf are the states of the sessions of a class.
func statesOf(b store.Brief) []session.SessionState {
	states := make([]session.SessionState, len(b.Sessions))
	for i, s := range b.Sessions {
		states[i] = session.SessionState(s)
	}
	return states
}

// states reads the classes of which more is to be known than the brief says: those that are on, were begun, and may not be recorded, and
// those that were told as late. One that cannot be read is left out.
func (n *Notifier) states(ctx context.Context, classes []store.Brief, now time.Time) map[string]*session.State {
	found := map[string]*session.State{}
	var ids []string
	for _, b := range classes {
		c, marked := n.observer.mark(lateMark + b.ID)
		if mayBeInterrupted(b, now) || marked && c.Recovered.IsZero() && b.State == string(session.Recording) {
			ids = append(ids, b.ID)
		}
	}
	rows, err := n.cfg.Store.Rows(ctx, ids...)
	if err != nil {
		n.complain("classes that may not be recorded cannot be read; it is tried again", err)
	}
	for _, row := range rows {
		docs := make([][]byte, len(row.Sessions))
		for i, s := range row.Sessions {
			docs[i] = s.Doc
		}
		spec, status, err := session.Decode(row.Doc, docs)
		if err != nil {
			n.complain("a class in the store cannot be read; whether it is recorded is not told", err, "occurrence", row.ID)
			continue
		}
		status.Phase, status.Outcome = session.Phase(row.State), session.Outcome(row.Outcome)
		state := session.View(spec, status)
		found[row.ID] = &state
	}
	return found
}
