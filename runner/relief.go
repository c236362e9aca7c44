package runner

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner/session"
	"rundown/runner/store"
)

// A class that is being recorded and that no plan has any more may be relieved: where the plan has another class of the recording
// at that time, such as the same class with another start, it ends when that one is being recorded. The other one may belong to
// another App ID, hence to another worker of this process.

// takesPlace says that a class of a plan takes the place of another one of its recording that the plan does not hold any more:
// the two overlap, whatever their padding, and the class is not over.
func takesPlace(class, left session.Interval, now time.Time) bool {
	return overlap(class, left) && class.End.After(now)
}

// overlap says that two classes have an instant in common.
func overlap(a, b session.Interval) bool { return a.Start.Before(b.End) && b.Start.Before(a.End) }

// runningClass is a class that is being recorded, as far as others of its recording need to know.
type runningClass struct {
	id, app, plan, recording string
	interval                 session.Interval
}

// relieves says that a class takes the place of another one that its plan does not hold any more.
func (r *runningClass) relieves(s *session.State) bool {
	return r.id != s.ID && r.plan == s.Plan && r.recording == s.Recording && overlap(r.interval, s.Interval)
}

// relievedBy names the class that relieves an occurrence; "" while none is being recorded.
func (w *worker) relievedBy(o *occurrence) string {
	if !o.spec.Absent || o.now || o.state.Phase == session.Ended || !o.live() || !o.state.Relieved.IsZero() {
		return ""
	}
	w.e.mu.Lock()
	defer w.e.mu.Unlock()
	for _, r := range w.e.runningClasses {
		if r.relieves(&o.state) {
			return r.id
		}
	}
	return ""
}

// trackRecording keeps the list of what is being recorded up to date, and steps the occurrences that one relieves once that is.
func (w *worker) trackRecording(o *occurrence) {
	s := &o.state
	is := !o.spec.Absent && s.Phase != session.Ended && s.Writes()
	w.e.mu.Lock()
	_, was := w.e.runningClasses[s.ID]
	if is {
		w.e.runningClasses[s.ID] = runningClass{s.ID, w.app, s.Plan, s.Recording, s.Interval}
	} else if was {
		delete(w.e.runningClasses, s.ID)
	}
	w.e.mu.Unlock()
	if !is || was {
		return
	}
	plan, recording := s.Plan, s.Recording
	for _, other := range w.e.allWorkers() {
		other.post(func() { other.stepRelieved(plan, recording) })
	}
}

// stepRelieved steps the occurrences of a recording that are relieved now.
func (w *worker) stepRelieved(plan, recording string) {
	for _, o := range w.near {
		if o.spec.Plan == plan && o.spec.Recording == recording && w.relievedBy(o) != "" {
			w.step(o)
		}
	}
}

// notRecorded forgets an occurrence that is released, unless another worker has it.
func (w *worker) notRecorded(id string) {
	w.e.mu.Lock()
	defer w.e.mu.Unlock()
	if w.e.runningClasses[id].app == w.app {
		delete(w.e.runningClasses, id)
	}
}

// passOnExtensions has the extension of a class that is being recorded hold as well for the class that relieves it by a plan. orders
// are those that hold, by identity. It is called before the plan's occurrences are looked at, and gives each extension once: one that
// an operator took back from the other class is not given again.
func (e *Engine) passOnExtensions(ctx context.Context, a *applied, orders map[string][]store.Command) error {
	now := e.cfg.Now()
	for _, from := range slices.Sorted(maps.Keys(orders)) {
		o := standingOf(orders[from])
		if !strings.HasPrefix(from, a.plan.Name+"/") || o.Cancel != nil || o.Extended == nil || o.Extended.Until.Before(now.Add(-maxLength)) {
			continue
		}
		if o.Extended.Closure != 0 { // a closure itself extends the classes that a plan has anew
			continue
		}
		if _, planned := a.find(from); planned {
			continue
		}
		if err := e.passOnExtension(ctx, a.plan, from, o.Extended, orders); err != nil {
			return fmt.Errorf("pass on the extension of %s: %w", from, err)
		}
	}
	return nil
}

// passOnExtension does so for a class that a plan does not hold, where that is being recorded and has not ended.
func (e *Engine) passOnExtension(ctx context.Context, p *plan.Plan, from string, x *session.Extension, orders map[string][]store.Command) error {
	rows, err := e.cfg.Store.Occurrences(ctx, store.Filter{ID: from})
	if err != nil || len(rows) == 0 || rows[0].State != string(session.Starting) && rows[0].State != string(session.Recording) {
		return err
	}
	left, _, err := session.Decode(rows[0].Doc, nil)
	if err != nil {
		e.log.Error("cannot read an occurrence; it is left as it is", "occurrence", from, "error", err)
		return nil
	}
	now := e.cfg.Now()
	to := reliever(p, rows[0].Recording, left.Interval, now)
	if to == nil {
		return nil
	}
	args, err := json.Marshal(session.ExtendArgs{Until: x.Until, Start: x.Start, End: x.End})
	if err != nil {
		return err
	}
	given := func(cmd store.Command) bool {
		return cmd.Kind == session.CommandExtend && string(cmd.Args) == string(args)
	}
	its := standingOf(orders[to.ID])
	until := x.UntilFor(to.Start, to.End)
	if its.Cancel != nil || !until.After(to.End) || !until.After(now) || !x.Exceeds(its.Extended) || slices.ContainsFunc(orders[to.ID], given) {
		return nil
	}
	cmd := store.Command{
		At: now, Occurrence: to.ID, Kind: session.CommandExtend, Who: x.Who, Reason: x.Reason, Args: args,
		Day: to.Planned.Format(time.DateOnly), Clock: session.ClockText(to.Planned),
	}
	err = e.cfg.Store.WriteSpecs(ctx, func(t *store.SpecTx) error {
		before, err := t.Commands(to.ID)
		if err != nil || slices.ContainsFunc(before, given) { // another node was faster
			return err
		}
		cmd, err = GiveIn(t, cmd, session.Interval{Start: to.Start, End: to.End, From: to.RecordFrom, Until: to.RecordUntil})
		return err
	})
	if err == nil && !cmd.DoneAt.IsZero() && cmd.CarriedOut() {
		e.log.Warn("an extension holds for the class that is recorded in place of the extended one, too",
			"occurrence", to.ID, "before", from, "end", until.UTC())
	}
	return err
}

// reliever is the class of a recording that relieves one which a plan does not hold any more; nil for none.
func reliever(p *plan.Plan, recording string, left session.Interval, now time.Time) *plan.Occurrence {
	for _, r := range p.Recordings {
		if r.ID != recording {
			continue
		}
		for _, o := range schedule.OccurrencesOf(r, p, left.Start.Add(-maxLength), left.End) {
			if !o.Cancelled() && takesPlace(session.Interval{Start: o.Start, End: o.End}, left, now) {
				return &o
			}
		}
	}
	return nil
}
