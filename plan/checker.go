package plan

// checker is what a rule sees of a plan, and where it reports.
type checker struct {
	p        *Plan
	opts     CheckOptions
	rule     Rule // whose check runs
	findings []Finding
	times    *expansion         // by [checker.expansion]
	load     *Forecast          // by [checker.forecast]
	sources  map[string]*source // by [checker.source]
}

// report adds a finding of the running rule: what is wrong with the value given and what is allowed, and what to try.
func (c *checker) report(pos Pos, message, hint string) {
	c.findings = append(c.findings, c.rule.Finding(pos, message, hint))
}

// advise is report with a hint that may be an edit.
func (c *checker) advise(pos Pos, message string, t tip) {
	c.findings = append(c.findings, c.advised(c.rule, pos, message, t))
}

func (c *checker) advised(r Rule, pos Pos, message string, t tip) Finding {
	f := r.Finding(pos, message, t.text)
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
	f := c.rule.Finding(pos, message, hint)
	f.Severity = severity
	c.findings = append(c.findings, f)
}

// expansion is the plan's, made once for all rules, which must not change it.
func (c *checker) expansion() *expansion {
	if c.times == nil {
		c.times = newExpansion(c.p)
		c.times.from, c.times.until = c.times.window(c.opts.Now)
	}
	return c.times
}
