package plan

import (
	"cmp"
	"slices"
	"strings"

	"rundown/agora"
)

// Rule is what the package checks under one id.
type Rule struct {
	ID        string
	Severity  Severity // before a plan's rules: key tunes it
	Statement string
	Source    string // the documented source; "" for rules of our own
	Conflict  string // where editions of the documentation disagree, "" when they agree
	Tunable   bool   // a plan's rules: key may change the severity
}

// Rules lists every rule of the package, sorted by id: ours, and those of the catalogue that a plan is checked for.
func Rules() []Rule {
	list := make([]Rule, 0, len(rules))
	for id := range rules {
		r := resolveRule(id)
		list = append(list, Rule{ID: r.id, Severity: r.severity, Statement: r.statement, Source: r.source, Conflict: r.conflict, Tunable: !structural[r.id]})
	}
	slices.SortFunc(list, func(a, b Rule) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// rule is one check. A rule lives in a file of its own (rule_*.go) and registers itself there, so that adding one
// touches no other file.
type rule struct {
	id        string
	severity  Severity
	statement string
	source    string         // of the catalogue
	conflict  string         // of the catalogue
	check     func(*checker) // nil for what Load finds on its way
}

// rules holds every registered rule by id. Nothing may choose by the order of this map.
var rules = map[string]rule{}

// structural are the rules without which a plan has no meaning: they cannot be tuned.
var structural = map[string]bool{
	"yaml-syntax": true, "unknown-key": true, "duplicate-key": true, "wrong-type": true, "missing-key": true,
	"unknown-reference": true, "reference-not-allowed": true, "secret-in-plain-text": true,
}

// register adds a rule, from the init function of its file. An id registered twice is a mistake in this program.
func register(r rule) {
	if _, twice := rules[r.id]; twice {
		panic("rule " + r.id + " is registered twice")
	}
	rules[r.id] = r
}

// registerDocumented adds a rule of the catalogue, which knows its severity, statement and source.
func registerDocumented(id string, check func(*checker)) { register(rule{id: id, check: check}) }

// resolveRule gives a rule with what the catalogue says of it. The catalogue is read when first asked, so that
// commands that never ask do not pay for it.
func resolveRule(id string) rule {
	r, ok := rules[id]
	if !ok {
		panic("rule " + id + " is not registered")
	}
	if r.statement != "" {
		return r
	}
	entry, ok := agora.RestrictionByID(id)
	if !ok {
		panic("rule " + id + " is not in the catalogue")
	}
	if r.severity == "" {
		r.severity = Severity(entry.Severity)
	}
	r.statement, r.source, r.conflict = entry.Statement, entry.Source, disagreement(entry.Conflict)
	return r
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

// checker is what a rule sees of a plan, and where it reports.
type checker struct {
	p        *Plan
	opts     CheckOptions
	rule     rule
	findings []Finding
	times    *expansion         // by [checker.expansion]
	load     *Forecast          // by [checker.forecast]
	sources  map[string]*source // by [checker.source]
}

// report adds a finding of the running rule: what is wrong with the value given and what is allowed, and what to try.
func (c *checker) report(pos Pos, message, hint string) {
	c.findings = append(c.findings, c.rule.finding(pos, message, hint))
}

// advise is report with a hint that may be an edit.
func (c *checker) advise(pos Pos, message string, t tip) {
	c.findings = append(c.findings, c.advised(c.rule, pos, message, t))
}

func (c *checker) advised(r rule, pos Pos, message string, t tip) Finding {
	f := r.finding(pos, message, t.text)
	if s := c.source(pos.File); s != nil {
		f.Fix = s.fix(span{int32(pos.Line), int32(pos.Column), int32(pos.EndLine), int32(pos.EndColumn)}, t)
	}
	return f
}

// source is the text of one of the plan's files; nil for another.
func (c *checker) source(path string) *source {
	if s, known := c.sources[path]; known {
		return s
	}
	if c.sources == nil {
		c.sources = make(map[string]*source)
	}
	var s *source
	for _, f := range c.p.Files {
		if f.Path == path {
			s = newSource(path, f.Text)
			break
		}
	}
	c.sources[path] = s
	return s
}

// reportAs is report at another severity than the rule's own.
func (c *checker) reportAs(severity Severity, pos Pos, message, hint string) {
	f := c.rule.finding(pos, message, hint)
	f.Severity = severity
	c.findings = append(c.findings, f)
}

// finding makes a finding of the rule at its own severity. Where editions of the documentation disagree, the message
// says so.
func (r rule) finding(pos Pos, message, hint string) Finding {
	if r.conflict != "" {
		message += " (" + r.conflict + ")"
	}
	return Finding{Pos: pos, Severity: r.severity, Rule: r.id, Message: message, Hint: hint, Source: r.source}
}
