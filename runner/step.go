package runner

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// storeEvery is how often a store that cannot be written is tried again.
const storeEvery = time.Second

// pendingCommit collects the steps of an occurrence while the store cannot be written. They are stored as one when it can be
// written again. Meanwhile the state in memory is ahead of the store, so that what is due is noticed.
type pendingCommit struct {
	since  time.Time     // when the first of the steps could not be stored
	before session.State // as stored
	events []session.Event
	log    []store.Event
	calls  []session.Action // to be sent once they are stored as asked
}

// beforePending is the state before the steps that are not stored yet. What queries have found since the last commit may be in it, and not
// in the store.
func (o *occurrence) beforePending() session.State {
	if o.pending != nil {
		return o.pending.before
	}
	return o.state
}

// step is the way in which a status changes: Decide takes in the events and what is wanted now, the new status is committed, and then
// the requests are sent. It returns without waiting for either. While a commit is out, events are queued, and the next step takes
// them in.
//
// Three others change a status without it:
//
//   - storeSeen, of a worker that ends, commits what queries have found.
//   - notSent takes a request back that was decided on and not sent, since its step could not be stored ([pendingCommit]).
//   - setFromRow takes the status from the row, where that has changed.
func (w *worker) step(o *occurrence, events ...session.Event) {
	o.events = append(o.events, events...)
	w.unschedule(o)
	if o.blocked {
		if len(o.events) == 0 { // so that what called for a look gets it after the commit
			o.events = append(o.events, session.TimePassed{})
		}
		return
	}
	now := w.e.cfg.Now()
	w.dropExpired(o, now)
	if w.reclaimPadding(o, now) {
		return
	}
	w.preemptPadding(o, now)
	w.prepare(o, now)
	events = o.events
	o.events = nil
	next, calls, log := w.decide(o, events, now)
	log = append(o.log, log...)
	noticed := slices.ContainsFunc(events, isNotice) // what notifications say is kept, also where it changes nothing
	if !o.dirty && o.pending == nil && len(log) == 0 && !noticed && o.routine(next.Status, calls) {
		w.e.unstored.drop(events)
		o.state = next
		w.send(o, calls)
		w.scheduleOrRelease(o)
		return
	}
	o.log = nil
	w.commit(o, next, pendingCommit{events: events, log: log, calls: calls}, failpoint(next, events, calls))
}

func isNotice(e session.Event) bool {
	_, ok := e.(session.NoticeArrived)
	return ok
}

// prepare sets in the spec what only the worker knows, and adds events about other occurrences and the clock.
func (w *worker) prepare(o *occurrence, now time.Time) {
	if o.spec.PollOffset == 0 && !o.begin.After(now) {
		w.turns++
		o.spec.PollOffset = w.turns
	}
	o.spec.Placed, o.spec.PlacedFrom = o.begin, o.placedFrom
	o.spec.OtherApp = o.spec.App != w.app
	o.spec.QueryEvery = session.QueryInterval(w.e.cfg.MinQueryInterval, w.liveSessions(now), w.qps)
	o.spec.NoNewSessions, o.spec.OnlyStops = !w.e.scheduling && !o.now, w.e.stopping
	if by := w.relievedBy(o); by != "" {
		o.events = append(o.events, session.Relieved{By: by})
	}
	if since := w.unattendedSince(o); !since.IsZero() {
		o.events = append(o.events, session.Unattended{Since: since})
	}
}

// decide runs Decide for each event in turn, and makes the entries of the event log from what it says.
func (w *worker) decide(o *occurrence, events []session.Event, now time.Time) (next session.State, calls []session.Action, log []store.Event) {
	next = o.state
	if len(events) == 0 {
		events = []session.Event{session.TimePassed{}}
	}
	for _, e := range events {
		before := next
		status, actions, notes, wake := session.Decide(o.spec, before.Status, e, now)
		next, o.wake = session.View(o.spec, status), wake
		log = append(log, w.tellMoved(&before, &next, now)...)
		log = append(log, logEntries(before, next, e, actions, strings.Join(notes, "; "), now)...)
		calls = append(calls, actions...)
	}
	if at := w.paddingFrom(o, &next, now); !at.IsZero() {
		o.wake = session.EarlierWake(o.wake, at)
	}
	return next, calls, log
}

// commit stores the status that a step leads to, together with what is pending, and then sends the requests. point names the
// commit for failpoints.
func (w *worker) commit(o *occurrence, next session.State, p pendingCommit, point string) {
	p.before = o.beforePending()
	if before := o.pending; before != nil {
		p.since = before.since
		p.events, p.log, p.calls = append(before.events, p.events...), append(before.log, p.log...), append(before.calls, p.calls...)
	}
	step, err := o.encode(w.app, next, p.log, w.e.cfg.Now())
	if err != nil { // what runs is stopped all the same, as where the store cannot be written
		w.committed(o, next, document{}, p, point, err)
		return
	}
	w.e.cfg.Failpoint("before writing " + point)
	o.blocked = true
	saved := document{o.spec, next.Status}
	w.awaited.results++
	w.writer.Submit(step, func(err error) {
		w.post(func() {
			w.awaited.results--
			o.blocked = false
			w.committed(o, next, saved, p, point, err)
		})
	})
}

// committed goes on when the result of a commit is known. A row that has changed meanwhile is read again. A worker that has lost
// its App ID lets go of the occurrence.
//
// Where the store cannot be written, a request is not sent: a crash would leave an effect that no row tells of. There are two
// exceptions. A query has no effect. And a stop does no harm when it is repeated, the store already has everything that it
// needs, and a session that runs costs money. But where another process may have taken the App ID over, and may have extended the
// class, a stop waits as well.
//
// Such a stop leaves no trace until the store can be written. Where the process is killed before that, the next one sends the stop again,
// is answered 404 for 90 s, and reports an orphan, although nothing runs: it cannot tell this from a session that the service
// has lost sight of.
func (w *worker) committed(o *occurrence, next session.State, saved document, p pendingCommit, point string, err error) {
	switch {
	case err == nil:
		w.e.storeRecovered()
		w.e.unstored.drop(p.events)
		w.e.cfg.Failpoint("after writing " + point)
		w.stored(o, next, saved, p.calls)
	case errors.Is(err, store.ErrStale):
		if o.pending != nil {
			o.notSent(p.calls)
		}
		o.pending, o.preempted = nil, false
		o.events = append(p.events, o.events...) // what happened is told to the state that the row has
		w.reread(o, err)
	case errors.Is(err, store.ErrFenced):
		w.e.fenceOff(w)
		if o.now {
			w.e.cfg.OnNowReleased(o.spec.ID, err)
		}
		w.giveUp(o)
	default:
		w.e.storeFailed(err)
		held := p.calls[:0:0]
		for _, act := range p.calls {
			switch {
			case act.Op == agora.OpStop && w.e.gate.check() == nil:
				w.log.Warn("sending a stop although the store cannot be written", "occurrence", next.ID)
				w.call(o, next, act)
			case act.Op == agora.OpQuery && !w.draining:
				w.call(o, next, act)
			default:
				held = append(held, act)
			}
		}
		p.calls, p.since = held, cmp.Or(p.since, w.e.cfg.Now())
		o.state, o.pending, o.blocked = next, &p, true
		w.later(func() {
			o.blocked, o.preempted = false, false
			w.step(o)
		})
	}
}

// notSent has the state in memory, which is ahead of the store, forget requests that were held back. The row may have them as asked: a
// commit may be stored although its answer was lost. Then it is read with a request that has no answer, instead of with one
// that is out, for which nothing would ever come.
func (o *occurrence) notSent(calls []session.Action) {
	o.state.Sessions = slices.Clone(o.state.Sessions) // the requests that are out read the others
	for _, act := range calls {
		if x := o.state.Session(act.Attempt); x != nil && x.Asked == act.Op {
			x.Asked = ""
		}
	}
}

// stored goes on after a successful commit: it sends the requests, and steps again where events arrived meanwhile.
func (w *worker) stored(o *occurrence, next session.State, saved document, calls []session.Action) {
	before := o.beforePending()
	if o.pending != nil {
		o.events = append(o.events, w.sentLate(o.pending)...)
	}
	w.watch(&before, &next)
	o.state, o.saved, o.preempted, o.pending = next, saved, false, nil
	o.dirty = o.spec.Generation != saved.Generation
	o.version++
	if next.Phase != before.Phase {
		w.logPhase(next)
		if next.Phase == session.Ended {
			w.e.keys.forget(next.Sessions)
		}
	}
	if next.Phase == session.Planned && len(next.Sessions) > 0 { // it was moved, and begins beside others
		w.place()
	}
	w.e.cfg.OnChange(next)
	w.send(o, calls)
	w.trackRecording(o)
	switch {
	case len(o.events) > 0 || o.dirty:
		w.step(o)
	case !o.blocked:
		w.scheduleOrRelease(o)
	}
}

// sentLate tells of the acquires and starts that were held back while the store could not be written, and are sent now.
func (w *worker) sentLate(p *pendingCommit) (events []session.Event) {
	for _, act := range p.calls {
		if w.sends(act) && (act.Op == agora.OpAcquire || act.Op == agora.OpStart) {
			events = append(events, session.SentLate{Attempt: act.Attempt, Op: act.Op, Since: p.since})
		}
	}
	return events
}

// watch updates health issues and the log by what a commit has changed.
func (w *worker) watch(before, next *session.State) {
	w.e.noteIssues(before, next)
	w.watchForeign(next)
	if next.HasExpired() && !before.HasExpired() {
		w.log.Error(session.ExpiredText, "occurrence", next.ID, "reason_code", reason.HoursOver)
	}
	for i := range next.Sessions {
		x, was := &next.Sessions[i], before.Session(next.Sessions[i].Attempt)
		if was == nil {
			was = &session.Session{}
		}
		w.logSession(next.ID, was, x)
	}
}

// send sends the requests.
func (w *worker) send(o *occurrence, calls []session.Action) {
	for _, act := range calls {
		if w.sends(act) {
			w.call(o, o.state, act)
		}
	}
}

// sends says that the worker sends a request. One that is shutting down sends nothing new, except the start that follows an acquire.
func (w *worker) sends(act session.Action) bool { return !w.draining || act.Op == agora.OpStart }

// scheduleOrRelease puts an occurrence for which nothing is due where it waits: into the heap if it is near, else back into the store.
func (w *worker) scheduleOrRelease(o *occurrence) {
	far := o.wake.IsZero() || o.wake.After(w.e.cfg.Now().Add(window+2*reloadEvery))
	switch {
	case o.live() || o.awaitedAnswers > 0 || o.pending != nil:
		w.schedule(o)
	case o.spec.App != w.app: // it is another worker's from now on
		if w.e.workerOf(o.spec.App) == nil {
			w.passOn(o)
			return
		}
		w.release(o)
		w.e.nudge(o.spec.App)
	case far && sameSeen(o.state.Sessions, o.saved.Sessions):
		w.release(o)
	default:
		w.schedule(o)
	}
}

// dropExpired removes the pending calls whose time has passed. A session that would begin after the end of its class would record nothing
// but padding. Where a start of it may have had an effect, the start is repeated until the padding is over, as [session.Decide] does.
func (w *worker) dropExpired(o *occurrence, now time.Time) {
	if o.pending == nil {
		return
	}
	s := &o.state
	over := s.Cancel != nil || !now.Before(s.Until)
	at := session.Decision{S: *s}
	why := "it was not sent, since the store could not be written from " + at.Clock(o.pending.since) + " on"
	var held []session.Action
	for _, act := range o.pending.calls {
		x := s.Session(act.Attempt)
		over := over || !now.Before(s.End) && x.OnItsWay()
		switch {
		case act.Op == agora.OpAcquire && over, act.Op == agora.OpStart && (over || now.Sub(x.AcquiredAt) > catalog.ResourceLife()):
			o.events = append(o.events, session.Answered{Attempt: act.Attempt, Op: act.Op, Answer: session.Answer{
				Result: agora.Retry, Why: reason.IssueStoreFailed, Reason: why,
			}})
		default:
			held = append(held, act)
		}
	}
	o.pending.calls = held
}

// logPhase logs a change of phase.
func (w *worker) logPhase(s session.State) {
	level := slog.LevelInfo
	if s.Phase == session.Ended && s.Outcome != session.Recorded && s.Outcome != session.Cancelled {
		level = slog.LevelWarn
	}
	attrs := []any{"occurrence", s.ID, "state", s.Phase}
	if betweenSessions(&s) {
		attrs = append(attrs, "recorded_now", false)
	}
	if s.Phase == session.Ended {
		attrs = append(attrs, "outcome", s.Outcome, "reason", s.Reason)
		if s.ReasonCode != "" {
			attrs = append(attrs, "reason_code", s.ReasonCode)
		}
	}
	w.log.Log(context.Background(), level, "occurrence", attrs...)
}

// tellMoved logs that a change of the plan stopped a class that was being recorded, or planned one again that was over; nil for
// any other step.
func (w *worker) tellMoved(before, after *session.State, now time.Time) []store.Event {
	if after.EarlierSessions == before.EarlierSessions || after.EarlierSessions == 0 {
		return nil
	}
	d := session.Decision{S: *after}
	where := "to " + d.Clock(after.Start)
	if after.OtherApp {
		where = "to another App ID"
	}
	var text string
	switch attrs := []any{"occurrence", after.ID, "start", after.Start, "end", after.End}; {
	case before.Phase == session.Ended:
		text = fmt.Sprintf("the plan moved it %s after it had ended as %s: it is planned again", where, before.Outcome)
		w.log.Info("class moved after it had ended; it is recorded again", append(attrs, "outcome", before.Outcome)...)
	default:
		text = fmt.Sprintf("the plan moved it %s while it was recorded: its session is stopped and another records it then", where)
		w.log.Warn("class moved while it was recorded; its session is stopped, and it is recorded again at its new time", attrs...)
	}
	return []store.Event{{Occurrence: after.ID, At: now, Kind: "plan", Who: w.e.cfg.Who, Text: text}}
}

// logEntries makes the entries of the event log from one decision.
func logEntries(before, after session.State, e session.Event, actions []session.Action, why string, now time.Time) []store.Event {
	var events []store.Event
	event := func(kind, text string, data any) {
		var raw []byte
		if data != nil {
			raw, _ = json.Marshal(data) // of plain texts and numbers
		}
		events = append(events, store.Event{Occurrence: after.ID, At: now, Kind: kind, Text: text, Data: raw})
	}
	switch e := e.(type) {
	case session.Answered:
		if why != "" || e.Op != agora.OpQuery { // a query that finds all well is not worth a line
			text := cmp.Or(why, fmt.Sprintf("session %d: %s: %s", e.Attempt, e.Op, e.Answer))
			event("answer", text, answerData{e.Attempt, e.Op, e.Answer.Status, e.Answer.Code, e.Answer.RequestID, e.Answer.ReasonCode()})
		}
	case session.NoticeArrived:
		if why != "" {
			event(store.KindNotice, why, noticeDataOf(e.Notice))
		}
	default:
		if why != "" {
			event("decision", why, nil)
		}
	}
	for _, act := range actions {
		if act.Op == agora.OpQuery {
			continue
		}
		asked := map[string]any{"session": act.Attempt, "op": act.Op}
		if x := after.Session(act.Attempt); act.Op == agora.OpUpdate && x != nil {
			asked["change"] = x.Change
		}
		event("intent", string(act.Op), asked)
	}
	if before.Phase != after.Phase {
		data := after.ReasonCode.EventData()
		if betweenSessions(&after) {
			data = []byte(`{"recorded_now":false}`)
		}
		events = append(events, store.Event{Occurrence: after.ID, At: now, Kind: "state", Text: string(after.Phase), Data: data})
	}
	return events
}

// betweenSessions says that a class is in the phase recording although no session records it now, as after a cancellation was taken back.
func betweenSessions(s *session.State) bool { return s.Phase == session.Recording && !s.Writes() }

// answerData is what the event of an answer holds beside its words.
type answerData struct {
	Session    int         `json:"session"`
	Op         agora.Op    `json:"op"`
	Status     int         `json:"status,omitempty"`
	Code       int         `json:"code,omitempty"`
	RequestID  string      `json:"request_id,omitempty"`
	ReasonCode reason.Code `json:"reason_code,omitempty"` // of an answer that is no success
}

// failpoint names a step by what it stores: its outcome, the request that is to be sent, or else the answer that came.
// A step that holds an answer and the next request is named by the request.
func failpoint(next session.State, events []session.Event, calls []session.Action) string {
	switch {
	case next.Phase == session.Ended:
		return "the outcome"
	case len(calls) > 0:
		return "the intent to " + string(calls[0].Op)
	}
	for _, e := range events {
		if a, ok := e.(session.Answered); ok {
			return "the answer to " + string(a.Op)
		}
	}
	return "a change of plan"
}
