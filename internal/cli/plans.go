package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"rundown/internal/cli/render"
	"rundown/internal/planfile"
	"rundown/plan"
	"rundown/plan/rules"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
)

// loadPlan reads a plan. The error is for one that cannot be read.
func (a *app) loadPlan(path string) (planfile.Checked, error) {
	return planfile.Load(planfile.NewFiles(a.in, path, a.flags.includeDirs...))
}

// checkPlan reads a plan and applies every rule. The error is for a plan that cannot be read.
func (a *app) checkPlan(path string, opts rules.Options) (planfile.Checked, error) {
	c, err := a.loadPlan(path)
	if err == nil {
		c.Check(opts)
	}
	return c, err
}

// soundness is the status of a command that answered about plans: that of findings where one has errors.
func soundness(plans []planfile.Checked) error {
	if slices.ContainsFunc(plans, func(c planfile.Checked) bool { return !c.Sound() }) {
		return errFindings
	}
	return nil
}

// soundPlans reads plans to use, each by itself. Where one has errors, they are shown on standard error and the
// command ends.
func (a *app) soundPlans(paths []string) ([]planfile.Checked, error) {
	plans, err := a.readPlans(paths, false)
	if err != nil {
		return nil, err
	}
	return plans, a.showErrors(plans)
}

// readPlans reads plans and applies every rule, for an answer that a plan with errors has too: what could be read of it
// counts. Together are plans that run beside each other: an app's limits hold for all of them.
func (a *app) readPlans(paths []string, together bool) ([]planfile.Checked, error) {
	plans := make([]planfile.Checked, len(paths))
	for i, path := range paths {
		var err error
		if plans[i], err = a.loadPlan(path); err != nil {
			return nil, fmt.Errorf("plan %s: %w", path, err)
		}
	}
	opts := rules.Options{Now: a.now()}
	if together {
		opts.Beside = planfile.Parsed(plans)
	}
	for i := range plans {
		plans[i].Check(opts)
	}
	return plans, nil
}

// showErrors shows the errors of plans on standard error; the status is that of a plan with errors where there is one.
func (a *app) showErrors(plans []planfile.Checked) error {
	var broken error
	for _, c := range plans {
		if c.Sound() {
			continue
		}
		broken = errFindings
		printer := render.NewFindingPrinter(a.err, a.width(), a.paletteFor(a.err), c.Files)
		printer.PrintAll(slices.DeleteFunc(slices.Clone(c.Findings), func(f plan.Finding) bool { return f.Severity != plan.SeverityError }))
	}
	return broken
}

// tellPartial says of plans with errors that an answer is of what could be read. It ends the command where no plan could
// be read at all.
func (a *app) tellPartial(plans []planfile.Checked) error {
	err := a.showErrors(plans)
	if err != nil && len(planfile.Parsed(plans)) == 0 {
		return err
	}
	for _, c := range plans {
		if !c.Sound() {
			a.say("plan %s has %s: the output covers what could be read, and may change once the plan is fixed", c.Path, render.Plural(c.Count(plan.SeverityError), "error"))
		}
	}
	return nil
}

// plansToTell reads plans for an answer that a plan with errors has too, and says of those that have some that the answer
// is of what could be read.
func (a *app) plansToTell(paths []string, together bool) ([]planfile.Checked, error) {
	plans, err := a.readPlans(paths, together)
	if err != nil {
		return nil, err
	}
	return plans, a.tellPartial(plans)
}

// addIncludeDir gives a command that reads plans its flag --include-dir.
func addIncludeDir(a *app, cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&a.flags.includeDirs, "include-dir", nil, "also allow includes from `FOLDER`, besides the folder of the root file (repeatable)")
	mustExist(cmd.MarkFlagDirname("include-dir"))
}

// newLookup resolves the references of a plan.
func (a *app) newLookup(planPath string) plan.Lookup { return planfile.NewLookup(planPath, a.env) }

// plansToRun reads plans for a start of the daemon. A restart must not fail for a checkout that is half done: in place
// of a file that cannot be read or has errors stands the plan that was applied from it last, as after a reload. Where the
// store has none, that is an error.
func (a *app) plansToRun(ctx context.Context, paths []string) ([]planfile.Checked, error) {
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
		if err == nil && c.Sound() {
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
			a.say("plan %s: %s", path, err)
		}
		a.say("revision %d of plan %s, applied from %s, stays active until the file is fixed", r.ID, r.Plan, path)
		plans = append(plans, planfile.Checked{Path: path, Plan: p})
	}
	return plans, nil
}

// rootOf is how a plan's path stands in its revisions; false for one that is not a file.
func rootOf(path string) (string, bool) {
	if path == planfile.StdinPath {
		return "", false
	}
	abs, err := filepath.Abs(filepath.FromSlash(path))
	return filepath.ToSlash(abs), err == nil
}

// appliedFrom are the active revisions by the path of their root file; none where there is no store.
func (a *app) appliedFrom(ctx context.Context) map[string]store.Revision {
	if a.ownStore() {
		return nil
	}
	s, err := a.openStore(ctx, store.Options{})
	if err != nil {
		return nil // what is wrong with it is told when it is opened for work
	}
	defer s.Close()
	revisions, err := activeTexts(ctx, s, func(store.Revision, error) {})
	if err != nil {
		return nil
	}
	applied := map[string]store.Revision{}
	for _, r := range revisions {
		applied[r.Path] = r
	}
	return applied
}

// activeRevisions are the active revisions of a store, without those of withdrawn plans. They have no texts.
func activeRevisions(ctx context.Context, s *store.Store) ([]store.Revision, error) {
	rows, err := s.ActiveRevisions(ctx)
	return slices.DeleteFunc(rows, store.Revision.Withdrawn), err
}

// activeTexts are the same with their texts. unread hears of those whose text cannot be read, and why; they are left out.
func activeTexts(ctx context.Context, s *store.Store, unread func(store.Revision, error)) (revisions []store.Revision, err error) {
	rows, err := activeRevisions(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		r, err := s.Revision(ctx, row.ID)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			unread(row, fmt.Errorf("revision %d of plan %s cannot be read: %w", row.ID, row.Plan, err))
		default:
			revisions = append(revisions, r)
		}
	}
	return revisions, nil
}

// errNoPlanApplied is the error of a command that works by the active plans where there are none. Some go on: what is to be stopped
// may tell its account itself.
var errNoPlanApplied = errors.New("no plan was applied to this store: give PLAN")

// appliedPlans are the plans of the active revisions, which must all be readable; errNoPlanApplied where there is none.
func appliedPlans(ctx context.Context, s *store.Store, opts rules.Options) ([]*plan.Plan, error) {
	var unread error
	revisions, err := activeTexts(ctx, s, func(_ store.Revision, err error) { unread = errors.Join(unread, err) })
	if err := cmp.Or(err, unread); err != nil {
		return nil, err
	}
	var plans []*plan.Plan
	for _, r := range revisions {
		p, err := runner.LoadRevision(r, opts)
		if err != nil {
			return nil, err
		}
		plans = append(plans, p)
	}
	if len(plans) == 0 {
		return nil, errNoPlanApplied
	}
	return plans, nil
}

// begun lists what the store shows begun and not ended.
func begun(ctx context.Context, s *store.Store) ([]store.Occurrence, error) {
	return s.Occurrences(ctx, store.Filter{Open: true, States: []string{string(session.Starting), string(session.Recording), string(session.Stopping)}})
}

// reachable says what a plan lacks to reach the service at all, which is what a stop needs.
func (w *environment) reachable(p *plan.Plan) error {
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
