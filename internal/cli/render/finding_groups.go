package render

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"

	"rundown/plan"
	"rundown/runner/view"
)

// findingGroup is a finding with those that say the same of other recordings.
type findingGroup struct {
	plan.Finding
	also []alsoFound
}

// alsoFound is another place of the same mistake.
type alsoFound struct {
	pos  plan.Pos
	name string // what the message says in place of the first one's words; "" where it is the same
}

// GroupFindings puts errors before warnings, each in document order, and joins those of one rule that say the same of several
// recordings, so that a mistake in two hundred of them is read once. Notes are left out.
func GroupFindings(findings []plan.Finding) []findingGroup {
	var groups []findingGroup
	for _, severity := range []plan.Severity{plan.SeverityError, plan.SeverityWarning} {
		byRule := map[string][]int{} // groups of the severity
	next:
		for _, f := range findings {
			if f.Severity != severity {
				continue
			}
			for _, i := range byRule[f.Rule] {
				if name, ok := sameMistake(groups[i].Finding, f); ok {
					groups[i].also = append(groups[i].also, alsoFound{f.Pos, name})
					continue next
				}
			}
			byRule[f.Rule] = append(byRule[f.Rule], len(groups))
			groups = append(groups, findingGroup{Finding: f})
		}
	}
	return groups
}

// recordingName is how messages name a recording or one of its classes.
var recordingName = regexp.MustCompile(`^[a-z0-9-]*[a-z][a-z0-9-]*(@\S+)?$`)

// sameMistake says whether a finding repeats another one of its rule and severity, and what names it: the words that it
// has of its own or, where these are many and what to do is the same, the recording that is the first of them. A quoted word
// is a value of the plan, which makes it another mistake. The rules of structure are about values, so that only a
// few words may differ there.
func sameMistake(first, other plan.Finding) (name string, same bool) {
	if first.Hint != other.Hint || first.Source != other.Source {
		return "", false
	}
	a, b := strings.Fields(first.Message), strings.Fields(other.Message)
	head := 0
	for head < min(len(a), len(b)) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < min(len(a), len(b))-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	own := b[head : len(b)-tail]
	name = strings.Trim(strings.Join(own, " "), ",:;")
	const longest = 40
	switch {
	case strings.Contains(strings.Join(a[head:len(a)-tail], " ")+name, `"`):
		return "", false
	case head+tail >= (len(b)+1)/2 && runewidth.StringWidth(name) <= longest:
		return name, true
	case plan.Structural[first.Rule] || other.Hint == "" || len(own) == 0:
		return "", false
	}
	name = strings.Trim(own[0], ",:;")
	return name, recordingName.MatchString(name)
}

// PrintAll writes errors and warnings for people.
func (p *FindingPrinter) PrintAll(findings []plan.Finding) {
	for _, g := range GroupFindings(findings) {
		p.print(g.Finding)
		if len(g.also) == 0 {
			continue
		}
		const most = 3
		places := make([]string, 0, most+1)
		for i, also := range g.also {
			if i == most && len(g.also) > most+1 {
				places = append(places, fmt.Sprintf("and %d others", len(g.also)-most))
				break
			}
			place := fmt.Sprintf("line %d", also.pos.Line)
			if also.pos.File != g.Pos.File {
				place = fmt.Sprintf("%s:%d", also.pos.File, also.pos.Line)
			}
			if also.name != "" {
				place = also.name + " (" + place + ")"
			}
			places = append(places, place)
		}
		PrintHanging(p.w, p.width, "  ", fmt.Sprintf("%d more: %s", len(g.also), view.Line(strings.Join(places, ", "))), 4)
	}
}

// PrintNotes folds the notes into a line: one is told, and of several their rules.
func (p *FindingPrinter) PrintNotes(findings []plan.Finding) {
	var first plan.Finding
	total, rules := 0, map[string]int{}
	for _, f := range findings {
		if f.Severity != plan.SeverityInformation {
			continue
		}
		if total == 0 {
			first = f
		}
		total++
		rules[f.Rule]++
	}
	word := p.colours.Paint("note", looksOf(plan.SeverityInformation).colour)
	switch {
	case total == 0:
	case total == 1:
		p.head(first)
	default:
		const most = 3
		var counted []string
		for i, id := range slices.Sorted(maps.Keys(rules)) {
			if i == most {
				counted = append(counted, fmt.Sprintf("and %s more", Plural(len(rules)-most, "rule")))
				break
			}
			counted = append(counted, fmt.Sprintf("%s (%d)", id, rules[id]))
		}
		PrintHanging(p.w, p.width, word+": ", fmt.Sprintf("%s; --format json lists them", view.Line(strings.Join(counted, ", "))), 2)
	}
}

// placeOf is where a finding is, in the form that editors can jump to.
func placeOf(f plan.Finding) string {
	if f.Pos.Line > 0 {
		return fmt.Sprintf("%s:%d:%d", f.Pos.File, f.Pos.Line, f.Pos.Column)
	}
	return f.Pos.File
}
