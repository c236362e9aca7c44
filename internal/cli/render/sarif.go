package render

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"rundown/internal/planfile"
	"rundown/plan"
	"rundown/runner/view"
)

// sarifSchema names the schema of SARIF 2.1.0 as its standard publishes it.
const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// What GitHub's code scanning takes; a file beyond it is refused whole.
// Source: https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
const (
	MaxSARIFResults = 25_000 // a run; of these it shows 5,000, the severe ones first
	MaxSARIFText    = 1024   // characters of a rule's short and full description
)

// The key of our own fingerprint. GitHub's upload action computes primaryLocationLineHash itself and warns of each
// result in which it finds another value under that name, so that one is left to it.
const FingerprintKey = "rundown/v1"

// SARIF writes the findings of all plans as one run of SARIF 2.1.0. Files are named relative to folder, where
// they lie in it, as code scanning needs it. It says how many findings were left out because no run may hold more.
func SARIF(w io.Writer, plans []planfile.Checked, version, folder string) (leftOut int, err error) {
	tool := sarif.NewToolComponent().WithName("rundown").WithVersion(version)
	index := map[string]int{}
	for i, r := range plan.Rules() {
		index[r.ID] = i
		tool.AddRule(sarifRule(r))
	}
	run := sarif.NewRun().WithTool(sarif.NewTool().WithDriver(tool)).WithColumnKind("unicodeCodePoints")
	placed := placedFindings(plans)
	if leftOut = len(placed) - MaxSARIFResults; leftOut > 0 {
		// What matters most stays, in the order it had.
		slices.SortStableFunc(placed, func(a, b placedFinding) int {
			return cmp.Compare(looksOf(a.Severity).rank, looksOf(b.Severity).rank)
		})
		placed = placed[:MaxSARIFResults]
	}
	seen := map[string]int{}
	for _, f := range placed {
		mark := f.fingerprint()
		seen[mark]++ // the same mistake twice on lines that read the same
		run.AddResult(f.sarif(index[f.Rule], folder).
			WithPartialFingerprints(map[string]string{FingerprintKey: fmt.Sprintf("%s:%d", mark, seen[mark])}))
	}
	report := sarif.NewReport().AddRun(run)
	report.Schema = sarifSchema
	return max(leftOut, 0), JSON(w, report)
}

// sarifRule describes a rule to whoever meets one of its findings.
func sarifRule(r plan.Rule) *sarif.ReportingDescriptor {
	source, origin := r.Source, "agora"
	if source == "" {
		source, origin = "a rule of Rundown", "plan"
	}
	text := firstRunes(r.Statement, MaxSARIFText)
	help := fmt.Sprintf("%s\n\nSource: %s\nMore: rundown rules %s", r.Statement, source, r.ID)
	description := sarif.NewMultiformatMessageString().WithText(text)
	return sarif.NewRule(r.ID).WithName(r.ID).
		WithShortDescription(description).WithFullDescription(description).
		WithHelp(sarif.NewMultiformatMessageString().WithText(help)).
		WithDefaultConfiguration(sarif.NewReportingConfiguration().WithLevel(looksOf(r.Severity).level)).
		WithProperties(sarif.NewPropertyBag().WithTags([]string{"rundown", origin}).
			Add("precision", "very-high").Add("problem.severity", looksOf(r.Severity).problem))
}

// placedFinding is a finding with the file it is about and the line as it may be shown.
type placedFinding struct {
	plan.Finding
	file string
	line string // secrets masked; "" where there is none
}

// placedFindings are the findings of all plans in order. One that several plans share, as by an included file, is
// there once.
func placedFindings(plans []planfile.Checked) []placedFinding {
	var list []placedFinding
	seen := map[plan.Finding]bool{}
	for _, c := range plans {
		redactedFiles := newRedactedFiles(c.Files)
		for _, f := range c.Findings {
			if seen[f] {
				continue
			}
			seen[f] = true
			p := placedFinding{Finding: f, file: cmp.Or(f.Pos.File, c.Path)}
			if m := redactedFiles.of(f.Pos.File); m != nil {
				line, _, _ := m.Line(f.Pos.Line)
				p.line = string(line)
			}
			list = append(list, p)
		}
	}
	return list
}

// fingerprint tells the same finding in another state of the file, where the lines around it have moved. It is made
// of what may be shown, so that no secret can be guessed by it.
func (f placedFinding) fingerprint() string {
	sum := sha256.Sum256([]byte(f.Rule + "\x00" + f.file + "\x00" + strings.TrimSpace(f.line)))
	return hex.EncodeToString(sum[:16])
}

// sarif is the result of a finding of the rule with that index.
func (f placedFinding) sarif(rule int, folder string) *sarif.Result {
	place := sarif.NewPhysicalLocation().WithArtifactLocation(sarif.NewSimpleArtifactLocation(FileURI(f.file, folder)))
	if f.Pos.Line > 0 {
		region := sarif.NewRegion().WithStartLine(f.Pos.Line)
		if f.Pos.Column > 0 {
			region.WithStartColumn(f.Pos.Column)
		}
		if f.Pos.EndLine >= f.Pos.Line && f.Pos.EndColumn > 0 {
			region.WithEndLine(f.Pos.EndLine).WithEndColumn(f.Pos.EndColumn)
		}
		place.WithRegion(region)
	}
	text := view.Line(f.Message)
	if f.Hint != "" {
		text += "; hint: " + view.Line(f.Hint)
	}
	return sarif.NewRuleResult(f.Rule).WithRuleIndex(rule).WithLevel(looksOf(f.Severity).level).
		WithMessage(sarif.NewTextMessage(text)).
		WithLocations([]*sarif.Location{sarif.NewLocationWithPhysicalLocation(place)})
}

// relativeFile names a file from folder, with forward slashes, where it lies in it; else as it was given.
func relativeFile(name, folder string) string {
	if name == planfile.StdinPath || folder == "" {
		return filepath.ToSlash(name)
	}
	full := name
	if !filepath.IsAbs(full) {
		full = filepath.Join(folder, filepath.FromSlash(name))
	}
	short, err := filepath.Rel(folder, full)
	if err != nil || !filepath.IsLocal(short) {
		return filepath.ToSlash(name)
	}
	return filepath.ToSlash(short)
}

// FileURI is a file's relative URI, or its absolute one where it does not lie in folder.
func FileURI(name, folder string) string {
	short := relativeFile(name, folder)
	u := url.URL{Path: short}
	if filepath.IsAbs(filepath.FromSlash(short)) {
		u.Scheme = "file"
	}
	return u.String()
}

// firstRunes cuts a text to so many characters.
func firstRunes(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return s
}
