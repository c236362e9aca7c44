package runner

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"rundown/agora"
	"rundown/plan"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// outgoing is one request that Decide named, with everything that it takes to send it. It is read in a goroutine beside the
// loop, so nothing in it changes: the state is a copy of the step's.
type outgoing struct {
	w       *worker
	api     *agora.App
	conn    *Connection
	occ     *plan.Occurrence // as planned, for what the request says; nil: the plan no longer holds it
	state   session.State
	session *session.Session
	op      agora.Op
}

// call sends a request from a goroutine of its own and has the loop take in the answer by a step. It posts an answer in any
// case, also where no request could be sent: Decide waits for it.
func (w *worker) call(o *occurrence, s session.State, act session.Action) {
	takeAnswer := func(a session.Answer) { w.step(o, session.Answered{Attempt: act.Attempt, Op: act.Op, Answer: a}) }
	conn := cmp.Or(o.conn, w.conn)
	asked := s.Session(act.Attempt)
	api, err := w.api(conn, s.Region, asked.Near)
	if err != nil {
		w.log.Error("cannot make a client for the service", "occurrence", s.ID, "error", err)
		w.post(func() {
			takeAnswer(session.Answer{Result: agora.Wait, Why: reason.IssueServiceUnreachable, Reason: err.Error(), RetryAfter: session.UnansweredEvery})
		})
		return
	}
	if act.Op == agora.OpAcquire {
		breaker := w.breaker(conn)
		if a, held := breaker.holdBack(s.ID, w.e.cfg.Now()); held {
			w.post(func() {
				takeAnswer(a)
				if !breaker.refused() { // the account was accepted before this was taken in
					w.resume(s.ID)
				}
			})
			return
		}
	}
	o.awaitedAnswers++
	if act.Op == agora.OpQuery {
		w.awaited.queries++
	}
	x := &outgoing{w: w, api: api, conn: conn, occ: o.planned, state: s, session: asked, op: act.Op}
	w.background(func(ctx context.Context) func() {
		if x.op != agora.OpQuery { // the store has taken the step: after an outage of it the next heartbeat opens the gate
			w.e.gate.await(ctx, heartbeatWithin)
		}
		w.e.cfg.Failpoint("before sending " + string(x.op))
		slow := time.AfterFunc(suspectAfter, x.w.e.noteSlowCall)
		a := x.send(agora.Prefer(ctx, preference(x.state.Priority)))
		slow.Stop()
		if a.SID != "" && x.session.SID == "" {
			w.e.unstored.keep(store.LateSID{
				App: w.app, Occurrence: x.state.ID, Attempt: x.session.Attempt, Cname: x.session.Cname, UID: x.session.UID,
				ResourceID: x.session.ResourceID, SID: a.SID, Found: w.e.cfg.Now(),
			})
		}
		w.e.cfg.Failpoint("after the answer to " + string(x.op))
		return func() {
			o.awaitedAnswers--
			if x.op == agora.OpQuery {
				w.awaited.queries--
			}
			takeAnswer(a)
			w.heardOf(conn, x.state.ID, x.op, a)
		}
	})
}

// preference orders the requests of one kind that wait for the budget.
func preference(p plan.Priority) int {
	switch p {
	case plan.PriorityHigh:
		return 1
	case plan.PriorityLow:
		return -1
	}
	return 0
}

// send sends the request and returns the answer in the terms of Decide. Without the plan only a query, a stop and the end of
// a hold can be sent, because they need none of its settings.
func (x *outgoing) send(ctx context.Context) session.Answer {
	switch {
	case x.op == agora.OpQuery:
		return x.query(ctx)
	case x.op == agora.OpStop:
		return x.stop(ctx)
	case x.occ == nil && (x.op != agora.OpUpdate || x.session.Change != session.ChangeHold):
		return session.Answer{Result: agora.Permanent, Unplanned: true, Reason: "the plan no longer holds it, so its settings are not known"}
	case x.op == agora.OpAcquire:
		return x.acquire(ctx)
	case x.op == agora.OpStart:
		return x.start(ctx)
	default:
		return x.update(ctx)
	}
}

// acquire asks for a resource id, on another server than the replicas that are live.
func (x *outgoing) acquire(ctx context.Context) session.Answer {
	// The credentials are read now: between acquire and start there is no time for it.
	if _, err := x.keys(ctx, keysForStart); err != nil {
		return unreadable(err)
	}
	var apart []string
	for i := range x.state.Sessions {
		if y := &x.state.Sessions[i]; y.Replica != x.session.Replica && y.ResourceID != "" && !y.State.Final() {
			apart = append(apart, y.ResourceID)
		}
	}
	resp, err := x.api.Acquire(ctx, AcquireRequest(x.occ, *x.session, apart...))
	a := x.answer(resp.Meta, err)
	a.ResourceID = resp.ResourceID
	return a
}

// start resolves the secrets and starts the recording.
func (x *outgoing) start(ctx context.Context) session.Answer {
	keys, err := x.keys(ctx, keysForStart)
	if err != nil {
		return unreadable(err)
	}
	push := plan.Text{}
	if x.session.CDN != "" {
		push = pushAddress(x.occ, &x.state, x.session.Replica)
	}
	req, err := StartRequest(x.occ, *x.session, push, keys, x.reveal)
	if err != nil {
		return unreadable(err)
	}
	resp, err := x.api.Start(ctx, x.session.ResourceID, req)
	a := x.answer(resp.Meta, err)
	if err == nil {
		a.SID, a.CredentialsUntil = resp.SID, keys.Until
		x.w.e.keys.sent(resp.SID, keys)
	}
	return a
}

// query asks how the session fares. It also looks whether the storage credentials of the plan have rotated since they were sent: a query
// comes as often as that is worth a look, and the answer goes to Decide, which renews them.
func (x *outgoing) query(ctx context.Context) session.Answer {
	resp, err := x.api.Query(ctx, x.session.ResourceID, x.session.SID)
	a := x.answer(resp.Meta, err)
	a.Server = resp.ServerResponse
	a.Rotated = err == nil && x.occ != nil && x.w.e.keys.rotated(x.conn, x.occ.Settings.Storage, x.session.SID, x.w.e.cfg.Now())
	return a
}

// update sends the one change that Decide chose ([session.Change]). The others of a session wait for its answer.
func (x *outgoing) update(ctx context.Context) session.Answer {
	var req agora.UpdateRequest
	var keys Keys
	var err error
	switch x.session.Change {
	case session.ChangeHold:
		req = ResumeRequest(*x.session)
	case session.ChangePush:
		req, err = PushRequest(x.occ, *x.session, pushAddress(x.occ, &x.state, x.session.Replica), x.reveal)
	case session.ChangeCredentials:
		keys, err = x.keys(ctx, keysForRenewal)
		req = KeysRequest(x.occ, *x.session, keys)
	}
	if err != nil {
		return unreadable(err)
	}
	resp, err := x.api.Update(ctx, x.session.ResourceID, x.session.SID, req)
	a := x.answer(resp.Meta, err)
	if err == nil && x.session.Change == session.ChangeCredentials {
		a.CredentialsUntil = keys.Until
		x.w.e.keys.sent(x.session.SID, keys)
	}
	return a
}

// stop stops the recording. It needs nothing of the plan, so that it also works for a class that no plan holds any more.
func (x *outgoing) stop(ctx context.Context) session.Answer {
	resp, err := x.api.Stop(ctx, x.session.ResourceID, x.session.SID, StopRequest(x.session.Cname, x.session.UID))
	a := x.answer(resp.Meta, err)
	if err == nil {
		a.Server = resp.ServerResponse
	}
	return a
}

// keys gives the storage credentials, no older than maxAge, and makes them known to the redactor before they can be sent: an answer of the
// service may quote them.
func (x *outgoing) keys(ctx context.Context, maxAge time.Duration) (Keys, error) {
	storage := x.occ.Settings.Storage
	keys, err := x.w.e.keys.get(ctx, x.conn, storage, maxAge, x.w.e.cfg.Now())
	keys.learn(&x.w.e.secrets, storage)
	return keys, err
}

// unreadable is the answer where a secret cannot be read. It is asked again: a file may be missing for a moment while it is
// rotated.
func unreadable(err error) session.Answer {
	return session.Answer{Result: agora.Wait, Why: reason.SecretUnreadable, Reason: err.Error(), RetryAfter: session.UnansweredEvery}
}

// answer turns the result of a call into the terms of Decide, and passes on what it says about the service and its clock.
func (x *outgoing) answer(meta agora.Meta, err error) session.Answer {
	if err == nil {
		x.w.e.serviceClock(meta.Date)
		x.w.e.heardFrom(nil)
		return session.Answer{Result: agora.Done, RequestID: meta.RequestID, SentAt: x.ago(meta.Took)}
	}
	a := session.Answer{Result: agora.Unknown, Reason: err.Error()}
	var failure *agora.Error
	if errors.As(err, &failure) {
		x.w.e.serviceClock(failure.Date)
		x.w.e.heardFrom(failure)
		a = session.Answer{
			Result: failure.Result, Status: failure.Status, Code: failure.Code, Reason: failure.Reason, RequestID: failure.RequestID,
			Foreign:    failure.Foreign,
			RetryAfter: failure.RetryAfter, SID: failure.SID, Server: failure.Services,
			SentAt: x.ago(failure.Took),
		}
		if !failure.Answered() && failure.Err != nil {
			a.Reason = failure.Err.Error()
		}
		switch {
		case errors.Is(failure.Err, errUnconfirmed):
			// A step can be stored some moments before the next heartbeat is confirmed, as after an outage of the database.
			a.Result, a.RetryAfter, a.Why = agora.Wait, storeEvery, reason.NodeUnconfirmed
		case failure.Local: // its credentials
			a.Why = reason.SecretUnreadable
		}
	}
	level := slog.LevelWarn
	if errors.Is(err, errUnconfirmed) { // that requests are held back is logged once
		level = slog.LevelDebug
	}
	x.w.log.Log(context.Background(), level, "request failed", "occurrence", x.state.ID, "session", x.session.Attempt, "op", string(x.op),
		"verdict", string(agora.Judge(a.Result, a.Status, a.Code, a.Foreign)), "reason_code", a.ReasonCode(), "error", err)
	return a
}

// ago is the instant this long before now, by the engine's clock.
func (x *outgoing) ago(d time.Duration) time.Time { return x.w.e.cfg.Now().Add(-d) }

// countEvery is how old a count of live sessions may be.
const countEvery = time.Second

// pace is what the interval of queries is made of: how many sessions live, and when they were counted.
type pace struct {
	live int
	at   time.Time
}

// liveSessions counts the sessions of the App ID that are not over, at most once a second.
func (w *worker) liveSessions(now time.Time) int {
	if age := now.Sub(w.pace.at); age >= 0 && age < countEvery {
		return w.pace.live
	}
	w.pace = pace{at: now}
	for _, o := range w.near {
		if o.state.Phase == session.Ended {
			continue
		}
		for i := range o.state.Sessions {
			if !o.state.Sessions[i].State.Final() {
				w.pace.live++
			}
		}
	}
	return w.pace.live
}
