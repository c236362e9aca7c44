package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"rundown/internal/cli/render"
	"rundown/runner/session"
	"rundown/runner/store"
)

func newHistoryCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "history [ID|RECORDING]",
		Short: "List past classes",
		Long: `History lists the classes that have begun or ended, from the store, whether the daemon is running or not. With an ID it
tells the story of one class, with times in its zone. With a recording it lists that recording's classes: those that the
store has, the next eight days included, and those further ahead for which operators gave orders. With --plans it
lists the revisions of the plans, newest first.

ID names a class: recording@day, by the day on which it is planned or happens; recording@day HH:MM where a day has two;
or the whole identity plan/recording/START. A plan and a slash go before the recording where plans share its name.`,
		Example: `  rundown history
  rundown history german-a1
  rundown history german-a1@2031-09-17
  rundown history german-a1@2031-09-17 19:00
  rundown history --plans
  rundown history lingua/german-a1/20310917T170000Z --format json`,
		Args: func(cmd *cobra.Command, args []string) error {
			_, rest := splitClock(args)
			return arguments(0, 0)(cmd, rest)
		},
		ValidArgsFunction: a.completeClasses(true),
	}
	var plans bool
	cmd.Flags().BoolVar(&plans, "plans", false, "list the revisions of the plans")
	format := addFormat(cmd, "text", "json")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		if plans && len(args) > 0 {
			return &usageError{cmd.CommandPath(), errors.New("--plans and ID exclude each other")}
		}
		var id parsedID
		if words, _ := splitClock(args); len(words) > 0 {
			var err error
			if id, err = parseID(words...); err != nil {
				return &usageError{cmd.CommandPath(), err}
			}
		}
		s, err := a.openStore(ctx, store.Options{})
		if err != nil {
			return err
		}
		defer s.Close()
		switch {
		case plans:
			return a.writeRevisions(ctx, s, format.value)
		case id.dated || id.whole:
			return a.writeStory(ctx, s, id, format.value)
		default:
			return a.writeHistory(ctx, s, id, format.value)
		}
	}
	return cmd
}

// writeHistory lists the classes of a recording, or without one all that have begun or ended.
func (a *app) writeHistory(ctx context.Context, s *store.Store, id parsedID, format string) error {
	orders, err := s.Commands(ctx)
	if err != nil {
		return fmt.Errorf("read operators' orders: %w", err)
	}
	f := &finder{s: s, now: a.now()}
	var rows []store.Occurrence
	if id.recording != "" {
		if rows, err = f.history(ctx, id, orders); err != nil {
			return err
		}
	} else {
		if rows, err = s.Occurrences(ctx, store.Filter{}); err != nil {
			return fmt.Errorf("read occurrences: %w", err)
		}
		rows = slices.DeleteFunc(rows, func(o store.Occurrence) bool { return o.State == string(session.Planned) })
	}
	l, err := livesOf(ctx, s, rows)
	if err != nil {
		return err
	}
	l.lay(orders)
	switch {
	case format == "json":
		return l.writeJSON(a)
	case len(rows) == 0 && id.recording != "":
		_, err := fmt.Fprintf(a.out, "no class of %s has begun, is due within eight days or has an order\n", render.Line(id.text))
		return err
	case len(rows) == 0:
		_, err := fmt.Fprintln(a.out, "nothing has begun yet")
		return err
	}
	if l.names, err = f.callings(ctx, rows); err != nil {
		return err
	}
	l.writeText(a)
	return nil
}

// writeStory tells all that the store knows of one class.
func (a *app) writeStory(ctx context.Context, s *store.Store, id parsedID, format string) error {
	c, err := (&finder{s: s, now: a.now()}).class(ctx, id)
	if err != nil {
		return err
	}
	l, err := livesOf(ctx, s, []store.Occurrence{c.row})
	if err != nil {
		return err
	}
	events, err := s.Events(ctx, c.row.ID, 0, 0)
	if err != nil {
		return fmt.Errorf("read the log of %s: %w", c.row.ID, err)
	}
	if format == "json" {
		return render.JSON(a.out, struct {
			Occurrences []occurrenceJSON `json:"occurrences"`
			Log         []toldJSON       `json:"log"`
		}{l.views(), toldOf(events)})
	}
	fmt.Fprintln(a.out, render.Line(c.row.ID))
	a.printLife(c.row, l.sessions[c.row.ID], events)
	return nil
}

// printLife writes all that the store knows of one occurrence.
func (a *app) printLife(o store.Occurrence, sessions []store.Session, events []store.Event) {
	v := occurrenceView(o, sessions)
	row := func(name, value string) {
		if value != "" {
			a.printWrapped(a.out, fmt.Sprintf("  %-10s ", name), render.Line(value))
		}
	}
	zone := zoneOf(o)
	row("class", inZone(o.Start, zone).Format(classForm)+" to "+inZone(o.End, zone).Format(classForm))
	doc := readDoc[occurrenceDoc](o.Doc)
	if leftPlan(o, doc) {
		row("plan", leftText(doc, o.ID, zone))
	}
	row("moved", movedText(o, doc, sessions, zone))
	row("extended", extendedText(o, zone))
	row("cancelled", doc.Cancel.text(zone))
	row("page", o.URL)
	row("state", o.State)
	row("outcome", o.Outcome)
	row("reason", o.Reason)
	row("code", o.ReasonCode)
	for _, g := range v.Gaps {
		row("gap", deref(g.From)+" to "+deref(g.Until))
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
		row("started", deref(x.StartedAt))
		row("recording", deref(x.RecordingAt))
		row("stopped", deref(x.StoppedAt))
		row("upload", deref(x.UploadStatus))
		for _, f := range x.Files {
			row("file", f)
		}
	}
	if len(events) == 0 {
		return
	}
	fmt.Fprintln(a.out, "log")
	a.printStory(o, events, zone)
}
