package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"rundown/internal/cli/render"
	"rundown/runner/store"
	"rundown/runner/view"
)

func newWithdrawCommand(a *app) *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use:   "withdraw PLAN",
		Short: "Take a plan out of work",
		Long: `Take a plan out of work.

PLAN is the name of an active plan, as in rundown status. Its classes that have
not begun are removed. A class that is being recorded is recorded to its end,
unless it is cancelled. The daemon carries it out within a second; without one,
the next start does. rundown apply makes the plan active again.

On a store that several daemons share, this is the only way to take a plan out:
a daemon that is started without the plan's file leaves it active.`,
		Example: `  rundown withdraw summer
  rundown withdraw summer --reason "the term is over"`,
		Args: arguments(1, 1, "PLAN"),
	}
	cmd.Flags().StringVar(&why, "reason", "", "reason for the log: `TEXT`")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.withdraw(cmd.Context(), args[0], why)
	}
	return cmd
}

// withdraw records that a plan is not active any more.
func (a *app) withdraw(ctx context.Context, name, why string) error {
	s, err := a.openStore(ctx, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	rows, err := s.ActiveRevisions(ctx)
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, store.Revision.Withdrawn)
	i := slices.IndexFunc(rows, func(r store.Revision) bool { return r.Plan == name })
	if i < 0 {
		var names []string
		for _, r := range rows {
			names = append(names, r.Plan)
		}
		if len(names) == 0 {
			return fmt.Errorf("no plan %q is active in this store, and no other", render.Line(name))
		}
		return fmt.Errorf("no plan %q is active in this store; active: %s", render.Line(name), view.JoinSome(names, 10))
	}
	r, err := s.AddRevision(ctx, store.Revision{At: a.clock(), Plan: name, Path: rows[i].Path, Who: a.who(), Note: why})
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
