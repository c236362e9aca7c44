package cli

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rundown/internal/cli/render"
	"rundown/internal/planfile"
	"rundown/plan"
	"rundown/plan/schedule"
)

func newListCommand(a *app) *cobra.Command {
	var w window
	var cancelled bool
	cmd := &cobra.Command{
		Use:   "list PLAN...",
		Short: "List the classes of a span",
		Long: `List prints the classes that start in a span, the next 7 days unless told otherwise, in order of their starts.
They are as the plans have them; what operators ordered is in status, show and history.
A day given to --from or --until is that day in the zone of each recording, and --until is included.
Of a plan with errors the classes are listed that could be read, and the exit status is 1.`,
		Example: `  rundown list plan.yaml
  rundown list plan.yaml --from 2031-09-15 --until 2031-09-21
  rundown list plans/*.yaml --format csv > week.csv
  rundown list plan.yaml --cancelled --format json`,
		Args:              arguments(1, -1, "PLAN"),
		ValidArgsFunction: completePlans,
	}
	format := addFormat(cmd, "text", "json", "csv")
	w.add(cmd)
	cmd.Flags().BoolVar(&cancelled, "cancelled", false, "list cancelled classes too")
	addIncludeDir(a, cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		span, err := w.resolve(a.now())
		if err != nil {
			return &usageError{cmd.CommandPath(), err}
		}
		plans, err := a.readPlans(args, false)
		if err == nil {
			err = a.tellPartial(plans)
		}
		if err != nil {
			return err
		}
		classes := classesIn(plans, span, cancelled)
		switch format.value {
		case "json":
			err = a.listJSON(classes)
		case "csv":
			err = a.listCSV(classes)
		default:
			err = a.listText(classes, plans, span)
		}
		return cmp.Or(err, soundness(plans))
	}
	return cmd
}

// namesIn gives what people call the classes of the plans that start in the window, by identity.
func namesIn(plans []planfile.Checked, w window) map[string]string {
	from, until := w.instants()
	var read []*plan.Plan
	for _, c := range plans {
		if c.Plan != nil {
			read = append(read, c.Plan)
		}
	}
	clashing := clashes(read)
	var all []classNames
	for _, p := range read {
		for _, r := range p.Recordings {
			for _, o := range nearby(p, r, from, until) {
				n := namesOfClass(&o)
				n.clashing = clashing[r.ID]
				all = append(all, n)
			}
		}
	}
	names := make(map[string]string, len(all))
	for i, name := range callings(all) {
		names[all[i].id] = name
	}
	return names
}

// classesIn gives the classes of the plans that start in the window, in order of their starts.
func classesIn(plans []planfile.Checked, w window, cancelled bool) []plan.Occurrence {
	var all []plan.Occurrence
	from, until := w.instants()
	for _, c := range plans {
		if c.Plan == nil {
			continue
		}
		for _, o := range schedule.Occurrences(c.Plan, from, until) {
			if w.contains(o.Start) && (cancelled || !o.Cancelled()) {
				all = append(all, o)
			}
		}
	}
	slices.SortStableFunc(all, func(x, y plan.Occurrence) int { return x.Start.Compare(y.Start) })
	return all
}

func (a *app) listText(classes []plan.Occurrence, plans []planfile.Checked, w window) error {
	if len(classes) == 0 {
		_, err := fmt.Fprintln(a.out, "no classes in this period"+firstAfter(plans, w))
		return err
	}
	t := render.Table{Header: []any{"DAY", "CLASS", "ID"}, Name: "NOTE"}
	names := namesIn(plans, w)
	for _, o := range classes {
		note := o.Change
		if note != "" && o.Settings.Note != "" {
			note += ": "
		}
		start := o.Start.In(o.Settings.Zone)
		t.Add(render.Line(note+o.Settings.Note), start.Format("Mon 2006-01-02"), zonedClock(start, o.End), render.Line(names[o.ID]))
	}
	t.Print(a.out, a.width())
	return nil
}

// endOfTime is the end of what is searched for a class ahead.
var endOfTime = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// firstAfter names the first class of the plans that starts after the window.
func firstAfter(plans []planfile.Checked, w window) string {
	from, _ := w.instants()
	var first plan.Occurrence
	for _, c := range plans {
		if c.Plan == nil {
			continue
		}
		for o := range schedule.All(c.Plan, from, endOfTime) {
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
	return fmt.Sprintf("; the next is %s on %s %s", render.Line(first.Recording.ID), first.Start.Format("Mon 2006-01-02"), clockOf(first.Start, first.End))
}

// zonedClock is when a class is, with the zone of its start.
func zonedClock(start, end time.Time) string { return clockOf(start, end) + start.Format(" MST") }

// clockOf is when a class is, by its wall clock: 09:00-09:50, with seconds where there are any. Where the end is on a later
// day, the days follow, as in 09:00-15:00 +1d; where the clocks do not tell the length, the length does.
func clockOf(start, end time.Time) string {
	end = end.In(start.Location())
	layout := "15:04"
	if start.Second() != 0 || end.Second() != 0 {
		layout = time.TimeOnly
	}
	text := start.Format(layout) + "-" + end.Format(layout)
	wall := func(t time.Time) time.Time {
		_, offset := t.Zone()
		return t.UTC().Add(time.Duration(offset) * time.Second)
	}
	const day = 24 * time.Hour
	if days := wall(end).Truncate(day).Sub(wall(start).Truncate(day)) / day; days > 0 {
		text += fmt.Sprintf(" +%dd", days)
	}
	if length := end.Sub(start); length != wall(end).Sub(wall(start)) {
		text += " (" + plan.DurationText(length) + ")"
	}
	return text
}

type classJSON struct {
	ID          string  `json:"id"`
	Recording   string  `json:"recording"`
	Start       *string `json:"start"`
	End         *string `json:"end"`
	RecordFrom  *string `json:"record_from"`
	RecordUntil *string `json:"record_until"`
	Timezone    string  `json:"timezone"`
	URL         *string `json:"url"`
	Change      *string `json:"change"`
	Note        *string `json:"note"`
	App         string  `json:"app"`
	Storage     string  `json:"storage"`
	STS         bool    `json:"sts"` // the storage takes temporary credentials
	CDN         *string `json:"cdn"`
	Fallback    bool    `json:"fallback"` // the CDN target has one
	Redundancy  int     `json:"redundancy"`
	Priority    string  `json:"priority"`
	ExactStart  bool    `json:"exact_start"`
}

func classView(o plan.Occurrence) classJSON {
	set := &o.Settings
	zone := set.Zone
	v := classJSON{
		ID: o.ID, Recording: o.Recording.ID, Start: render.PlanTime(o.Start.In(zone)), End: render.PlanTime(o.End.In(zone)),
		RecordFrom: render.PlanTime(o.RecordFrom.In(zone)), RecordUntil: render.PlanTime(o.RecordUntil.In(zone)), Timezone: zone.String(),
		URL: render.OrNull(o.URL.String()), Change: render.OrNull(o.Change), Note: render.OrNull(set.Note),
		Redundancy: set.Redundancy, Priority: string(set.Priority), ExactStart: set.ExactStart,
	}
	if set.App != nil { // else the plan has errors
		v.App = set.App.Name
	}
	if set.Storage != nil {
		v.Storage, v.STS = set.Storage.Name, set.Storage.STS != nil
	}
	if set.CDN != nil {
		v.CDN, v.Fallback = render.OrNull(set.CDN.Name), !set.CDN.Fallback.IsZero()
	}
	return v
}

func (a *app) listJSON(classes []plan.Occurrence) error {
	views := make([]classJSON, len(classes))
	for i, o := range classes {
		views[i] = classView(o)
	}
	return render.JSON(a.out, views)
}

func (a *app) listCSV(classes []plan.Occurrence) error {
	w := csv.NewWriter(a.out)
	_ = w.Write(strings.Split("id,recording,start,end,record_from,record_until,timezone,url,change,note,app,storage,sts,cdn,fallback,redundancy,priority,exact_start", ","))
	for _, o := range classes {
		v := classView(o)
		_ = w.Write(render.Cells(
			v.ID, v.Recording, deref(v.Start), deref(v.End), deref(v.RecordFrom), deref(v.RecordUntil),
			v.Timezone, deref(v.URL), deref(v.Change), deref(v.Note), v.App, v.Storage, strconv.FormatBool(v.STS),
			deref(v.CDN), strconv.FormatBool(v.Fallback), strconv.Itoa(v.Redundancy), v.Priority, strconv.FormatBool(v.ExactStart),
		))
	}
	w.Flush()
	return w.Error()
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
