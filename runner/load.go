package runner

import (
	"context"
	"fmt"
	"slices"
	"time"

	"rundown/agora"
	"rundown/plan/schedule"
	"rundown/runner/session"
	"rundown/runner/store"
)

// The store is the truth, and memory holds what is near: occurrences that wake within the window, and those with sessions that
// are not over. It is read again every five minutes, and when specs have changed.
const (
	window      = 15 * time.Minute
	reloadEvery = 5 * time.Minute
	rowsAtOnce  = 500           // how many rows are asked for by their identities at once
	bellAhead   = 6 * time.Hour // how far ahead starts are counted that the placement may bring into the window
)

// reload reads from the store what is near, and the rows in memory that have changed. It returns at once: a goroutine reads, and
// the loop takes in the result.
func (w *worker) reload() {
	now := w.e.cfg.Now()
	w.loadAt = now.Add(reloadEvery)
	if w.loading {
		w.again = true
		return
	}
	if w.draining {
		return
	}
	w.loading = true
	held, since, until, spacing := make([]string, 0, len(w.near)), w.generation, now.Add(window), schedule.Spacing(w.qps)
	for id := range w.near {
		held = append(held, id)
	}
	w.background(func(ctx context.Context) func() {
		l, err := w.fetch(ctx, until, spacing, held, since)
		return func() {
			w.loading = false
			if err != nil {
				w.e.logThrottled("cannot read the store; trying again in a second", err, "app", w.app)
				w.loadAt = w.e.cfg.Now().Add(storeEvery)
				return
			}
			w.merge(l)
			if w.again {
				w.again = false
				w.reload()
			}
		}
	})
}

// loaded is what was read from the store.
type loaded struct {
	generation int64
	rows       []store.Row
	gone       []string // of what is in memory
}

// fetch reads the rows that wake until an instant, and further: so many as may be placed before it, at the spacing of starts. Of what is in
// memory (held) it reads the rows that a later generation than since has written, and names those that are gone. It runs in a goroutine
// beside the loop, so it touches nothing of the worker that changes.
func (w *worker) fetch(ctx context.Context, until time.Time, spacing time.Duration, held []string, since int64) (l loaded, err error) {
	s := w.e.cfg.Store
	if l.generation, err = s.Generation(ctx); err != nil { // before what it counts: what is written meanwhile is read again
		return l, err
	}
	ahead, err := s.CountDue(ctx, w.app, until.Add(bellAhead))
	if err != nil {
		return l, err
	}
	if l.rows, err = s.Near(ctx, w.app, until.Add(time.Duration(ahead)*spacing)); err != nil || l.generation == since {
		return l, err
	}
	have := map[string]bool{}
	for _, r := range l.rows {
		have[r.ID] = true
	}
	// What is held is asked for by its identities: how much else was written, for other App IDs, is of no matter.
	held = slices.DeleteFunc(held, func(id string) bool { return have[id] })
	for some := range slices.Chunk(held, rowsAtOnce) {
		rows, err := s.Rows(ctx, some...)
		if err != nil {
			return l, err
		}
		found := map[string]bool{}
		for _, r := range rows {
			found[r.ID] = true
			if r.Generation > since {
				l.rows = append(l.rows, r)
			}
		}
		for _, id := range some {
			if !found[id] {
				l.gone = append(l.gone, id)
			}
		}
	}
	return l, nil
}

// merge updates memory to what was read.
func (w *worker) merge(l loaded) {
	w.generation = max(w.generation, l.generation)
	for _, id := range l.gone {
		if o := w.near[id]; o != nil && !o.blocked {
			w.release(o)
		}
	}
	var touched []*occurrence
	for i := range l.rows {
		r := &l.rows[i]
		o := w.near[r.ID]
		switch {
		case o == nil:
			if o = w.adopt(r); o != nil {
				touched = append(touched, o)
			}
		case r.Version > o.version && !o.blocked && o.pending == nil:
			w.setFromRow(o, r, unknownWrite)
			touched = append(touched, o)
		case r.Generation > o.spec.Generation:
			w.setSpec(o, r)
			touched = append(touched, o)
		}
	}
	w.place()
	for _, o := range touched {
		if w.near[o.spec.ID] != o {
			continue
		}
		if o.version == 0 && !o.dirty && len(o.events) == 0 { // nothing is to be said of it before it begins
			o.wake = o.begin
			w.schedule(o)
			continue
		}
		w.step(o)
	}
	w.askAgain(w.e.cfg.Now())
}

// wanted reports whether a row belongs to this worker.
func (w *worker) wanted(r *store.Row) bool {
	if r.WorkerApp() != w.app || r.Wake.IsZero() { // zero: it is never to be looked at again
		return false
	}
	return w.e.scheduling || r.HeldBy != "" || w.e.extraOf(r.ID) != nil
}

// Four functions take a row in:
//
//	adopt       a row that is not in memory: the new occurrence gets its spec and its status
//	setSpec     the spec alone, where a higher generation wrote it
//	setFromRow  the status, where the row has another version than is known, and the spec where that is newer, too
//	reread      reads the row of one occurrence whose write was refused, and then setFromRow

// adopt takes a row into memory; nil where it is not this worker's. Decide first hears of each request in it that has no answer.
func (w *worker) adopt(r *store.Row) *occurrence {
	if !w.wanted(r) {
		return nil
	}
	o := w.newOccurrence(r)
	if o == nil {
		return nil
	}
	o.dirty = r.Wake.UnixMilli() == 0 // the epoch: at once
	if o.now && r.Version == 0 && !o.dirty {
		o.begin = r.Wake
		w.log.Info("order taken", "occurrence", r.ID, "order", "record now", "start", o.spec.Start.UTC(), "end", o.spec.End.UTC())
	}
	if r.HeldBy != "" {
		w.log.Info("occurrence adopted", "occurrence", r.ID, "state", r.State, "sessions", len(o.state.Sessions))
		o.log = append(o.log, w.adoption(&o.state))
	}
	w.e.noteIssues(nil, &o.state)
	w.trackRecording(o)
	return o
}

// newOccurrence puts what a row holds into memory; nil where it cannot be read.
func (w *worker) newOccurrence(r *store.Row) *occurrence {
	o := &occurrence{index: -1, now: w.e.asked(r)}
	if !w.setSpec(o, r) {
		return nil
	}
	w.setFromRow(o, r, w.whyUnanswered())
	o.begin, o.placedFrom, o.dirty = o.spec.FirstRequest(), o.spec.From, false
	w.near[r.ID] = o
	return o
}

// setSpec takes in what is wanted now; false where it cannot be read.
func (w *worker) setSpec(o *occurrence, r *store.Row) bool {
	d, err := decodeRow(r)
	if err != nil {
		w.log.Error("cannot read an occurrence; it is left as it is", "occurrence", r.ID, "error", err)
		return false
	}
	turn := o.spec.PollOffset
	o.spec, o.dirty = d.Spec, true
	o.spec.PollOffset = turn
	if planned, conn := w.e.planned(&o.spec, o.now); planned != nil {
		o.planned, o.conn = planned, conn
	}
	o.refresh(o.state.Status)
	return true
}

// unknownWrite is why a row that changed under a worker may say that a request was asked which nobody has out: the answer to the
// write of that step was lost, or somebody else wrote the row. The worker holds a request back until it knows that it is stored.
const unknownWrite = "the row was written without this process knowing"

// whyUnanswered is why a row that a worker takes into memory may say that a request was asked which nobody has out.
func (w *worker) whyUnanswered() string {
	if w.since.After(w.e.started) {
		return "the node that asked it no longer owns the app"
	}
	return "rundown ended meanwhile"
}

// setFromRow gives an occurrence the spec and the status of its row. Where the row says that a request was asked, and this worker does
// not have it out, Decide hears that its answer is not known, for the reason why. Whether it was sent does not matter: Decide treats it
// as a request that may have had its effect.
func (w *worker) setFromRow(o *occurrence, r *store.Row, why string) {
	d, err := decodeRow(r)
	if err != nil {
		w.log.Error("cannot read an occurrence; it is left as it is", "occurrence", r.ID, "error", err)
		return
	}
	for i := range d.Sessions {
		x := &d.Sessions[i]
		switch y := o.state.Session(x.Attempt); {
		case x.Asked == "" || y != nil && y.Asked == x.Asked:
		case x.Asked == agora.OpStart && w.e.forget:
			x.Asked, x.State = "", session.SessionFailed
		default:
			o.events = append(o.events, unanswered(*x, why))
		}
	}
	if r.Generation >= o.spec.Generation && o.version > 0 {
		w.setSpec(o, r)
	}
	o.saved, o.version, o.preempted = d, r.Version, false
	o.refresh(d.Status)
}

// refreshPlanned takes in what a plan that was applied says of what is in memory. A spec has no part of what only a start sends, such
// as the format of the video, nor of the secrets that are named, so no change of the spec tells of these.
func (w *worker) refreshPlanned() {
	for _, o := range w.near {
		if planned, conn := w.e.planned(&o.spec, o.now); planned != nil {
			o.planned, o.conn = planned, conn
		}
	}
	w.askAgain(w.e.cfg.Now())
}

// reread takes an occurrence from its row again and steps it, after a write was refused because the row had changed. Where the
// row is gone or belongs to another worker, the occurrence is released.
func (w *worker) reread(o *occurrence, refused error) {
	o.blocked = true
	w.background(func(ctx context.Context) func() {
		r, err := w.e.cfg.Store.Row(ctx, o.spec.ID)
		return func() {
			switch {
			case err != nil:
				w.log.Error("cannot read the store; trying again in a second", "occurrence", o.spec.ID, "error", err)
				w.later(func() { w.reread(o, refused) })
				return
			case r == nil || r.WorkerApp() != w.app:
				o.blocked = false
				if o.now {
					w.log.Error("occurrence belongs to another owner; released", "occurrence", o.spec.ID, "error", refused)
					w.e.cfg.OnNowReleased(o.spec.ID, refused)
				}
				if r == nil || w.e.workerOf(r.WorkerApp()) == nil {
					w.passOn(o)
				} else {
					w.release(o)
				}
				return
			}
			if r.Version != o.version {
				w.log.Warn("occurrence changed in the store; reading it again", "occurrence", r.ID, "version", r.Version, "known", o.version)
			}
			o.blocked = false
			w.setFromRow(o, r, unknownWrite)
			w.place()
			w.step(o)
		}
	})
}

// tell gives an event to an occurrence, which is read from the store where it is not in memory; then gets whether there is one.
func (w *worker) tell(id string, e session.Event, then func(found bool)) {
	if o := w.near[id]; o != nil {
		w.step(o, e)
		then(true)
		return
	}
	w.background(func(ctx context.Context) func() {
		r, err := w.e.cfg.Store.Row(ctx, id)
		return func() {
			switch {
			case err != nil:
				w.log.Error("cannot read the store; trying again in a second", "occurrence", id, "error", err)
				w.later(func() { w.tell(id, e, then) })
				return
			case r == nil:
				then(false)
				return
			}
			o := w.near[id]
			if o == nil && r.WorkerApp() == w.app {
				o = w.newOccurrence(r)
			}
			if o != nil {
				w.step(o, e)
			}
			then(o != nil)
		}
	})
}

// release removes an occurrence from memory. The store has it.
func (w *worker) release(o *occurrence) {
	w.unschedule(o)
	if w.near[o.spec.ID] == o {
		delete(w.near, o.spec.ID)
	}
	w.e.forgetForeign(o.spec.ID)
	w.notRecorded(o.spec.ID)
}

// giveUp releases an occurrence whose App ID is another node's, which raises its health issues.
func (w *worker) giveUp(o *occurrence) {
	w.e.dropOrphans(o)
	w.passOn(o)
}

// passOn releases an occurrence that another node works on under another App ID. That one does not read it before it is near: until their
// hours are over, its orphans stay issues of this node.
func (w *worker) passOn(o *occurrence) {
	w.e.dropIssues(o)
	w.release(o)
}

// later has the loop run f when a failing store is to be tried again. An end of the engine waits for it.
func (w *worker) later(f func()) {
	w.awaited.results++
	time.AfterFunc(storeEvery, func() {
		w.post(func() {
			w.awaited.results--
			f()
		})
	})
}

// adoption tells of an occurrence that is adopted, and for how long nobody had watched it, as far as the store knows.
func (w *worker) adoption(s *session.State) store.Event {
	text, last := "adopted by a new start", w.seen
	if w.since.After(w.e.started) {
		text = "taken over by another node"
	}
	for i := range s.Sessions {
		last = session.Later(last, s.Sessions[i].LastGood)
	}
	if !last.IsZero() && last.Before(w.since) {
		d := session.Decision{S: *s}
		text += fmt.Sprintf("; nobody watched it from %s to %s", d.Clock(last), d.Clock(w.since))
	}
	return store.Event{Occurrence: s.ID, At: w.since, Kind: "decision", Text: text}
}
