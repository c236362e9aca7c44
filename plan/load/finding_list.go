package load

import (
	"fmt"
	"maps"
	"slices"

	"rundown/plan"
)

// maxListed bounds how many findings of one rule are listed of one file: nobody reads more, and ten megabytes of rubbish
// hold a million. The others are counted, so that none hides those of another rule.
const maxListed = 1000

// findingList is what is found in a file.
type findingList struct {
	findings []plan.Finding
	counts   map[string]*ruleCount // by rule
}

// ruleCount is how many findings of a rule there are.
type ruleCount struct {
	listed, unlisted int
	at               plan.Pos // of the first that is left out
}

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

// isFull says that findings of the rule are no longer listed.
func (l *findingList) isFull(id string) bool { return l.count(id).listed >= maxListed }

// add lists a finding, or counts it.
func (l *findingList) add(f plan.Finding) {
	if l.isFull(f.Rule) {
		l.countUnlisted(f.Rule, f.Pos, 1)
		return
	}
	l.count(f.Rule).listed++
	l.findings = append(l.findings, f)
}

// countUnlisted counts findings that are not listed, the first of them at a place.
func (l *findingList) countUnlisted(id string, first plan.Pos, n int) {
	t := l.count(id)
	if t.unlisted == 0 {
		t.at = first
	}
	t.unlisted += n
}

// unlisted tells of each rule how many findings are not listed.
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

func moreFindings(n int) string {
	if n == 1 {
		return "1 more finding"
	}
	return fmt.Sprintf("%d more findings", n)
}
