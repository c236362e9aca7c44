package load

import (
	"bytes"
	"fmt"
	"strings"

	"rundown/agora/catalog"
	"rundown/plan"
)

// ignoreWord begins a comment that suppresses findings.
const ignoreWord = "rundown:ignore"

// ignoresOf reads the ignore comments of a plan's files, in document order.
func ignoresOf(files []plan.File) []plan.Ignore {
	var list []plan.Ignore
	for _, f := range files {
		if !bytes.Contains(f.Text, []byte(ignoreWord)) {
			continue
		}
		found := comments(f.Text)
		for i, c := range found {
			if rest, ok := strings.CutPrefix(c.Text, ignoreWord); ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t') {
				ig := newIgnore(rest)
				ig.Pos = plan.Pos{File: f.Path, Line: int(c.At.Line), Column: int(c.At.Column), EndLine: int(c.At.EndLine), EndColumn: int(c.At.EndColumn)}
				ig.Line = ig.Pos.Line
				if c.OwnLine {
					ig.Line = lineBelow(found[i:])
				}
				list = append(list, ig)
			}
		}
	}
	return list
}

// lineBelow is the line after a block of comments, to which an ignore on a line of its own applies.
func lineBelow(block []comment) int {
	line := block[0].At.Line
	for _, c := range block[1:] {
		if c.At.Line != line+1 || !c.OwnLine {
			break
		}
		line++
	}
	return int(line) + 1
}

// newIgnore parses what follows the word: a rule and a reason. What is wrong becomes the Problem of the ignore, which
// the rule unused-ignore reports.
func newIgnore(rest string) plan.Ignore {
	words := strings.Fields(rest)
	if len(words) == 0 {
		return plan.Ignore{Problem: ignoreWord + " names no rule", Hint: plan.NewHint("write the rule and the reason: # " + ignoreWord + " RULE reason")}
	}
	id := words[0]
	_, ours := plan.RuleByID(id)
	_, documented := catalog.RestrictionByID(id)
	ig := plan.Ignore{Rule: id}
	switch {
	case !ours && !documented:
		ig.Problem, ig.Hint = fmt.Sprintf("%s is not the id of a rule", plan.Quoted(id)), plan.DidYouMean(id, plan.RuleIDs())
		ig.Hint.Part = id
	case plan.Structural[id]:
		ig.Problem, ig.Hint = fmt.Sprintf("%s is a structural rule and cannot be silenced", id), plan.NewHint("fix what it reports")
	case plan.Fixed(id):
		ig.Problem = fmt.Sprintf("%s reports what no class can be recorded without, and cannot be silenced", id)
		ig.Hint = plan.NewHint("fix what it reports")
	case id == "unused-ignore":
		ig.Problem, ig.Hint = "unused-ignore cannot be silenced", plan.NewHint("remove the comment")
	case len(words) == 1:
		ig.Problem, ig.Hint = fmt.Sprintf("the ignore of %s gives no reason and silences nothing", id), plan.NewHint("write the reason after the rule")
	}
	return ig
}
