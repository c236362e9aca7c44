package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"

	"rundown/internal/cli/render"
	"rundown/plan"
	"rundown/plan/rules"
	"rundown/runner/store"
	"rundown/runner/view"
)

// newShowCommand makes show: a class by a plan file and its record in the store, or both from the store. It writes nothing. With PLAN
// it needs no store; a plan with errors is status 1, and a class that there is not status 2. Secrets are shown as references, or
// masked where they are written out.
func newShowCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show ID [PLAN]",
		Short: "Show a class: its settings, where each comes from, and its events",
		Long: `Show one class: its effective settings with the file and line of each, the
orders that operators gave for it, and its sessions and events so far.

Without PLAN, the active plan is read from the store.

No value of a reference is shown. In JSON, url is the page as the plan writes
it, with ${NAME} for exposed variables; page is the page as the store keeps it,
without what its query and fragment hold.

` + idHelp + `
If none is ahead, the recording alone is its last class.`,
		Example: `  rundown show german-a1@2031-09-17 plan.yaml
  rundown show lingua/german-a1/20310917T170000Z plan.yaml --format json
  rundown show german-a1@2031-09-17 19:00
  rundown show german-a1`,
		Args: classArguments(0, "PLAN"),
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
		words, rest := splitClock(args)
		id, err := view.ParseID(words...)
		if err != nil {
			return &usageError{cmd.CommandPath(), err}
		}
		var d view.Details
		if len(rest) == 1 {
			err = a.showPlanned(cmd.Context(), id, rest[0], &d)
		} else {
			err = a.showStored(cmd.Context(), id, &d)
		}
		if err != nil {
			return err
		}
		if format.value == "json" {
			return render.JSON(a.out, d.JSON())
		}
		a.printDetails(d)
		return nil
	}
	return cmd
}

// showPlanned takes the class from the plan, and its record from the store, if there is one.
func (a *app) showPlanned(ctx context.Context, id view.ID, path string, d *view.Details) error {
	plans, err := a.soundPlans([]string{path})
	if err != nil {
		return err
	}
	o, err := id.Find(plans[0].Plan, a.now())
	if err != nil {
		return err
	}
	d.Planned = &o
	s, err := a.openStore(ctx, store.Options{})
	if errors.Is(err, store.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer s.Close()
	return d.AddLife(ctx, s, view.AsRow(&o))
}

// showStored takes the class from the store and its plan from there too.
func (a *app) showStored(ctx context.Context, id view.ID, d *view.Details) error {
	s, err := a.openStore(ctx, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	f := view.NewFinder(s, a.now())
	f.Last = true
	c, err := f.Class(ctx, id)
	if err != nil {
		return err
	}
	if *d, err = view.ReadDetails(ctx, s, c); err != nil || d.Planned != nil {
		return err
	}
	return a.planFile(ctx, s, c.Row, d)
}

// planFile takes the class from the file that its plan was read from, where the store cannot give the plan: what the
// store knows is shown all the same.
func (a *app) planFile(ctx context.Context, s *store.Store, row store.Occurrence, d *view.Details) error {
	revisions, err := s.Revisions(ctx, row.Plan)
	if err != nil {
		return fmt.Errorf("read the revisions of plan %s: %w", row.Plan, err)
	}
	if len(revisions) == 0 {
		return nil
	}
	whole, err := view.ParseID(row.ID)
	if err != nil {
		return err
	}
	c, err := a.checkPlan(revisions[0].Path, rules.Options{Now: a.now()})
	if err != nil || c.Plan == nil {
		a.say("rundown: the plan file %s no longer exists: pass the plan as PLAN to see the settings", revisions[0].Path)
		return nil
	}
	o, err := whole.Find(c.Plan, a.now())
	if err != nil { // as of a class that somebody had recorded by now
		a.say("note: the plan file %s has no such class, so its settings are not shown", revisions[0].Path)
		return nil
	}
	d.Planned = &o
	return nil
}

// printDetails writes it for people.
func (a *app) printDetails(d view.Details) {
	if d.Planned != nil {
		a.printClass(*d.Planned, d.Row, d.Sessions)
	} else {
		fmt.Fprintln(a.out, view.Line(d.Row.ID))
	}
	if d.Row == nil {
		return
	}
	fmt.Fprintln(a.out, "record")
	a.printRecord(*d.Row, d.Sessions, d.Events)
}

// printClass writes the class as the plan has it, and the orders that the store has for it.
func (a *app) printClass(o plan.Occurrence, stored *store.Occurrence, sessions []store.Session) {
	fmt.Fprintln(a.out, o.ID)
	row := a.rowPrinter(len("cancelled"))
	zone := o.Settings.Zone
	row("title", o.Recording.Title)
	row("class", o.Start.In(zone).Format(view.TimeForm)+" to "+o.End.In(zone).Format(view.TimeForm))
	page, newPage, until := o.URL.String(), "", o.RecordUntil
	if stored != nil {
		doc := view.AccountOf(*stored, sessions)
		row("extended", view.ExtendedText(*stored, zone))
		row("cancelled", doc.Cancel.Text(zone))
		if x, effective := view.ExtensionOf(*stored); effective && x.Until.After(o.End) {
			until = x.Until.Add(o.RecordUntil.Sub(o.End))
		}
		if doc.NewPage() != "" {
			page, newPage = doc.RecordedPage(), page
		}
	}
	row("to record", o.RecordFrom.In(zone).Format(view.TimeForm)+" to "+until.In(zone).Format(view.TimeForm))
	if o.Change != "" {
		change := o.Change
		if o.Change == "moved" {
			change += " from " + o.Planned.In(zone).Format(view.TimeForm)
		}
		if o.ChangePos.Line > 0 {
			change += fmt.Sprintf(" (%s:%d)", o.ChangePos.File, o.ChangePos.Line)
		}
		row("change", change)
	}
	row("clock", o.ClockChange)
	row("page", page)
	row("new page", newPageText(newPage))
	row("cname", o.Cname)
	row("prefix", strings.Join(o.Prefix, "/"))
	fmt.Fprintln(a.out, "settings")
	a.printSettings(view.SettingsOf(o.Settings))
}

// printSettings writes settings with the place each comes from. A long value makes its own line longer, not all of them.
func (a *app) printSettings(settings []view.Setting) {
	const widest = 40 // of the values that stand in a column
	most, column := min(widest, a.width()-len("  min_remainder    default")), 0
	texts := make([]string, len(settings))
	for i, s := range settings {
		if texts[i] = "-"; s.Value != nil {
			texts[i] = view.Line(*s.Value)
		}
		if n := runewidth.StringWidth(texts[i]); n <= most {
			column = max(column, n)
		}
	}
	for i, s := range settings {
		prefix, from := fmt.Sprintf("  %-13s  ", s.Key), view.Line(s.From.String())
		line, width := prefix+runewidth.FillRight(texts[i], column)+"  "+from, a.width()
		if !strings.Contains(texts[i], " ") { // nothing of it can be broken but the place behind it
			width = a.lineWidth(a.out)
		}
		if runewidth.StringWidth(line) <= width {
			fmt.Fprintln(a.out, line)
			continue
		}
		a.printWrapped(a.out, prefix, texts[i]+" ("+from+")")
	}
}
