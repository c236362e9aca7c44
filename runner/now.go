package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rundown/plan"
	"rundown/plan/schedule"
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
	Revision    int64 // of the plan in the store; 0: the store does not hold it
	Apps        map[*plan.App]string
	Occurrences []plan.Occurrence
	Begin       []time.Time // when the first request of each is due
	Who         string
	At          time.Time
}

// RecordNow writes the specs of an order, all or none. Whoever owns their App IDs records them.
func RecordNow(ctx context.Context, s *store.Store, order NowOrder) error {
	err := s.WriteSpecs(ctx, func(t *store.SpecTx) error {
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
	if err != nil {
		return fmt.Errorf("write the store: %w", err)
	}
	return nil
}

// Record begins occurrences of a started plan outside its schedule, each at its instant in begin.
func (e *Engine) Record(ctx context.Context, p *plan.Plan, occurrences []plan.Occurrence, begin []time.Time) error {
	e.mu.Lock()
	a := e.plans[p.Name]
	for i := range occurrences {
		e.extra[occurrences[i].ID] = &extra{settings: &occurrences[i], conn: a.conn}
		w := e.workers[a.apps[occurrences[i].Settings.App]]
		if w == nil {
			e.mu.Unlock()
			return fmt.Errorf("%s: another process works on its App ID %s", occurrences[i].ID, a.apps[occurrences[i].Settings.App])
		}
		w.begin()
	}
	e.mu.Unlock()
	order := NowOrder{Plan: p, Revision: a.revision, Apps: a.apps, Occurrences: occurrences, Begin: begin, Who: e.cfg.Who, At: e.cfg.Now()}
	if err := RecordNow(ctx, e.cfg.Store, order); err != nil {
		return err
	}
	return e.look(ctx)
}

// asked says that this engine is to record an occurrence because somebody asked for it now. An engine that schedules
// nothing records what was asked of it alone.
func (e *Engine) asked(r *store.Row) bool {
	return r.Origin == OriginNow && (e.scheduling || e.extraOf(r.ID) != nil)
}

// settingsNow are those of an occurrence outside the schedule by the plan at work; nil where that has no such recording.
func (a *applied) settingsNow(spec *session.Spec) *plan.Occurrence {
	for _, r := range a.plan.Recordings {
		if r.ID == spec.Recording {
			o := schedule.At(a.plan, r, spec.Start.In(r.Zone), spec.OwnEnd().In(r.Zone))
			return &o
		}
	}
	return nil
}
