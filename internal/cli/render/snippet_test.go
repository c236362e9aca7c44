package render

import (
	"strings"
	"testing"

	"rundown/internal/planfile"
	"rundown/plan"
)

func snippetOf(t *testing.T, text string, pos plan.Pos) []string {
	t.Helper()
	files := planfile.NewReader(nil)
	files.Read["plan.yaml"] = []byte(text)
	pos.File = "plan.yaml"
	var b strings.Builder
	NewFindingPrinter(&b, snippetWidth+8, Palette{}, files).snippet(plan.Finding{Pos: pos})
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
}

func TestCaretStandsBelowWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name, text string
		pos        plan.Pos
		want       []string
	}{
		{
			"below a key", "name: x\nrecordings: {}\n",
			plan.Pos{Line: 2, Column: 1, EndLine: 2, EndColumn: 11},
			[]string{"    2 | recordings: {}", "      | ^~~~~~~~~~"},
		},
		{
			"below wide characters", "name: 課程 x\n",
			plan.Pos{Line: 1, Column: 10, EndLine: 1, EndColumn: 11},
			[]string{"    1 | name: 課程 x", "      |            ^"},
		},
		{
			"after a tab", "name:\tx\n",
			plan.Pos{Line: 1, Column: 7, EndLine: 1, EndColumn: 8},
			[]string{"    1 | name: x", "      |       ^"},
		},
		{
			"at the end of the line", "name: x\n",
			plan.Pos{Line: 1, Column: 8, EndLine: 1, EndColumn: 8},
			[]string{"    1 | name: x", "      |        ^"},
		},
		{
			"to the end of the first of several lines", "name: a\n  b\n",
			plan.Pos{Line: 1, Column: 7, EndLine: 2, EndColumn: 4},
			[]string{"    1 | name: a", "      |       ^"},
		},
		{
			"without a secret", "account: {customer_secret: hush, id: x}\n",
			plan.Pos{Line: 1, Column: 34, EndLine: 1, EndColumn: 36},
			[]string{"    1 | account: {customer_secret: [redacted], id: x}", "      |                                        ^~"},
		},
		{
			"without the terminal's own characters", "name: \x1b[31mx\n",
			plan.Pos{Line: 1, Column: 7, EndLine: 1, EndColumn: 8},
			[]string{"    1 | name: \uFFFD[31mx", "      |       ^"},
		},
		{"nowhere", "name: x\n", plan.Pos{}, []string{""}},
		{"beyond the file", "name: x\n", plan.Pos{Line: 9, Column: 9}, []string{""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := snippetOf(t, c.text, c.pos)
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("shown\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestLongLinesAreCutAroundWhatIsWrong(t *testing.T) {
	text := "name: " + strings.Repeat("a", 3000) + "WRONG" + strings.Repeat("b", 3000) + "\n"
	got := snippetOf(t, text, plan.Pos{Line: 1, Column: 3007, EndLine: 1, EndColumn: 3012})
	if len(got) != 2 || len([]rune(got[0])) > snippetWidth+10 {
		t.Fatalf("%d characters: %q", len([]rune(got[0])), got)
	}
	at := strings.Index(got[1], "^")
	if line := []rune(got[0]); string(line[at:at+5]) != "WRONG" || strings.TrimLeft(got[1], " |") != "^~~~~" {
		t.Errorf("the caret stands at %q:\n%s\n%s", string(line[at:at+5]), got[0], got[1])
	}
}
