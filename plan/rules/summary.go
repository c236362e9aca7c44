package rules

import (
	"time"

	"rundown/plan"
	"rundown/plan/forecast"
)

// Summary is what validate says about a plan in a few lines.
type Summary struct {
	Recordings               int
	Classes                  int       // in the window, cancelled ones not counted
	First, Last              time.Time // first start and last end in the window; zero without classes
	Peak                     int       // most recordings at once, with padding, redundant ones counted each
	PeakAt                   time.Time // first instant of the peak; zero without classes
	HDSeconds, FullHDSeconds int64     // planned, from the first request to the last padding, times redundancy
	CostUSD                  float64   // over the window, at the documented prices, after free minutes
	NotChecked               []string  // references that were not resolved, as written
}

// SummaryOf sums up a forecast. The window of validate is from now, or from the first class if that is later, to the
// last day that the plan names, 366 days at most.
func SummaryOf(f *forecast.Forecast, recordings int, notChecked []string) Summary {
	return Summary{
		Recordings: recordings, Classes: f.Classes, First: f.First, Last: f.Last,
		Peak: f.Peak.Padded.Sessions, PeakAt: f.Peak.Padded.At,
		HDSeconds: f.Seconds.HD, FullHDSeconds: f.Seconds.FullHD, CostUSD: f.CostUSD, NotChecked: notChecked,
	}
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
