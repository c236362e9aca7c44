package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"rundown/plan"
	"rundown/runner/store"
)

func newShowCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show ID [PLAN]",
		Short: "Show one occurrence: its settings, where each comes from, and its life so far",
		Long: `Show prints one occurrence: the class, its effective settings with the file and line each comes from, and what the
store knows of its life so far. ID is a whole identity or recording@day. Without a PLAN the one that was applied last
is read where it still lies, otherwise only the store is asked.`,
		Example: `  rundown show german-a1@2031-09-17 plan.yaml
  rundown show lingua/german-a1/20310917T170000Z plan.yaml --format json
  rundown show german-a1@2031-09-17`,
		Args: arguments(1, 2, "ID"),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, s string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return a.completeClasses(true)(cmd, args, s)
			}
			return completePlans(cmd, args, s)
		},
	}
	format := addFormat(cmd, "text", "json")
	addIncludeDir(a, cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		id, err := parseID(args[0])
		if err != nil {
			return &usageError{cmd.CommandPath(), err}
		}
		var d dossier
		if len(args) == 2 {
			err = a.showPlanned(cmd.Context(), id, args[1], &d)
		} else {
			err = a.showStored(cmd.Context(), id, &d)
		}
		if err != nil {
			return err
		}
		if format.value == "json" {
			return writeJSON(a.out, d.view())
		}
		a.printDossier(d)
		return nil
	}
	return cmd
}

// dossier is all that is known of an occurrence.
type dossier struct {
	class    *plan.Occurrence  // nil: its plan is not at hand
	row      *store.Occurrence // nil: the store does not know it
	sessions []store.Session
	events   []store.Event
}

// showPlanned takes the class from the plan, and its life from the store where there is one.
func (a *app) showPlanned(ctx context.Context, id parsedID, path string, d *dossier) error {
	plans, err := a.soundPlans([]string{path})
	if err != nil {
		return err
	}
	o, err := id.find(plans[0].plan)
	if err != nil {
		return err
	}
	d.class = &o
	s, err := a.openStore(ctx, store.Options{})
	if errors.Is(err, store.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer s.Close()
	return d.addLife(ctx, s, o.ID)
}

// showStored begins with the store and goes from there to the plan.
func (a *app) showStored(ctx context.Context, id parsedID, d *dossier) error {
	s, err := a.openStore(ctx, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	row, err := findStored(ctx, s, id.text)
	if err != nil {
		return err
	}
	if err := d.addLife(ctx, s, row.ID); err != nil {
		return err
	}
	revisions, err := s.Revisions(ctx, row.Plan)
	if err != nil {
		return fmt.Errorf("read the revisions of plan %s: %w", row.Plan, err)
	}
	if len(revisions) == 0 {
		return nil
	}
	whole, err := parseID(row.ID)
	if err != nil {
		return err
	}
	// The plan may have moved or changed since: what the store knows is shown all the same.
	c, err := a.checkPlan(revisions[0].Path, plan.CheckOptions{Now: a.now()})
	if err != nil || c.plan == nil {
		fmt.Fprintf(a.err, "rundown: the plan was read from %s, which is not there any more: name it to see the settings\n", shown(revisions[0].Path))
		return nil
	}
	o, err := whole.find(c.plan)
	if err != nil {
		fmt.Fprintf(a.err, "rundown: %s\n", oneLine(err.Error()))
		return nil
	}
	d.class = &o
	return nil
}

// addLife reads what the store knows.
func (d *dossier) addLife(ctx context.Context, s *store.Store, id string) error {
	rows, err := s.Occurrences(ctx, store.Filter{ID: id})
	if err != nil {
		return fmt.Errorf("look up %s: %w", id, err)
	}
	if len(rows) == 0 {
		return nil
	}
	l, err := livesOf(ctx, s, rows[:1])
	if err != nil {
		return err
	}
	d.row, d.sessions = &rows[0], l.sessions[id]
	if d.events, err = s.Events(ctx, id, 0, 0); err != nil {
		return fmt.Errorf("read the log of %s: %w", id, err)
	}
	return nil
}

type dossierJSON struct {
	classJSON
	Plan     string          `json:"plan"`
	Cname    string          `json:"cname"`
	Prefix   []string        `json:"prefix"`
	Settings []setting       `json:"settings"`
	Life     *occurrenceJSON `json:"life"` // null: the store does not know it
}

// view is the form that scripts read. Without the plan only the life is known.
func (d dossier) view() any {
	var life *occurrenceJSON
	if d.row != nil {
		v := occurrenceView(*d.row, d.sessions)
		life = &v
	}
	if d.class == nil {
		return struct {
			ID       string          `json:"id"`
			Settings []setting       `json:"settings"`
			Life     *occurrenceJSON `json:"life"`
		}{d.row.ID, nil, life}
	}
	o := *d.class
	return dossierJSON{classView(o), o.Plan, o.Cname, append([]string{}, o.Prefix...), effectiveSettings(o.Settings), life}
}

// printDossier writes it for people.
func (a *app) printDossier(d dossier) {
	if d.class != nil {
		a.printClass(*d.class, d.row)
	} else {
		fmt.Fprintln(a.out, shown(d.row.ID))
	}
	if d.row == nil {
		return
	}
	fmt.Fprintln(a.out, "life")
	a.printLife(*d.row, d.sessions, d.events)
}

const classForm = "Mon 2006-01-02 15:04:05 MST"

// printClass writes the class as the plan has it, and the orders that the store has for it.
func (a *app) printClass(o plan.Occurrence, stored *store.Occurrence) {
	fmt.Fprintln(a.out, o.ID)
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(a.out, "  %-9s %s\n", name, shown(value))
		}
	}
	zone := o.Settings.Zone
	row("title", o.Recording.Title)
	row("class", o.Start.In(zone).Format(classForm)+" to "+o.End.In(zone).Format(classForm))
	if stored != nil {
		doc := readDoc[occurrenceDoc](stored.Doc)
		row("extended", doc.Extended.text(zone))
		row("cancelled", doc.Cancel.text(zone))
	}
	row("recorded", o.RecordFrom.In(zone).Format(classForm)+" to "+o.RecordUntil.In(zone).Format(classForm))
	if o.Change != "" {
		change := o.Change
		if o.Change == "moved" {
			change += " from " + o.Planned.In(zone).Format(classForm)
		}
		if o.ChangePos.Line > 0 {
			change += fmt.Sprintf(" (%s:%d)", o.ChangePos.File, o.ChangePos.Line)
		}
		row("change", change)
	}
	row("clock", o.ClockChange)
	row("page", o.URL.String())
	row("cname", o.Cname)
	row("prefix", strings.Join(o.Prefix, "/"))
	fmt.Fprintln(a.out, "settings")
	t := newTable(a.out)
	for _, s := range effectiveSettings(o.Settings) {
		value := "-"
		if s.Value != nil {
			value = *s.Value
		}
		t.AppendRow([]any{"  " + s.Key, shown(value), shown(s.From.String())})
	}
	t.Render()
}
