package rules

import (
	"rundown/plan"
	"rundown/plan/forecast"
	"rundown/plan/schedule"
)

// checker is what a rule sees of a plan, and where it reports. It is for one goroutine.
type checker struct {
	p        *plan.Plan
	opts     Options
	rule     plan.Rule // whose check runs
	findings []plan.Finding
	times    *schedule.Schedule      // by [checker.schedule]
	load     *forecast.Forecast      // by [checker.forecast]
	sources  map[string]*plan.Source // by [checker.source]
}

// report adds a finding of the running rule: what is wrong with the value given and what is allowed, and what to try.
func (c *checker) report(pos plan.Pos, message, hint string) {
	c.findings = append(c.findings, c.rule.Finding(pos, message, hint))
}

// advise is report with a hint that may be an edit.
func (c *checker) advise(pos plan.Pos, message string, t plan.Hint) {
	c.findings = append(c.findings, c.advised(c.rule, pos, message, t))
}

// advised makes a finding of a rule with a hint that may be an edit.
func (c *checker) advised(r plan.Rule, pos plan.Pos, message string, t plan.Hint) plan.Finding {
	f := r.Finding(pos, message, t.Text)
	if s := c.source(pos.File); s != nil {
		f.Fix = s.Fix(plan.Span{Line: int32(pos.Line), Column: int32(pos.Column), EndLine: int32(pos.EndLine), EndColumn: int32(pos.EndColumn)}, t)
	}
	return f
}

// source is the text of one of the plan's files; nil for another.
func (c *checker) source(path string) *plan.Source {
	if s, known := c.sources[path]; known {
		return s
	}
	if c.sources == nil {
		c.sources = make(map[string]*plan.Source)
	}
	var s *plan.Source
	for _, f := range c.p.Files {
		if f.Path == path {
			s = plan.NewSource(path, f.Text)
			break
		}
	}
	c.sources[path] = s
	return s
}

// reportAs is report with another severity than the rule's own.
func (c *checker) reportAs(severity plan.Severity, pos plan.Pos, message, hint string) {
	f := c.rule.Finding(pos, message, hint)
	f.Severity = severity
	c.findings = append(c.findings, f)
}

// schedule is the plan's, made once for all rules, which must not modify it.
func (c *checker) schedule() *schedule.Schedule {
	if c.times == nil {
		c.times = schedule.New(c.p)
		c.times.From, c.times.Until = c.times.Window(c.opts.Now)
	}
	return c.times
}
