package cli

import (
	"fmt"

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

// checkPlan reads a plan and applies every rule. The error is for a plan that cannot be read.
func (a *app) checkPlan(path string, opts plan.CheckOptions) (checkedPlan, error) {
	c := checkedPlan{path: path, files: newFiles(a.in)}
	p, findings, err := plan.Load(c.files, path)
	if err != nil {
		return c, err
	}
	c.plan, c.findings = p, findings
	if p != nil {
		c.findings = plan.Sort(p, append(findings, plan.Check(p, opts)...))
	}
	return c, nil
}

// soundPlans reads plans to work with. Where one has errors, they are shown on standard error and the command ends.
func (a *app) soundPlans(paths []string) ([]checkedPlan, error) {
	var plans []checkedPlan
	broken := false
	for _, path := range paths {
		c, err := a.checkPlan(path, plan.CheckOptions{Now: a.now()})
		if err != nil {
			return nil, fmt.Errorf("plan %s: %w", path, err)
		}
		if c.count(plan.SeverityError) > 0 || c.plan == nil {
			broken = true
			printer := newFindingPrinter(a.err, a.paletteFor(a.err), c.files)
			for _, f := range c.findings {
				if f.Severity == plan.SeverityError {
					printer.print(f)
				}
			}
		}
		plans = append(plans, c)
	}
	if broken {
		return nil, errFindings
	}
	return plans, nil
}
