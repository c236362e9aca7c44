package rules

import (
	"rundown/plan"
	"rundown/plan/forecast"
)

// Summary is what validate says about a plan in a few lines. The window of its forecast is from now, or from the first class if
// that is later, to the last day that the plan names, 366 days at most.
type Summary struct {
	*forecast.Forecast
	Recordings int      // of the plan; those of the forecast have a zone
	NotChecked []string // references that were not resolved, as written
}

// NotChecked lists the references of the plan that have no value here, in the order of their sections, without
// duplicates.
func NotChecked(p *plan.Plan, lookup plan.Lookup) []string {
	var list []string
	seen := make(map[plan.Reference]bool)
	for _, t := range p.Texts() {
		for _, ref := range t.References() {
			if seen[ref] {
				continue
			}
			seen[ref] = true
			if lookup != nil {
				if _, err := lookup(ref); err == nil {
					continue
				}
			}
			list = append(list, ref.String())
		}
	}
	return list
}
