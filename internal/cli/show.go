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
)

func newShowCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show ID [PLAN]",
		Short: "Show one occurrence: its settings, where each comes from, and its life so far",
		Long: `Show prints one class: its effective settings with the file and line each comes from, the orders that operators gave
for it, and what the store knows of its life so far. Without a PLAN its active plan is read from the store.

` + idHelp + `
Where none is ahead, show means the last one.`,
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
		id, err := parseID(words...)
		if err != nil {
			return &usageError{cmd.CommandPath(), err}
		}
		var d dossier
		if len(rest) == 1 {
			err = a.showPlanned(cmd.Context(), id, rest[0], &d)
		} else {
			err = a.showStored(cmd.Context(), id, &d)
		}
		if err != nil {
			return err
		}
		if format.value == "json" {
			return render.JSON(a.out, d.view())
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
	o, err := id.find(plans[0].Plan, a.now())
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
	return d.addLife(ctx, s, asRow(&o))
}

// showStored takes the class from the store and its plan from there too.
func (a *app) showStored(ctx context.Context, id parsedID, d *dossier) error {
	s, err := a.openStore(ctx, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	c, err := (&finder{s: s, now: a.now(), last: true}).class(ctx, id)
	if err != nil {
		return err
	}
	row := c.row
	if !c.stored() {
		row = asRow(c.planned)
	}
	if err := d.addLife(ctx, s, row); err != nil {
		return err
	}
	if c.planned != nil {
		o := withNeighbours(c.plan, *c.planned)
		d.class = &o
		return nil
	}
	return a.planFile(ctx, s, c.row, d)
}

// planFile takes the class from the file that its plan was read from, where the store cannot give the plan: what the
// store knows is shown all the same.
func (a *app) planFile(ctx context.Context, s *store.Store, row store.Occurrence, d *dossier) error {
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
	c, err := a.checkPlan(revisions[0].Path, rules.Options{Now: a.now()})
	if err != nil || c.Plan == nil {
		fmt.Fprintf(a.err, "rundown: the plan was read from %s, which is not there any more: name it to see the settings\n", render.Line(revisions[0].Path))
		return nil
	}
	o, err := whole.find(c.Plan, a.now())
	if err != nil {
		fmt.Fprintf(a.err, "rundown: %s\n", oneLine(err.Error()))
		return nil
	}
	d.class = &o
	return nil
}

// addLife reads what the store knows of a class: its row or, where there is none, the log of what operators ordered.
func (d *dossier) addLife(ctx context.Context, s *store.Store, row store.Occurrence) error {
	row, err := ordered(ctx, s, row)
	if err != nil {
		return err
	}
	events, err := s.Events(ctx, row.ID, 0, 0)
	if err != nil {
		return fmt.Errorf("read the log of %s: %w", row.ID, err)
	}
	if row.Version == 0 && len(events) == 0 {
		return nil
	}
	l, err := livesOf(ctx, s, []store.Occurrence{row})
	if err != nil {
		return err
	}
	d.row, d.sessions, d.events = &row, l.sessions[row.ID], events
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
		fmt.Fprintln(a.out, render.Line(d.row.ID))
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
			a.printWrapped(a.out, fmt.Sprintf("  %-9s ", name), render.Line(value))
		}
	}
	zone := o.Settings.Zone
	row("title", o.Recording.Title)
	row("class", o.Start.In(zone).Format(classForm)+" to "+o.End.In(zone).Format(classForm))
	if stored != nil {
		doc := readDoc[occurrenceDoc](stored.Doc)
		row("extended", extendedText(*stored, zone))
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
	a.printSettings(effectiveSettings(o.Settings))
}

// printSettings writes settings with the place each comes from. A long value makes its own line longer, not all of them.
func (a *app) printSettings(settings []setting) {
	const most = 40
	column := 0
	texts := make([]string, len(settings))
	for i, s := range settings {
		if texts[i] = "-"; s.Value != nil {
			texts[i] = render.Line(*s.Value)
		}
		if n := runewidth.StringWidth(texts[i]); n <= most {
			column = max(column, n)
		}
	}
	for i, s := range settings {
		prefix, from := fmt.Sprintf("  %-13s  ", s.Key), render.Line(s.From.String())
		line := prefix + runewidth.FillRight(texts[i], column) + "  " + from
		if runewidth.StringWidth(line) <= a.width() || !strings.Contains(texts[i], " ") {
			fmt.Fprintln(a.out, line)
			continue
		}
		a.printWrapped(a.out, prefix, texts[i]+" ("+from+")")
	}
}

// setting is an effective setting, as people read it.
type setting struct {
	Key   string   `json:"key"`
	Value *string  `json:"value"` // null: not set and not sent
	From  *fromPos `json:"from"`  // null: the program's default
}

type fromPos struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

func (f *fromPos) String() string {
	if f == nil {
		return "default"
	}
	return fmt.Sprintf("%s:%d", f.File, f.Line)
}

// effectiveSettings lists the settings of an occurrence by key, in the order in which the reference plan has them,
// each with the place it comes from. No secret is among them: addresses show as the plan may show them.
func effectiveSettings(s plan.Settings) []setting {
	var list []setting
	for _, row := range plan.SettingTable {
		e := setting{Key: row.Key, Value: render.OrNull(row.Text(&s))}
		pos, ok := s.From.Of(row.Key)
		if !ok && row.Key == "near" && s.Storage != nil {
			pos, ok = s.Storage.From[row.Key]
		}
		if ok && pos.Line > 0 {
			e.From = &fromPos{pos.File, pos.Line}
		}
		list = append(list, e)
	}
	return list
}
