package cli

import (
	"encoding/csv"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rundown/plan"
)

func newListCommand(a *app) *cobra.Command {
	var w window
	var cancelled bool
	cmd := &cobra.Command{
		Use:   "list PLAN...",
		Short: "List the classes of a span",
		Long: `List prints the classes that start in a span, the next 7 days unless told otherwise, in order of their starts.
A day given to --from or --until is that day in the zone of each recording, and --until is included.`,
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
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		span, err := w.resolve(a.now())
		if err != nil {
			return &usageError{cmd.CommandPath(), err}
		}
		plans, err := a.soundPlans(args)
		if err != nil {
			return err
		}
		classes := classesIn(plans, span, cancelled)
		switch format.value {
		case "json":
			return a.listJSON(classes)
		case "csv":
			return a.listCSV(classes)
		default:
			return a.listText(classes)
		}
	}
	return cmd
}

// classesIn gives the classes of the plans that start in the window, in order of their starts.
func classesIn(plans []checkedPlan, w window, cancelled bool) []plan.Occurrence {
	var all []plan.Occurrence
	from, until := w.instants()
	for _, c := range plans {
		for _, o := range c.plan.Occurrences(from, until) {
			if w.contains(o.Start) && (cancelled || !o.Cancelled()) {
				all = append(all, o)
			}
		}
	}
	slices.SortStableFunc(all, func(x, y plan.Occurrence) int { return x.Start.Compare(y.Start) })
	return all
}

func (a *app) listText(classes []plan.Occurrence) error {
	if len(classes) == 0 {
		_, err := a.out.Write([]byte("no classes in this span\n"))
		return err
	}
	t := newTable(a.out, "DAY", "CLASS", "RECORDING", "ZONE", "CHANGE", "NOTE")
	for _, o := range classes {
		end := o.End.Format("15:04")
		if o.End.Second() != 0 || o.Start.Second() != 0 {
			end = o.End.Format("15:04:05")
		}
		start := o.Start.Format("15:04")
		if o.Start.Second() != 0 || o.End.Second() != 0 {
			start = o.Start.Format("15:04:05")
		}
		t.AppendRow([]any{
			o.Start.Format("Mon 2006-01-02"), start + "-" + end, shown(o.Recording.ID),
			o.Settings.Zone.String(), o.Change, shown(o.Settings.Note),
		})
	}
	t.Render()
	return nil
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
}

func classView(o plan.Occurrence) classJSON {
	zone := o.Settings.Zone
	return classJSON{
		o.ID, o.Recording.ID, planTime(o.Start.In(zone)), planTime(o.End.In(zone)), planTime(o.RecordFrom.In(zone)),
		planTime(o.RecordUntil.In(zone)), zone.String(), orNull(o.URL.String()), orNull(o.Change), orNull(o.Settings.Note),
	}
}

func (a *app) listJSON(classes []plan.Occurrence) error {
	views := make([]classJSON, len(classes))
	for i, o := range classes {
		views[i] = classView(o)
	}
	return writeJSON(a.out, views)
}

func (a *app) listCSV(classes []plan.Occurrence) error {
	w := csv.NewWriter(a.out)
	_ = w.Write(strings.Split("id,recording,start,end,record_from,record_until,timezone,url,change,note", ","))
	for _, o := range classes {
		v := classView(o)
		_ = w.Write([]string{
			v.ID, v.Recording, deref(v.Start), deref(v.End), deref(v.RecordFrom), deref(v.RecordUntil),
			v.Timezone, deref(v.URL), deref(v.Change), deref(v.Note),
		})
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
