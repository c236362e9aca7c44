package rules

import (
	"sync"

	"rundown/plan"
	"rundown/plan/forecast"
	"rundown/plan/schedule"
)

// checker is what a rule sees of a plan, and where it reports. It is for one goroutine; only the forecast is made in another one,
// which has a schedule of its own and shares nothing but the plan, which nobody modifies.
type checker struct {
	p        *plan.Plan
	opts     Options
	rule     plan.Rule // whose check runs
	findings []plan.Finding
	schedule *schedule.Schedule // of the plan; rules must not modify it
	from     int64              // validate's window [from, until) of starts, in Unix seconds
	until    int64
	forecast func() *forecast.Forecast // of the plan and those beside it that use one of its apps; waits for it
	prefixes func() []prefix           // of all recordings; made once
	sources  map[string]*plan.Source   // by [checker.source]
}

// newChecker prepares a plan for the rules. The forecast, which is the longest part of a large plan's check, is made
// while the rules that do not need it run.
func newChecker(p *plan.Plan, opts Options) *checker {
	c := &checker{p: p, opts: opts, schedule: schedule.New(p)}
	from, until := c.schedule.Window(opts.Now)
	c.from, c.until = schedule.UnixCeil(from), schedule.UnixCeil(until)
	window := forecast.Options{From: forecast.Bound{At: from}, Until: forecast.Bound{At: until}}
	c.forecast = sync.OnceValue(func() *forecast.Forecast { return forecast.Of(plansSharingApps(p, opts.Beside), window) })
	go c.forecast()
	c.prefixes = sync.OnceValue(c.listPrefixes)
	return c
}

// report adds a finding of the running rule: what is wrong with the value given and what is allowed, and what to try.
func (c *checker) report(pos plan.Pos, message, hint string) {
	c.findings = append(c.findings, c.rule.Finding(pos, message, hint))
}

// advise is report with a hint that may be an edit.
func (c *checker) advise(pos plan.Pos, message string, t plan.Hint) {
	c.findings = append(c.findings, c.advised(c.rule, pos, message, t))
}

// advised makes a finding of a rule with a hint that may be an edit. There is no edit of a file that the plan does not hold.
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

// warn is report for a case that is only a warning, although the rule's own severity is an error.
func (c *checker) warn(pos plan.Pos, message, hint string) {
	f := c.rule.Finding(pos, message, hint)
	f.Severity = plan.SeverityWarning
	c.findings = append(c.findings, f)
}
