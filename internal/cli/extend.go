package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rundown/plan"
	"rundown/runner/operate"
	"rundown/runner/store"
	"rundown/runner/view"
)

// newExtendCommand makes extend, whose last argument is a length unless the order is taken back. It reads and writes the store as
// cancel does, with the same statuses. Orders add up: the new end counts from the present one, not from that of the plan.
func newExtendCommand(a *app) *cobra.Command {
	var undo bool
	var why string
	var day closureFlags
	cmd := &cobra.Command{
		Use:   "extend (ID | --on DAY) (LENGTH | --undo)",
		Short: "Extend the end of a class or the classes of a day, or undo that",
		Long: `Extend the end of a class or of the classes of a day, or undo that.

The class ends LENGTH later than it would now. It may be running or planned,
however far ahead. The order survives restarts, reloads and plan changes. If
the whole class is moved, the extension moves with it. If the plan itself ends
the class later than the extension, the plan counts.

ID --undo takes back the last extension that was given for the class alone.
The class ends as before it. If that end has passed, the command is refused.

--on DAY --undo ends the closures that were given with the same flags. Their
classes end as before. A class that is past that end keeps its new one, and so
does one that was extended alone since.

` + idHelp + `

` + closureHelp,
		Example: `  rundown extend german-a1@2031-09-17 15m
  rundown extend german-a1@2031-09-17 19:00 15m
  rundown extend german-a1 1h --reason "the exam runs over"
  rundown extend german-a1 --undo
  rundown extend --on 2031-12-17 15m --label campus=berlin --yes
  rundown extend --on 2031-12-17 --label campus=berlin --undo`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case undo && !day.used():
				return classArguments(0)(cmd, args)
			case undo:
				return arguments(0, 0)(cmd, args)
			case day.used():
				return arguments(1, 1, "LENGTH")(cmd, args)
			}
			return classArguments(1, "LENGTH")(cmd, args)
		},
		ValidArgsFunction: a.completeClasses(false),
	}
	cmd.Flags().BoolVar(&undo, "undo", false, "undo an earlier extend")
	cmd.Flags().StringVar(&why, "reason", "", "reason for the log: `TEXT`")
	day.add(cmd)
	cmd.SetFlagErrorFunc(flagOrLength)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return a.extend(cmd, args, &day, undo, why) }
	return cmd
}

// extend gives the order for a class, or for the classes of a day.
func (a *app) extend(cmd *cobra.Command, args []string, day *closureFlags, undo bool, why string) error {
	if err := day.check(cmd); err != nil {
		return &usageError{cmd.CommandPath(), err}
	}
	switch {
	case undo && day.used():
		return a.endClosures(cmd.Context(), day.closure(store.ClosureExtend, a.operator(why)), day.yes)
	case undo:
		return a.operate(cmd, args, why, operate.Unextend)
	}
	text := args[len(args)-1]
	length, err := time.ParseDuration(text)
	if err != nil || length < time.Second || length > operate.MaxExtension {
		return invalidLength(cmd, text)
	}
	if day.used() {
		c := day.closure(store.ClosureExtend, a.operator(why))
		c.Length = length
		return a.giveClosure(cmd.Context(), c, day.yes)
	}
	return a.operate(cmd, args, why, func(ctx context.Context, s *store.Store, c view.Class, by operate.Operator) (operate.Answer, error) {
		return operate.Extend(ctx, s, c, length, by)
	})
}

// flagOrLength takes a length such as -5m for what it is: it reads as a flag that is not known.
func flagOrLength(cmd *cobra.Command, err error) error {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		length := "-" + unknown.GetSpecifiedShortnames()
		if _, wrong := time.ParseDuration(length); wrong == nil { // meant as a length, read as a flag
			return invalidLength(cmd, length)
		}
	}
	return cmd.Parent().FlagErrorFunc()(cmd, err)
}

// invalidLength says how to write the length of an extension.
func invalidLength(cmd *cobra.Command, length string) error {
	hint := fmt.Sprintf("must be from 1s to %s, such as 15m; to shorten a class, change the plan", plan.DurationText(operate.MaxExtension))
	if _, err := time.ParseDuration(length); err != nil {
		hint = durationHint(length)
	}
	return &usageError{cmd.CommandPath(), fmt.Errorf("invalid LENGTH %q: %s", view.Line(length), hint)}
}
