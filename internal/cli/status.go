package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"rundown/internal/cli/render"
	"rundown/runner/store"
	"rundown/runner/view"
)

func newStatusCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what is recording, what is next and what went wrong",
		Long: `Show the daemon, what is recording, what is next and what went wrong.

Status lists the classes that are running, due within 24 hours, or ended within
24 hours. It reads the store, so it works whether or not the daemon is running.
Classes that no daemon has planned yet are computed from the active plans.`,
		Example: `  rundown status
  rundown status --store sqlite:/srv/rundown/rundown.db --format json`,
		Args: arguments(0, 0),
	}
	format := addFormat(cmd, "text", "json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		s, err := a.openStore(cmd.Context(), store.Options{})
		if err != nil {
			return err
		}
		defer s.Close()
		o, err := view.ReadOverview(cmd.Context(), s, a.now())
		if err != nil {
			return err
		}
		if format.value == "json" {
			return render.JSON(a.out, o.JSON())
		}
		a.printOverview(o)
		return nil
	}
	return cmd
}

// printOverview writes the status for people.
func (a *app) printOverview(o view.Overview) {
	say := func(format string, args ...any) {
		a.printHanging(a.out, "", render.Line(fmt.Sprintf(format, args...)), len("  "))
	}
	for _, r := range o.Refused {
		say("plan %s: revision %d was refused, the previous one is active: %s", r.Plan, r.ID, r.Note)
	}
	for _, r := range o.Waiting {
		say("plan %s: revision %d waits for a confirmation: %s; rundown apply --confirm applies it", r.Plan, r.ID, r.Note)
	}
	for _, text := range o.Unread {
		say("an active plan cannot be read, so its classes are unknown: %s", text)
	}
	if len(o.Rows) == 0 {
		fmt.Fprintln(a.out, "no class is running, due within 24 h, or ended within 24 h")
	} else {
		a.printViews(o.Views)
	}
	say("daemon: %s", o.Daemon.Text())
}
