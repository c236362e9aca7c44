package render

import (
	"github.com/fatih/color"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"rundown/plan"
)

// looks are how a severity is called and shown.
type looks struct {
	rank       int    // 0 is the worst
	word       string // for people; rules in a plan take the same words
	colour     color.Attribute
	annotation string // the workflow command of GitHub Actions
	level      string // of SARIF
	problem    string // of code scanning, which reads it beside the level
}

// severityLooks has every severity that a finding may have.
var severityLooks = map[plan.Severity]looks{
	plan.SeverityError:       {0, "error", color.FgRed, "error", sarif.LevelError, "error"},
	plan.SeverityWarning:     {1, "warning", color.FgYellow, "warning", sarif.LevelWarning, "warning"},
	plan.SeverityInformation: {2, "note", color.FgCyan, "notice", sarif.LevelNote, "recommendation"},
}

// looksOf are those of a severity of findings.
func looksOf(s plan.Severity) looks { return severityLooks[s] }

// SeverityWord is how people read a severity; a severity that no rule of a plan has is its own word.
func SeverityWord(s plan.Severity) string {
	if known, ok := severityLooks[s]; ok {
		return known.word
	}
	return string(s)
}
