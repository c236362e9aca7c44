package load

import (
	"fmt"
	"maps"
	"slices"

	"rundown/plan"
)

// maxListed bounds how many findings of one rule are listed for one file: nobody reads more, and ten megabytes of
// garbage have a million. The rest is counted by rule, so that none hides findings of another rule.
const maxListed = 1000

// findingList is the findings of a file, in the order in which they were found; [Load] sorts them.
type findingList struct {
	findings []plan.Finding
	counts   map[string]*ruleCount // by rule
}

// ruleCount counts the findings of a rule.
type ruleCount struct {
	listed, unlisted int
	at               plan.Pos // of the first that is left out
}

// count gives the counts of a rule.
func (l *findingList) count(id string) *ruleCount {
	t := l.counts[id]
	if t == nil {
		if l.counts == nil {
			l.counts = make(map[string]*ruleCount)
		}
		t = new(ruleCount)
		l.counts[id] = t
	}
	return t
}

// isFull says whether further findings of the rule are only counted.
func (l *findingList) isFull(id string) bool { return l.count(id).listed >= maxListed }

// add lists a finding, or counts it where the list of its rule is full.
func (l *findingList) add(f plan.Finding) {
	if l.isFull(f.Rule) {
		l.countUnlisted(f.Rule, f.Pos)
		return
	}
	l.count(f.Rule).listed++
	l.findings = append(l.findings, f)
}

// countUnlisted counts a finding of a rule that is not listed. The place of the first one is kept.
func (l *findingList) countUnlisted(id string, at plan.Pos) {
	t := l.count(id)
	if t.unlisted == 0 {
		t.at = at
	}
	t.unlisted++
}

// unlisted makes a finding for each rule that says how many of its findings are not listed.
func (l *findingList) unlisted() []plan.Finding {
	var list []plan.Finding
	for _, id := range slices.Sorted(maps.Keys(l.counts)) {
		if t := l.counts[id]; t.unlisted > 0 {
			f := plan.MustRule(id).Finding(t.at, fmt.Sprintf("%s of %s in this file from here on, which are not listed", moreFindings(t.unlisted), id), "fix the listed ones first")
			list = append(list, f)
		}
	}
	return list
}

// moreFindings counts findings in a message.
func moreFindings(n int) string {
	if n == 1 {
		return "1 more finding"
	}
	return fmt.Sprintf("%d more findings", n)
}
