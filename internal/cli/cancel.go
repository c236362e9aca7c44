package cli

import (
	"os/user"

	"github.com/spf13/cobra"

	"rundown/runner/operate"
	"rundown/runner/store"
)

// newCancelCommand makes cancel. It reads the store for the class and writes the order there, which is judged and stored in one
// transaction: it holds from the moment at which the command returns, whether or not a daemon runs. What is refused, as a class that
// has ended, is status 2 and changes nothing. With --on it gives a closure instead (closure.go).
func newCancelCommand(a *app) *cobra.Command {
	var undo bool
	var why string
	var day closureFlags
	cmd := &cobra.Command{
		Use:   "cancel ID | --on DAY",
		Short: "Cancel a class or the classes of a day, or undo that",
		Long: `Cancel a class or the classes of a day, or undo that.

The class is not recorded; if it is being recorded, the recording is stopped.
The command asks only with --on DAY. Any class of the active plans can be
cancelled, however far ahead. The order survives restarts, reloads and plan
changes.

--undo takes the cancellation back: the class is recorded, or what is left of
it.

` + idHelp + `

` + closureHelp,
		Example: `  rundown cancel german-a1@2031-09-17 --reason "room flooded"
  rundown cancel german-a1@2031-09-17 19:00
  rundown cancel german-a1
  rundown cancel german-a1@2031-09-17 --undo
  rundown cancel --on 2031-12-17 --label campus=berlin --reason "snow"
  rundown cancel --on 2031-12-17 --from 13:00 --recording 'german-*' --yes
  rundown cancel --on 2031-12-17 --label campus=berlin --undo`,
		Args: func(cmd *cobra.Command, args []string) error {
			if day.used() {
				return arguments(0, 0)(cmd, args)
			}
			return classArguments(0)(cmd, args)
		},
		ValidArgsFunction: a.completeClasses(false),
	}
	cmd.Flags().BoolVar(&undo, "undo", false, "undo an earlier cancel")
	cmd.Flags().StringVar(&why, "reason", "", "reason for the log: `TEXT`")
	day.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := day.check(cmd); err != nil {
			return &usageError{cmd.CommandPath(), err}
		}
		switch c := day.closure(store.ClosureCancel, a.operator(why)); {
		case day.used() && undo:
			return a.endClosures(cmd.Context(), c, day.yes)
		case day.used():
			return a.giveClosure(cmd.Context(), c, day.yes)
		}
		if undo {
			return a.operate(cmd, args, why, operate.Undo)
		}
		return a.operate(cmd, args, why, operate.Cancel)
	}
	return cmd
}

// who is the user name for the log. An order is never refused for want of it.
func (a *app) who() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	if name, _ := a.env("USER"); name != "" {
		return name
	}
	return "unknown"
}
