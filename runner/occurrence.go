package runner

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"rundown/agora"
	"rundown/plan"
	"rundown/runner/notify"
	"rundown/runner/session"
	"rundown/runner/store"
)

// occurrence is one that a worker has in memory: it is near, or has sessions that are not over. The store holds every
// other one, and of this one what is stored. Only the worker's loop touches it.
type occurrence struct {
	spec    session.Spec
	state   session.State    // what spec and status make, as of the last step; it may be ahead of the store
	saved   document         // as stored, under version
	version int64            // of the stored status
	planned *plan.Occurrence // what the plan says in full, with its secrets; kept when the plan drops the class
	conn    *Connection      // of its plan; nil: the worker's

	blocked        bool            // no step may begin: a commit is out, is to be tried again, or the row is being read again
	pending        *pendingCommit  // steps that could not be stored; nil: none, and at most queries are not stored
	events         []session.Event // arrived meanwhile
	log            []store.Event   // to be stored with the next step
	dirty          bool            // the row asks to be looked at: it is written also where nothing else changes
	awaitedAnswers int             // requests that are awaited

	begin      time.Time // when the first request is due, as placed beside the others
	placedFrom time.Time // the beginning of the recording that was placed
	wake       time.Time // zero: never
	index      int       // in the worker's heap, -1: not in it
	preempted  bool      // its padding gives way, which the state does not say yet
	now        bool      // recorded because somebody asked for it now: not placed
}

// document is what the store keeps of an occurrence beside the rows of its sessions.
type document struct {
	session.Spec
	session.Status
}

// decodeRow reads an occurrence back from its rows.
func decodeRow(row *store.Row) (d document, err error) {
	docs := make([][]byte, len(row.Sessions))
	for i, s := range row.Sessions {
		docs[i] = s.Doc
	}
	if d.Spec, d.Status, err = session.Decode(row.Doc, docs); err != nil {
		return d, fmt.Errorf("occurrence %s in the store cannot be read: %w", row.ID, err)
	}
	d.Generation, d.OtherApp = row.Generation, row.App != row.WorkerApp()
	d.Phase, d.Outcome = session.Phase(row.State), session.Outcome(row.Outcome)
	if d.Start.IsZero() {
		d.Interval = session.Interval{Start: row.Start, End: row.End, From: row.Start, Until: row.End}
	}
	if d.Begin.IsZero() {
		d.Begin = d.FirstRequest()
	}
	return d, nil
}

// Decode reads an occurrence's state from its rows, for those who report it.
func Decode(row store.Occurrence, sessions []store.Session) (session.State, error) {
	d, err := decodeRow(&store.Row{Occurrence: row, Sessions: sessions})
	if err != nil {
		return session.State{}, err
	}
	return session.View(d.Spec, d.Status), nil
}

// refresh has the state show what is wanted now, with a status.
func (o *occurrence) refresh(status session.Status) { o.state = session.View(o.spec, status) }

// live says that the occurrence has sessions that are not over.
func (o *occurrence) live() bool { return !o.state.Settled() }

// placeable says that the occurrence takes part in the placement of starts: it has not begun, and is to.
func (o *occurrence) placeable() bool {
	return !o.now && !o.spec.OtherApp && !o.spec.Absent && o.state.Fresh() && o.state.Cancel == nil && o.state.Phase != session.Ended
}

// encode is the step that brings the stored status to a next one, with what people are told of it.
func (o *occurrence) encode(app string, next session.State, log []store.Event, now time.Time) (store.Step, error) {
	doc, err := json.Marshal(next.Status)
	if err != nil {
		return store.Step{}, fmt.Errorf("encode %s: %w", next.ID, err)
	}
	step := store.Step{
		ID: next.ID, Observed: o.spec.Generation, Version: o.version, State: string(next.Phase), Outcome: string(next.Outcome), Reason: next.Reason,
		ReasonCode: string(next.ReasonCode), Wake: o.wake, Doc: doc, Events: log,
	}
	step.Announced = notify.Changes(o.beforePending(), next, lastOf(log, now))
	if !next.Settled() {
		step.HeldBy = app // and it is always near: a crash may take an answer
	}
	// What is another worker's, or a daemon's, from now on is to be looked at by that.
	step.AtOnce = step.HeldBy != "" || o.spec.OtherApp || (o.spec.NoNewSessions || o.spec.OnlyStops) && next.Phase != session.Ended
	for i := range next.Sessions {
		x := next.Sessions[i]
		if i < len(o.saved.Sessions) && reflect.DeepEqual(x, o.saved.Sessions[i]) {
			continue
		}
		if doc, err = json.Marshal(x); err != nil {
			return store.Step{}, fmt.Errorf("encode session %d of %s: %w", x.Attempt, next.ID, err)
		}
		step.Sessions = append(step.Sessions, store.Session{
			Occurrence: next.ID, Attempt: x.Attempt, App: app, Cname: x.Cname, UID: x.UID, ResourceID: x.ResourceID, SID: x.SID, State: string(x.State), Doc: doc,
		})
	}
	return step, nil
}

// lastOf is the time of the last event, else the present.
func lastOf(events []store.Event, now time.Time) time.Time {
	if len(events) == 0 {
		return now
	}
	return events[len(events)-1].At
}

// routine says that a status need not be stored: beside it and the stored one stand at most queries that were sent. They
// have no effect that a crash could leave behind.
func (o *occurrence) routine(next session.Status, calls []session.Action) bool {
	if slices.ContainsFunc(calls, func(act session.Action) bool { return act.Op != agora.OpQuery }) {
		return false
	}
	return sameStatus(o.saved.Status, next) && slices.EqualFunc(next.Sessions, o.saved.Sessions, func(x, y session.Session) bool {
		return x.LastGood.Sub(y.LastGood) < seenEvery && reflect.DeepEqual(x.WithoutQuery(), y.WithoutQuery())
	})
}

// seenEvery is how old what the store knows of a running session may be. That it runs is most of what there is to be
// stored, and not worth a sync of the disk each time.
const seenEvery = 15 * time.Second

// sameStatus says that two statuses would be written alike, their sessions aside.
func sameStatus(a, b session.Status) bool {
	a.Sessions, b.Sessions = nil, nil
	if reflect.DeepEqual(a, b) {
		return true
	}
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err == nil && err2 == nil && slices.Equal(x, y)
}

// unanswered is the event that a session's request was written down and has no answer that is known.
func unanswered(x session.Session, why string) session.Event {
	return session.Answered{Attempt: x.Attempt, Op: x.Asked, Answer: session.Answer{Result: agora.Unknown, Interrupted: true, Reason: "asked, no answer known: " + why}}
}
