package session

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/runner/reason"
)

// Observation is something that decide is told: the answer to a request, or, with no Op, that time has passed or
// that the target has changed.
type Observation struct {
	Attempt int // the session that it is about
	Op      agora.Op
	Answer  Answer
	Notice  *Notice // a notification; Attempt and Op are empty then
}

// Answer is what came of a request. Class Unknown stands for no answer at all, also for one that a crash took.
type Answer struct {
	Class      agora.Class
	Status     int // HTTP, 0: none
	Code       int // the service's
	Reason     string
	Foreign    bool   // it cannot be recognised as the service's own: never final, and no word about the recording
	RequestID  string // of the service, "" for none
	RetryAfter time.Duration
	ResourceID string               // of acquire
	SID        string               // of start, or in the body of a refusal
	Server     agora.ServerResponse // of query and stop; without addresses
	KeysUntil  time.Time            // of start and of an update of credentials: when those that were sent run out
	SentAt     time.Time            // when the request was sent, which is after it was asked for; zero: not known
	Rotated    bool                 // of query: the storage credentials are others than those that were sent
	Unplanned  bool                 // it was not sent, since the plan did not hold the class when it was to be
	Namesake   string               // of a task conflict: another occurrence of this store that has a session with the cname and uid
	Cut        bool                 // rundown ended before it came: no fault of the service or the page
	Why        reason.Code          // of what was not sent; "": as its verdict says
}

// Verdict names what the answer means.
func (a Answer) Verdict() agora.Verdict { return agora.Judge(a.Class, a.Status, a.Code, a.Foreign) }

func (a Answer) taskGone() bool      { return a.Verdict() == agora.VerdictGone }
func (a Answer) NotAuthorized() bool { return a.Verdict().IsAccountRefused() }

// answered says that something answered, be it the service or what stands before it.
func (a Answer) answered() bool { return a.Status != 0 || a.Class == agora.Done }

// String says it in a few words.
func (a Answer) String() string {
	switch {
	case a.Class == agora.Done:
		return "done"
	case !a.answered():
		return cmp.Or(a.Reason, "no answer")
	}
	text := fmt.Sprintf("HTTP %d", a.Status)
	if a.Code != 0 {
		text += fmt.Sprintf(", code %d", a.Code)
	}
	if a.Reason != "" {
		text += fmt.Sprintf(" %q", a.Reason)
	}
	return text
}

// Action is what is to be done next: a call about a session, or nothing until Wake.
type Action struct {
	Op      agora.Op // "": nothing
	Attempt int
	Wake    time.Time // with no Op: when to ask again; zero: never, the occurrence is over
}

// Decide is the state machine: it takes in an observation and says what to do now. Where it names a call, that call
// is already marked as asked in the state, which must be stored before the call is made; then decide is to be asked
// again, until it names none. It is pure: the same input gives the same output.
func Decide(s State, o Observation, now time.Time) (State, Action, string) {
	d := Decision{S: s.Clone(), now: now}
	act := d.decide(o)
	return d.S, act, strings.Join(d.notes, "; ")
}

// decide takes in the observation and says what to do now.
func (d *Decision) decide(o Observation) Action {
	if by := d.S.rewind(d.now); by > 0 {
		d.note("the clock was set back by %v at least", by.Round(time.Second))
	}
	switch {
	case o.Notice != nil:
		d.noticed(*o.Notice)
	case o.Op != "":
		d.absorb(o)
	}
	act := d.next()
	d.S.Phase = d.phase()
	return act
}

// Decision is one run of decide.
type Decision struct {
	S     State
	now   time.Time
	notes []string
	moves []move // of sessions, in order
}

// move is a session's change of state; from "": it is new.
type move struct{ from, to SessionState }

// enter brings a session into a state.
func (d *Decision) enter(x *Session, to SessionState) {
	if x.State != to {
		d.moves = append(d.moves, move{x.State, to})
	}
	x.State = to
}

func (d *Decision) note(format string, args ...any) {
	d.notes = append(d.notes, fmt.Sprintf(format, args...))
}

// over says that nothing may be recorded any more.
func (d *Decision) over() bool {
	return d.S.Cancel != nil || !d.now.Before(d.S.Until) || d.S.dropped()
}

// next chooses what to do.
func (d *Decision) next() Action {
	s := &d.S
	if s.Phase == Over && s.Outcome == Cancelled && s.Cancel == nil && d.now.Before(s.End) && !s.dropped() {
		d.reopen()
		d.note("it is not cancelled any more")
	}
	for i := range s.Sessions {
		if act := d.ask(&s.Sessions[i]); act.Op != "" {
			return act
		}
	}
	if s.Phase == Over { // what turned up after the end is only stopped
		return Action{Wake: d.soonest(time.Time{})}
	}
	if s.MovedTo != "" && !s.dropped() { // the owner of that App ID goes on with it
		return Action{Wake: d.soonest(time.Time{})}
	}
	if (s.Aside && s.Fresh() || s.OnlyStops) && !d.over() { // a daemon goes on with it
		return Action{Wake: d.soonest(time.Time{})}
	}
	for n := range s.LaneCount() {
		if !d.over() && s.Lanes[n].GaveUp == "" && s.carrier(n) == nil && d.due(n) {
			return d.begin(n)
		}
	}
	if (d.over() || !s.gaveUp().None()) && s.Settled() {
		d.finish()
		return Action{}
	}
	return Action{Wake: d.wake()}
}

// reopen takes the end of an occurrence back, while class time is left.
func (d *Decision) reopen() {
	s := &d.S
	s.Outcome, s.Reason, s.ReasonCode, s.Phase, s.Gaps, s.EndedAt = "", "", "", Planned, nil, time.Time{}
	for n := range s.Lanes {
		s.Lanes[n].giveUp(reason.Reason{})
	}
}

// soonest is the first instant at which a session is due, or wake if that is sooner; zero: never.
func (d *Decision) soonest(wake time.Time) time.Time {
	for i := range d.S.Sessions {
		x := &d.S.Sessions[i]
		if x.State.Final() {
			continue
		}
		wake = sooner(wake, d.updateDue(x))
		if x.Asked == "" {
			wake = sooner(wake, x.Next)
		}
	}
	return wake
}

// wake is when something is due again.
func (d *Decision) wake() time.Time {
	s := &d.S
	wake := s.Until
	if d.over() {
		wake = time.Time{}
	}
	wake = d.soonest(wake)
	for n := range s.LaneCount() {
		if d.over() || s.Lanes[n].GaveUp != "" {
			continue
		}
		switch x := s.carrier(n); {
		case x == nil && !d.behind(n):
			wake = Left(wake, Later(s.Begin, s.Lanes[n].RetryAt))
		case x != nil && d.outlives(x):
			wake = Left(wake, Later(d.now, x.outlived().Add(-handover)))
		}
	}
	if wake.IsZero() { // an answer is awaited; it will ask again
		wake = d.now.Add(TrustTimers)
	}
	return wake
}

// ask names the request that a session needs now.
func (d *Decision) ask(x *Session) Action {
	earlier := d.S.Left(x)
	if (earlier || d.over()) && x.State.Carries() {
		d.end(x)
	}
	if !earlier {
		d.shed(x)
		d.retire(x)
	}
	if at := d.updateDue(x); !at.IsZero() && !at.After(d.now) {
		x.Asked, x.AskedAt, x.Change, x.AskedCDN = agora.OpUpdate, d.now, d.wanted(x), d.S.Push(x.Lane)
		return Action{Op: agora.OpUpdate, Attempt: x.Attempt}
	}
	if x.Beset && x.Asked == "" && x.State == SessionAcquiring {
		uid, free := d.pick(x, x.UID)
		if x.UID = uid; free {
			x.Beset, x.Next = false, d.now
		}
	}
	if x.Asked != "" || x.State.Final() || x.Next.After(d.now) {
		return Action{}
	}
	var op agora.Op
	switch x.State {
	case SessionAcquiring:
		op = agora.OpAcquire
	case SessionStarting:
		switch age := d.now.Sub(x.AcquiredAt); {
		case age > catalog.ResourceLife():
			d.enter(x, SessionFailed) // and no failure: nobody refused it, it had to wait, or rundown was not there
			x.setReason(x.reason().Or(reason.Because(reason.ResourceExpired, "its resource id grew too old")))
			x.Next = time.Time{}
			return Action{}
		default:
			op = agora.OpStart
			if x.RequestedAt.IsZero() {
				x.RequestedAt, x.Held = d.now, d.S.Exact && d.now.Before(d.S.Start)
			}
		}
	case SessionConfirming, SessionRunning, SessionSuspect:
		op = agora.OpQuery
	case SessionStopping:
		if x.StopAskedAt.IsZero() {
			x.StopAskedAt = d.now
		} else if d.now.After(x.Deadline()) {
			d.unstopped(x)
			return Action{}
		}
		op = agora.OpStop
	}
	x.Asked, x.AskedAt = op, d.now
	return Action{Op: op, Attempt: x.Attempt}
}

// end turns a session that carries the class towards its end. A query that is out has no effect, so a stop need not
// wait for its answer; an update and a start must be answered first.
func (d *Decision) end(x *Session) {
	switch x.State {
	case SessionAcquiring, SessionStarting:
		if x.Asked != "" {
			return
		}
		if x.Doubt && !x.Refused {
			d.orphan(x)
			return
		}
		d.enter(x, SessionFailed)
		why := reason.Because(reason.ClassOver, "the class was over before it could be started")
		if d.S.Left(x) {
			why = reason.Because(reason.ClassMoved, "the class was moved before it could be started")
		}
		x.setReason(x.reason().Or(why))
	default:
		if x.Asked == agora.OpUpdate {
			return
		}
		if x.RecordingAt.IsZero() && x.Held {
			x.setReason(x.reason().Or(reason.Because(reason.HoldNotEnded, "it was on hold to its end")))
		}
		d.enter(x, SessionStopping)
		x.Asked, x.Tries, x.Next = "", 0, d.now
	}
}

// behind says that a lane waits for those before it, whose resource ids its acquire is to name: for the answer to
// their first tries, since a class must not wait for more.
func (d *Decision) behind(lane int) bool {
	for n := range lane {
		if x := d.S.carrier(n); x != nil && x.State == SessionAcquiring && x.Tries == 0 {
			return true
		}
	}
	return false
}

// due says whether a new session is to begin in a lane now, or gives that lane up for good.
func (d *Decision) due(lane int) bool {
	s, l := &d.S, &d.S.Lanes[lane]
	if d.now.Before(s.Begin) || d.now.Before(l.RetryAt) || d.behind(lane) {
		return false
	}
	writing := d.now.Add(catalog.StartLead())
	left := s.End.Sub(Later(s.Start, writing))
	switch {
	case !s.touched() && writing.After(s.Start) && (s.MinRemainder < 0 || left < s.MinRemainder):
		l.giveUp(d.lateness(left))
	case left <= 0:
		l.giveUp(reason.Because(reason.NoTimeLeft, "no class time was left for another session"))
	case l.Failures >= max(s.Attempts, 1):
		l.giveUp(reason.Because(reason.AttemptsUsedUp, "%d sessions in a row failed", l.Failures))
	case l.PageFailures >= pageAttempts:
		l.giveUp(reason.Because(reason.PageFault, "%d sessions in a row failed for a cause that lies in the page, so that another would too", l.PageFailures))
	default:
		return true
	}
	d.note("%s", l.GaveUp)
	return false
}

func (d *Decision) lateness(left time.Duration) reason.Reason {
	s := &d.S
	why := reason.Because(reason.BegunLate, "it came up too late")
	if !s.DownSince.IsZero() {
		why = reason.Because(reason.DaemonDown, "rundown did not run from %s on", d.Clock(s.DownSince))
	}
	switch {
	case left <= 0:
		why.Text += ": the class was over"
	case s.MinRemainder < 0:
		why.Text += ": the class had begun, and min_remainder is never"
	default:
		why.Text += fmt.Sprintf(": %v of the class were left, less than the min_remainder of %v", left.Round(time.Second), s.MinRemainder)
	}
	return why
}

// begin opens a new session in a lane. After a definite failure it goes to the other uid, unless that is worth less; after
// a doubtful start it probes with the same one, since a task conflict then tells that the doubtful session lives.
func (d *Decision) begin(lane int) Action {
	s := &d.S
	uids := s.UIDs[lane]
	x := Session{
		Attempt: len(s.Sessions) + 1, Lane: lane, Cname: s.Cname, UID: uids[0], Near: s.Near, State: SessionAcquiring,
		Next: d.now, CDN: s.Push(lane),
	}
	x.MaxHour, x.ExpireHour = s.hours(d.now)
	if last := s.last(lane); last != nil {
		if x.UID = last.UID; last.State == SessionOrphan || !last.Doubt {
			x.UID, _ = d.pick(&x, s.otherUID(last))
		}
	}
	d.moves = append(d.moves, move{to: x.State})
	s.Sessions = append(s.Sessions, x)
	return d.ask(&s.Sessions[len(s.Sessions)-1])
}

// absorb takes in the answer to a request.
func (d *Decision) absorb(o Observation) {
	x := d.S.Session(o.Attempt)
	if x == nil || x.Asked != o.Op {
		return // an answer that nobody waits for any more, such as a query's after the stop was sent
	}
	x.Asked = ""
	a := o.Answer
	a.RetryAfter = d.bounded(x, o.Op, a.RetryAfter)
	d.takeForeign(x, o.Op, a)
	if a.Class != agora.Done {
		d.note("session %d: %s: %s", x.Attempt, o.Op, a)
	}
	switch o.Op {
	case agora.OpAcquire:
		d.acquired(x, a)
	case agora.OpStart:
		d.started(x, a)
	case agora.OpQuery:
		d.queried(x, a)
	case agora.OpUpdate:
		d.updated(x, a)
	case agora.OpStop:
		d.stopAnswered(x, a)
	}
}

// again plans the session's next request by the waits, whose deadline counts from since; false when they are at an end.
func (d *Decision) again(x *Session, w catalog.Backoff, since time.Time, atLeast time.Duration) bool {
	wait, ok := w.Next(x.Tries, d.now.Sub(since))
	if ok {
		x.Tries++
		x.Next = d.now.Add(max(wait, atLeast))
	}
	return ok
}

// bounded is how long the service may have a request wait: half a minute, and where the class waits for it at most a
// third of what is left of the class. A Retry-After of an hour must not cost a class, nor leave a recording running.
func (d *Decision) bounded(x *Session, op agora.Op, asked time.Duration) time.Duration {
	most := longestRetryAfter
	if op == agora.OpAcquire || op == agora.OpStart || op == agora.OpUpdate && x.Change == ChangeHold {
		most = min(most, max(d.S.End.Sub(Later(d.S.Start, d.now))/3, 0))
	}
	return min(asked, most)
}

func (d *Decision) acquired(x *Session, a Answer) {
	switch a.Class {
	case agora.Done:
		x.ResourceID, x.AcquiredAt, x.RequestedAt = a.ResourceID, d.now, time.Time{}
		d.enter(x, SessionStarting)
		x.setReason(reason.Reason{})
		x.Tries, x.Next = 0, d.now
	case agora.Permanent:
		d.refused(x, a)
	default:
		waits := catalog.AcquireBackoff()
		switch {
		case a.Foreign:
			waits = foreignWaits
		case a.Class == agora.Wait:
			waits = capacityWaits(a)
		}
		x.setReason(a.reason("acquire: "))
		d.again(x, waits, d.now, a.RetryAfter)
	}
}

// refused handles an answer that another try will not mend, but for credentials: those are often mended during the
// class, by whoever rotated them.
func (d *Decision) refused(x *Session, a Answer) {
	x.setReason(a.reason(""))
	if a.NotAuthorized() {
		d.again(x, authorizationWaits, d.now, a.RetryAfter)
		return
	}
	d.enter(x, SessionFailed)
	if d.S.Left(x) {
		return
	}
	if a.Unplanned && !d.S.Absent { // at a start the plan may not have said yet what it wants, or the class takes over another
		d.S.Lanes[x.Lane].RetryAt = d.now.Add(UnansweredEvery)
		return
	}
	d.S.Lanes[x.Lane].Failures++
	d.S.Lanes[x.Lane].giveUp(a.reason("the service refuses it: "))
}

func (d *Decision) started(x *Session, a Answer) {
	sameID := func(w catalog.Backoff) {
		if !d.again(x, w, d.now, a.RetryAfter) {
			d.unstarted(x, x.reason())
		}
	}
	x.setReason(a.reason("start: "))
	switch verdict := a.Verdict(); {
	case a.Cut:
		x.Doubt, x.Refused, x.Cut, x.Next = true, false, true, d.now
	case verdict == agora.VerdictDone, verdict == agora.VerdictAlreadyStarted && a.SID != "":
		d.enter(x, SessionConfirming)
		x.setReason(reason.Reason{})
		x.SID, x.StartedAt, x.Tries, x.Doubt, x.Cut = a.SID, d.now, 0, false, false
		d.S.Lanes[x.Lane].Foreign = 0
		d.again(x, catalog.ConfirmBackoff(d.S.ReadyTimeout), x.StartedAt, 0)
		d.keysSent(x, a.KeysUntil)
		d.note("session %d: started as %s", x.Attempt, x.SID)
	case verdict == agora.VerdictAlreadyStarted:
		d.orphan(x)
		d.failed(x)
	case verdict == agora.VerdictConflict:
		d.conflict(x, a.Namesake)
	case verdict == agora.VerdictPending:
		x.Doubt, x.Refused = true, false
		sameID(catalog.StartPendingBackoff())
	case verdict == agora.VerdictTimedOut:
		x.Doubt, x.Refused = true, false
		sameID(catalog.StartTimeoutBackoff())
	case a.Foreign && a.Class != agora.Permanent:
		d.startForeign(x, a)
	case a.Class == agora.Unknown:
		x.Doubt, x.Refused = true, false
		sameID(catalog.Backoff{Steps: catalog.DomainBackoff()})
	case a.Class == agora.Wait:
		d.again(x, capacityWaits(a), d.now, a.RetryAfter) // a resource id that grows too old meanwhile is dropped by ask
	case a.Class == agora.Retry:
		x.Denied = true
		sameID(catalog.StartBackoff())
	case a.Class == agora.Permanent:
		d.refused(x, a)
	default:
		d.unstarted(x, x.reason())
	}
}

// conflict handles "task conflict": a task with this cname and uid is live. Where an earlier start of ours went
// without an answer it is that one. Where another session of ours may have the uid it is that: an orphan that lives
// records the class, as far as anybody can tell, unless it is on hold. It is met again as often as a session is looked
// at, until it has ended or the other uid is free. namesake is another occurrence that has a session with the cname and
// the uid; "" for none.
func (d *Decision) conflict(x *Session, namesake string) {
	holder, again := d.holder(x.UID, x.Attempt), d.now.Add(catalog.MonitorInterval())
	switch {
	case x.Doubt && holder != nil: // its own start is still in doubt, and told of at the end
		d.enter(x, SessionFailed)
		x.setReason(reason.Because(reason.UIDConflict, "task conflict: session %d may be live", holder.Attempt))
		x.Next = time.Time{}
		if _, free := d.pick(x, x.UID); !free && !d.S.Left(x) {
			d.S.Lanes[x.Lane].RetryAt = again
		}
		return
	case x.Doubt:
		d.orphan(x)
		d.failed(x)
		return
	case holder != nil && x.Lane < d.S.LaneCount():
		d.enter(x, SessionAcquiring)
		x.ResourceID, x.AcquiredAt, x.RequestedAt = "", time.Time{}, time.Time{}
		x.Beset, x.Tries, x.Next = true, 1, again
		x.setReason(reason.Because(reason.UIDConflict, "task conflict: session %d may be live", holder.Attempt))
		x.UID, _ = d.pick(x, d.S.otherUID(x))
		return
	}
	for i := range d.S.Sessions {
		y := &d.S.Sessions[i]
		if y.Attempt != x.Attempt && y.UID == x.UID && y.Doubt && y.State == SessionFailed {
			d.orphan(y)
			d.enter(x, SessionFailed)
			x.Next = time.Time{}
			x.setReason(reason.Because(reason.UIDConflict, "task conflict: session %d, whose start went unanswered, is live", y.Attempt))
			return // the probe did its work: that is no failure of the page or the service
		}
	}
	switch {
	case x.Denied:
		d.orphan(x)
		d.failed(x)
	case namesake != "" && !d.had(x.UID, x.Attempt): // that occurrence stops it, or reports it as an orphan
		x.Taken = true
		d.unstarted(x, reason.Because(reason.UIDConflict, "task conflict: a session of %s has that cname and uid", namesake))
		d.note("session %d: %s", x.Attempt, x.Reason)
	case !d.had(x.UID, x.Attempt):
		d.unknown(x)
		d.failed(x)
	default:
		x.Taken = true
		d.unstarted(x, x.reason())
	}
}

// holder finds a session that may live under a uid, but for one: one that is not over, else an orphan; nil for none.
func (d *Decision) holder(uid string, but int) (orphan *Session) {
	for i := range d.S.Sessions {
		switch x := &d.S.Sessions[i]; {
		case x.UID != uid || x.Attempt == but:
		case !x.State.Final():
			return x
		case x.State == SessionOrphan && d.now.Before(x.Deadline()):
			orphan = x
		}
	}
	return orphan
}

// taken says that the last that was heard of a uid is that a task has it which is none of ours, or was thought to be over.
func (d *Decision) taken(uid string, but int) bool {
	for i := len(d.S.Sessions) - 1; i >= 0; i-- {
		if x := &d.S.Sessions[i]; x.UID == uid && x.Attempt != but {
			return x.Taken
		}
	}
	return false
}

// pick chooses the uid of a session of the two that its lane has, and says whether it is free: rather one that nothing
// may live under, by all that is known, than one that an orphan or a stranger may have, and rather that than one of a
// session that is not over; of two alike the preferred one.
func (d *Decision) pick(x *Session, preferred string) (uid string, free bool) {
	worth := func(uid string) int {
		switch y := d.holder(uid, x.Attempt); {
		case y != nil && y.State != SessionOrphan:
			return 0
		case y != nil || d.taken(uid, x.Attempt):
			return 1
		}
		return 2
	}
	uid = preferred
	if x.Lane < d.S.LaneCount() {
		for _, other := range d.S.UIDs[x.Lane] {
			if worth(other) > worth(uid) {
				uid = other
			}
		}
	}
	return uid, worth(uid) == 2
}

// unstarted ends a session that never got a sid, as a failure.
func (d *Decision) unstarted(x *Session, why reason.Reason) {
	d.enter(x, SessionFailed)
	x.setReason(why)
	x.Next = time.Time{}
	d.failed(x)
}

// failed counts a failure and spaces the next session of its lane. One that another follows already is no failure, nor
// is what came of an end of rundown, or of a session that was begun for an earlier time of the class.
func (d *Decision) failed(x *Session) {
	if x.Leaving || x.Cut || d.S.Left(x) {
		return
	}
	l := &d.S.Lanes[x.Lane]
	l.Failures++
	x.Counted = true
	if x.pageAtFault() {
		l.PageFailures++
	}
	l.RetryAt = d.now.Add(sessionWaits[min(l.Failures, len(sessionWaits))-1])
}

// orphan marks a session that may run although its sid is unknown. Nothing can stop it but its maxRecordingHour.
func (d *Decision) orphan(x *Session) {
	d.enter(x, SessionOrphan)
	x.Next = time.Time{}
	x.setReason(reason.Because(reason.OrphanSID, "orphan: session %d (cname %s, uid %s) may run although its sid is unknown; its maxRecordingHour ends it at %s at the latest",
		x.Attempt, x.Cname, x.UID, d.Clock(x.Deadline())))
	d.note("%s", x.Reason)
}

func (d *Decision) queried(x *Session, a Answer) {
	recorder, _ := a.Server.Service(agora.ServiceWebRecorder)
	if x.Told != "" && (a.taskGone() || a.Class == agora.Ended) {
		d.gone(x, x.told()) // what a notification said is confirmed
		return
	}
	switch {
	case a.Class == agora.Done && a.Server.Status.Over():
		d.evidence(x, recorder.FileList)
		d.gone(x, x.told().Or(reason.Because(reason.EndedByService, "the service ended it by itself (status %d)", a.Server.Status)))
	case a.Class == agora.Done && recorder.State == agora.RecorderExited:
		d.evidence(x, recorder.FileList)
		x.Exited = true
		d.lost(x, x.told().Or(reason.Because(reason.EndedByService, "its recorder exited by itself (status %d)", a.Server.Status)))
	case a.Class == agora.Done && a.Server.Status.Running():
		d.evidence(x, recorder.FileList)
		d.hold(x, recorder.OnHold)
		d.running(x)
		d.pushed(x, a.Server)
		if a.Rotated {
			x.RenewAt = Left(cmp.Or(x.RenewAt, d.now), d.now)
		}
	case a.Class == agora.Done && x.State == SessionConfirming:
		x.SuspectAt, x.GoneAt = time.Time{}, time.Time{}
		d.poll(x, true, fmt.Sprintf("no running recording (status %d)", a.Server.Status))
	case (a.taskGone() || a.Class == agora.Done) && x.State == SessionRunning: // gone, or back at its beginning
		d.enter(x, SessionSuspect)
		x.SuspectAt, x.Tries = d.now, 0
		d.again(x, catalog.GoneBackoff(), x.SuspectAt, 0)
	case (a.taskGone() || a.Class == agora.Done) && x.State == SessionSuspect:
		if !d.again(x, catalog.GoneBackoff(), x.SuspectAt, 0) {
			d.lost(x, reason.Because(reason.SessionLost, "it was not running, or unknown, from %s on for %v", d.Clock(x.SuspectAt), d.now.Sub(x.SuspectAt).Round(time.Second)))
		}
	case a.taskGone():
		x.SuspectAt, x.GoneAt = cmp.Or(x.SuspectAt, d.now), d.now
		d.poll(x, true, "the service does not know the recording (wrong page address, wrong storage keys and wrong parameters show so)")
	case a.Class == agora.Ended:
		d.gone(x, reason.Because(reason.EndedByService, "the service ended it by itself: %s", a))
	default: // says nothing about the recording
		if x.GoneAt = (time.Time{}); x.State == SessionConfirming {
			x.Vague = true
		}
		d.poll(x, false, a.String())
	}
}

// running takes in that the session was seen running.
func (d *Decision) running(x *Session) {
	if x.State == SessionSuspect {
		x.Failover = max(x.Failover, d.now.Sub(x.SuspectAt))
		d.note("session %d: back after %v of 404", x.Attempt, d.now.Sub(x.SuspectAt).Round(time.Second))
		x.HealthyFrom = d.now
	}
	if x.RecordingAt.IsZero() && !x.Held {
		x.RecordingAt = d.now
		if !x.ResumedAt.IsZero() {
			x.RecordingAt = x.ResumedAt
		}
	}
	told, cause := x.Told, x.Cause
	switch {
	case told != "" && !x.AskedAt.After(x.ToldAt): // the query was on its way already
		defer func() { x.Told, x.Cause, x.Next = told, cause, d.now }()
	case told != "":
		d.note("session %d: it runs, although a notification said: %s", x.Attempt, told)
		x.StoppedAt = time.Time{}
	}
	if x.HealthyFrom.IsZero() {
		x.HealthyFrom = d.now
	}
	d.enter(x, SessionRunning)
	x.setReason(reason.Reason{})
	x.Tries, x.SuspectAt, x.LastGood, x.Told, x.Cause = 0, time.Time{}, d.now, "", 0
	if l := &d.S.Lanes[x.Lane]; d.now.Sub(x.HealthyFrom) >= healthyAfter {
		l.Failures, l.PageFailures = 0, 0
	}
	x.Next = d.nextPoll(x)
	if soon := max(firstSlice, d.now.Sub(x.StartedAt)); !x.Named && soon < d.interval() {
		x.Next = d.now.Add(soon) // the first slice, and with it the exact beginning, shows after about 15 s
	}
	if x.Held && !x.ResumedAt.IsZero() { // the end of the hold is to be seen
		x.Next = d.now.Add(resumeSeen)
	}
}

// poll asks again while nothing is known. A session that was not seen running has until the documented deadline, but
// only an answer that says something of it can fail it: when nobody answers, a replacement could not be started either.
func (d *Decision) poll(x *Session, informative bool, why string) {
	if x.State != SessionConfirming {
		d.again(x, catalog.MonitorBackoff(), d.now, 0)
		return
	}
	if d.again(x, catalog.ConfirmBackoff(d.S.ReadyTimeout), x.StartedAt, 0) {
		return
	}
	if !informative {
		x.Next = d.now.Add(UnansweredEvery)
		return
	}
	x.setReason(reason.Because(reason.NotRunning, "not seen running within %v: %s", catalog.ConfirmDeadline(d.S.ReadyTimeout), why))
	d.enter(x, SessionStopping)
	x.Then, x.Tries, x.Next = SessionFailed, 0, d.now
	d.note("session %d: %s", x.Attempt, x.Reason)
	d.failed(x)
}

// gone handles a session that the service ended before its time.
func (d *Decision) gone(x *Session, why reason.Reason) {
	x.Next = time.Time{}
	if x.RecordingAt.IsZero() {
		d.unstarted(x, why)
		return
	}
	d.enter(x, SessionLost)
	if x.StoppedAt.IsZero() {
		x.StoppedAt, why = d.ended(x, why)
	}
	x.setReason(why)
	x.StoppedAt = Later(x.LastGood, x.StoppedAt)
	d.note("session %d: lost: %s", x.Attempt, x.Reason)
	d.failed(x)
}

// lost handles a session that is taken for dead; a stop is sent all the same, since what lives is billed.
func (d *Decision) lost(x *Session, why reason.Reason) {
	d.enter(x, SessionStopping)
	x.StoppedAt, why = d.ended(x, why)
	x.setReason(why)
	x.Then, x.Tries, x.Next = x.fate(), 0, d.now
	d.note("session %d: lost: %s", x.Attempt, x.Reason)
	d.failed(x)
}

// fate is what a session becomes that ended without our stop.
func (x *Session) fate() SessionState {
	if x.RecordingAt.IsZero() {
		return SessionFailed
	}
	return SessionLost
}

// unstopped makes a session final whose hours are over and whose end no answer has told. Where its stops were refused
// before, it ended by its hours.
func (d *Decision) unstopped(x *Session) {
	over := x.Deadline()
	switch {
	case !x.StoppedAt.IsZero():
	case x.StopAskedAt.Before(over):
		x.StoppedAt = cmp.Or(x.StopDoubtAt, over)
	default:
		x.StoppedAt, _ = d.ended(x, reason.Reason{})
	}
	d.stopped(x, x.reason().Or(reason.Because(reason.StopFailed, "it could not be stopped and ended by its maxRecordingHour at %s at the latest", d.Clock(over))))
}

// ended dates the end of a session that was seen running and then was missed: by its hours, where these were over
// in between, else when it was last seen. Where nobody looked for longer than usual that is all that is known.
func (d *Decision) ended(x *Session, why reason.Reason) (time.Time, reason.Reason) {
	over, missed := x.Deadline(), cmp.Or(x.SuspectAt, d.now)
	if missed.Before(over) || x.LastGood.After(over) || over.Sub(x.LastGood) > catalog.MonitorInterval()+TrustTimers {
		return x.LastGood, why
	}
	hours := reason.Because(reason.HoursOver, "its %d h (maxRecordingHour) were over at %s", x.MaxHour, d.Clock(over))
	if !why.None() {
		hours.Text = why.Text + ": " + hours.Text
	}
	if why.Code.Orphan() {
		hours.Code = why.Code
	}
	return over, hours
}

func (d *Decision) stopAnswered(x *Session, a Answer) {
	recorder, _ := a.Server.Service(agora.ServiceWebRecorder)
	upload, _ := a.Server.Service(agora.ServiceUpload)
	d.evidence(x, recorder.FileList)
	switch verdict := a.Verdict(); {
	case verdict == agora.VerdictDone || verdict == agora.VerdictUploading:
		status := upload.UploadingStatus
		if verdict == agora.VerdictUploading {
			status = uploadPending
		}
		d.uploaded(x, status)
		if !x.Exited {
			x.StoppedAt = sent(x, a)
		}
		d.stopped(x, x.reason())
	case verdict == agora.VerdictNothingRecorded:
		x.RecordingAt, x.Named, x.Empty, x.StoppedAt = time.Time{}, false, true, sent(x, a)
		d.stopped(x, reason.Because(reason.NothingRecorded, "the service says that nothing was recorded"))
	case a.taskGone() && d.stopGone(x):
		// it may be a failover
	case a.Class == agora.Ended || a.taskGone():
		switch {
		case !x.StopDoubtAt.IsZero() && x.Then != SessionLost:
			x.StoppedAt = x.StopDoubtAt // an earlier stop of ours had its effect; what was lost had ended before
		case a.taskGone() && d.unsettled(x):
			return
		case x.StoppedAt.IsZero():
			at, why := d.ended(x, x.reason().Or(reason.Because(reason.EndedByService, "it was over when it was to be stopped")))
			x.StoppedAt = at
			x.setReason(why)
		}
		d.stopped(x, x.reason())
	case a.Class == agora.Permanent:
		x.setReason(reason.Reason{Code: reason.StopFailed, Text: "stop: " + a.String()})
		d.again(x, refusedStopWaits, d.now, a.RetryAfter)
	default:
		if x.StopDoubtAt.IsZero() && (a.Class == agora.Unknown || verdict == agora.VerdictTimedOut || a.Foreign) {
			x.StopDoubtAt = sent(x, a)
		}
		d.again(x, catalog.StopBackoff(), d.now, a.RetryAfter)
	}
}

// sent is when the request that the answer is to was sent: the budget may have held it back after it was asked for.
func sent(x *Session, a Answer) time.Time { return cmp.Or(a.SentAt, x.AskedAt) }

// stopped makes a session final.
func (d *Decision) stopped(x *Session, why reason.Reason) {
	d.enter(x, cmp.Or(x.Then, SessionEnded))
	x.setReason(why)
	x.Next = time.Time{}
	if x.StoppedAt.IsZero() {
		x.StoppedAt = x.LastGood
	}
	if d.S.Phase == Over {
		text := fmt.Sprintf("session %d was found and stopped at %s", x.Attempt, d.Clock(d.now))
		d.S.Reason += "; " + text
		d.note("%s", text)
	}
}

// evidence takes in the files that the service names, and from the first of them since when it writes.
func (d *Decision) evidence(x *Session, files []agora.File) {
	for _, f := range files {
		if f.Filename != "" && !slices.Contains(x.Files, f.Filename) {
			x.Files = append(slices.Clone(x.Files), f.Filename)
		}
		// A clock of the service that runs ahead of ours must not move the beginning past what was seen running.
		at := f.Start()
		if at.IsZero() || x.Empty || (x.Named && !at.Before(x.RecordingAt)) || (!x.RecordingAt.IsZero() && at.After(x.RecordingAt)) {
			continue
		}
		x.RecordingAt, x.Named = at, true
	}
}

// phase derives where the occurrence stands.
func (d *Decision) phase() Phase {
	s := &d.S
	seen := slices.ContainsFunc(s.current(), func(x Session) bool { return !x.RecordingAt.IsZero() })
	switch {
	case s.Outcome != "":
		return Over
	case s.Fresh() && !s.Settled():
		return Stopping
	case s.Fresh():
		return Planned
	case d.over() || !s.gaveUp().None():
		return Stopping
	case seen:
		return Recording
	default:
		return Starting
	}
}

func (d *Decision) Clock(t time.Time) string {
	return t.In(d.S.Start.Location()).Format("2006-01-02 15:04:05Z07:00")
}
