package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"rundown/runner/operate"
	"rundown/runner/store"
	"rundown/runner/view"
)

// idHelp says in the help of commands how a class is named.
const idHelp = `ID names one class: recording@day, by the day on which it is planned or takes
place; recording@day HH:MM or recording@dayTHH:MM if a day has two; the full id
plan/recording/START, with START in UTC; or the recording alone, which means one
class of it: the one that is running, else the next. Write plan/recording if
several plans have a recording of that name.`

// classArguments takes an ID, of which a time may be an argument of its own, and then what names name; least says how
// many of those must be there.
func classArguments(least int, names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		id, rest := splitClock(args)
		if len(id) == 0 {
			return arguments(least+1, -1, append([]string{"ID"}, names...)...)(cmd, args)
		}
		return arguments(least, len(names), names...)(cmd, rest)
	}
}

// openClass opens the store and finds the class that the arguments of a command name.
func (a *app) openClass(cmd *cobra.Command, args []string) (*store.Store, view.Class, error) {
	words, _ := splitClock(args)
	id, err := view.ParseID(words...)
	if err != nil {
		return nil, view.Class{}, &usageError{cmd.CommandPath(), err}
	}
	s, err := a.openStore(cmd.Context(), store.Options{})
	if err != nil {
		return nil, view.Class{}, err
	}
	c, err := view.NewFinder(s, a.clock()).Class(cmd.Context(), id)
	if err != nil {
		return nil, view.Class{}, errors.Join(err, s.Close())
	}
	return s, c, nil
}

// operator is who gives an order by a command.
func (a *app) operator(why string) operate.Operator {
	return operate.Operator{Who: a.who(), Why: why, Now: a.clock()}
}

// act gives an order for a class.
type act func(context.Context, *store.Store, view.Class, operate.Operator) (operate.Answer, error)

// operate gives an order for the class that the arguments of a command name, and says what the order does.
func (a *app) operate(cmd *cobra.Command, args []string, why string, act act) error {
	s, c, err := a.openClass(cmd, args)
	if err != nil {
		return withoutStore(err)
	}
	defer s.Close()
	answer, err := act(cmd.Context(), s, c, a.operator(why))
	if err != nil {
		return withoutStore(err)
	}
	a.answer(answer.Text(cmp.Or(c.Meant(), " ("+c.Local()+")")))
	if !answer.Daemon {
		a.tellStore(s)
	}
	return nil
}

// withoutStore adds to the error of an order that a store cannot take how recordings are stopped without one.
func withoutStore(err error) error {
	if !errors.Is(err, store.ErrUnwritable) {
		return err
	}
	return fmt.Errorf("%w; nothing is ordered: an order needs the store. To stop all recordings without it, end the daemon and use rundown run --stop-all", err)
}

// tellStore says where an order went that no daemon carries out at once: one that is running may use another store.
func (a *app) tellStore(s *store.Store) {
	a.printHanging(a.err, "", fmt.Sprintf("no daemon uses the store %s; if one is running, give its store with --store", view.Line(s.Path())), len("  "))
}

// attended says that a process uses the store, as far as can be seen.
func (a *app) attended(ctx context.Context, s *store.Store) bool {
	return view.Attended(ctx, s, a.now())
}

// splitClock takes the time of day from the arguments of a command, where it is a word of its own after an ID with a day.
func splitClock(args []string) (id, rest []string) {
	if len(args) > 1 && strings.Contains(args[0], "@") {
		if _, err := view.ReadClock(args[1]); err == nil {
			return args[:2], args[2:]
		}
	}
	return args[:min(len(args), 1)], args[min(len(args), 1):]
}
