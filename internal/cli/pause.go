package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rundown/runner/store"
	"rundown/runner/view"
)

// newPauseCommand makes pause. A pause is a closure without a day (closure.go): it is written to the store with the orders for the
// classes that are near, and the daemon has it cover others as they come near and as plans add them. A recording that no active plan
// has, or that is paused already, is refused with status 2.
func newPauseCommand(a *app) *cobra.Command {
	var why string
	var yes bool
	cmd := &cobra.Command{
		Use:   "pause NAME",
		Short: "Cancel all future classes of a recording, until resume",
		Long: `Cancel all future classes of a recording, until resume.

NAME is a recording of the plan, not one that is running: a class that is being
recorded goes on, and cancel stops it. The pause holds until rundown resume,
also for the classes that a later plan adds. The classes of the next nine days
are listed first, and the command asks unless --yes is given.

Write plan/recording as NAME if several plans have a recording of that name.`,
		Example: `  rundown pause german-a1 --reason "the teacher is ill"
  rundown resume german-a1`,
		Args:              arguments(1, 1, "NAME"),
		ValidArgsFunction: a.completeClasses(false),
	}
	cmd.Flags().StringVar(&why, "reason", "", "reason for the log: `TEXT`")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.giveClosure(cmd.Context(), a.pauseOf(args[0], why), yes)
	}
	return cmd
}

// newResumeCommand makes resume. It does not ask: what it does is what the plan says. A recording that is not paused is status 2.
func newResumeCommand(a *app) *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use:   "resume NAME",
		Short: "End a pause: record the classes of a recording again",
		Long: `End a pause: record the classes of a recording again.

The classes that the pause cancelled and that have not ended are recorded.`,
		Example:           `  rundown resume german-a1`,
		Args:              arguments(1, 1, "NAME"),
		ValidArgsFunction: a.completeClasses(false),
	}
	cmd.Flags().StringVar(&why, "reason", "", "reason for the log: `TEXT`")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.endClosures(cmd.Context(), a.pauseOf(args[0], why), true)
	}
	return cmd
}

// pauseOf is the pause of a recording. A name has nothing that a glob would read otherwise.
func (a *app) pauseOf(name, why string) store.Closure {
	by := a.operator(why)
	return store.Closure{At: by.Now, Kind: store.ClosurePause, Recording: name, Who: by.Who, Reason: by.Why}
}

// checkRecording refuses a name that no recording of an active plan has.
func checkRecording(ctx context.Context, s *store.Store, name string, now time.Time) error {
	plans, err := view.NewFinder(s, now).Active(ctx, "")
	if err != nil {
		return err
	}
	var names []string
	for _, p := range plans {
		for _, r := range p.Recordings {
			names = append(names, r.ID, p.Name+"/"+r.ID)
		}
	}
	if slices.Contains(names, name) {
		return nil
	}
	return fmt.Errorf("no recording %q in the active plans%s", view.Line(name), didYouMean(strings.TrimSpace(name), names))
}
