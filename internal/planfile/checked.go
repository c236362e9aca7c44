package planfile

import (
	"errors"
	"fmt"
	"slices"

	"rundown/plan"
	"rundown/plan/forecast"
	"rundown/plan/load"
	"rundown/plan/rules"
)

// Checked is a plan with its findings.
type Checked struct {
	Path     string
	Plan     *plan.Plan // nil when the root could not be parsed
	Findings []plan.Finding
	Forecast *forecast.Forecast // of the plan alone, once it is checked
	Files    *Files
}

// Count is how many of the findings have a severity.
func (c Checked) Count(s plan.Severity) int {
	n := 0
	for _, f := range c.Findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}

// Unsound is the first finding that keeps a plan from being worked on, for a place where there is room for one, and how
// to see the others.
func (c Checked) Unsound() error {
	i := slices.IndexFunc(c.Findings, func(f plan.Finding) bool { return f.Severity == plan.SeverityError })
	if i < 0 {
		return errors.New("not readable")
	}
	f, more := c.Findings[i], ""
	if n := c.Count(plan.SeverityError) - 1; n > 0 {
		more = fmt.Sprintf(" and %d more; rundown validate %s shows them", n, c.Path)
	}
	return fmt.Errorf("%s:%d:%d: %s [%s]%s", f.Pos.File, f.Pos.Line, f.Pos.Column, f.Message, f.Rule, more)
}

// Load reads the plan whose root file the files name.
func Load(files *Files) (Checked, error) {
	c := Checked{Path: files.root, Files: files}
	var err error
	c.Plan, c.Findings, err = load.Load(files, files.root)
	return c, err
}

// Check applies every rule.
func (c *Checked) Check(opts rules.Options) {
	if c.Plan != nil {
		reviewed := rules.Review(c.Plan, opts)
		c.Findings, c.Forecast = plan.Sort(c.Plan, append(c.Findings, reviewed.Findings...)), reviewed.Forecast
	}
}

// Sound says that it could be read and has no errors.
func (c Checked) Sound() bool { return c.Plan != nil && c.Count(plan.SeverityError) == 0 }

// Parsed are the plans that could be parsed.
func Parsed(plans []Checked) []*plan.Plan {
	var list []*plan.Plan
	for _, c := range plans {
		if c.Plan != nil {
			list = append(list, c.Plan)
		}
	}
	return list
}
