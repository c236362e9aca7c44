package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rundown/plan/forecast"
)

// timeFlag is a TIME: an instant as RFC 3339, or a day. An instant has its offset written out, so that it means the same on every
// host; a day means that of each class's own zone, and is kept as its midnight in UTC, since the zone of the host is never used.
type timeFlag struct {
	set bool
	forecast.Bound
}

func (f *timeFlag) String() string {
	switch {
	case !f.set:
		return ""
	case f.Day:
		return f.At.Format(time.DateOnly)
	default:
		return f.At.Format(time.RFC3339Nano)
	}
}

func (f *timeFlag) Type() string { return "TIME" }

func (f *timeFlag) Set(s string) error {
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		*f = timeFlag{true, forecast.Bound{At: day, Day: true}}
		return nil
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return errors.New("must be RFC 3339 like 2031-09-17T19:00:00+02:00, or a day like 2031-09-17")
	}
	*f = timeFlag{true, forecast.Bound{At: at}}
	return nil
}

// window is a period of starts, [from, until). A bound that is a day means that day in the zone of each recording, so that
// an evening class belongs to the day in its timetable.
type window struct{ from, until timeFlag }

// defaultSpan is the length of the period of list and run --dry-run without --until.
const defaultSpan = 7 // days

// add gives a command --from and --until.
func (w *window) add(cmd *cobra.Command) {
	cmd.Flags().Var(&w.from, "from", "first start: `TIME` is RFC 3339 or a day in the recording's zone (default: now)")
	cmd.Flags().Var(&w.until, "until", "end of the period: `TIME`; a day is included (default: 7 days after --from)")
}

// resolve fills in the defaults.
func (w window) resolve(now time.Time) (window, error) {
	if !w.from.set {
		w.from = timeFlag{true, forecast.Bound{At: now}}
	}
	if !w.until.set {
		w.until = w.from
		w.until.At = w.from.At.AddDate(0, 0, defaultSpan)
		return w, nil
	}
	return w.closed()
}

// closed gives the window in which a day in --until is included, so that the window ends a day later. It refuses one
// that ends before it begins.
func (w window) closed() (window, error) {
	if w.until.Day {
		w.until.At = w.until.At.AddDate(0, 0, 1)
	}
	if w.from.set && w.until.set && !w.from.At.Before(w.until.At) {
		return w, fmt.Errorf("--from %s is not before --until", w.from.String())
	}
	return w, nil
}

// zoneSpread is more than any zone is away from UTC.
const zoneSpread = 26 * time.Hour

// instants is a period that contains the window in every zone; contains decides for each start.
func (w window) instants() (from, until time.Time) {
	from, until = w.from.At, w.until.At
	if w.from.Day {
		from = from.Add(-zoneSpread)
	}
	if w.until.Day {
		until = until.Add(zoneSpread)
	}
	return from, until
}

// contains says whether a start is in the window; its location is the recording's zone.
func (w window) contains(start time.Time) bool {
	return !before(start, w.from) && before(start, w.until)
}

// before says whether a start lies before a bound; of a day, before its midnight in the zone of the start.
func before(start time.Time, bound timeFlag) bool {
	if !bound.Day {
		return start.Before(bound.At)
	}
	y, m, d := start.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Before(bound.At)
}

// listed joins words as prose does: text, json or csv.
func listed(words []string, conjunction string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " " + conjunction + " " + words[last]
}

// formatFlag is --format, the output format of a command.
type formatFlag struct {
	value   string
	allowed []string
}

func (f *formatFlag) String() string { return f.value }

func (f *formatFlag) Type() string { return "FORMAT" }

func (f *formatFlag) Set(s string) error {
	if !slices.Contains(f.allowed, s) {
		return fmt.Errorf("must be %s", listed(f.allowed, "or"))
	}
	f.value = s
	return nil
}

// addFormat adds --format to a command. The first format is the default.
func addFormat(cmd *cobra.Command, allowed ...string) *formatFlag {
	f := &formatFlag{value: allowed[0], allowed: allowed}
	cmd.Flags().VarP(f, "format", "f", "output format: "+listed(allowed, "or"))
	complete(cmd, "format", allowed...)
	return f
}

// checkListen refuses an empty address of --listen, as of a variable that is not set: it would mean each address of the machine.
func checkListen(cmd *cobra.Command, address string) error {
	if address != "" {
		return nil
	}
	usual := cmd.Flags().Lookup("listen").DefValue
	_, port, _ := strings.Cut(usual, ":")
	return fmt.Errorf("invalid --listen %q: give an address such as %s, or :%s for all addresses", address, usual, port)
}
