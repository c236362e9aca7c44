package cli

import (
	"errors"
	"fmt"
	"slices"

	"rundown/plan"
	"rundown/plan/forecast"
	"rundown/plan/load"
	"rundown/plan/rules"
)

// checkedPlan is a plan with its findings.
type checkedPlan struct {
	path     string
	plan     *plan.Plan // nil when the root could not be parsed
	findings []plan.Finding
	forecast *forecast.Forecast // of the plan alone, once it is checked
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
	return loadPlanFrom(newPlanFiles(a.in, path, a.flags.includeDirs...))
}

// loadPlanFrom reads the plan whose root file the files name.
func loadPlanFrom(files *osFiles) (checkedPlan, error) {
	c := checkedPlan{path: files.root, files: files}
	var err error
	c.plan, c.findings, err = load.Load(files, files.root)
	return c, err
}

// check applies every rule.
func (c *checkedPlan) check(opts rules.Options) {
	if c.plan != nil {
		reviewed := rules.Review(c.plan, opts)
		c.findings, c.forecast = plan.Sort(c.plan, append(c.findings, reviewed.Findings...)), reviewed.Forecast
	}
}

// checkPlan reads a plan and applies every rule. The error is for a plan that cannot be read.
func (a *app) checkPlan(path string, opts rules.Options) (checkedPlan, error) {
	c, err := a.loadPlan(path)
	if err == nil {
		c.check(opts)
	}
	return c, err
}

// sound says that it could be read and has no errors.
func (c checkedPlan) sound() bool { return c.plan != nil && c.count(plan.SeverityError) == 0 }

// soundness is the status of a command that answered about plans: that of findings where one has errors.
func soundness(plans []checkedPlan) error {
	for _, c := range plans {
		if !c.sound() {
			return errFindings
		}
	}
	return nil
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
func (a *app) soundPlans(paths []string) ([]checkedPlan, error) {
	plans, err := a.readPlans(paths, false)
	if err != nil {
		return nil, err
	}
	return plans, a.showErrors(plans)
}

// readPlans reads plans and applies every rule, for an answer that a plan with errors has too: what could be read of it
// counts. Together are plans that run beside each other: an app's limits hold for all of them.
func (a *app) readPlans(paths []string, together bool) ([]checkedPlan, error) {
	plans := make([]checkedPlan, len(paths))
	for i, path := range paths {
		var err error
		if plans[i], err = a.loadPlan(path); err != nil {
			return nil, fmt.Errorf("plan %s: %w", path, err)
		}
	}
	opts := rules.Options{Now: a.now()}
	if together {
		opts.Beside = loaded(plans)
	}
	for i := range plans {
		plans[i].check(opts)
	}
	return plans, nil
}

// showErrors shows the errors of plans on standard error; the status is that of a plan with errors where there is one.
func (a *app) showErrors(plans []checkedPlan) error {
	var broken error
	for _, c := range plans {
		if c.sound() {
			continue
		}
		broken = errFindings
		printer := newFindingPrinter(a.err, a.paletteFor(a.err), c.files)
		printer.printAll(slices.DeleteFunc(slices.Clone(c.findings), func(f plan.Finding) bool { return f.Severity != plan.SeverityError }))
	}
	return broken
}

// tellPartial says of plans with errors that an answer is of what could be read. It ends the command where no plan could
// be read at all.
func (a *app) tellPartial(plans []checkedPlan) error {
	err := a.showErrors(plans)
	if err != nil && len(loaded(plans)) == 0 {
		return err
	}
	for _, c := range plans {
		if !c.sound() {
			fmt.Fprintf(a.err, "plan %s has %s: what follows counts what could be read, and may change when it is mended\n", shown(c.path), plural(c.count(plan.SeverityError), "error"))
		}
	}
	return nil
}
