package cli

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rundown/internal/cli/render"
	"rundown/plan"
	"rundown/plan/forecast"
	"rundown/runner/view"
)

// newDiffCommand makes diff, which reads files and the store and writes nothing. Differences are no error: status 1 means that the
// new plan has errors. Those of the old one are told and do not count, since it may be what the change mends.
func newDiffCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "diff OLD NEW | PLAN",
		Short: "Show how a plan change affects classes and the forecast",
		Long: `Show how a plan change affects classes and the forecast.

With two plans, diff compares them. With one, it compares the plan with its
active revision in the store. The output lists the classes that are added,
removed, moved and changed, and how peaks, minutes and cost change. Classes of
a recording that differ in the same way are one line; JSON has each class as
well. A class that is on now counts, and of one that the store shows running the
output says what becomes of its recording.

Orders given by cancel and extend are not part of either side. The store keeps
no secrets: a secret that is written out in the active revision is left out of
the comparison. If the store could not keep the text of the revision, diff
compares the times and pages of the stored classes.

If the new plan has errors, diff compares what could be read and the exit
status is 1. Errors of the old plan are only reported.`,
		Example: `  rundown diff old.yaml plan.yaml
  git show main:plan.yaml | rundown diff - plan.yaml --format markdown
  rundown diff plan.yaml --store sqlite:rundown.db`,
		Args:              arguments(1, 2, "PLAN"),
		ValidArgsFunction: completePlans,
	}
	format := addFormat(cmd, "text", "json", "markdown")
	flags := addForecastFlags(cmd)
	addIncludeDir(a, cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		opts, err := flags.options(a.now())
		if err != nil {
			return &usageError{cmd.CommandPath(), err}
		}
		return a.diff(cmd.Context(), args, opts, format.value)
	}
	return cmd
}

// diff compares two plans, or one with its active revision.
func (a *app) diff(ctx context.Context, paths []string, opts forecast.Options, format string) error {
	plans, err := a.readPlans(paths, false)
	if err != nil {
		return err
	}
	after := plans[len(plans)-1:]
	if err := a.tellPartial(after); err != nil {
		return err
	}
	var d comparison
	if len(plans) == 2 {
		if before := plans[0]; !before.Sound() {
			a.say("the old plan %s has %s (see rundown validate): what could not be read is compared as absent", before.Path, render.Plural(before.Count(plan.SeverityError), "error"))
		}
		d.Difference = forecast.Diff(plans[0].Plan, plans[1].Plan, opts)
	} else if d, err = a.diffApplied(ctx, plans[0], opts); err != nil {
		return err
	}
	out := bufio.NewWriter(a.out)
	switch format {
	case "json":
		err = render.JSON(out, differenceView(d))
	case "markdown":
		diffMarkdown(out, d)
	default:
		a.diffText(out, d)
	}
	return cmp.Or(err, out.Flush(), soundness(after))
}

// shownDifferences limits the groups of a kind in text output. JSON has all.
const shownDifferences = 20

// diffText writes the difference for people: the head line, classes that are being recorded and change, renames, the groups of each
// kind, and what changes in the forecast.
func (a *app) diffText(w io.Writer, d comparison) {
	say := func(text string) { a.printHanging(w, "", text, len("  ")) }
	if d.applied != nil {
		say(d.applied.text())
	}
	groups := d.Groups()
	say(diffHead(d, groups))
	a.printRunning(w, d.running)
	for _, r := range d.Renamed {
		say(fmt.Sprintf("= %s: %s", view.Line(r.To), render.RenameText(r)))
	}
	for _, k := range render.DifferenceKinds {
		list := render.GroupsOf(groups, k.Kind)
		for i, g := range list {
			if i == shownDifferences {
				say(fmt.Sprintf("%s %d more %s", k.Sign, render.ClassesOf(list[i:]), k.Kind))
				break
			}
			say(fmt.Sprintf("%s %s: %s", k.Sign, view.Line(g.Recording), render.GroupText(g)))
		}
	}
	if lines := forecastLines(d); len(lines) > 0 {
		fmt.Fprintln(w)
		a.forecastTable(w, lines)
	}
}

// forecastTable prints the changes of the forecast. Values that are too long for the table follow it.
func (a *app) forecastTable(w io.Writer, lines [][3]string) {
	const name, column = 24, 30
	t := render.NewTable(w, "", "BEFORE", "AFTER")
	var long [][3]string
	for _, l := range lines {
		if max(len(l[1]), len(l[2])) > max((a.width()-name)/2, column) {
			long = append(long, l)
			continue
		}
		t.AppendRow([]any{l[0], l[1], l[2]})
	}
	t.Render()
	for _, l := range long {
		a.printHanging(w, "", fmt.Sprintf("%s before: %s", l[0], l[1]), len("  "))
		a.printHanging(w, "", fmt.Sprintf("%s after: %s", l[0], l[2]), len("  "))
	}
}

// diffHead is the summary line. A class whose time was edited counts as moved, although its id differs.
func diffHead(d comparison, groups []forecast.DifferenceGroup) string {
	head := "no classes differ"
	if !d.Empty() {
		counts := map[forecast.DifferenceKind]int{}
		for _, g := range groups {
			counts[g.Kind] += len(g.Classes)
		}
		head = fmt.Sprintf("%d added, %d removed, %d moved, %d changed",
			counts[forecast.DifferenceAdded], counts[forecast.DifferenceRemoved], counts[forecast.DifferenceMoved], counts[forecast.DifferenceChanged])
	}
	if n := len(d.Renamed); n > 0 {
		head += fmt.Sprintf(", %s renamed", render.Plural(n, "recording"))
	}
	return head
}

// forecastLines are what changes in the forecast: name, before, after.
func forecastLines(d comparison) [][3]string {
	var lines [][3]string
	of := func(name string, text func(*forecast.Forecast) string) {
		before := "unknown"
		if d.Old != nil {
			before = text(d.Old)
		}
		lines = append(lines, [3]string{name, before, text(d.New)})
	}
	of("classes", func(f *forecast.Forecast) string { return fmt.Sprint(f.Classes) })
	of("peak with padding", func(f *forecast.Forecast) string { return differencePeak(f.Peak.Padded) })
	of("peak without padding", func(f *forecast.Forecast) string { return differencePeak(f.Peak.Unpadded) })
	of("peak requests/s", func(f *forecast.Forecast) string {
		worst := 0
		for _, a := range f.Apps {
			worst = max(worst, a.Requests.Worst)
		}
		return fmt.Sprint(worst)
	})
	of("HD", func(f *forecast.Forecast) string { return hours(f.Seconds.HD) })
	of("Full HD", func(f *forecast.Forecast) string { return hours(f.Seconds.FullHD) })
	of("free minutes used", func(f *forecast.Forecast) string {
		var free int64
		for _, m := range f.Months {
			free += m.FreeHD + m.FreeFHD
		}
		return fmt.Sprint(free)
	})
	of("cost", func(f *forecast.Forecast) string { return fmt.Sprintf("US$ %.2f", f.CostUSD) })
	of("failed stop, worst case", func(f *forecast.Forecast) string {
		most := 0.0
		for _, a := range f.Apps {
			for _, p := range a.Places {
				for _, l := range p.Loads {
					most = max(most, l.FailedStop.CostUSD)
				}
			}
		}
		return fmt.Sprintf("US$ %.2f", most)
	})
	// These rarely change, so they are shown only if they do.
	if d.Old != nil && accountsText(d.Old) != accountsText(d.New) {
		of("account", accountsText)
	}
	if d.Old != nil && limitsText(d.Old) != limitsText(d.New) {
		of("limits", limitsText)
	}
	return lines
}

// accountsText lists the accounts that are billed.
func accountsText(f *forecast.Forecast) string {
	var names []string
	for _, m := range f.Months {
		if name := view.Line(m.Account); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// limitsText lists the limits of each app.
func limitsText(f *forecast.Forecast) string {
	var apps []string
	for _, a := range f.Apps {
		if a.App == nil {
			continue
		}
		l := a.App.Limits
		text := fmt.Sprintf("%s: %d concurrent, %s per second", appName(a.App), l.MaxConcurrent(), render.Plural(l.RequestRate(), "request"))
		for _, c := range []struct {
			class string
			n     int
		}{{"SD", l.SD}, {"HD", l.HD}, {"Full HD", l.FHD}} {
			if c.n > 0 {
				text += fmt.Sprintf(", %d of %s", c.n, c.class)
			}
		}
		apps = append(apps, text)
	}
	return strings.Join(apps, "; ")
}

// differencePeak is a peak with its time, which means nothing where the peak is 0.
func differencePeak(p forecast.Peak) string {
	if p.Sessions == 0 {
		return "0"
	}
	return peakText(p)
}

// diffMarkdown writes the difference for a pull request.
func diffMarkdown(w io.Writer, d comparison) {
	groups := d.Groups()
	fmt.Fprintf(w, "### Recordings: %s\n\n", diffHead(d, groups))
	if d.applied != nil {
		fmt.Fprintf(w, "%s\n\n", d.applied.text())
	}
	leaving, changing := d.running.split()
	if len(leaving) > 0 {
		fmt.Fprintf(w, "%s; what runs is recorded to its end\n\n", leavingHead(len(leaving)))
	}
	if len(changing) > 0 {
		fmt.Fprintf(w, "%s:\n\n", changingHead(len(changing)))
		for _, r := range changing {
			fmt.Fprintf(w, "- %s\n", view.Line(r.text()))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w, "| | before | after |\n| --- | --- | --- |")
	for _, l := range forecastLines(d) {
		before, after := l[1], l[2]
		if before != after {
			after = "**" + after + "**"
		}
		fmt.Fprintf(w, "| %s | %s | %s |\n", l[0], before, after)
	}
	for i, r := range d.Renamed {
		if i == 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "- `%s`: %s\n", view.Line(r.To), render.RenameText(r))
	}
	for _, k := range render.DifferenceKinds {
		list := render.GroupsOf(groups, k.Kind)
		if len(list) == 0 {
			continue
		}
		fmt.Fprintf(w, "\n<details><summary>%d %s</summary>\n\n", render.ClassesOf(list), k.Kind)
		for i, g := range list {
			if i == 5*shownDifferences {
				fmt.Fprintf(w, "- %d more\n", render.ClassesOf(list[i:]))
				break
			}
			fmt.Fprintf(w, "- `%s`: %s\n", view.Line(g.Recording), render.GroupText(g))
		}
		fmt.Fprintln(w, "\n</details>")
	}
}

// differenceJSON is what --format json writes. Its keys are a contract, as those of every type here whose name ends in JSON: keys may
// be added, and none is renamed. A list that is empty is [] and never null.
type differenceJSON struct {
	Applied *appliedJSON          `json:"applied"` // null where two files are compared
	Added   []classDifferenceJSON `json:"added"`
	Removed []classDifferenceJSON `json:"removed"`
	Moved   []classDifferenceJSON `json:"moved"`
	Changed []classDifferenceJSON `json:"changed"`
	Renamed []renameJSON          `json:"renamed"`
	Groups  []differenceGroupJSON `json:"groups"`  // what people are shown: classes whose time is edited are moved
	Leaving []leavingJSON         `json:"leaving"` // classes that are being recorded and that the plan does not hold
	Running []runningJSON         `json:"running"` // what becomes of classes that are being recorded, those of leaving too
	Before  *view.Forecast        `json:"before"`  // null: unknown
	After   *view.Forecast        `json:"after"`
}

// renameJSON is a recording that the new plan knows by another id; its classes keep their history.
type renameJSON struct {
	From    string `json:"from"`
	To      string `json:"to"`
	Classes int    `json:"classes"`
}

// differenceGroupJSON is a line of the text output: classes of a recording that differ in the same way.
type differenceGroupJSON struct {
	Kind      string `json:"kind"`
	Recording string `json:"recording"`
	Classes   int    `json:"classes"`
	Text      string `json:"text"`
}

// classDifferenceJSON is a class on both sides. Times carry the offset of the class's zone; they are null on the side that does not
// have the class.
type classDifferenceJSON struct {
	ID        string   `json:"id"`
	Recording string   `json:"recording"`
	OldStart  *string  `json:"old_start"`
	OldEnd    *string  `json:"old_end"`
	Start     *string  `json:"start"`
	End       *string  `json:"end"`
	Cancelled bool     `json:"cancelled"`
	Keys      []string `json:"keys"`
}

// differenceView puts a comparison into the form that scripts read.
func differenceView(d comparison) differenceJSON {
	classes := func(list []forecast.ClassDifference) []classDifferenceJSON {
		views := make([]classDifferenceJSON, len(list))
		for i, c := range list {
			views[i] = classDifferenceJSON{
				c.ID, c.Recording, view.PlanTime(c.OldStart), view.PlanTime(c.OldEnd), view.PlanTime(c.Start), view.PlanTime(c.End), c.Cancelled, append([]string{}, c.Keys...),
			}
		}
		return views
	}
	v := differenceJSON{
		Applied: d.applied.view(), Leaving: d.running.leavingView(), Running: d.running.view(),
		Added: classes(d.Added), Removed: classes(d.Removed), Moved: classes(d.Moved), Changed: classes(d.Changed),
	}
	v.Renamed, v.Groups = []renameJSON{}, []differenceGroupJSON{}
	for _, r := range d.Renamed {
		v.Renamed = append(v.Renamed, renameJSON{r.From, r.To, r.Classes})
	}
	for _, g := range d.Groups() {
		v.Groups = append(v.Groups, differenceGroupJSON{string(g.Kind), g.Recording, len(g.Classes), render.GroupText(g)})
	}
	if d.Old != nil {
		v.Before = new(view.ForecastOf(d.Old))
	}
	v.After = new(view.ForecastOf(d.New))
	return v
}
