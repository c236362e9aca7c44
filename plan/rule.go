package plan

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	"rundown/agora/catalog"
)

// Rule is something that plans are checked for, with the severity of its findings.
type Rule struct {
	ID        string
	Severity  Severity // before a plan's rules: key tunes it
	Statement string
	Source    string // the documented source; "" for rules of our own
	Conflict  string // where editions of the documentation disagree, "" when they agree
}

// ruleIndex is the table of rules by id, completed from the catalogue. It is built at the first use, so that commands
// that need no rule do not parse the catalogue.
var ruleIndex = sync.OnceValue(func() map[string]Rule {
	index := make(map[string]Rule, len(ruleTable))
	for _, r := range ruleTable {
		index[r.ID] = r.resolved()
	}
	return index
})

// resolved completes a row of the table from the catalogue. It panics where the catalogue lacks the id, which a test
// finds.
func (r Rule) resolved() Rule {
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

// Rules lists every rule by id: those of the program, and those of the catalogue that plans are checked for.
func Rules() []Rule {
	return slices.SortedFunc(maps.Values(ruleIndex()), func(a, b Rule) int { return cmp.Compare(a.ID, b.ID) })
}

// RuleByID finds a rule; false where there is none with the id.
func RuleByID(id string) (Rule, bool) {
	r, ok := ruleIndex()[id]
	return r, ok
}

// MustRule is [RuleByID] for an id that is written in the program. It panics where there is no such rule.
func MustRule(id string) Rule {
	r, ok := RuleByID(id)
	if !ok {
		panic("there is no rule " + id)
	}
	return r
}

// Structural are the rules without which a plan has no meaning. They are [Fixed].
var Structural = map[string]bool{
	"yaml-syntax": true, "unknown-key": true, "duplicate-key": true, "wrong-type": true, "missing-key": true,
	"unknown-reference": true, "reference-not-allowed": true, "secret-in-plain-text": true,
}

// indispensable are the rules, in addition to the structural ones, that report what no class can be recorded without: without it there
// is nothing to send to the service.
var indispensable = map[string]bool{
	"timezone-missing": true, "timezone-unknown": true, "url-required": true, "when-syntax": true, "cron-syntax": true,
	"storage-config-required": true, "storage-bucket-required": true, "storage-keys-required": true,
	"storage-vendor-values": true, "video-size-required": true,
}

// Fixed says whether a plan can neither change the severity of a rule nor suppress its findings by a comment.
func Fixed(id string) bool { return Structural[id] || indispensable[id] }

// disagreement tells where editions of the documentation differ; "" where they agree. It drops the row numbers of the
// reference (C11: …), which mean nothing to the author of a plan.
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
// ends with how.
func (r Rule) Finding(pos Pos, message, hint string) Finding {
	if r.Conflict != "" {
		message += " (" + r.Conflict + ")"
	}
	return Finding{Pos: pos, Severity: r.Severity, Rule: r.ID, Message: message, Hint: hint, Source: r.Source}
}

// RuleIDs lists the ids of all rules and of the whole catalogue, sorted.
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
