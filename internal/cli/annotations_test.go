package cli

import (
	"bytes"
	"testing"

	"rundown/internal/cli/render"
	"rundown/internal/planfile"
	"rundown/plan"
)

func TestAnnotationsEscapeWhatWouldEndThem(t *testing.T) {
	tests := []struct {
		name    string
		finding plan.Finding
		want    string
	}{
		{
			"one line",
			plan.Finding{Pos: plan.Pos{File: "a.yaml", Line: 3, Column: 5, EndLine: 3, EndColumn: 9}, Severity: plan.SeverityError, Rule: "unknown-key", Message: "key, unknown: 100%", Hint: "try x", Source: "page 1"},
			"::error file=a.yaml,line=3,col=5,endColumn=9,title=unknown-key::key, unknown: 100%25%0Ahint: try x%0Asource: page 1\n",
		},
		{
			"several lines, where columns are refused",
			plan.Finding{Pos: plan.Pos{File: "a.yaml", Line: 3, Column: 5, EndLine: 4, EndColumn: 9}, Severity: plan.SeverityWarning, Rule: "r", Message: "m"},
			"::warning file=a.yaml,line=3,endLine=4,title=r::m\n",
		},
		{
			"nowhere in a file of an odd name",
			plan.Finding{Pos: plan.Pos{File: "a,b:c%.yaml"}, Severity: plan.SeverityInformation, Rule: "r", Message: "m"},
			"::notice file=a%2Cb%3Ac%25.yaml,title=r::m\n",
		},
		{
			"a text with a command of its own",
			plan.Finding{Pos: plan.Pos{File: "a\n::error::x", Line: 1}, Severity: plan.SeverityError, Rule: "r", Message: "m\r\n::stop-commands::x"},
			"::error file=a%0A%3A%3Aerror%3A%3Ax,line=1,title=r::m  ::stop-commands::x\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var b bytes.Buffer
			c := planfile.Checked{Path: "plan.yaml", Files: planfile.NewReader(nil), Findings: []plan.Finding{test.finding}}
			if err := render.Annotations(&b, []planfile.Checked{c}, ""); err != nil {
				t.Fatal(err)
			}
			if b.String() != test.want {
				t.Errorf("got  %swant %s", b.String(), test.want)
			}
		})
	}
}
