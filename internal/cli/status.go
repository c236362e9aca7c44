package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/fatih/color"
	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"

	"rundown/internal/cli/render"
	"rundown/runner"
	"rundown/runner/closure"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/view"
)

// statusInterval is how often status --watch reads the store.
const statusInterval = 2 * time.Second

// statusOptions are the flags of status.
type statusOptions struct {
	all, watch, check bool
	format            *formatFlag
}

// newStatusCommand makes status. It reads the store, which has the daemon's heartbeats and health issues, and asks a daemon of this
// machine for what it could not write there; one that hangs is not waited for. It writes nothing and answers with status 0 whatever
// the state is; with --check alone a problem is status 1, so that cron and monitoring can use it.
func newStatusCommand(a *app) *cobra.Command {
	var o statusOptions
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what is recording, what is next and what went wrong",
		Long: `Show the daemon, what is recording, what is next and what went wrong.

Status lists health issues with advice, the classes that are being recorded,
those due within 24 hours, those that ended badly within 24 hours, pending
orders, and plans that wait or were refused. Of a store of run --simulate, the
first line says that nothing is recorded. Status reads the store, so it works
whether or not the daemon is running. A daemon on this machine is also asked
itself, since it cannot report to a store that cannot be written. Classes that
no daemon has planned yet are computed from the active plans.

--check prints one line for each problem that needs a person, or nothing, and
exits with status 1 if there is one. A problem is a daemon that is not running,
a health issue, a full disk, a plan that waits or was refused, a class of which
nothing is recorded 30 seconds after its start, one that lost its recording more
than a minute ago and is not recorded again, or one that was missed, failed or
recorded in part within 24 hours.`,
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
	overview, err := a.readOverview(ctx, s)
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

// nextShown is how many of the classes that are due people are shown; --all shows the others.
const nextShown = 10

// printOverview writes the state of a store for people: whether it is a simulation, the daemon, then what is wrong, then the classes.
func (a *app) printOverview(w io.Writer, o view.Overview, all bool) {
	now, colours := a.now(), a.paletteFor(a.out)
	heading := func(text string) { fmt.Fprintln(w, "\n"+colours.Paint(text, color.Bold)) }
	if o.Simulated {
		fmt.Fprintln(w, colours.Paint("simulation: "+view.SimulatedText, color.FgYellow))
	}
	a.printDaemon(w, o.Daemon, colours)
	for _, n := range o.Nodes {
		a.printHanging(w, "  ", view.Line(n.Text(now)), 4)
	}
	a.printIssues(w, o, colours)
	board := o.Board()
	classes := func(title string, rows []store.Occurrence) {
		if len(rows) > 0 {
			heading(title)
			a.printClasses(w, o.Views, rows, now, colours)
		}
	}
	if len(o.Rows) == 0 {
		fmt.Fprintln(w, "\nno class is running, due within 24 h, or ended within 24 h")
	}
	classes("NOW", board.Now)
	next := board.Next
	if !all {
		next = next[:min(len(next), nextShown)]
	}
	classes("NEXT 24 HOURS", next)
	if more := len(board.Next) - len(next); more > 0 {
		fmt.Fprintf(w, "  %d more within 24 h; status --all lists them\n", more)
	}
	classes("ENDED BADLY", board.Bad)
	if len(o.Orders) > 0 {
		heading("PENDING ORDERS")
		for _, order := range o.Orders {
			a.printHanging(w, "  ", view.Line(orderText(order)), 4)
		}
	}
	if len(o.Closures) > 0 {
		heading("CLOSURES")
		for _, c := range o.Closures {
			a.printHanging(w, "  ", view.Line(closure.Text(c)), 4)
		}
	}
	a.printHeld(w, o, heading)
	if all {
		classes("ENDED", board.Good)
	} else if len(board.Good) > 0 {
		fmt.Fprintf(w, "\n%s within 24 h; status --all lists them\n", goodText(board.Good))
	}
}

// printDaemon writes the daemon first, since nothing below it happens without one.
func (a *app) printDaemon(w io.Writer, d view.DaemonState, colours render.Palette) {
	attribute := color.FgGreen
	if !d.Running() || d.Quiet() {
		attribute = color.FgRed
	}
	a.printHanging(w, "daemon: ", colours.Paint(view.Line(d.Text()), attribute), 0)
}

// printIssues writes the health issues, each with what to do about it.
func (a *app) printIssues(w io.Writer, o view.Overview, colours render.Palette) {
	issues := o.Issues()
	if len(issues) == 0 {
		return
	}
	fmt.Fprintln(w, "\n"+colours.Paint("HEALTH", color.Bold))
	zone := zoneOfAll(o.Rows)
	for _, issue := range issues {
		attribute := color.FgYellow
		if issue.Severity == runner.SeverityCritical {
			attribute = color.FgRed
		}
		fmt.Fprintf(w, "  %s since %s\n", colours.Paint(string(issue.ID), attribute), issue.Since.In(zone).Format("Mon 2006-01-02 15:04 MST"))
		a.printHanging(w, "    ", view.Line(issue.Text), 4)
		if issue.Advice != "" {
			a.printHanging(w, "    try: ", view.Line(issue.Advice), 4)
		}
	}
}

// zoneOfAll is the zone of all classes; UTC where they have several, or there is none.
func zoneOfAll(rows []store.Occurrence) *time.Location {
	zone := time.UTC
	for i, row := range rows {
		switch of := view.ZoneOf(row); {
		case i == 0:
			zone = of
		case of.String() != zone.String():
			return time.UTC
		}
	}
	return zone
}

// printHeld writes the plans that need a person.
func (a *app) printHeld(w io.Writer, o view.Overview, heading func(string)) {
	if len(o.Refused)+len(o.Waiting)+len(o.Unread) == 0 {
		return
	}
	heading("PLANS")
	say := func(text string) { a.printHanging(w, "  ", view.Line(text), 4) }
	for _, r := range o.Refused {
		say(view.RefusedText(r))
	}
	for _, r := range o.Waiting {
		say(view.WaitingText(r) + "; rundown apply --confirm applies it")
	}
	for _, text := range o.Unread {
		say("an active plan cannot be read, so its classes are unknown: " + text)
	}
}

// orderText says an order that waits in words.
func orderText(o view.PendingOrder) string {
	text := o.Kind + " " + o.Occurrence
	if o.Who != nil {
		text += " by " + *o.Who
	}
	if o.Reason != nil {
		text += ": " + *o.Reason
	}
	return text
}

// goodText counts the classes that ended well.
func goodText(rows []store.Occurrence) string {
	counts := map[string]int{}
	for _, row := range rows {
		counts[row.Outcome]++
	}
	var parts []string
	for _, outcome := range []session.Outcome{session.Recorded, session.Cancelled} {
		if n := counts[string(outcome)]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", render.Plural(n, "class"), outcome))
		}
	}
	return strings.Join(parts, ", ")
}

// leastTitle is the number of columns from which a title is worth showing.
const leastTitle = 10

// printClasses writes classes as a table with the reason of each below it. Titles take the width that is left.
func (a *app) printClasses(w io.Writer, l view.Views, rows []store.Occurrence, now time.Time, colours render.Palette) {
	table := func(room int) *render.Table {
		t := render.Table{Header: []any{"CLASS", "ID", "STATE", "TIME", "TITLE"}, Keep: "ID", Paint: func(row int, line string) string {
			return colours.Paint(line, stateColour(rows[row], l.Sessions[rows[row].ID])...)
		}}
		for _, o := range rows {
			zone := view.ZoneOf(o)
			name, title := cmp.Or(l.Names[o.ID], o.ID), ""
			if room >= leastTitle {
				title = runewidth.Truncate(view.Line(l.Captions[o.ID].Title), room, "…")
			}
			t.Add(view.Line(view.ReasonText(o, l.Sessions[o.ID], name, zone)), classTime(o, zone, now), view.Line(name),
				view.Line(view.StateText(o)), timeText(o, l.Sessions[o.ID], now), title)
		}
		return &t
	}
	room := a.width() - table(0).Width() - len("  ")
	a.printTable(w, table(room), a.width())
}

// timeText is how far a class is from its start or its end, and what of it is missing so far.
func timeText(o store.Occurrence, sessions []store.Session, now time.Time) string {
	text := view.TimeText(o, now)
	if missing := view.MissingText(o, sessions, now); missing != "" {
		text += ", " + missing
	}
	return text
}

// classTime is when a class is, with the day where that is not today.
func classTime(o store.Occurrence, zone *time.Location, now time.Time) string {
	start, end := view.InZone(o.Start, zone), view.InZone(o.End, zone)
	text := view.ZonedClock(start, end)
	if day := now.In(start.Location()); start.Format(time.DateOnly) == day.Format(time.DateOnly) {
		return text
	} else if now.Sub(start).Abs() < 6*24*time.Hour {
		return start.Format("Mon ") + text
	}
	return start.Format("2006-01-02 ") + text
}

// stateColour is that of a row: red needs a look, yellow is in part, green is well or on its way; nil for what is only planned.
func stateColour(o store.Occurrence, sessions []store.Session) []color.Attribute {
	d := view.AccountOf(o, sessions)
	switch {
	case d.Interrupted():
		return []color.Attribute{color.FgRed}
	case o.State == string(session.Recording), o.Outcome == string(session.Recorded):
		return []color.Attribute{color.FgGreen}
	case o.Outcome == string(session.Partial):
		return []color.Attribute{color.FgYellow}
	case o.Outcome == string(session.Missed), o.Outcome == string(session.Failed):
		return []color.Attribute{color.FgRed}
	}
	return nil
}
