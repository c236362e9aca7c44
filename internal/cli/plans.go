package cli

import (
	"errors"
	"fmt"
	"slices"

	"rundown/plan"
)

// checkedPlan is a plan with its findings.
type checkedPlan struct {
	path     string
	plan     *plan.Plan // nil when the root could not be parsed
	findings []plan.Finding
	files    *osFiles
}

// errors and warnings count the findings.
func (c checkedPlan) count(s plan.Severity) int {
	n := 0
	for _, f := range c.findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}

// unsound is the first finding that keeps a plan from being worked on, for a place where there is room for one, and how
// to see the others.
func (c checkedPlan) unsound() error {
	i := slices.IndexFunc(c.findings, func(f plan.Finding) bool { return f.Severity == plan.SeverityError })
	if i < 0 {
		return errors.New("it cannot be read")
	}
	f, more := c.findings[i], ""
	if n := c.count(plan.SeverityError) - 1; n > 0 {
		more = fmt.Sprintf(" and %d more; rundown validate %s shows them", n, c.path)
	}
	return fmt.Errorf("%s:%d:%d: %s [%s]%s", f.Pos.File, f.Pos.Line, f.Pos.Column, f.Message, f.Rule, more)
}

// loadPlan reads a plan. The error is for one that cannot be read.
func (a *app) loadPlan(path string) (checkedPlan, error) {
	c := checkedPlan{path: path, files: newFiles(a.in)}
	var err error
	c.plan, c.findings, err = plan.Load(c.files, path)
	return c, err
}

// check applies every rule.
func (c *checkedPlan) check(opts plan.CheckOptions) {
	if c.plan != nil {
		c.findings = plan.Sort(c.plan, append(c.findings, plan.Check(c.plan, opts)...))
	}
}

// checkPlan reads a plan and applies every rule. The error is for a plan that cannot be read.
func (a *app) checkPlan(path string, opts plan.CheckOptions) (checkedPlan, error) {
	c, err := a.loadPlan(path)
	if err == nil {
		c.check(opts)
	}
	return c, err
}

// loaded are the plans that could be parsed.
func loaded(plans []checkedPlan) []*plan.Plan {
	var list []*plan.Plan
	for _, c := range plans {
		if c.plan != nil {
			list = append(list, c.plan)
		}
	}
	return list
}

// soundPlans reads plans to work with, each by itself. Where one has errors, they are shown on standard error and the
// command ends.
func (a *app) soundPlans(paths []string) ([]checkedPlan, error) { return a.readSound(paths, false) }

// soundTogether is soundPlans for plans that run beside each other: an app's limits hold for all of them.
func (a *app) soundTogether(paths []string) ([]checkedPlan, error) { return a.readSound(paths, true) }

func (a *app) readSound(paths []string, together bool) ([]checkedPlan, error) {
	plans := make([]checkedPlan, len(paths))
	for i, path := range paths {
		var err error
		if plans[i], err = a.loadPlan(path); err != nil {
			return nil, fmt.Errorf("plan %s: %w", path, err)
		}
	}
	opts := plan.CheckOptions{Now: a.now()}
	if together {
		opts.Beside = loaded(plans)
	}
	broken := false
	for i := range plans {
		c := &plans[i]
		c.check(opts)
		if c.count(plan.SeverityError) > 0 || c.plan == nil {
			broken = true
			printer := newFindingPrinter(a.err, a.paletteFor(a.err), c.files)
			for _, f := range c.findings {
				if f.Severity == plan.SeverityError {
					printer.print(f)
				}
			}
		}
	}
	if broken {
		return nil, errFindings
	}
	return plans, nil
}
