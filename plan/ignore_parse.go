package plan

import (
	"bytes"
	"fmt"
	"rundown/agora"
	"strings"
)

const ignoreWord = "rundown:ignore"

// ignoresOf reads the ignores of a plan's files, in document order.
func ignoresOf(files []File) []ignore {
	var list []ignore
	for _, f := range files {
		if !bytes.Contains(f.Text, []byte(ignoreWord)) {
			continue
		}
		found := comments(f.Text)
		for i, c := range found {
			if rest, ok := strings.CutPrefix(c.text, ignoreWord); ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t') {
				ig := newIgnore(rest)
				ig.pos = Pos{File: f.Path, Line: int(c.at.line), Column: int(c.at.column), EndLine: int(c.at.endLine), EndColumn: int(c.at.endColumn)}
				ig.line = ig.pos.Line
				if c.alone {
					ig.line = lineBelow(found[i:])
				}
				list = append(list, ig)
			}
		}
	}
	return list
}

// lineBelow is the line after a comment and those that follow it line by line.
func lineBelow(block []comment) int {
	line := block[0].at.line
	for _, c := range block[1:] {
		if c.at.line != line+1 || !c.alone {
			break
		}
		line++
	}
	return int(line) + 1
}

func newIgnore(rest string) ignore {
	words := strings.Fields(rest)
	if len(words) == 0 {
		return ignore{problem: ignoreWord + " names no rule", hint: say("write the rule and the reason: # " + ignoreWord + " RULE reason")}
	}
	id := words[0]
	_, ours := RuleByID(id)
	_, documented := agora.RestrictionByID(id)
	ig := ignore{rule: id}
	switch {
	case !ours && !documented:
		ig.problem, ig.hint = fmt.Sprintf("%s is the id of no rule", quoted(id)), didYouMean(id, ruleIDs())
		ig.hint.of = id
	case structural[id]:
		ig.problem, ig.hint = fmt.Sprintf("%s is a rule of structure and cannot be silenced", id), say("mend what it reports")
	case id == "unused-ignore":
		ig.problem, ig.hint = "unused-ignore cannot be silenced", say("remove the comment")
	case len(words) == 1:
		ig.problem, ig.hint = fmt.Sprintf("the ignore of %s gives no reason and silences nothing", id), say("write the reason after the rule")
	}
	return ig
}
