package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rundown/internal/cli/render"
	"rundown/plan"
	"rundown/runner/operate"
	"rundown/runner/store"
)

func newExtendCommand(a *app) *cobra.Command {
	var why string
	var day closureFlags
	cmd := &cobra.Command{
		Use:   "extend ID LENGTH | --on DAY LENGTH",
		Short: "Extend the end of a class or of the classes of a day",
		Long: `Extend the end of a class or of the classes of a day.

The class ends LENGTH later than it would now. It may be running or planned,
however far ahead. The order survives restarts, reloads and plan changes. If
the whole class is moved, the extension moves with it. If the plan itself ends
the class later than the extension, the plan counts.

` + idHelp + `

` + closureHelp,
		Example: `  rundown extend german-a1@2031-09-17 15m
  rundown extend german-a1@2031-09-17 19:00 15m
  rundown extend german-a1 1h --reason "the exam runs over"
  rundown extend --on 2031-12-17 15m --label campus=berlin --yes`,
		Args: func(cmd *cobra.Command, args []string) error {
			if day.used() {
				return arguments(1, 1, "LENGTH")(cmd, args)
			}
			return classArguments(1, "LENGTH")(cmd, args)
		},
		ValidArgsFunction: a.completeClasses(false),
	}
	cmd.Flags().StringVar(&why, "reason", "", "reason for the log: `TEXT`")
	day.add(cmd)
	invalid := func(length string) error {
		if _, err := time.ParseDuration(length); err != nil {
			return &usageError{cmd.CommandPath(), fmt.Errorf("invalid LENGTH %q: %s", render.Line(length), durationHint(length))}
		}
		return &usageError{cmd.CommandPath(), fmt.Errorf("invalid LENGTH %q: must be from 1s to %s, such as 15m; to shorten a class, change the plan", render.Line(length), plan.DurationText(operate.MaxExtension))}
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
			length := "-" + unknown.GetSpecifiedShortnames()
			if _, wrong := time.ParseDuration(length); wrong == nil { // meant as a length, read as a flag
				return invalid(length)
			}
		}
		return cmd.Parent().FlagErrorFunc()(cmd, err)
	})
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := day.check(cmd); err != nil {
			return &usageError{cmd.CommandPath(), err}
		}
		rest := args
		if !day.used() {
			_, rest = splitClock(args)
		}
		length, err := time.ParseDuration(rest[0])
		if err != nil || length < time.Second || length > operate.MaxExtension {
			return invalid(rest[0])
		}
		if day.used() {
			c := day.closure(store.ClosureExtend, a.operator(why))
			c.Length = length
			return a.giveClosure(cmd.Context(), c, day.yes)
		}
		s, c, err := a.openClass(cmd, args)
		if err != nil {
			return err
		}
		defer s.Close()
		answer, err := operate.Extend(cmd.Context(), s, c, length, a.operator(why))
		if err != nil {
			return err
		}
		return a.printAnswer(c, answer)
	}
	return cmd
}
