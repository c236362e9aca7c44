package runner

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"rundown/agora/catalog"
	"rundown/plan/schedule"
	"rundown/runner/session"
	"rundown/runner/store"
)

// specsAtOnce is how many specs a transaction writes, so that no recording's step waits for long.
const specsAtOnce = 1000

// specsWithin is how long a transaction goes on to write specs one by one. A server of a database takes its time for each
// statement, and gives up a transaction that lasts too long; what is left is written by the next one.
const specsWithin = 3 * time.Second

// errOutdated says that specs were written since those that a transaction was made from were read.
var errOutdated = errors.New("specs were written meanwhile")

// errSuperseded says that nothing of a plan was written, because a newer revision of it is active.
var errSuperseded = errors.New("a newer revision of the plan is active")

// PlanWho is who cancels what a plan cancels, for people: an operator may go by that name, too.
const PlanWho = "the plan"

// specWriter writes the specs of one plan.
type specWriter struct {
	e      *Engine
	a      *applied
	now    time.Time
	near   time.Time                 // what is being recorded, and what starts before this, is near: it is written first
	only   bool                      // what is near alone is written
	diff   Diff                      // of what is written
	orders map[string]session.Orders // that hold, by identity
}

// writeWindow writes what a plan wants of the occurrences from since up to the horizon. It is called where a plan is put to
// work and each hour, and writes nothing where nothing has changed. The comparison is made outside of the transactions,
// which therefore are short, and made anew where specs were written meanwhile. What is near goes first: a large plan is written for minutes,
// and the workers read meanwhile. [errSuperseded] says that nothing was written.
func (e *Engine) writeWindow(ctx context.Context, a *applied, since, until time.Time) (Diff, error) {
	w := e.specWriter(a)
	diff, err := w.writeAnew(ctx, since, until)
	if err == nil {
		a.until = until
	}
	return diff, err
}

// writeNearOf is writePlan for what workers are to know of a plan before they begin: what is being recorded, and what one of them may look
// at. It compares the whole plan, which is fast beside writing it.
func (e *Engine) writeNearOf(ctx context.Context, a *applied) (Diff, error) {
	if err := e.moveOrders(ctx, a); err != nil {
		return Diff{}, err
	}
	w := e.specWriter(a)
	w.only = true
	return w.writeAnew(ctx, e.since(), w.now.Add(e.cfg.Horizon))
}

// specWriter makes a writer of what a plan wants from now on.
func (e *Engine) specWriter(a *applied) *specWriter {
	now := e.cfg.Now()
	return &specWriter{e: e, a: a, now: now, near: now.Add(window + bellAhead)}
}

// writeAnew repeats writeOnce until no other writer comes between. What was written until one came counts, and is not written again.
func (w *specWriter) writeAnew(ctx context.Context, since, until time.Time) (Diff, error) {
	for between := 0; ; between++ {
		err := w.writeOnce(ctx, since, until)
		switch {
		case err == nil:
			return w.diff, nil
		case errors.Is(err, errOutdated):
		case between > 0: // a write that was given up may still count
			return Diff{}, fmt.Errorf("another daemon or command changed classes meanwhile, and they were compared again %d times: %w", between, err)
		default:
			return Diff{}, err
		}
	}
}

// writeOnce compares what the plan wants with what the store holds at one generation, and writes the difference. The generation is read
// first: whatever is written after that makes the transaction fail by [errOutdated].
func (w *specWriter) writeOnce(ctx context.Context, since, until time.Time) error {
	s := w.e.cfg.Store
	generation, err := s.Generation(ctx)
	if err != nil {
		return fmt.Errorf("read the store: %w", err)
	}
	switch old, err := w.e.superseded(ctx, w.a); { // what is applied from here on, the generation tells
	case err != nil:
		return err
	case old:
		return errSuperseded
	}
	if w.orders, err = w.e.standingOrders(ctx, since); err != nil {
		return err
	}
	stored, err := s.Known(ctx, w.a.plan.Name, since.Add(-maxLength))
	if err != nil {
		return fmt.Errorf("read the store: %w", err)
	}
	var near, rest []specChange
	for _, c := range reconcile(w.wantAll(stored, since, until), stored, since, until, w.now) {
		if c.near(w.near) {
			near = append(near, c)
		} else {
			rest = append(rest, c)
		}
	}
	if generation, err = w.writeAll(ctx, near, generation); err != nil || w.only {
		return err
	}
	_, err = w.writeAll(ctx, rest, generation)
	return err
}

// writeAll writes changes of specs in as many transactions as it takes, and gives the generation of the last one. They were made from what the
// store held at a generation; [errOutdated] says that others have written since.
func (w *specWriter) writeAll(ctx context.Context, changes []specChange, generation int64) (int64, error) {
	slices.SortStableFunc(changes, func(a, b specChange) int { return cmp.Compare(min(a.verb, update), min(b.verb, update)) }) // what is added goes first
	for len(changes) > 0 {
		done, before := 0, w.diff
		if err := w.e.writeSpecs(ctx, func(t *store.SpecTx) (err error) {
			w.diff = before
			if t.Generation != generation+1 {
				return errOutdated
			}
			done, err = w.writeSome(t, changes[:min(len(changes), specsAtOnce)])
			return err
		}); err != nil {
			if errors.Is(err, errOutdated) {
				w.diff = before
			}
			return generation, err
		}
		changes = changes[done:]
		generation++
	}
	return generation, nil
}

// writeSome writes the first of some changes, and says how many.
func (w *specWriter) writeSome(t *store.SpecTx, some []specChange) (done int, err error) {
	begun := time.Now()
	adds := slices.IndexFunc(some, func(c specChange) bool { return c.verb != add })
	if adds < 0 {
		adds = len(some)
	}
	if err := w.add(t, some[:adds]); err != nil {
		return 0, err
	}
	if w.a != nil && w.e.shared() && slices.ContainsFunc(some[adds:], func(c specChange) bool { return c.verb == remove }) {
		if err := t.NoteRemoval(w.a.plan.Name, w.a.revision); err != nil { // a node with the revision before would add them again
			return 0, err
		}
	}
	for done = adds; done < len(some) && (done == 0 || time.Since(begun) < specsWithin); done++ {
		if err := w.write(t, &some[done]); err != nil {
			return 0, err
		}
	}
	return done, nil
}

// superseded says that another node may have written what a newer revision wants, or removed what a plan wanted that is
// withdrawn: a node that was frozen wakes with the old one. One that cannot work on the newer revision goes on with the old
// one as long as no other node has written the newer.
func (e *Engine) superseded(ctx context.Context, a *applied) (bool, error) {
	if !e.shared() {
		return false, nil
	}
	rows, err := e.cfg.Store.ActiveRevisions(ctx)
	if err != nil {
		return false, fmt.Errorf("read plan revisions: %w", err)
	}
	i := slices.IndexFunc(rows, func(r store.Revision) bool { return r.Plan == a.plan.Name && r.ID > a.revision })
	if i < 0 {
		return false, nil
	}
	e.mu.Lock()
	unfit := e.unfit[a.plan.Name] != nil
	e.mu.Unlock()
	if rows[i].Withdrawn() || !unfit {
		return true, nil
	}
	return e.cfg.Store.WrittenSince(ctx, a.plan.Name, a.revision)
}

// writeSpecs runs a spec transaction between the failpoints of a plan's write, in a goroutine of its own.
func (e *Engine) writeSpecs(ctx context.Context, do func(*store.SpecTx) error) error {
	done := make(chan error, 1)
	go func() {
		err := errors.New("the write was given up")
		defer func() { done <- err }()
		e.cfg.Failpoint("before writing the plan")
		if err = e.cfg.Store.WriteSpecs(ctx, do); err == nil {
			e.cfg.Failpoint("after writing the plan")
		}
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done(): // a store that hangs is not waited for
		return fmt.Errorf("the store did not answer in time: %w", ctx.Err())
	}
}

// wantAll lists what the plan wants in the window, and what it wants of occurrences beyond it that the store shows begun.
func (w *specWriter) wantAll(stored []store.Known, since, until time.Time) []desired {
	var want []desired
	seen := map[string]bool{}
	for b := range schedule.Briefs(w.a.plan, since.Add(-maxLength), until) {
		d := w.want(b)
		seen[d.id] = true
		want = append(want, d)
	}
	for _, r := range stored {
		if seen[r.ID] || r.State == string(session.Planned) && r.Start.Before(until) && !r.Absent {
			continue
		}
		if b, ok := w.a.find(r.ID); ok {
			want = append(want, w.want(b))
		}
	}
	return want
}

// want is what the plan wants of a class, in short: a plan may have tens of thousands of them, most of which are as they were.
func (w *specWriter) want(b schedule.Brief) desired {
	spec := w.spec(&b)
	return desired{
		Brief: b, id: spec.ID, recording: spec.Recording, app: spec.App, hash: spec.Hash(),
		interval: spec.Lasting(w.orders[spec.ID].Extended).Interval, cancelledByPlan: spec.CancelledByPlan != nil,
	}
}

// spec is what the plan wants of a class.
func (w *specWriter) spec(b *schedule.Brief) session.Spec {
	o := b.Occurrence()
	return planSpec(&o, w.a.apps[o.Settings.App], w.now)
}

// add writes what the store does not hold yet.
func (w *specWriter) add(t *store.SpecTx, changes []specChange) error {
	rows := make([]store.Spec, 0, len(changes))
	for i := range changes {
		d := &changes[i].desired
		spec := w.spec(&d.Brief)
		spec.Orders = w.orders[spec.ID]
		if text := describe(spec.Orders, &spec.Target); text != "" {
			if err := t.Log(store.Event{Occurrence: spec.ID, At: w.now, Kind: "decision", Text: "orders given before hold: " + text}); err != nil {
				return err
			}
		}
		row, err := specRow(spec, d.hash, w.a.revision)
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	w.diff.Added += len(rows)
	held, err := t.AddAll(rows)
	for i := range held { // it ended so long ago that it was not compared, and is moved ahead
		if err == nil {
			_, err = t.Update(held[i])
		}
	}
	return err
}

// write writes a change of what the store holds.
func (w *specWriter) write(t *store.SpecTx, c *specChange) error {
	if c.verb == remove {
		return w.remove(t, c)
	}
	spec := w.spec(&c.desired.Brief)
	spec.Orders = w.orders[spec.ID]
	row, err := t.Row(spec.ID)
	switch {
	case err != nil:
		return err
	case row == nil:
		return errOutdated
	}
	before, err := decodeRow(row)
	if err != nil {
		w.e.log.Error("cannot read an occurrence; it is left as it is", "occurrence", spec.ID, "error", err)
		return nil
	}
	change := changeOfRunning(&before, spec, row.WorkerApp(), c, w.now)
	if c.verb == keepEnd || spec.CancelledByPlan != nil { // the times of a cancelled class are those that were planned, and count for nothing
		if c.verb == keepEnd {
			w.e.log.Warn("new end refused because it is past; the recording keeps its end",
				"occurrence", spec.ID, "end", c.row.End, "refused", spec.End)
			spec.CancelledByPlan = before.CancelledByPlan
		} else if before.CancelledByPlan != nil {
			spec.CancelledByPlan.At = before.CancelledByPlan.At
		}
		spec.Interval = before.Spec.Interval
	}
	w.count(&before, spec)
	out, err := specRow(spec, c.desired.hash, w.a.revision)
	if err == nil {
		_, err = t.Update(out)
	}
	if err == nil && change != nil {
		err = w.tellRunning(t, change)
	}
	return err
}

// remove takes an occurrence out of the store that the plan does not hold any more. One that is being recorded goes on to
// its end, which the log and its history say once.
func (w *specWriter) remove(t *store.SpecTx, c *specChange) error {
	removed, err := t.Remove(c.row.ID)
	if err != nil {
		return err
	}
	event := store.Event{Occurrence: c.row.ID, At: w.now, Kind: "plan", Who: w.e.cfg.Who, Text: "the plan no longer holds it"}
	if removed {
		w.diff.Removed++
		return t.Log(event)
	}
	row, err := t.Row(c.row.ID)
	if err != nil || row == nil {
		return err
	}
	d, err := decodeRow(row)
	if err != nil {
		w.e.log.Error("cannot read an occurrence; it is left as it is", "occurrence", row.ID, "error", err)
		return nil
	}
	change := changeOfRunning(&d, d.Spec, row.WorkerApp(), c, w.now)
	if change == nil {
		return nil
	}
	if change.Kind == RunningLeft {
		w.diff.Left++
		s := session.View(d.Spec, d.Status)
		at := session.Decision{S: s}
		w.e.log.Warn("a class that is being recorded is no longer in the plan; it is recorded to its end",
			"occurrence", s.ID, "end", at.Clock(s.End), "recorded_until", at.Clock(s.Until), "to_stop_it", "rundown cancel "+s.ID)
	} else {
		w.diff.Removed++
	}
	return w.tellRunning(t, change)
}

// specRow is the row of a spec.
func specRow(spec session.Spec, hash string, revision int64) (store.Spec, error) {
	orders, err := json.Marshal(spec.Orders)
	if err != nil {
		return store.Spec{}, err
	}
	plain := spec
	plain.Orders = session.Orders{}
	doc, err := json.Marshal(plain)
	view := session.View(spec, session.Status{})
	row := store.Spec{
		ID: spec.ID, Plan: spec.Plan, Recording: spec.Recording, Day: spec.Day, Clock: spec.Clock, App: spec.App, URL: spec.URL,
		Start: view.Start, End: view.End, Hash: hash, CancelledByPlan: spec.CancelledByPlan != nil, Revision: revision, Doc: doc, Orders: orders,
	}
	if spec.Orders == (session.Orders{}) && spec.CancelledByPlan == nil { // else it is told at once what they come to
		row.Wake = spec.FirstRequest()
	}
	return row, err
}

// find looks a class of the plan up.
func (a *applied) find(id string) (schedule.Brief, bool) {
	if !strings.HasPrefix(id, a.plan.Name+"/") {
		return schedule.Brief{}, false
	}
	return a.finder.Find(id)
}

// writeActive writes what a plan wants that has become active; written is false where another node writes it, or where a newer revision of
// it is active, which is logged. The caller holds applying, and logs what was written.
func (e *Engine) writeActive(ctx context.Context, a *applied) (diff Diff, written bool, err error) {
	attrs := []any{"plan", a.plan.Name, "revision", a.revision}
	if !e.writesSpecsOf(a) {
		e.log.Info("plan active; another node writes its classes", attrs...)
		return Diff{}, false, nil
	}
	switch diff, err = e.writePlanInTheEnd(ctx, a); {
	case errors.Is(err, errSuperseded): // the next poll takes up the newer one
		e.log.Info("plan not applied: a newer revision of it is active", attrs...)
		return Diff{}, false, nil
	case err != nil:
		return diff, false, err
	}
	e.setWritten(a)
	return diff, true, nil
}

// writePlan moves the orders that a plan has under another identity, and writes what it wants from now up to the horizon. That waits
// for the store, but no longer than ctx.
func (e *Engine) writePlan(ctx context.Context, a *applied) (Diff, error) {
	if err := e.moveOrders(ctx, a); err != nil {
		return Diff{}, err
	}
	return e.writeWindow(ctx, a, e.since(), e.cfg.Now().Add(e.cfg.Horizon))
}

// planBackoff is how long a plan waits that the store could not take: writing it reads and compares all its classes.
var planBackoff = catalog.Backoff{Steps: []time.Duration{storeEvery, 2 * time.Second, 5 * time.Second, 10 * time.Second}, Then: 30 * time.Second}

// writePlanInTheEnd is writePlan where the store may be unable to take it: it is tried until it can, or until the end.
func (e *Engine) writePlanInTheEnd(ctx context.Context, a *applied) (diff Diff, err error) {
	err = e.insist(ctx, func() (err error) {
		diff, err = e.writePlan(ctx, a)
		return err
	})
	return diff, err
}

// insist repeats a write until the store takes it, or until the end. Where a newer revision is active it gives [errSuperseded].
func (e *Engine) insist(ctx context.Context, write func() error) error {
	for tries := 0; ; tries++ {
		err := write()
		switch {
		case err == nil, errors.Is(err, errSuperseded):
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case e.ctx.Err() != nil:
			return e.ctx.Err()
		}
		e.storeFailed(err)
		wait, _ := planBackoff.Next(tries, 0)
		again := time.NewTimer(wait)
		select {
		case <-again.C:
		case <-ctx.Done():
		case <-e.ctx.Done():
		}
		again.Stop()
	}
}
