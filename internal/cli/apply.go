package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rundown/internal/cli/render"
	"rundown/internal/planfile"
	"rundown/plan"
	"rundown/plan/forecast"
	"rundown/plan/rules"
	"rundown/runner"
	"rundown/runner/operate"
	"rundown/runner/reason"
	"rundown/runner/store"
	"rundown/runner/view"
)

// newApplyCommand makes apply. It reads plan files and the active revisions, and writes revisions and the log; only with PLAN does
// it make a store. The daemon finds a revision within a second and judges the plan again, by its own variables and files: it may
// refuse what apply took. A plan with errors is status 1 and nothing is written, of none of the plans. One that waits for a
// confirmation is status 0, since it was stored.
func newApplyCommand(a *app) *cobra.Command {
	var o applyOptions
	cmd := &cobra.Command{
		Use:   "apply PLAN...",
		Short: "Apply plans, go back to a revision, or confirm a plan that waits",
		Long: `Apply plans, go back to a revision, or confirm a plan that waits.

Apply checks the plans and writes them to the store. A running daemon applies
them within a second; run without PLAN starts with them. The revision applied
last is the active one. --revision applies an earlier revision again. A daemon
that was started with files of its own, as in rundown run plan.yaml, reads them
again at its next start, and what they hold is applied then: change the file
too, or start the daemon without it.

A plan waits for a confirmation if it removes more than a fifth, and more than
five, of the classes of the next seven days, or if it removes all of them and
has none after them. The active plan stays in effect until apply --confirm. The
store keeps references, not secrets: a plan with a secret that is written out
cannot be applied, only given to run.`,
		Example: `  rundown apply plan.yaml
  rundown apply plan.yaml --confirm --reason "the summer term ends early"
  rundown apply --confirm
  rundown history --plans
  rundown apply --revision 12`,
		Args:              arguments(0, -1, "PLAN"),
		ValidArgsFunction: completePlans,
	}
	cmd.Flags().Int64Var(&o.revision, "revision", 0, "apply revision `N` again (see history --plans)")
	cmd.Flags().BoolVar(&o.confirm, "confirm", false, "apply although many classes are removed; without PLAN, confirm the plans that wait")
	cmd.Flags().StringVar(&o.why, "reason", "", "reason for the log: `TEXT`")
	mustExist(cmd.RegisterFlagCompletionFunc("revision", a.completeRevisions))
	addIncludeDir(a, cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		o.goBack = cmd.Flags().Changed("revision")
		switch {
		case o.goBack && len(args) > 0:
			return &usageError{cmd.CommandPath(), errors.New("--revision and PLAN cannot be combined")}
		case !o.goBack && len(args) == 0 && !o.confirm:
			return &usageError{cmd.CommandPath(), errors.New("PLAN missing: name plans, or give --revision or --confirm")}
		}
		return a.applyPlans(cmd.Context(), args, o)
	}
	return cmd
}

// applyOptions are the flags of apply.
type applyOptions struct {
	revision int64
	goBack   bool // to the revision
	confirm  bool
	why      string
}

// applying is one run of apply.
type applying struct {
	a *app
	s *store.Store
	applyOptions
}

// applyPlans judges all plans before it writes the first. Each revision is a transaction of its own: where one fails, those before
// it stay applied, and the command can be repeated, since a revision with the same text is not stored twice.
func (a *app) applyPlans(ctx context.Context, paths []string, o applyOptions) error {
	plans, err := a.soundPlans(paths)
	if err != nil {
		return err
	}
	if err := distinctNames(plans); err != nil {
		return err
	}
	s, err := a.openStore(ctx, store.Options{Create: len(paths) > 0})
	if err != nil {
		return err
	}
	defer s.Close()
	run := applying{a, s, o}
	switch {
	case o.goBack:
		return run.backTo(ctx, o.revision)
	case len(plans) == 0:
		return run.confirmAll(ctx)
	}
	for _, c := range plans {
		if err := run.given(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// backTo applies an earlier revision again.
func (o applying) backTo(ctx context.Context, revision int64) error {
	r, err := o.s.Revision(ctx, revision)
	if err != nil {
		return err
	}
	p, err := runner.LoadRevision(r, rules.Options{Now: o.a.clock()})
	if err != nil {
		return err
	}
	return o.apply(ctx, p, store.Revision{Plan: r.Plan, Path: r.Path, Hash: r.Hash, Commit: r.Commit, Text: r.Text, BackTo: r.ID}, fmt.Sprintf("revision %d again", r.ID))
}

// given applies a plan from a file.
func (o applying) given(ctx context.Context, c planfile.Checked) error {
	r, err := planfile.Revision(c.Plan)
	if err != nil {
		return fmt.Errorf("plan %s: %w", c.Path, err)
	}
	if _, _, err := runner.Reading(r); err != nil {
		return fmt.Errorf("plan %s cannot be stored: %s; use a reference, or give the file to run", c.Path, whyUnreadable(c))
	}
	return o.apply(ctx, c.Plan, r, "given")
}

// whyUnreadable says why a plan cannot be read from the store again, with the place of a secret that is written out.
func whyUnreadable(c planfile.Checked) string {
	for _, f := range c.Findings {
		if f.Rule == "secret-in-plain-text" {
			what, _, _ := strings.Cut(f.Message, ": ")
			return fmt.Sprintf("%s:%d: %s", view.Line(f.Pos.File), f.Pos.Line, what)
		}
	}
	return "a secret is written out in it, or it is standard input"
}

// apply stores a revision. It waits for a confirmation if it removes much of the active plan.
func (o applying) apply(ctx context.Context, p *plan.Plan, r store.Revision, how string) error {
	r.At, r.Who = o.a.clock(), o.a.who()
	r.Note = runner.NoteOf(r, o.why)
	active, replaced := o.active(ctx, p)
	var loss runner.Removal // none where it is not known what is replaced
	if active != nil {
		loss = runner.RemovalOf(active, p, o.a.clock())
	}
	switch {
	case o.confirm:
		r.State, r.ReasonCode = store.RevisionConfirmed, ""
	case loss.ExceedsLimit():
		r.State, r.Note, r.ReasonCode = store.RevisionWaiting, runner.NoteOf(r, loss.String()), string(loss.Code())
	}
	changes, err := o.changes(ctx, active, p, replaced)
	if err != nil {
		return err
	}
	before, err := o.s.ActiveRevisions(ctx)
	if err != nil {
		return err
	}
	// A revision with the same text as the newest one is not stored again: it keeps its number.
	r, err = o.s.AddRevision(ctx, r)
	if err != nil {
		return err
	}
	if err := o.log(ctx, r, how); err != nil {
		return err
	}
	o.tellRelative(p, r)
	if r.State == store.RevisionWaiting {
		o.a.printHanging(o.a.out, "", fmt.Sprintf("plan %s: revision %d waits for a confirmation: %s; rundown apply --confirm applies it", r.Plan, r.ID, r.Note), len("  "))
		o.a.printRunning(o.a.out, changes.running)
		return nil
	}
	known := slices.ContainsFunc(before, func(at store.Revision) bool { return at.ID == r.ID })
	what := appliedText(known, o.a.attended(ctx, o.s))
	o.a.printHanging(o.a.out, "", fmt.Sprintf("plan %s: revision %d %s", r.Plan, r.ID, what), len("  "))
	o.tellChanges(changes, r.ID)
	return nil
}

// appliedText says what applying a revision has done. Whether a daemon has loaded it is not in the store.
func appliedText(known, daemon bool) string {
	switch {
	case known && daemon:
		return "is active already"
	case known:
		return "is applied already; no daemon is running"
	case daemon:
		return "applied (the daemon loads it within a second)"
	}
	return "applied; no daemon is running"
}

// tellRelative says of a store that several machines work on where each of them looks for files that the plan names by a relative path.
func (o applying) tellRelative(p *plan.Plan, r store.Revision) {
	relative := rules.NotChecked(p, func(ref plan.Reference) (string, error) {
		if ref.File == "" || filepath.IsAbs(ref.File) {
			return "", nil
		}
		return "", errors.New("relative")
	})
	if o.s.Remote() && len(relative) > 0 {
		o.a.printHanging(o.a.err, "", fmt.Sprintf("warning: plan %s: each daemon reads %s from %s, the folder of the plan here, on its own machine: apply the plan from the folder that the daemons have, or write whole paths",
			r.Plan, view.JoinSome(relative, 4), filepath.Dir(r.Path)), len("  "))
	}
}

// active is the active plan of a name and its revision, 0 where there is none. The plan is nil too where it cannot be read
// from the store; then the daemon decides whether a plan that follows it waits.
func (o applying) active(ctx context.Context, p *plan.Plan) (*plan.Plan, int64) {
	r, found, err := activeRevision(ctx, o.s, planfile.Checked{Plan: p})
	if err != nil || !found || r.Withdrawn() {
		return nil, 0
	}
	before, err := runner.LoadRevision(r, rules.Options{Now: o.a.clock()})
	if err != nil {
		return nil, r.ID
	}
	return before, r.ID
}

// applyChanges are what a plan changes of the one that it replaces.
type applyChanges struct {
	replaced int64 // the revision; 0: there is none
	counts   forecast.DifferenceCounts
	running  runningChanges
}

// changes compares a plan with the one that it replaces, or where that cannot be read with the stored classes. It is asked before the plan
// is stored: a daemon that has seen it has changed the classes.
func (o applying) changes(ctx context.Context, before, after *plan.Plan, replaced int64) (c applyChanges, err error) {
	now := o.a.clock()
	rows, err := runningRows(ctx, o.s, after.Name)
	if err != nil {
		return c, err
	}
	c.replaced = replaced
	switch opts := (forecast.Options{Now: now, Running: idsOf(rows)}); {
	case before != nil:
		c.counts = forecast.CountDiff(before, after, opts)
	case replaced != 0:
		d, err := occurrencesDiffer(ctx, o.s, after, opts)
		if err != nil {
			return c, err
		}
		c.counts = forecast.DifferenceCounts{Added: len(d.Added), Removed: len(d.Removed), Moved: len(d.Moved), Changed: len(d.Changed)}
	}
	c.running, err = readRunningChanges(ctx, o.s, rows, before, after, now)
	return c, err
}

// tellChanges says how many classes a revision changes, how to go back, and what becomes of those that are being recorded.
func (o applying) tellChanges(c applyChanges, revision int64) {
	var parts []string
	for _, part := range []struct {
		n    int
		verb string
	}{{c.counts.Removed, "removed"}, {c.counts.Added, "added"}, {c.counts.Moved, "moved"}, {c.counts.Changed, "changed"}} {
		if part.n > 0 {
			parts = append(parts, render.Plural(part.n, "class")+" "+part.verb)
		}
	}
	if c.replaced != 0 && c.replaced != revision {
		text := "no classes differ"
		if len(parts) > 0 {
			text = fmt.Sprintf("%s; rundown apply --revision %d takes this back", strings.Join(parts, ", "), c.replaced)
		}
		o.a.printHanging(o.a.out, "  ", text, 4)
	}
	o.a.printRunning(o.a.out, c.running)
}

// confirmAll confirms the newest revision of each plan that waits.
func (o applying) confirmAll(ctx context.Context) error {
	waiting, err := view.HeldRevisions(ctx, o.s, store.RevisionWaiting)
	if err != nil {
		return err
	}
	if len(waiting) == 0 {
		fmt.Fprintln(o.a.out, "no plan is waiting for a confirmation")
	}
	for _, r := range waiting {
		changes, err := o.confirmed(ctx, r)
		if err != nil {
			return err
		}
		text, err := operate.Confirm(ctx, o.s, r, o.a.operator(o.why))
		if err != nil {
			return err
		}
		o.a.answer(text)
		o.tellChanges(changes, r.ID)
		if o.a.out.err != nil { // the others are left for a call that can tell of them
			break
		}
	}
	return nil
}

// confirmed is what a revision that waits changes; nothing where its plan cannot be read, which only the daemon can that was given it.
func (o applying) confirmed(ctx context.Context, r store.Revision) (applyChanges, error) {
	whole, err := o.s.Revision(ctx, r.ID)
	if err != nil {
		return applyChanges{}, err
	}
	p, err := runner.LoadRevision(whole, rules.Options{Now: o.a.clock()})
	if err != nil {
		return applyChanges{}, nil
	}
	active, replaced := o.active(ctx, p)
	return o.changes(ctx, active, p, replaced)
}

// log tells the log of plans what was applied and why. It comes after the revision: a crash in between leaves no entry.
func (o applying) log(ctx context.Context, r store.Revision, how string) error {
	text := fmt.Sprintf("plan %s, revision %d: %s", r.Plan, r.ID, how)
	if r.State != store.RevisionGiven && how != string(r.State) {
		text += ", " + string(r.State)
	}
	if o.why != "" {
		text += ": " + o.why
	}
	return o.s.Log(ctx, store.Event{At: o.a.clock(), Kind: "command", Who: o.a.who(), Text: text, Data: reason.Code(r.ReasonCode).EventData()})
}
