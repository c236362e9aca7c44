package cli

import (
	"fmt"
	"os/user"
	"time"

	"github.com/spf13/cobra"

	"rundown/runner"
	"rundown/runner/store"
)

func newCancelCommand(a *app) *cobra.Command {
	var undo bool
	var why string
	cmd := &cobra.Command{
		Use:   "cancel ID",
		Short: "Cancel an occurrence, or take that back",
		Long: `Cancel leaves an order in the store for whoever works on it: the occurrence is not recorded, or is stopped where it
runs. The order outlives restart and reload. ID is a whole identity or recording@day.`,
		Example: `  rundown cancel german-a1@2031-09-17 --reason "room flooded"
  rundown cancel german-a1@2031-09-17 --undo`,
		Args:              arguments(1, 1, "ID"),
		ValidArgsFunction: a.completeClasses(false),
	}
	cmd.Flags().BoolVar(&undo, "undo", false, "take an earlier cancel back")
	cmd.Flags().StringVar(&why, "reason", "", "`TEXT` that says why, for the log")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		s, err := a.openStore(ctx, store.Options{})
		if err != nil {
			return err
		}
		defer s.Close()
		o, err := findStored(ctx, s, args[0])
		if err != nil {
			return err
		}
		order := store.Command{At: a.clock(), Occurrence: o.ID, Kind: runner.CommandCancel, Who: a.who(), Reason: why}
		said := "to be cancelled"
		if undo {
			order.Kind, said = runner.CommandUncancel, "to be recorded after all"
		}
		if err := cancellable(o, undo, a.clock()); err != nil {
			return err
		}
		if _, err := s.AddCommand(ctx, order); err != nil {
			return fmt.Errorf("leave the order for %s: %w", o.ID, err)
		}
		_, err = fmt.Fprintf(a.out, "%s: %s, as soon as the daemon sees it%s\n", o.ID, said, a.unattended(ctx, s))
		return err
	}
	return cmd
}

// cancellable refuses orders that nobody can carry out any more.
func cancellable(o store.Occurrence, undo bool, now time.Time) error {
	switch {
	case undo && !o.End.After(now):
		return fmt.Errorf("%s is over since %s", o.ID, o.End.In(zoneOf(o)).Format(time.RFC3339))
	case o.State != "ended":
		return nil
	case undo && o.Outcome == "cancelled":
		return nil
	case undo:
		return fmt.Errorf("%s is not cancelled, it ended %s", o.ID, o.Outcome)
	default:
		return fmt.Errorf("%s has ended already: %s", o.ID, o.Outcome)
	}
}

// who is the user's name, for the log.
func (a *app) who() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	if name, _ := a.env("USER"); name != "" {
		return name
	}
	return "unknown"
}
