package runner

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"rundown/agora"
	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner/notify"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// task is an occurrence at work: its state, as stored, and what is known beside it.
type task struct {
	slot    // what a plan says, in short; empty where no plan at work holds it
	state   session.State
	saved   []session.Session      // the sessions as stored; a query may be out since
	occ     *plan.Occurrence       // what the plan says; nil where no plan at work holds it
	version int64                  // of the stored row; 0: not stored yet
	busy    bool                   // a step is being stored
	owed    *owed                  // what could not be stored yet; nil: the state is as stored
	waiting []session.Observation  // arrived meanwhile
	wake    time.Time              // zero: never
	index   int                    // in the conductor's heap, -1: not in it
	from    time.Time              // when it must be writing, by the newest plan; zero: as in the state
	begin   time.Time              // when the first request is due, as placed beside the others
	seen    bool                   // what was seen of it is still to be stored: it is in the conductor's list
	cut     bool                   // its padding gave way, which the state does not say yet
	absent  bool                   // the plan no longer holds it
	left    bool                   // and that was told, while it was being recorded
	to      *conductor             // the plan gives it to the App ID of this one
	now     bool                   // recorded because somebody asked for it now: not placed
	changes []func(*session.State) // orders and revisions of the plan, for the next step
	told    []store.Event          // for the log, with the next step
	settled []func(reason.Reason)  // to be told once those are stored
	idle    []func()               // to be done once no step is being stored
	lost    []func()               // to be told when the task is dropped
}

// writing is when the occurrence must be writing, by the newest plan, also before that is stored.
func (t *task) writing() time.Time {
	if t.from.IsZero() {
		return t.state.From
	}
	return t.from
}

// placed says that the task takes part in the placement of starts: it has not begun, or may yet be taken back from
// its cancellation.
func (t *task) placed() bool {
	return !t.now && t.state.Fresh() && (t.state.Phase == session.Planned || t.state.Outcome == session.Cancelled)
}

// slot is an occurrence as a plan has it now, in short.
type slot struct {
	brief    schedule.Brief
	id       string
	revision int64
	conn     *Connection // of the plan; nil: the conductor's
}

// want is the same in full.
type want struct {
	slot
	occ    *plan.Occurrence
	target session.Target
}

// want tells what the plan wants, for an App ID.
func (s *slot) want(app string) want {
	o := s.brief.Occurrence()
	return want{slot: *s, occ: &o, target: target(&o, app)}
}

// said notes what a plan says of an adopted task; the empty slot: none says anything.
func (t *task) said(s slot, app string) {
	if s.id != "" {
		t.slot, t.occ = s, s.want(app).occ
	}
}

// encode is the step that brings the stored rows from the task's state to next.
func (t *task) encode(next session.State, events []store.Event) (store.Step, error) {
	doc, err := json.Marshal(next)
	if err != nil {
		return store.Step{}, fmt.Errorf("encode %s: %w", next.ID, err)
	}
	step := store.Step{Events: events, Occurrence: store.Occurrence{
		ID: next.ID, Plan: next.Plan, Recording: next.Recording, App: next.App, URL: next.URL, Day: next.Day, Clock: next.Clock,
		Start: next.Start, End: next.End, State: string(next.Phase), Outcome: string(next.Outcome), Reason: next.Reason, ReasonCode: string(next.ReasonCode),
		Wake: t.wake, Revision: t.revision, Version: t.version, Doc: doc,
	}}
	step.Announced = notify.Changes(t.asStored(), next, lastOf(events))
	step.Sessions, err = t.encodeSessions(next)
	return step, err
}

// lastOf is the time of the last event, else the present.
func lastOf(events []store.Event) time.Time {
	if len(events) == 0 {
		return time.Now()
	}
	return events[len(events)-1].At
}

// encodeSeen is the step that stores what was seen of the sessions, where nothing else is new.
func (t *task) encodeSeen() (step store.Step, err error) {
	step = store.Step{Kept: true, Occurrence: store.Occurrence{ID: t.state.ID, App: t.state.App, Version: t.version}}
	step.Sessions, err = t.encodeSessions(t.state)
	return step, err
}

// encodeSessions are the rows of the sessions that are others than those that are stored.
func (t *task) encodeSessions(next session.State) (rows []store.Session, err error) {
	for i := range next.Sessions {
		x := next.Sessions[i]
		if i < len(t.saved) && reflect.DeepEqual(x, t.saved[i]) && t.version > 0 {
			continue
		}
		doc, err := json.Marshal(x)
		if err != nil {
			return nil, fmt.Errorf("encode session %d of %s: %w", x.Attempt, next.ID, err)
		}
		rows = append(rows, store.Session{
			Occurrence: next.ID, Attempt: x.Attempt, App: next.App, Cname: x.Cname, UID: x.UID,
			ResourceID: x.ResourceID, SID: x.SID, State: string(x.State), Doc: doc,
		})
	}
	return rows, nil
}

// routine says that next need not be stored at once: beside it and the stored state stand at most queries that were
// sent, or that told nothing new. They have no effect that a crash could leave behind.
func (t *task) routine(next session.State, calls []session.Action) bool {
	if slices.ContainsFunc(calls, func(act session.Action) bool { return act.Op != agora.OpQuery }) {
		return false
	}
	rest, before := next, t.state
	rest.Sessions, before.Sessions = nil, nil
	return sameState(before, rest) && slices.EqualFunc(next.Sessions, t.saved, func(x, y session.Session) bool {
		return reflect.DeepEqual(x.Unasked(), y.Unasked())
	})
}

// decodeTask reads a task back from its rows.
func decodeTask(row store.Occurrence, sessions []store.Session) (*task, error) {
	t := &task{slot: slot{revision: row.Revision}, version: row.Version, index: -1}
	if err := json.Unmarshal(row.Doc, &t.state); err != nil {
		return nil, fmt.Errorf("occurrence %s in the store cannot be read: %w", row.ID, err)
	}
	for _, s := range sessions {
		var x session.Session
		if err := json.Unmarshal(s.Doc, &x); err != nil {
			return nil, fmt.Errorf("session %d of %s in the store cannot be read: %w", s.Attempt, row.ID, err)
		}
		t.state.Sessions = append(t.state.Sessions, x)
	}
	t.saved, t.absent, t.left = t.state.Sessions, t.state.Absent, t.state.Absent
	return t, nil
}

// Decode reads an occurrence's state from its rows, for those who report it.
func Decode(row store.Occurrence, sessions []store.Session) (session.State, error) {
	t, err := decodeTask(row, sessions)
	if err != nil {
		return session.State{}, err
	}
	return t.state, nil
}
