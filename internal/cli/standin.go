package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"rundown/plan"
	"rundown/plan/rules"
	"rundown/runner"
	"rundown/runner/store"
)

// plansToRun reads plans for a start of the daemon. A restart must not fail for a checkout that is half done: in place
// of a file that cannot be read or has errors stands the plan that was applied from it last, as after a reload. Where the
// store has none, that is an error.
func (a *app) plansToRun(ctx context.Context, paths []string) ([]checkedPlan, error) {
	plans, broken := a.soundPlans(paths)
	if broken == nil {
		return plans, nil
	}
	applied := a.appliedFrom(ctx)
	if len(applied) == 0 {
		return nil, broken
	}
	plans = nil
	for _, path := range paths {
		c, err := a.checkPlan(path, rules.Options{Now: a.now()})
		if err == nil && c.plan != nil && c.count(plan.SeverityError) == 0 {
			plans = append(plans, c)
			continue
		}
		root, ok := rootOf(path)
		r := applied[root]
		if !ok || r.ID == 0 {
			return nil, broken
		}
		p, unfit := runner.LoadRevision(r, rules.Options{Now: a.now()})
		if unfit != nil {
			return nil, errors.Join(broken, unfit)
		}
		if err != nil {
			fmt.Fprintf(a.err, "plan %s: %s\n", path, err)
		}
		fmt.Fprintf(a.err, "revision %d of plan %s, applied from %s before, stays at work until the file is mended\n", r.ID, r.Plan, path)
		plans = append(plans, checkedPlan{path: path, plan: p})
	}
	return plans, nil
}

// rootOf is how a plan's path stands in its revisions; false for one that is not a file.
func rootOf(path string) (string, bool) {
	if path == stdinPath {
		return "", false
	}
	abs, err := filepath.Abs(filepath.FromSlash(path))
	return filepath.ToSlash(abs), err == nil
}

// appliedFrom are the revisions at work by the path of their root file; none where there is no store.
func (a *app) appliedFrom(ctx context.Context) map[string]store.Revision {
	if a.flags.simulate && !a.storeNamed() {
		return nil
	}
	s, err := a.openStore(ctx, store.Options{})
	if err != nil {
		return nil // what is wrong with it is told when it is opened for work
	}
	defer s.Close()
	rows, err := s.AtWork(ctx)
	if err != nil {
		return nil
	}
	applied := map[string]store.Revision{}
	for _, row := range rows {
		if row.Withdrawn() {
			continue
		}
		if r, err := s.Revision(ctx, row.ID); err == nil {
			applied[r.Path] = r
		}
	}
	return applied
}

// begun lists what the store shows begun and not ended.
func begun(ctx context.Context, s *store.Store) ([]store.Occurrence, error) {
	return s.Occurrences(ctx, store.Filter{Open: true, States: []string{string(runner.Starting), string(runner.Recording), string(runner.Stopping)}})
}

// reachable says what a plan lacks to reach the service at all, which is what a stop needs.
func (w *workplace) reachable(p *plan.Plan) error {
	lookup := w.lookup(p)
	texts := []plan.Text{p.Account.CustomerID, p.Account.CustomerSecret}
	for _, app := range p.Apps {
		texts = append(texts, app.ID)
	}
	for _, t := range texts {
		if _, err := t.Resolve(lookup); err != nil {
			return fmt.Errorf("plan %s: %w", p.Files[0].Path, err)
		}
	}
	return nil
}
