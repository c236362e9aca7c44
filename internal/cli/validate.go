package cli

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rundown/internal/cli/render"
	"rundown/internal/planfile"
	"rundown/plan"
	"rundown/plan/rules"
	"rundown/runner/view"
)

// newValidateCommand makes validate, which reads plan files and, with --resolve, what their references stand for. It opens no store
// and sends nothing. Findings are its result, so they go to standard output in every format. A finding of severity error, or with
// --strict a warning, is status 1; a file that cannot be read is status 2, and the others are checked all the same.
func newValidateCommand(a *app) *cobra.Command {
	var strict, resolve bool
	cmd := &cobra.Command{
		Use:   "validate PLAN...",
		Short: "Check plans against every documented restriction",
		Long: `Check plans against every documented restriction.

The findings are followed by a summary: recordings, classes, period, peak
concurrency, hours, cost, and how many references were not checked. With
--resolve it lists those that are not set. The period starts now, or with the
first class if that is later. It ends with the last class, but at most 366 days
later.

Text output lists errors first, then warnings. A mistake that several
recordings share is reported once, with the places of the others. Notes are
folded into one line. The other formats list every finding in document order:
sarif is for code scanning, github writes annotations for the lines of a pull
request. Both name files relative to the working folder, which should be the
root of the repository.

Plans that use the same App ID are checked together against its limits. The
file name - reads standard input. The exit status is 1 if a finding is an
error.`,
		Example: `  rundown validate plan.yaml
  rundown validate --strict --format json plans/*.yaml
  rundown validate --format sarif plans/*.yaml > rundown.sarif
  git show HEAD:plan.yaml | rundown validate -
  rundown validate --resolve plan.yaml      # on the host that has the secrets`,
		Args:              arguments(1, -1, "PLAN"),
		ValidArgsFunction: completePlans,
	}
	format := addFormat(cmd, "text", "json", "sarif", "github")
	cmd.Flags().BoolVar(&strict, "strict", false, "treat warnings as errors")
	cmd.Flags().BoolVar(&resolve, "resolve", false, "report references that are not set")
	addIncludeDir(a, cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		return a.validate(args, format.value, strict, resolve)
	}
	return cmd
}

// validate checks plans and writes the findings. If a plan cannot be read, the others are still checked.
func (a *app) validate(paths []string, format string, strict, resolve bool) error {
	var unreadable []error
	var plans []planfile.Checked
	for _, path := range paths {
		c, err := a.loadPlan(path)
		if err != nil {
			unreadable = append(unreadable, fmt.Errorf("plan %s: %w", path, err))
			continue
		}
		plans = append(plans, c)
	}
	beside := planfile.Parsed(plans)
	for i := range plans {
		opts := rules.Options{Now: a.now(), Beside: beside}
		if resolve {
			opts.Lookup = a.newLookup(plans[i].Path)
		}
		plans[i].Check(opts)
		if format == "text" {
			a.printValidation(plans[i], opts)
		}
	}
	if err := a.writeFindings(format, plans, resolve); err != nil {
		return err
	}
	// One line each; finish reports the last.
	for i, err := range unreadable {
		if i == len(unreadable)-1 {
			return err
		}
		a.finish(err)
	}
	for _, c := range plans {
		if c.Count(plan.SeverityError) > 0 || c.Plan == nil || strict && c.Count(plan.SeverityWarning) > 0 {
			return errFindings
		}
	}
	return nil
}

// writeFindings writes the findings of all plans for programs. Text was printed plan by plan already.
func (a *app) writeFindings(format string, plans []planfile.Checked, resolve bool) error {
	if len(plans) == 0 {
		return nil
	}
	switch format {
	case "json":
		return a.writeValidation(plans, resolve)
	case "sarif":
		leftOut, err := render.SARIF(a.out, plans, versionOf().Version, workingFolder())
		if leftOut > 0 {
			a.say("%s of the lowest severity left out: a SARIF run holds at most %d", render.Plural(leftOut, "finding"), render.MaxSARIFResults)
		}
		return err
	case "github":
		return render.Annotations(a.out, plans, workingFolder())
	}
	return nil
}

// workingFolder is the working folder of the process, "" if it is unknown.
func workingFolder() string {
	folder, err := os.Getwd()
	if err != nil {
		return ""
	}
	return folder
}

// printValidation prints errors, warnings, a line of notes, and the summary.
func (a *app) printValidation(c planfile.Checked, opts rules.Options) {
	w := bufio.NewWriter(a.out)
	defer w.Flush() // a failure stays with a.out, and Main reports it
	printer := render.NewFindingPrinter(w, a.width(), a.paletteFor(a.out), c.Files)
	printer.PrintAll(c.Findings)
	printer.PrintNotes(c.Findings)
	fmt.Fprintf(w, "%s: %s\n", view.Line(c.Path), counted(c))
	if c.Plan == nil {
		return
	}
	if hasWrongFigures(c.Findings) {
		fmt.Fprintln(w, "  because of the errors, these figures may be wrong:")
	}
	for _, part := range summaryParts(summaryOf(c, opts.Lookup), opts.Lookup != nil) {
		a.printHanging(w, "  ", part, 4)
	}
}

// hasWrongFigures says whether an error may change what the plan records. A reference that is not set changes nothing of it.
func hasWrongFigures(findings []plan.Finding) bool {
	return slices.ContainsFunc(findings, func(f plan.Finding) bool {
		return f.Severity == plan.SeverityError && f.Rule != "secret-unresolved"
	})
}

// summaryOf is what validate says of a plan that was checked.
func summaryOf(c planfile.Checked, lookup plan.Lookup) rules.Summary {
	return rules.Summary{Forecast: c.Forecast, Recordings: len(c.Plan.Recordings), NotChecked: rules.NotChecked(c.Plan, lookup)}
}

// counted counts the findings by severity.
func counted(c planfile.Checked) string {
	parts := []string{render.Plural(c.Count(plan.SeverityError), "error"), render.Plural(c.Count(plan.SeverityWarning), "warning")}
	if n := c.Count(plan.SeverityInformation); n > 0 {
		parts = append(parts, render.Plural(n, "note"))
	}
	return strings.Join(parts, ", ")
}

// summaryParts are the lines of the summary: recordings, classes, period, peak, cost, and what was not checked. resolved says
// that the values of references were looked up.
func summaryParts(s rules.Summary, resolved bool) []string {
	parts := []string{render.Plural(s.Recordings, "recording") + ", " + render.Plural(s.Classes, "class")}
	if s.Classes > 0 {
		first, last := s.First.Format(time.DateOnly), s.Last.Format(time.DateOnly)
		if parts[0] += " on " + first; first != last {
			parts[0] = strings.Replace(parts[0], " on ", " from ", 1) + " to " + last
		}
		parts = append(parts,
			fmt.Sprintf("most recordings at the same time, with padding: %d (%s)", s.Peak.Padded.Sessions, s.Peak.Padded.At.Format(minuteLayout)),
			minutesText(s)+", "+costText(s.CostUSD))
	}
	if len(s.NotChecked) > 0 {
		if resolved {
			parts = append(parts, "not checked, because not set: "+view.Line(strings.Join(s.NotChecked, ", ")))
		} else {
			parts = append(parts, "not checked: the values of "+render.Plural(len(s.NotChecked), "reference")+"; validate --resolve checks them")
		}
	}
	return parts
}

// minutesText is the recorded time by the class in which it is billed.
func minutesText(s rules.Summary) string {
	switch {
	case s.Seconds.FullHD == 0:
		return hours(s.Seconds.HD) + " of HD"
	case s.Seconds.HD == 0:
		return hours(s.Seconds.FullHD) + " of Full HD"
	default:
		return hours(s.Seconds.HD) + " of HD and " + hours(s.Seconds.FullHD) + " of Full HD"
	}
}

// costText is what a period costs, after the free minutes.
func costText(usd float64) string {
	switch {
	case usd == 0:
		return "within Agora's free minutes per month"
	case usd < 0.01:
		return "less than US$ 0.01"
	default:
		return fmt.Sprintf("about US$ %.2f", usd)
	}
}

// hours writes seconds as hours, to a tenth.
func hours(seconds int64) string { return fmt.Sprintf("%.1f h", float64(seconds)/3600) }

// findingJSON is a finding for scripts. Lines and columns count from 1, columns in characters; end_line and end_column are behind the
// last one. They are null where a finding is about the whole file.
type findingJSON struct {
	File      *string       `json:"file"`
	Line      *int          `json:"line"`
	Column    *int          `json:"column"`
	EndLine   *int          `json:"end_line"`
	EndColumn *int          `json:"end_column"`
	Severity  plan.Severity `json:"severity"`
	Rule      string        `json:"rule"`
	Message   string        `json:"message"`
	Hint      *string       `json:"hint"`
	Source    *string       `json:"source"`
	Fix       *fixJSON      `json:"fix"` // what the hint suggests, as an edit; null where it is not definite
}

// fixJSON is an edit that fixes a finding: it replaces a range of the file by a text. An empty range inserts.
type fixJSON struct {
	File      string `json:"file"`
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	EndLine   int    `json:"end_line"`
	EndColumn int    `json:"end_column"`
	Text      string `json:"text"`
}

// fixView is null for a finding without a definite fix.
func fixView(f plan.Fix) *fixJSON {
	if f.IsZero() {
		return nil
	}
	return &fixJSON{f.At.File, f.At.Line, f.At.Column, f.At.EndLine, f.At.EndColumn, f.Text}
}

// findingView puts a finding into the form that scripts read.
func findingView(f plan.Finding) findingJSON {
	return findingJSON{
		view.OrNull(f.Pos.File), view.Positive(f.Pos.Line), view.Positive(f.Pos.Column), view.Positive(f.Pos.EndLine), view.Positive(f.Pos.EndColumn),
		f.Severity, f.Rule, f.Message, view.OrNull(f.Hint), view.OrNull(f.Source), fixView(f.Fix),
	}
}

// summaryJSON is what the text output says below the findings of a plan.
type summaryJSON struct {
	File          string   `json:"file"`
	Recordings    int      `json:"recordings"`
	Classes       int      `json:"classes"`
	First         *string  `json:"first"`
	Last          *string  `json:"last"`
	Peak          int      `json:"peak"`
	PeakAt        *string  `json:"peak_at"`
	HDSeconds     int64    `json:"hd_seconds"`
	FullHDSeconds int64    `json:"full_hd_seconds"`
	CostUSD       float64  `json:"cost_usd"`
	NotChecked    []string `json:"not_checked"`
}

// validationJSON is what --format json writes; plans that could not be parsed have findings and no summary.
type validationJSON struct {
	Findings []findingJSON `json:"findings"`
	Errors   int           `json:"errors"`
	Warnings int           `json:"warnings"`
	Notes    int           `json:"notes"`
	Plans    []summaryJSON `json:"plans"`
}

// writeValidation writes the findings of all plans for scripts.
func (a *app) writeValidation(plans []planfile.Checked, resolve bool) error {
	v := validationJSON{Findings: []findingJSON{}, Plans: []summaryJSON{}}
	for _, c := range plans {
		v.Errors += c.Count(plan.SeverityError)
		v.Warnings += c.Count(plan.SeverityWarning)
		v.Notes += c.Count(plan.SeverityInformation)
		for _, f := range c.Findings {
			v.Findings = append(v.Findings, findingView(f))
		}
		if c.Plan == nil {
			continue
		}
		var lookup plan.Lookup
		if resolve {
			lookup = a.newLookup(c.Path)
		}
		s := summaryOf(c, lookup)
		v.Plans = append(v.Plans, summaryJSON{
			c.Path, s.Recordings, s.Classes, view.PlanTime(s.First), view.PlanTime(s.Last), s.Peak.Padded.Sessions, view.PlanTime(s.Peak.Padded.At),
			s.Seconds.HD, s.Seconds.FullHD, s.CostUSD, append([]string{}, s.NotChecked...),
		})
	}
	return render.JSON(a.out, v)
}
