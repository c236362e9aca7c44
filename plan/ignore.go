package plan

import (
	"bytes"
	"fmt"
	"strings"

	"rundown/agora"
)

const ignoreWord = "rundown:ignore"

// ignore is a comment that silences one rule at one line: # rundown:ignore RULE reason.
type ignore struct {
	pos     Pos
	rule    string
	line    int    // whose findings it silences
	problem string // why it can silence nothing, "" where it can
	hint    tip
	used    bool // it silenced a finding of Load
}

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

// silence drops the findings that an ignore is for, and notes which ignores were used.
func silence(findings []Finding, ignores []ignore, used []bool) []Finding {
	if len(ignores) == 0 {
		return findings
	}
	type target struct {
		file, rule string
		line       int
	}
	silencers := map[target][]int{}
	for i, ig := range ignores {
		if ig.problem == "" {
			at := target{ig.pos.File, ig.rule, ig.line}
			silencers[at] = append(silencers[at], i)
		}
	}
	kept := make([]Finding, 0, len(findings))
	for _, f := range findings {
		by := silencers[target{f.Pos.File, f.Rule, f.Pos.Line}]
		for _, i := range by {
			used[i] = true
		}
		if len(by) == 0 {
			kept = append(kept, f)
		}
	}
	return kept
}

// unusedIgnores reports the ignores that silence nothing. What depends on values that were not asked for may yet be.
func (c *checker) unusedIgnores(used []bool) []Finding {
	ignores, opts := c.p.ignores, c.opts
	var findings []Finding
	r := ruleOf("unused-ignore")
	for i, ig := range ignores {
		switch {
		case ig.problem != "":
			findings = append(findings, c.advised(r, ig.pos, ig.problem, ig.hint))
		case used[i] || ig.used || opts.Lookup == nil && needsValues[ig.rule]:
		default:
			findings = append(findings, r.Finding(ig.pos, fmt.Sprintf("nothing on line %d breaks %s", ig.line, ig.rule),
				"remove the comment, or move it to the end of the line that is reported, or above it"))
		}
	}
	return findings
}

// needsValues are the rules that find more where references are resolved.
var needsValues = map[string]bool{"secret-unresolved": true, "rtmp-url-scheme": true}
