package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rundown/runner/store"
	"rundown/runner/view"
)

// newPauseCommand makes pause. A pause is a closure without a day (closure.go): the daemon has it cover classes as they come near and
// as plans add them.
func newPauseCommand(a *app) *cobra.Command {
	var why string
	var yes bool
	cmd := &cobra.Command{
		Use:   "pause NAME",
		Short: "Pause a recording: cancel its classes from now on",
		Long: `Pause a recording: cancel its classes from now on.

A class that is being recorded goes on. The pause holds until rundown resume,
also for the classes that a later plan adds. The classes of the next nine days
are listed first, and the command asks unless --yes is given.

NAME is a recording; write plan/recording if several plans have a recording of
that name.`,
		Example: `  rundown pause german-a1 --reason "the teacher is ill"
  rundown resume german-a1`,
		Args:              arguments(1, 1, "NAME"),
		ValidArgsFunction: a.completeClasses(false),
	}
	cmd.Flags().StringVar(&why, "reason", "", "reason for the log: `TEXT`")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := a.checkRecording(cmd.Context(), args[0]); err != nil {
			return err
		}
		return a.giveClosure(cmd.Context(), a.pauseOf(args[0], why), yes)
	}
	return cmd
}

// newResumeCommand makes resume. It does not ask: what it does is what the plan says.
func newResumeCommand(a *app) *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use:   "resume NAME",
		Short: "Resume a recording that is paused",
		Long: `Resume a recording that is paused.

The classes that the pause cancelled and that have not ended are recorded
again.`,
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
func (a *app) checkRecording(ctx context.Context, name string) error {
	s, err := a.openStore(ctx, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	plans, err := view.NewFinder(s, a.clock()).Active(ctx, "")
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
