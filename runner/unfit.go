package runner

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"rundown/plan"
	"rundown/runner/reason"
	"rundown/runner/store"
)

// Where several nodes work on a store, the plans are those of the store, whichever node was given their files:
//
//   - A start withdraws no plan that it was not given, and a file that holds what was withdrawn does not bring it back.
//   - A start with a file that is an older revision leaves the active one active: nodes that are restarted one after the
//     other may have files of two ages.
//   - What one node cannot resolve or read says nothing about the plan: the node owns none of the plan's App IDs, and says
//     so, and the revision is not refused.
//   - Only who applies a plan judges whether it removes too much.
//   - A plan with a secret written out is refused, since the other nodes could not work on it.

// unfitPlan is an active plan that a node cannot work on.
type unfitPlan struct {
	plan     *plan.Plan // nil: it could not even be read
	revision int64
	apps     []string // its App IDs, as far as they are known here
}

// raiseUnfit notes that this node cannot work on a plan; p is nil where it could not even be read. It names what runs of the plan where
// no other node can stop that.
func (e *Engine) raiseUnfit(ctx context.Context, r store.Revision, p *plan.Plan, err error) {
	u := &unfitPlan{plan: p, revision: r.ID, apps: e.resolvedApps(p)}
	e.mu.Lock()
	e.unfit[r.Plan] = u
	before := e.plans[r.Plan]
	e.mu.Unlock()
	issue := Issue{
		ID: reason.IssueNodeUnfit, Severity: SeverityCritical,
		Text:   fmt.Sprintf("plan %s, revision %d: this node cannot work on it: %s", r.Plan, r.ID, oneLine(err)),
		Advice: "give this node what the plan refers to; other nodes own the plan's App IDs meanwhile",
	}
	left, alone := e.unattended(ctx, r.Plan, u.apps)
	switch {
	case alone && before != nil && e.goesOnWith(ctx, before):
		issue.Advice = "give this node what the plan refers to; it goes on with the revision before meanwhile"
	case alone && before != nil && e.ownsOf(before):
		issue.Blocking = true
		issue.Advice = "give this node what the plan refers to: no other node works on the plan's App IDs, and this one records only classes that the revision before has, too"
	case alone:
		issue.Blocking = true
		issue.Advice = "give this node what the plan refers to: no other node works on the plan's App IDs"
	}
	if alone && before != nil && before.revision != r.ID {
		issue.Advice += fmt.Sprintf("; or go back to the revision before by rundown apply --revision %d", before.revision)
	}
	if len(left) > 0 {
		issue.Text += fmt.Sprintf("; no node can stop what is being recorded: %s", strings.Join(left, ", "))
		issue.Advice = "give this node what the plan refers to, or stop the recordings by rundown run --stop-all from where that is set"
	}
	e.raise(r.Plan, issue)
	text := "this node cannot work on a plan, and owns none of its App IDs"
	if before != nil {
		text = "this node cannot work on a revision of a plan; by the one before it owns App IDs on which no other node can work"
	}
	e.logThrottled(text, err, "plan", r.Plan, "revision", r.ID, "reason_code", reason.IssueNodeUnfit)
}

// goesOnWith says that this node records all that the store holds by a revision that is not the active one: it owns App IDs of it, and
// no other node has written a newer one.
func (e *Engine) goesOnWith(ctx context.Context, a *applied) bool {
	if !e.ownsOf(a) {
		return false
	}
	written, err := e.cfg.Store.WrittenSince(ctx, a.plan.Name, a.revision)
	return err == nil && !written
}

// ownsOf says that this node owns an App ID of a plan at work.
func (e *Engine) ownsOf(a *applied) bool {
	for _, app := range a.apps {
		if e.workerOf(app) != nil {
			return true
		}
	}
	return false
}

// unattended lists the classes of a plan that have begun and whose App IDs are not attended, and says whether no other node attends the
// App IDs of the plan. What cannot be read is left out. See [store.AttendedApps].
func (e *Engine) unattended(ctx context.Context, name string, apps []string) (ids []string, alone bool) {
	nodes, owners, err := e.fleet(ctx, nil)
	if err != nil {
		return nil, false
	}
	me := e.cfg.Store.NodeID()
	others := slices.DeleteFunc(slices.Clone(nodes), func(n store.Node) bool { return n.ID == me || n.NoDaemon })
	if len(apps) > 0 {
		byOthers := store.AttendedApps(others, owners)
		alone = !slices.ContainsFunc(apps, func(app string) bool { return byOthers[app] })
	} else { // they are not known here: only a node that can work on all plans is known to work on this one
		alone = !slices.ContainsFunc(others, func(n store.Node) bool { return n.Duties })
	}
	begun, err := e.cfg.Store.Occurrences(ctx, store.Filter{Plan: name, Open: true, States: begunStates})
	if err != nil {
		return nil, alone
	}
	attended := store.AttendedApps(nodes, owners)
	for _, o := range begun {
		if !attended[o.WorkerApp()] {
			ids = append(ids, o.ID)
		}
	}
	return ids, alone
}

// resolvedApps lists the App IDs of a plan that this node can resolve. The redactor learns its secrets.
func (e *Engine) resolvedApps(p *plan.Plan) (apps []string) {
	if p == nil {
		return nil
	}
	conn, err := e.cfg.Connect(p)
	if err != nil {
		return nil
	}
	e.learnSecrets(p, conn.Lookup)
	for _, app := range p.Apps {
		if id, err := app.ID.Resolve(conn.Lookup); err == nil {
			apps = append(apps, id)
		}
	}
	return apps
}

// clearUnfit notes that this node can work on a plan.
func (e *Engine) clearUnfit(name string) {
	e.mu.Lock()
	delete(e.unfit, name)
	e.mu.Unlock()
	e.clear(reason.IssueNodeUnfit, name)
}

// retryUnfit tries the plans again that this node could not work on, or of which it could only finish what runs: a file or a variable
// may be there now. The caller holds applying.
func (e *Engine) retryUnfit(ctx context.Context) error {
	now := e.cfg.Now()
	e.mu.Lock()
	unfit, finishes := len(e.unfit) > 0, e.finishes()
	due := (unfit || finishes) && now.Sub(e.triedUnfit).Abs() >= unfitEvery
	if due {
		e.triedUnfit = now
	}
	e.mu.Unlock()
	if !due {
		return nil
	}
	for _, a := range e.applied() {
		if e.cfg.Finishes(a.plan) && e.cfg.Vet != nil {
			_ = e.cfg.Vet(ctx, a.plan) // it goes on to finish what runs, as long as it lacks something
		}
	}
	if !unfit {
		return nil
	}
	return e.activateStored(ctx, true)
}

// finishes says that this node can only finish what runs of a plan at work. The caller holds the lock.
func (e *Engine) finishes() bool {
	return slices.ContainsFunc(e.order, func(name string) bool { return e.cfg.Finishes(e.plans[name].plan) })
}

// unfitDue has the plans be tried again at the next look: what other nodes could do has changed.
func (e *Engine) unfitDue() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.triedUnfit = time.Time{}
}

// given is what a start works on where it is given a plan by a file: the file, or the active revision where the file holds an
// older one. It is nil where that revision withdraws the plan, and where this node cannot work on it. The node runs on, since it
// may be able to work on the revision later, and works on other plans.
func (e *Engine) given(ctx context.Context, p *plan.Plan) (*plan.Plan, store.Revision, error) {
	if e.shared() {
		given, err := e.revisionOf(p)
		if err != nil {
			return nil, given, fmt.Errorf("store the plan: %w", err)
		}
		active, holds, err := Holding(ctx, e.cfg.Store, given)
		if err != nil {
			return nil, active, err
		}
		if active.ID != 0 && active.ID == holds { // as if the node had no file: that it lacks something is not of the plan
			if err := e.vetted(ctx, p); ctx.Err() != nil {
				return nil, active, ctx.Err() // no fault of the plan
			} else if err != nil {
				e.raiseUnfit(ctx, active, p, err)
				return nil, active, nil
			}
		} else if active.ID != 0 {
			attrs := []any{"plan", p.Name, "file", given.Path, "holds", holds, "active", active.ID}
			if active.Withdrawn() {
				e.log.Warn("the plan was withdrawn, and its file is as it was before: it stays withdrawn; rundown apply PLAN makes it active again",
					append(attrs, "withdrawn_by", active.Who, "withdrawn_at", active.At)...)
				return nil, active, nil
			}
			e.log.Warn("the plan's file holds an older revision; the active one stays active", attrs...)
			now, err := e.planOf(ctx, active.ID)
			if err == nil {
				_, err = e.resolve(now)
			}
			if ctx.Err() != nil {
				return nil, active, ctx.Err()
			}
			if err != nil {
				e.raiseUnfit(ctx, active, now, err)
				return nil, active, nil
			}
			return now, active, nil
		}
	}
	if _, err := e.resolve(p); err != nil { // better known before it is written down
		return nil, store.Revision{}, err
	}
	return e.keepGiven(ctx, p)
}

// vetted says what this node lacks to work on a plan.
func (e *Engine) vetted(ctx context.Context, p *plan.Plan) error {
	if e.cfg.Vet != nil {
		if err := e.cfg.Vet(ctx, p); err != nil {
			return err
		}
	}
	_, err := e.resolve(p)
	return err
}

// Holding is the active revision of a plan, or the one that withdraws it, where a file holds that or an older one, which is number
// holds; the zero Revision where the file holds something new. It is asked where several processes work on a store: a start with
// an older file does not turn a plan back there.
func Holding(ctx context.Context, s *store.Store, file store.Revision) (active store.Revision, holds int64, err error) {
	all, err := s.Revisions(ctx, file.Plan)
	if err != nil {
		return store.Revision{}, 0, err
	}
	i := slices.IndexFunc(all, store.Revision.Usable)
	if i < 0 {
		return store.Revision{}, 0, nil
	}
	older := slices.IndexFunc(all[i:], func(r store.Revision) bool { return r.Hash == file.Hash })
	if older < 0 {
		return store.Revision{}, 0, nil
	}
	return all[i], all[i+older].ID, nil
}

// warnOfUndoing warns of a file that holds an earlier revision and undoes what somebody else applied: an operator went
// back to another revision, or another file, such as a newer checkout, was applied. An edit that is undone in the one file
// is no such.
func (e *Engine) warnOfUndoing(r store.Revision, all []store.Revision) {
	last := slices.IndexFunc(all, store.Revision.Usable)
	if last < 0 || all[last].Hash == r.Hash {
		return
	}
	if all[last].Withdrawn() && all[last].State == store.RevisionConfirmed { // by an operator, and not by a start without the plan
		e.log.Warn("the plan was withdrawn, and its file makes it active again: take the file out of the command of run to keep the plan out of work",
			"plan", r.Plan, "file", r.Path, "withdrawn_by", all[last].Who, "withdrawn_at", all[last].At)
		return
	}
	before := slices.IndexFunc(all[last:], func(old store.Revision) bool { return old.Hash == r.Hash })
	if before < 0 {
		return
	}
	attrs := []any{"plan", r.Plan, "file", r.Path, "holds", all[last+before].ID, "replaces", all[last].ID, "applied_by", all[last].Who}
	switch {
	case all[last].BackTo != 0:
		e.log.Warn("the plan's file holds an earlier revision and undoes apply --revision: take the change out of the file as well, or start run without PLAN", attrs...)
	case all[last].Path != r.Path && !all[last].Withdrawn(): // a start without the plan withdraws it, too
		e.log.Warn("the plan's file holds an earlier revision than the active plan, which came from another file: keep one of the files only, or start run without PLAN and use apply",
			append(attrs, "other_file", all[last].Path)...)
	}
}

// complete checks that other nodes could work on a revision from the store alone.
func (e *Engine) complete(r store.Revision) error {
	if !e.shared() {
		return nil
	}
	if _, _, err := Reading(r); err != nil {
		return fmt.Errorf("plan %s cannot be shared by several nodes: a secret is written out in it, or its files are not known: use a reference such as ${NAME} or ${file:PATH}", r.Plan)
	}
	return nil
}

// dropPlan takes a plan out of work that was withdrawn.
func (e *Engine) dropPlan(ctx context.Context, r store.Revision) error {
	e.mu.Lock()
	a, active := e.plans[r.Plan]
	order := e.order
	delete(e.plans, r.Plan)
	e.order = slices.DeleteFunc(slices.Clone(order), func(name string) bool { return name == r.Plan })
	e.mu.Unlock()
	e.clearUnfit(r.Plan)
	if !active {
		return nil
	}
	if err := e.removeOthers(ctx); err != nil { // it is tried again as long as the plan is among the active ones
		e.mu.Lock()
		e.plans[r.Plan], e.order = a, order
		e.mu.Unlock()
		return err
	}
	e.log.Info("plan withdrawn", "plan", r.Plan, "revision", r.ID)
	e.limitsWithout(a)
	return e.reloadWorkers(ctx)
}

// removeOthers removes what is planned for plans that are no longer active. Where specs or plans were written meanwhile, such as
// a plan that is active again, it looks again.
func (e *Engine) removeOthers(ctx context.Context) error {
	names, err := e.cfg.Store.OpenPlans(ctx)
	if err != nil {
		return fmt.Errorf("read the store: %w", err)
	}
	for _, name := range names {
		err := errOutdated
		for errors.Is(err, errOutdated) {
			err = e.removeOther(ctx, name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// removeOther removes what is planned for a plan, unless it is active. [errOutdated] says that others wrote meanwhile.
func (e *Engine) removeOther(ctx context.Context, name string) error {
	generation, err := e.cfg.Store.Generation(ctx)
	if err != nil {
		return fmt.Errorf("read the store: %w", err)
	}
	kept, err := e.keptByOthers(ctx)
	if err != nil {
		return err
	}
	e.mu.Lock()
	active := e.plans[name] != nil
	e.mu.Unlock()
	if active || kept[name] {
		return nil
	}
	w := &specWriter{e: e, now: e.cfg.Now()}
	stored, err := e.cfg.Store.Known(ctx, name, w.now)
	if err != nil {
		return fmt.Errorf("read the store: %w", err)
	}
	changes := reconcile(nil, stored, e.since(), w.now.Add(1000*24*time.Hour), w.now)
	if _, err := w.writeAll(ctx, changes, generation); err != nil {
		return err
	}
	if w.diff.Removed > 0 {
		e.log.Warn("dropped the planned classes of a plan that was not given", "plan", name, "classes", w.diff.Removed)
	}
	return nil
}

// keptByOthers are the plans that are active by the store, also those that only other nodes can work on.
func (e *Engine) keptByOthers(ctx context.Context) (map[string]bool, error) {
	kept := map[string]bool{}
	if !e.shared() {
		return kept, nil
	}
	rows, err := e.cfg.Store.ActiveRevisions(ctx)
	if err != nil {
		return nil, fmt.Errorf("read plan revisions: %w", err)
	}
	for _, r := range rows {
		kept[r.Plan] = !r.Withdrawn()
	}
	return kept, nil
}

// limitsWithout sets the limits of the App IDs that a withdrawn plan shares with others: what it said of them holds no more.
func (e *Engine) limitsWithout(a *applied) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, app := range a.apps {
		if w := e.workers[app]; w != nil && e.planConnection(app) != nil {
			limits := e.limits(app)
			w.post(func() { w.setLimits(limits) })
		}
	}
}

// ActivePlan is a plan that the engine works on, with its revision.
type ActivePlan struct {
	Plan     *plan.Plan
	Revision int64
}

// ActivePlans are the plans that the engine works on, in the order in which they were first applied.
func (e *Engine) ActivePlans() (plans []ActivePlan) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, name := range e.order {
		plans = append(plans, ActivePlan{e.plans[name].plan, e.plans[name].revision})
	}
	return plans
}

// UnfitPlans are the active plans that this node cannot work on, as far as it could read them, by name.
func (e *Engine) UnfitPlans() (plans []ActivePlan) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(e.unfit)) {
		if u := e.unfit[name]; u.plan != nil && e.plans[name] == nil {
			plans = append(plans, ActivePlan{u.plan, u.revision})
		}
	}
	return plans
}

// Redacted takes the secrets of the plans out of a text.
func (e *Engine) Redacted(text string) string { return e.secrets.Redact(text) }
