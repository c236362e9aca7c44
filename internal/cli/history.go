package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"rundown/runner/store"
)

func newHistoryCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "history [ID]",
		Short: "Show all that was",
		Long: `History shows every occurrence that has begun or ended, from the store, whether the daemon is running or not. With an ID, which is a
whole identity or recording@day, it tells that one's story, with times in the class's zone. With --plans it lists the
revisions of the plans, newest first.`,
		Example: `  rundown history
  rundown history german-a1@2031-09-17
  rundown history --plans
  rundown history lingua/german-a1/20310917T170000Z --format json`,
		Args:              arguments(0, 1, "ID"),
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
		s, err := a.openStore(ctx, store.Options{})
		if err != nil {
			return err
		}
		defer s.Close()
		if plans {
			return a.writeRevisions(ctx, s, format.value)
		}
		var rows []store.Occurrence
		if len(args) == 1 {
			o, err := findStored(ctx, s, args[0])
			if err != nil {
				return err
			}
			rows = []store.Occurrence{o}
		} else {
			if rows, err = s.Occurrences(ctx, store.Filter{}); err != nil {
				return fmt.Errorf("read occurrences: %w", err)
			}
			rows = slices.DeleteFunc(rows, func(o store.Occurrence) bool { return o.State == "planned" })
		}
		l, err := livesOf(ctx, s, rows)
		if err != nil {
			return err
		}
		var events []store.Event
		if len(args) == 1 {
			if events, err = s.Events(ctx, rows[0].ID, 0, 0); err != nil {
				return fmt.Errorf("read the log of %s: %w", rows[0].ID, err)
			}
		}
		switch {
		case format.value == "json" && len(args) == 1:
			return writeJSON(a.out, struct {
				Occurrences []occurrenceJSON `json:"occurrences"`
				Log         []toldJSON       `json:"log"`
			}{[]occurrenceJSON{occurrenceView(rows[0], l.sessions[rows[0].ID])}, toldOf(events)})
		case format.value == "json":
			return l.writeJSON(a)
		case len(args) == 1:
			fmt.Fprintln(a.out, shown(rows[0].ID))
			a.printLife(rows[0], l.sessions[rows[0].ID], events)
		case len(rows) == 0:
			fmt.Fprintln(a.out, "nothing has begun yet")
		default:
			l.writeText(a)
		}
		return nil
	}
	return cmd
}

// printLife writes all that the store knows of one occurrence.
func (a *app) printLife(o store.Occurrence, sessions []store.Session, events []store.Event) {
	v := occurrenceView(o, sessions)
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(a.out, "  %-10s %s\n", name, shown(value))
		}
	}
	zone := zoneOf(o)
	row("class", inZone(o.Start, zone).Format(classForm)+" to "+inZone(o.End, zone).Format(classForm))
	doc := readDoc[occurrenceDoc](o.Doc)
	row("extended", doc.Extended.text(zone))
	row("cancelled", doc.Cancel.text(zone))
	row("page", o.URL)
	row("state", o.State)
	row("outcome", o.Outcome)
	row("reason", o.Reason)
	for _, g := range v.Gaps {
		row("gap", deref(g.From)+" to "+deref(g.Until))
	}
	for _, x := range v.Sessions {
		fmt.Fprintf(a.out, "session %d\n", x.Attempt)
		row("state", deref(x.State))
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
