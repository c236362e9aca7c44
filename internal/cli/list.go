package cli

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rundown/internal/cli/render"
	"rundown/internal/planfile"
	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner/store"
	"rundown/runner/view"
)

// newListCommand makes list, which shows what plan files say. Orders are in the store, and list reads none. A plan with errors is
// status 1, with the classes that could be read; an empty period is status 0 and names the next class.
func newListCommand(a *app) *cobra.Command {
	var w window
	var cancelled bool
	cmd := &cobra.Command{
		Use:   "list PLAN...",
		Short: "List the classes of a period",
		Long: `List the classes that start in a period, ordered by start. The default is the
next 7 days.

The list shows the plans alone: orders given by cancel and extend are in
status, show and history. A day given to --from or --until is that day in the
zone of each recording. If a plan has errors, the classes that could be read
are listed and the exit status is 1.`,
		Example: `  rundown list plan.yaml
  rundown list plan.yaml --from 2031-09-15 --until 2031-09-21
  rundown list plans/*.yaml --format csv > week.csv
  rundown list plan.yaml --format ics > week.ics
  rundown list plan.yaml --cancelled --format json`,
		Args:              arguments(1, -1, "PLAN"),
		ValidArgsFunction: completePlans,
	}
	format := addFormat(cmd, "text", "json", "csv", "ics")
	w.add(cmd)
	cmd.Flags().BoolVar(&cancelled, "cancelled", false, "include cancelled classes")
	addIncludeDir(a, cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		span, err := w.resolve(a.now())
		if err != nil {
			return &usageError{cmd.CommandPath(), err}
		}
		plans, err := a.plansToTell(args, false)
		if err != nil {
			return err
		}
		classes := classesIn(plans, span, cancelled)
		switch format.value {
		case "json":
			err = a.listJSON(classes)
		case "csv":
			err = a.listCSV(classes)
		case "ics":
			_, err = io.WriteString(a.out, a.calendarOf(classes))
		default:
			a.listText(classes, plans, span)
		}
		return cmp.Or(err, soundness(plans))
	}
	return cmd
}

// namesIn gives the short names of the classes that start in the window, by id.
func namesIn(plans []planfile.Checked, w window) map[string]string {
	from, until := w.instants()
	read := planfile.Parsed(plans)
	clashing := view.Clashes(read)
	var all []view.Names
	for _, p := range read {
		for _, r := range p.Recordings {
			for _, o := range view.Nearby(p, r, from, until) {
				n := view.NamesOfPlanned(&o)
				n.Clashing = clashing[r.ID]
				all = append(all, n)
			}
		}
	}
	names := make(map[string]string, len(all))
	for i, name := range view.ShortestNames(all) {
		names[all[i].ID] = name
	}
	return names
}

// classesIn gives the classes of the plans that start in the window, in order of their starts.
func classesIn(plans []planfile.Checked, w window, cancelled bool) []plan.Occurrence {
	var all []plan.Occurrence
	from, until := w.instants()
	for _, p := range planfile.Parsed(plans) {
		for _, o := range schedule.Occurrences(p, from, until) {
			if w.contains(o.Start) && (cancelled || !o.Cancelled()) {
				all = append(all, o)
			}
		}
	}
	slices.SortStableFunc(all, func(x, y plan.Occurrence) int { return x.Start.Compare(y.Start) })
	return all
}

// listText writes a row a class. Where there is none it names the next one, since a window that was mistyped looks like an empty plan.
func (a *app) listText(classes []plan.Occurrence, plans []planfile.Checked, w window) {
	if len(classes) == 0 {
		fmt.Fprintln(a.out, "no classes in this period"+firstAfter(plans, w))
		return
	}
	names := namesIn(plans, w)
	t := listTable(classes, names, "Mon 2006-01-02")
	if _, ok := terminalOf(a.out); ok && !t.Fits(a.width()) {
		t = listTable(classes, names, "Mon 02 Jan") // the year is in the name
	}
	a.printTable(a.out, t, a.width())
}

// listTable is the table of classes, with days in a layout.
func listTable(classes []plan.Occurrence, names map[string]string, day string) *render.Table {
	t := render.Table{Header: []any{"DAY", "CLASS", "ID"}, Name: "NOTE", Keep: "ID"}
	for _, o := range classes {
		note := o.Change
		if note != "" && o.Settings.Note != "" {
			note += ": "
		}
		start := o.Start.In(o.Settings.Zone)
		t.Add(view.Line(note+o.Settings.Note), start.Format(day), view.ZonedClock(start, o.End), view.Line(names[o.ID]))
	}
	return &t
}

// firstAfter names the first class of the plans that starts after the window.
func firstAfter(plans []planfile.Checked, w window) string {
	from, _ := w.instants()
	var first plan.Occurrence
	for _, p := range planfile.Parsed(plans) {
		for o := range schedule.All(p, from, view.EndOfTime) {
			if o.Cancelled() || before(o.Start, w.until) {
				continue
			}
			if first.Recording == nil || o.Start.Before(first.Start) {
				first = o
			}
			break
		}
	}
	if first.Recording == nil {
		return ", and none after it"
	}
	return fmt.Sprintf("; the next is %s on %s %s", view.Line(first.Recording.ID), first.Start.Format("Mon 2006-01-02"), view.ClockText(first.Start, first.End))
}

// listJSON writes the classes in the form that show uses too.
func (a *app) listJSON(classes []plan.Occurrence) error {
	views := make([]view.Planned, len(classes))
	for i, o := range classes {
		views[i] = view.PlannedOf(o)
	}
	return render.JSON(a.out, views)
}

// calendarOf writes classes as iCalendar, as their plans have them now.
func (a *app) calendarOf(classes []plan.Occurrence) string {
	asPlanned := func(o *plan.Occurrence) store.Occurrence { return view.AsRow(o) }
	return view.CalendarOf(classes, asPlanned, func(string) time.Time { return a.now() })
}

// listCSV writes a row a class for a spreadsheet, with the columns in the order of JSON. Cells that would be formulas are disarmed.
func (a *app) listCSV(classes []plan.Occurrence) error {
	w := csv.NewWriter(a.out)
	_ = w.Write(strings.Split("id,recording,start,end,record_from,record_until,timezone,url,change,note,app,storage,sts,cdn,fallback,redundancy,priority,exact_start", ","))
	for _, o := range classes {
		v := view.PlannedOf(o)
		_ = w.Write(render.Cells(
			v.ID, v.Recording, deref(v.Start), deref(v.End), deref(v.RecordFrom), deref(v.RecordUntil),
			v.Timezone, deref(v.URL), deref(v.Change), deref(v.Note), v.App, v.Storage, strconv.FormatBool(v.STS),
			deref(v.CDN), strconv.FormatBool(v.Fallback), strconv.Itoa(v.Redundancy), v.Priority, strconv.FormatBool(v.ExactStart),
		))
	}
	w.Flush()
	return w.Error()
}

// deref is a text that may be null, for places that show nothing then.
func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
