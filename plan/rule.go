package plan

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	"rundown/agora/catalog"
)

// Rule is what a plan is checked for under one id.
type Rule struct {
	ID        string
	Severity  Severity // before a plan's rules: key tunes it
	Statement string
	Source    string // the documented source; "" for rules of our own
	Conflict  string // where editions of the documentation disagree, "" when they agree
	Tunable   bool   // a plan's rules: key may change the severity
}

// ruleIndex gives the table's rules by id, with what the catalogue says of them. The catalogue is read when first asked,
// so that commands that never ask do not pay for it.
var ruleIndex = sync.OnceValue(func() map[string]Rule {
	index := make(map[string]Rule, len(ruleTable))
	for _, r := range ruleTable {
		index[r.ID] = r.resolved()
	}
	return index
})

func (r Rule) resolved() Rule {
	r.Tunable = !Structural[r.ID]
	if r.Statement != "" {
		return r
	}
	entry, ok := catalog.RestrictionByID(r.ID)
	if !ok {
		panic("rule " + r.ID + " is not in the catalogue")
	}
	r.Severity = cmp.Or(r.Severity, Severity(entry.Severity))
	r.Statement, r.Source, r.Conflict = entry.Statement, entry.Source, disagreement(entry.Conflict)
	return r
}

// Rules lists every rule, sorted by id: ours, and those of the catalogue that a plan is checked for.
func Rules() []Rule {
	return slices.SortedFunc(maps.Values(ruleIndex()), func(a, b Rule) int { return cmp.Compare(a.ID, b.ID) })
}

// RuleByID finds a rule; false for an id that has none.
func RuleByID(id string) (Rule, bool) {
	r, ok := ruleIndex()[id]
	return r, ok
}

// MustRule is the rule of an id that the program itself wrote.
func MustRule(id string) Rule {
	r, ok := RuleByID(id)
	if !ok {
		panic("there is no rule " + id)
	}
	return r
}

// Structural are the rules without which a plan has no meaning: they cannot be tuned.
var Structural = map[string]bool{
	"yaml-syntax": true, "unknown-key": true, "duplicate-key": true, "wrong-type": true, "missing-key": true,
	"unknown-reference": true, "reference-not-allowed": true, "secret-in-plain-text": true,
}

// disagreement says in what editions of the documentation differ; "" when they agree. The catalogue begins with the
// rows of its reference, as C11, which mean nothing to a plan's author.
func disagreement(conflict string) string {
	if conflict == "" {
		return ""
	}
	_, text, ok := strings.Cut(conflict, ": ")
	if !ok {
		return "editions of the documentation disagree"
	}
	return "editions of the documentation disagree: " + text
}

// Finding makes a finding of the rule at its own severity. Where editions of the documentation disagree, the message
// says so.
func (r Rule) Finding(pos Pos, message, hint string) Finding {
	if r.Conflict != "" {
		message += " (" + r.Conflict + ")"
	}
	return Finding{Pos: pos, Severity: r.Severity, Rule: r.ID, Message: message, Hint: hint, Source: r.Source}
}

func RuleIDs() []string {
	ids := make([]string, 0, len(ruleTable)+256)
	for _, r := range ruleTable {
		ids = append(ids, r.ID)
	}
	for _, r := range catalog.Restrictions() {
		ids = append(ids, r.ID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
