package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"rundown/internal/cli/render"
	"rundown/runner/store"
	"rundown/runner/view"
)

// statusInterval is how often status --watch reads the store.
const statusInterval = 2 * time.Second

type statusOptions struct {
	all, watch, check bool
	format            *formatFlag
}

func newStatusCommand(a *app) *cobra.Command {
	var o statusOptions
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what is recording, what is next and what went wrong",
		Long: `Show the daemon, what is recording, what is next and what went wrong.

Status lists health issues with advice, the classes that are being recorded,
those due within 24 hours, those that ended badly within 24 hours, pending
orders, and plans that wait or were refused. It reads the store, so it works
whether or not the daemon is running. Classes that no daemon has planned yet
are computed from the active plans.

--check prints one line for each problem that needs a person, or nothing, and
exits with status 1 if there is one. A problem is a daemon that is not running,
a health issue, a plan that waits or was refused, or a class that was missed,
failed or recorded in part within 24 hours.`,
		Example: `  rundown status
  rundown status --watch
  rundown status --check || mail -s "rundown needs you" ops@school.example
  rundown status --store sqlite:/srv/rundown/rundown.db --format json`,
		Args: arguments(0, 0),
	}
	cmd.Flags().BoolVar(&o.all, "all", false, "list all classes within 24 hours, also those that were recorded")
	cmd.Flags().BoolVar(&o.watch, "watch", false, "show the status again every two seconds, until Ctrl-C")
	cmd.Flags().BoolVar(&o.check, "check", false, "print problems only, and exit with status 1 if there is one")
	o.format = addFormat(cmd, "text", "json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if o.watch && o.check {
			return &usageError{cmd.CommandPath(), errors.New("--watch and --check cannot be combined")}
		}
		s, err := a.openStore(cmd.Context(), store.Options{})
		if err != nil {
			return err
		}
		defer s.Close()
		if o.watch {
			return a.watchStatus(cmd.Context(), s, o)
		}
		return a.status(cmd.Context(), s, a.out, o)
	}
	return cmd
}

// status writes the state of a store once.
func (a *app) status(ctx context.Context, s *store.Store, w io.Writer, o statusOptions) error {
	overview, err := view.ReadOverview(ctx, s, a.now())
	if err != nil {
		return err
	}
	problems := overview.Problems()
	switch {
	case o.format.value == "json":
		err = render.JSON(w, overview.JSON())
	case o.check:
		for _, p := range problems {
			fmt.Fprintln(w, view.Line(p.String()))
		}
	default:
		a.printOverview(w, overview, o.all)
	}
	if err == nil && o.check && len(problems) > 0 {
		return errFindings
	}
	return err
}

// watchStatus writes the state of a store again and again until a signal. On a terminal each replaces the one before.
func (a *app) watchStatus(ctx context.Context, s *store.Store, o statusOptions) error {
	ctx, stop := untilSignal(ctx)
	defer stop()
	tick := time.NewTicker(statusInterval)
	defer tick.Stop()
	for {
		var screen bytes.Buffer
		if _, ok := terminalOf(a.out); ok && o.format.value == "text" {
			screen.WriteString("\x1b[H\x1b[2J") // the cursor to the corner, and the screen cleared
		}
		if err := a.status(ctx, s, &screen, o); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		if _, err := a.out.Write(screen.Bytes()); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
