package runner

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"rundown/internal/redact"
	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// What somebody wants to have recorded now has a spec like a class of the schedule. Its origin says that no plan is to be
// compared with it, and its wake when its first request is due. The owner of its App ID records it: a daemon, or the
// engine of a command where no daemon works on the store. A process that takes the App ID over goes on with it.

// OriginNow is the origin of what somebody wants to have recorded now.
const OriginNow = "now"

// NowOrder asks for occurrences of one plan outside of its schedule.
type NowOrder struct {
	Plan        *plan.Plan
	Revision    int64                // of the plan in the store; 0: the store does not hold it
	Apps        map[*plan.App]string // the App IDs, resolved
	Occurrences []plan.Occurrence    // of that plan; their identities are new
	Begin       []time.Time          // when the first request of each is due, in the order of Occurrences
	Who         string               // for the event log
	At          time.Time            // when it was given
}

// RecordNow writes the specs of an order, all or none. Whoever owns their App IDs records them. A page that is being recorded, or
// that somebody else has asked for meanwhile, is refused ([reason.PageBusy]).
func RecordNow(ctx context.Context, s *store.Store, order NowOrder) error {
	err := s.WriteSpecs(ctx, func(t *store.SpecTx) error {
		if err := order.checkPages(t); err != nil {
			return err
		}
		for i := range order.Occurrences {
			o := &order.Occurrences[i]
			spec := session.Spec{Target: target(o, order.Apps[o.Settings.App]), Account: accountRef(order.Plan)}
			spec.MinRemainder = 0 // it is recorded because somebody asked for it
			spec.Exact, spec.From = false, o.RecordFrom
			row, err := specRow(spec, "", order.Revision)
			if err != nil {
				return err
			}
			row.Origin, row.Wake = OriginNow, order.Begin[i]
			if added, err := t.Add(row); err != nil || !added {
				return errors.Join(err, fmt.Errorf("%s is in the store already", spec.ID))
			}
			event := store.Event{Occurrence: spec.ID, At: order.At, Kind: "command", Who: order.Who, Text: "record now"}
			if err := t.Log(event); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && reason.CodeOf(err) == "" {
		return fmt.Errorf("write the store: %w", err)
	}
	return err
}

// checkPages refuses the order where one of its pages is in use. Orders come one after the other, so that of two for one page the
// second finds the first.
func (o *NowOrder) checkPages(t *store.SpecTx) error {
	for i := range o.Occurrences {
		want := &o.Occurrences[i]
		rows, err := t.UsesOf(want.URL.String(), OriginNow, want.End, o.At)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if HoldsPage(row, o.At) {
				return PageBusy(want.Recording, row)
			}
		}
	}
	return nil
}

// HoldsPage says that a class is using its page, or that somebody asked to have it recorded now. What is overdue is adopted, and
// stopped.
func HoldsPage(row store.Occurrence, now time.Time) bool {
	switch {
	case row.State == string(session.Ended) || !row.End.After(now):
		return false
	case row.State == string(session.Planned):
		if row.Origin != OriginNow {
			return false
		}
		d, err := decodeRow(&store.Row{Occurrence: row})
		return err != nil || d.Orders.Cancel == nil
	}
	return true
}

// PageBusy refuses to record a page now that is in use for a row.
func PageBusy(r *plan.Recording, row store.Occurrence) error {
	return reason.Refuse(reason.PageBusy, "the page of %s is being recorded already: %s, %s since %s; wait for its end, cancel it or, if no daemon is running, use rundown run --stop-all",
		r.ID, row.ID, row.State, row.Start.In(r.Zone).Format("15:04:05"))
}

// Record begins occurrences of a started plan outside its schedule, each at its instant in begin.
func (e *Engine) Record(ctx context.Context, p *plan.Plan, occurrences []plan.Occurrence, begin []time.Time) error {
	e.mu.Lock()
	a := e.plans[p.Name]
	for i := range occurrences {
		e.extra[occurrences[i].ID] = &extra{planned: &occurrences[i], conn: a.conn}
		w := e.workers[a.apps[occurrences[i].Settings.App]]
		if w == nil {
			e.mu.Unlock()
			return fmt.Errorf("%s: another process works on its App ID %s", occurrences[i].ID, a.apps[occurrences[i].Settings.App])
		}
		w.startLoop()
	}
	e.mu.Unlock()
	order := NowOrder{Plan: p, Revision: a.revision, Apps: a.apps, Occurrences: occurrences, Begin: begin, Who: e.cfg.Who, At: e.cfg.Now()}
	if err := RecordNow(ctx, e.cfg.Store, order); err != nil {
		return err
	}
	return e.reloadWorkers(ctx)
}

// asked says that this engine is to record an occurrence because somebody asked for it now. An engine that schedules
// nothing records what was asked of it alone.
func (e *Engine) asked(r *store.Row) bool {
	return r.Origin == OriginNow && (e.scheduling || e.extraOf(r.ID) != nil)
}

// plannedNow is an occurrence outside the schedule as the plan at work has its recording; nil where it has no such recording.
func (a *applied) plannedNow(spec *session.Spec) *plan.Occurrence {
	for _, r := range a.plan.Recordings {
		if r.ID == spec.Recording {
			o := schedule.At(a.plan, r, spec.Start.In(r.Zone), spec.OwnEnd().In(r.Zone))
			return &o
		}
	}
	return nil
}

// accountRef is where the account of a plan is found by who goes on with a recording of it.
func accountRef(p *plan.Plan) *session.AccountRef {
	root := filepath.FromSlash(p.Files[0].Path)
	if abs, err := filepath.Abs(root); err == nil {
		root = abs
	}
	return &session.AccountRef{Plan: filepath.ToSlash(root), CustomerID: p.Account.CustomerID.String(), CustomerSecret: p.Account.CustomerSecret.String()}
}

// CompleteAccount says that nothing of the credentials is masked.
func CompleteAccount(r *session.AccountRef) bool {
	return !strings.Contains(r.CustomerID+r.CustomerSecret, redact.Mark)
}

// Cancel ends an occurrence that a worker of this process has in memory, or keeps it from beginning. Where the store cannot be written
// it is ended all the same. It is for a command that records in its own process; orders of operators go by [Give].
func (e *Engine) Cancel(id, who, why string) error {
	cmd := store.Command{At: e.cfg.Now(), Occurrence: id, Kind: session.CommandCancel, Who: who, Reason: why}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(e.ctx), orderWait)
	defer cancel()
	cmd, err := Give(ctx, e.cfg.Store, cmd, session.Interval{})
	switch {
	case err == nil && cmd.CarriedOut():
		return e.reloadWorkers(e.ctx)
	case err == nil:
		return fmt.Errorf("%s: %s", id, cmd.Result)
	}
	e.log.Error("cannot store an order; it is carried out all the same", "occurrence", id, "error", err)
	for _, w := range e.allWorkers() {
		w.post(func() {
			if o := w.near[id]; o != nil {
				o.spec.Cancel = &session.Cancel{At: cmd.At, Who: who, Reason: why, ReasonCode: reason.CancelledByOperator}
				w.step(o)
			}
		})
	}
	return nil
}
