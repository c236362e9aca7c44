package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rundown/runner"
	"rundown/runner/store"
)

// maxExtension bounds a typing mistake: a class that lasts a day longer is none.
const maxExtension = 24 * time.Hour

func newExtendCommand(a *app) *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use:   "extend ID LENGTH",
		Short: "Let a class last longer",
		Long: `Extend leaves an order in the store for whoever works on it: the class, running or still to come, ends so much later
than it would now. The order outlives restart and reload; of a plan's later end and an extension the later one counts.
ID is a whole identity or recording@day.`,
		Example: `  rundown extend german-a1@2031-09-17 15m
  rundown extend german-a1@2031-09-17 1h --reason "the exam runs over"`,
		Args:              arguments(2, 2, "ID", "LENGTH"),
		ValidArgsFunction: a.completeClasses(false),
	}
	cmd.Flags().StringVar(&why, "reason", "", "`TEXT` that says why, for the log")
	invalid := func(length string) error {
		if _, err := time.ParseDuration(length); err != nil {
			return &usageError{cmd.CommandPath(), fmt.Errorf("invalid LENGTH %q: %s", shown(length), durationHint(length))}
		}
		return &usageError{cmd.CommandPath(), fmt.Errorf("invalid LENGTH %q: must be from 1s to %s, such as 15m; the plan makes a class shorter", shown(length), durationText(maxExtension))}
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
		length, err := time.ParseDuration(args[1])
		if err != nil || length < time.Second || length > maxExtension {
			return invalid(args[1])
		}
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
		waiting, err := s.Commands(ctx)
		if err != nil {
			return err
		}
		end, err := extendable(o, waiting, length, a.clock())
		if err != nil {
			return err
		}
		text, err := json.Marshal(runner.ExtendArgs{Until: end})
		if err != nil {
			return err
		}
		order := store.Command{At: a.clock(), Occurrence: o.ID, Kind: runner.CommandExtend, Who: a.who(), Reason: why, Args: text}
		if _, err := s.AddCommand(ctx, order); err != nil {
			return fmt.Errorf("leave the order for %s: %w", o.ID, err)
		}
		_, err = fmt.Fprintf(a.out, "%s: to end at %s, as soon as the daemon sees it%s\n", o.ID, end.In(zoneOf(o)).Format(time.RFC3339), a.unattended(ctx, s))
		return err
	}
	return cmd
}

// extendable gives the new end of a class, or says why it cannot have one. Extensions that nobody has seen yet add up.
func extendable(o store.Occurrence, waiting []store.Command, length time.Duration, now time.Time) (time.Time, error) {
	switch {
	case o.State == "ended":
		return time.Time{}, fmt.Errorf("%s has ended already: %s", o.ID, o.Outcome)
	case o.State == "stopping":
		return time.Time{}, fmt.Errorf("%s is being stopped already", o.ID)
	}
	end, cancelled := o.End, false
	for _, c := range waiting {
		if c.Occurrence != o.ID {
			continue
		}
		var args runner.ExtendArgs
		switch {
		case c.Kind == runner.CommandExtend && json.Unmarshal(c.Args, &args) == nil && args.Until.After(end):
			end = args.Until
		case c.Kind == runner.CommandCancel, c.Kind == runner.CommandUncancel:
			cancelled = c.Kind == runner.CommandCancel
		}
	}
	if cancelled {
		return time.Time{}, fmt.Errorf("%s is to be cancelled; cancel --undo takes that back", o.ID)
	}
	if end = end.Add(length); !end.After(now) {
		return time.Time{}, errors.New("the new end would be past: " + end.In(zoneOf(o)).Format(time.RFC3339))
	}
	return end, nil
}
