package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"rundown/internal/cli/render"
	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner"
	"rundown/runner/store"
	"rundown/runner/view"
)

// newWithdrawCommand makes withdraw. It reads the store, says what the withdrawal means, and once that is confirmed writes a revision
// without text and an entry of the log: the history of the plan keeps it, and the next apply supersedes it. A plan that is not active
// is status 2, and so is a question that nobody can answer.
func newWithdrawCommand(a *app) *cobra.Command {
	var why string
	var yes bool
	cmd := &cobra.Command{
		Use:   "withdraw PLAN",
		Short: "Take a plan out of work",
		Long: `Take a plan out of work.

PLAN is the name of an active plan, as in rundown status. Its classes that have
not begun are removed. A class that is being recorded is recorded to its end,
unless it is cancelled. The command shows what that means and asks; --yes skips
it. The daemon carries it out within a second; without one, the next start does.

rundown apply makes the plan active again. So does a start of rundown run with
the plan's file, which says so: take the file out of the daemon's command. On a
store that several daemons share, this command is the only way to take a plan
out, and a start makes it active again only with a file that was changed.`,
		Example: `  rundown withdraw summer
  rundown withdraw summer --yes --reason "the term is over"`,
		Args:              arguments(1, 1, "PLAN"),
		ValidArgsFunction: a.completeActivePlans,
	}
	cmd.Flags().StringVar(&why, "reason", "", "reason for the log: `TEXT`")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.withdraw(cmd.Context(), args[0], why, yes)
	}
	return cmd
}

// withdraw records that a plan is not active any more, once it was said what that means.
func (a *app) withdraw(ctx context.Context, name, why string, yes bool) error {
	s, err := a.openStore(ctx, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	rows, err := activeRevisions(ctx, s)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rows, func(r store.Revision) bool { return r.Plan == name })
	if i < 0 {
		var names []string
		for _, r := range rows {
			names = append(names, r.Plan)
		}
		if len(names) == 0 {
			return errors.New("no plan is active in this store")
		}
		return fmt.Errorf("no plan %q is active in this store; active: %s", view.Line(name), view.JoinSome(names, 10))
	}
	if err := a.previewWithdrawal(ctx, s, rows[i]); err != nil {
		return err
	}
	if err := a.confirm("withdraw plan "+name, yes); err != nil {
		return err
	}
	r, err := s.AddRevision(ctx, store.Revision{At: a.clock(), Plan: name, Path: rows[i].Path, Who: a.who(), Note: why, State: store.RevisionConfirmed})
	if err != nil {
		return err
	}
	text := fmt.Sprintf("plan %s, revision %d: withdrawn", name, r.ID)
	if why != "" {
		text += ": " + why
	}
	if err := s.Log(ctx, store.Event{At: a.clock(), Kind: "plan", Who: a.who(), Text: text}); err != nil {
		return err
	}
	what := "withdrawn; no daemon is running"
	if a.attended(ctx, s) {
		what = "withdrawn (the daemon carries it out within a second)"
	}
	a.printHanging(a.out, "", fmt.Sprintf("plan %s: %s", name, what), len("  "))
	return nil
}

// previewWithdrawal says what a plan's withdrawal takes out of work.
func (a *app) previewWithdrawal(ctx context.Context, s *store.Store, r store.Revision) error {
	what := "its classes that have not begun are removed"
	if r, err := s.Revision(ctx, r.ID); err == nil {
		if p, _, err := runner.Recall(r); err == nil {
			const days = 7
			n := 0
			for _, o := range schedule.Occurrences(p, a.now(), a.now().AddDate(0, 0, days)) {
				if !o.Cancelled() {
					n++
				}
			}
			what = fmt.Sprintf("its classes that have not begun are removed, %s of them in the next %d days", render.Plural(n, "class"), days)
			if n == 0 {
				what = fmt.Sprintf("it has no class in the next %d days; later ones are removed", days)
			}
		}
	}
	a.printHanging(a.out, "", fmt.Sprintf("plan %s, revision %d: %s", r.Plan, r.ID, what), len("  "))
	rows, err := runningRows(ctx, s, r.Plan)
	if err != nil {
		return err
	}
	list, err := readRunningChanges(ctx, s, rows, nil, &plan.Plan{Name: r.Plan}, a.now())
	a.printRunning(a.out, list)
	return err
}
