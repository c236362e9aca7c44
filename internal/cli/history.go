package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rundown/internal/cli/render"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/view"
)

// newHistoryCommand makes history, which reads the store and nothing else. A store without classes is no error, a class that does
// not exist is status 2. Text has times in the zone of the class; JSON has them as scripts rely on, sessions in UTC.
func newHistoryCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "history [ID|RECORDING]",
		Short: "List past and running classes, or show one",
		Long: `List past and running classes, or show one.

Without arguments, history lists the classes that have started or ended. With a
recording, it lists the classes of that recording alone, and also those of the
next eight days and those further ahead that have orders. With an ID, it shows
the sessions and events of one class, in the time zone of the class. With
--plans, it lists plan revisions, and with --closures the orders for a day and
the pauses that operators gave, newest first.

ID names a class: recording@day, by the day on which it is planned or takes
place; recording@day HH:MM if a day has two; or the full id
plan/recording/START. Write plan/recording if several plans have a recording of
that name.`,
		Example: `  rundown history
  rundown history german-a1
  rundown history german-a1@2031-09-17
  rundown history german-a1@2031-09-17 19:00
  rundown history --plans
  rundown history --closures
  rundown history lingua/german-a1/20310917T170000Z --format json`,
		Args: func(cmd *cobra.Command, args []string) error {
			_, rest := splitClock(args)
			return arguments(0, 0)(cmd, rest)
		},
		ValidArgsFunction: a.completeClasses(true),
	}
	var plans, closures bool
	cmd.Flags().BoolVar(&plans, "plans", false, "list plan revisions")
	cmd.Flags().BoolVar(&closures, "closures", false, "list closures and pauses")
	format := addFormat(cmd, "text", "json")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if closures && (plans || len(args) > 0) {
			return &usageError{cmd.CommandPath(), errors.New("--closures cannot be combined with --plans or ID")}
		}
		if plans && len(args) > 0 {
			return &usageError{cmd.CommandPath(), errors.New("--plans and ID cannot be combined")}
		}
		return a.history(cmd, args, plans, closures, format.value)
	}
	return cmd
}

// history writes what the flags and arguments ask for.
func (a *app) history(cmd *cobra.Command, args []string, plans, closures bool, format string) error {
	ctx := cmd.Context()
	var id view.ID
	if words, _ := splitClock(args); len(words) > 0 {
		var err error
		if id, err = view.ParseID(words...); err != nil {
			return &usageError{cmd.CommandPath(), err}
		}
	}
	s, err := a.openStore(ctx, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	switch {
	case closures:
		return a.writeClosures(ctx, s, format)
	case plans:
		return a.writeRevisions(ctx, s, format)
	case id.Dated || id.Whole:
		return a.writeEvents(ctx, s, id, format)
	default:
		return a.writeHistory(ctx, s, id, format)
	}
}

// writeHistory lists the classes of a recording, or without one all that have begun or ended.
func (a *app) writeHistory(ctx context.Context, s *store.Store, id view.ID, format string) error {
	orders, err := s.Orders(ctx, a.now().Add(-view.LongAgo))
	if err != nil {
		return fmt.Errorf("read operators' orders: %w", err)
	}
	f := view.NewFinder(s, a.now())
	var rows []store.Occurrence
	if id.Recording != "" {
		if rows, err = f.History(ctx, id, orders); err != nil {
			return err
		}
	} else {
		if rows, err = s.Occurrences(ctx, store.Filter{}); err != nil {
			return fmt.Errorf("read occurrences: %w", err)
		}
		rows = slices.DeleteFunc(rows, func(o store.Occurrence) bool { return o.State == string(session.Planned) })
	}
	l, err := view.ReadViews(ctx, s, rows)
	if err != nil {
		return err
	}
	l.AddOrders(orders)
	switch {
	case format == "json":
		return a.writeViews(l)
	case len(rows) == 0 && id.Recording != "":
		fmt.Fprintf(a.out, "no class of %s has started, is due within eight days or has an order\n", view.Line(id.Text))
		return nil
	case len(rows) == 0:
		fmt.Fprintln(a.out, "no class has started yet")
		return nil
	}
	if l.Names, err = f.ShortNames(ctx, rows); err != nil {
		return err
	}
	a.printViews(l)
	return nil
}

// writeEvents writes one class with its sessions and events.
func (a *app) writeEvents(ctx context.Context, s *store.Store, id view.ID, format string) error {
	c, err := view.NewFinder(s, a.now()).Class(ctx, id)
	if err != nil {
		return err
	}
	l, err := view.ReadViews(ctx, s, []store.Occurrence{c.Row})
	if err != nil {
		return err
	}
	events, err := s.Events(ctx, c.Row.ID, 0, 0)
	if err != nil {
		return fmt.Errorf("read the log of %s: %w", c.Row.ID, err)
	}
	if format == "json" {
		return render.JSON(a.out, struct {
			Occurrences []view.Occurrence `json:"occurrences"`
			Log         []view.LogEntry   `json:"log"`
		}{l.List(), view.LogOf(events)})
	}
	fmt.Fprintln(a.out, view.Line(c.Row.ID))
	a.printRecord(c.Row, l.Sessions[c.Row.ID], events)
	return nil
}

// printRecord prints the state, sessions and events of an occurrence.
func (a *app) printRecord(o store.Occurrence, sessions []store.Session, events []store.Event) {
	v := view.OccurrenceOf(o, sessions)
	row := a.rowPrinter(len("recording "))
	zone := view.ZoneOf(o)
	row("class", view.InZone(o.Start, zone).Format(view.TimeForm)+" to "+view.InZone(o.End, zone).Format(view.TimeForm))
	doc := view.AccountOf(o, sessions)
	if doc.LeftPlan() {
		row("plan", doc.LeftText(o.ID, zone))
	}
	row("moved", doc.MovedText(zone))
	row("extended", view.ExtendedText(o, zone))
	row("cancelled", doc.Cancel.Text(zone))
	row("page", doc.RecordedPage())
	row("new page", newPageText(doc.NewPage()))
	row("state", o.State)
	row("outcome", o.Outcome)
	row("reason", o.Reason)
	row("code", o.ReasonCode)
	for _, g := range v.Gaps {
		row("gap", sessionTime(g.From, zone)+" to "+sessionTime(g.Until, zone))
	}
	for _, x := range v.Sessions {
		fmt.Fprintf(a.out, "session %d\n", x.Attempt)
		row("state", deref(x.State))
		row("reason", deref(x.Reason))
		row("code", deref(x.ReasonCode))
		row("cname", deref(x.Cname))
		row("uid", deref(x.UID))
		row("resource", deref(x.ResourceID))
		row("sid", deref(x.SID))
		row("started", sessionTime(x.StartedAt, zone))
		row("recording", sessionTime(x.RecordingAt, zone))
		row("stopped", sessionTime(x.StoppedAt, zone))
		row("upload", deref(x.UploadStatus))
		for _, f := range x.Files {
			row("file", f)
		}
	}
	if len(events) == 0 {
		return
	}
	fmt.Fprintln(a.out, "log")
	a.printEvents(o, events)
}

// newPageText says of the page that a plan has for a class whose session records another one from when on it counts; "" for none.
func newPageText(page string) string {
	if page == "" {
		return ""
	}
	return page + " (in the plan; not used by the session that runs)"
}

// sessionTime is a time of a session in the zone of its class, as the other times of that are shown. Scripts read it in UTC.
func sessionTime(utc *string, zone *time.Location) string {
	t, err := time.Parse(time.RFC3339Nano, deref(utc))
	if err != nil {
		return deref(utc)
	}
	return t.In(zone).Format("Mon 2006-01-02 15:04:05.000 MST")
}

// rowPrinter prints values with their names in a column of so many characters; a value that is empty has no row.
func (a *app) rowPrinter(column int) func(name, value string) {
	return func(name, value string) {
		if value != "" {
			a.printWrapped(a.out, fmt.Sprintf("  %-*s ", column, name), view.Line(value))
		}
	}
}

// printEvents prints the events of an occurrence in the zone of the class, with a heading for each day.
func (a *app) printEvents(o store.Occurrence, events []store.Event) {
	day := ""
	for _, e := range view.Story(o, events) {
		if d := e.At.Format("Mon 2006-01-02 MST"); d != day {
			day = d
			fmt.Fprintln(a.out, day)
		}
		who := ""
		if e.Who != "" {
			who = view.Line(e.Who) + ": "
		}
		a.printWrapped(a.out, "  "+e.At.Format("15:04:05.000")+"  ", who+view.Line(e.Text))
	}
}

// writeRevisions lists the revisions of all plans, newest first.
func (a *app) writeRevisions(ctx context.Context, s *store.Store, format string) error {
	all, err := view.ReadRevisions(ctx, s, "")
	if err != nil {
		return err
	}
	if format == "json" {
		revisions := []view.Revision{}
		for _, r := range all {
			revisions = append(revisions, r.JSON())
		}
		return render.JSON(a.out, map[string]any{"revisions": revisions})
	}
	if len(all) == 0 {
		fmt.Fprintln(a.out, "no plan was applied yet")
		return nil
	}
	t := render.Table{Header: []any{"REVISION", "PLAN", "APPLIED", "WHO", "COMMIT", "HASH", "STATE"}, Name: "NOTE", Spare: "HASH"}
	for _, r := range all {
		t.Add(view.Line(r.Note), r.ID, view.Line(r.Plan), r.At.Format("2006-01-02 15:04:05Z07:00"), view.Line(r.Who),
			r.Commit[:min(len(r.Commit), 8)], r.Hash[:min(len(r.Hash), 8)], strings.Replace(r.Standing, view.StandingActive, "active", 1))
	}
	a.printTable(a.out, &t, a.width())
	return nil
}

// writeViews writes classes in the JSON form of now, status and history.
func (a *app) writeViews(l view.Views) error {
	return render.JSON(a.out, map[string]any{"occurrences": l.List()})
}

// printViews writes classes as a table, with the reason of each below it. Where long names make it too wide, the day has no
// year, which the name has, and the sessions are not counted.
func (a *app) printViews(l view.Views) {
	t := tableOf(l, "Mon 2006-01-02")
	if !t.Fits(a.width()) {
		t = tableOf(l, "Mon 02 Jan")
	}
	a.printTable(a.out, t, a.width())
}

// tableOf is the table of classes, with days in a layout.
func tableOf(l view.Views, day string) *render.Table {
	t := render.Table{Header: []any{"DAY", "CLASS", "ID", "STATE", "SESSIONS"}, Spare: "SESSIONS", Keep: "ID"}
	for _, o := range l.Rows {
		zone := view.ZoneOf(o)
		start, end := view.InZone(o.Start, zone), view.InZone(o.End, zone)
		name := cmp.Or(l.Names[o.ID], o.ID)
		t.Add(view.Line(view.ReasonText(o, l.Sessions[o.ID], name, zone)), start.Format(day), view.ZonedClock(start, end),
			view.Line(name), view.Line(cmp.Or(o.Outcome, o.State)), len(l.Sessions[o.ID]))
	}
	return &t
}

// printSessions writes classes as a table with a row a session, and the reason of each occurrence below.
func (a *app) printSessions(l view.Views) {
	t := render.Table{Header: []any{"RECORDING", "OUTCOME", "SESSION", "UID", "RECORDED", "UPLOAD", "FILES"}}
	for _, o := range l.Rows {
		zone := view.ZoneOf(o)
		name, outcome := view.Line(o.Recording), view.Line(o.Outcome)
		if len(l.Sessions[o.ID]) == 0 {
			t.Add("", name, outcome, "none", "", "", "", "")
		}
		for _, s := range l.Sessions[o.ID] {
			d := view.ReadSession(s)
			note := ""
			if s.SID != "" {
				note = "sid " + s.SID
			}
			t.Add(note, name, outcome, fmt.Sprintf("%d %s", s.Attempt, s.State), s.UID,
				clockIn(d.RecordingAt, zone)+"-"+clockIn(d.StoppedAt, zone), d.UploadStatus, len(d.Files))
			name, outcome = "", ""
		}
	}
	a.printTable(a.out, &t, a.width())
	for _, o := range l.Rows {
		a.printHanging(a.out, view.Line(o.ID)+": ", view.Line(o.Reason), len("  "))
	}
}

// clockIn is the time of day in a zone, with seconds: what was recorded matters to the second.
func clockIn(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return "?"
	}
	return t.In(zone).Format("15:04:05")
}
