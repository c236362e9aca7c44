package plan

import "time"

// CheckOptions are what the rules depend on beside the plan.
type CheckOptions struct {
	Now    time.Time // for in-the-past and for the window
	Lookup Lookup    // nil: references are not resolved and what depends on them is not checked
}

// Check applies every rule to the plan and returns the findings in document order, tuned by the plan's rules: key.
func Check(p *Plan, opts CheckOptions) []Finding { panic("skeleton") }

// Sort puts findings into document order and removes repetitions.
func Sort(p *Plan, findings []Finding) []Finding { panic("skeleton") }

// Summary is what validate says of a plan in one line.
type Summary struct {
	Recordings               int
	Classes                  int       // in the window
	First, Last              time.Time // first start and last end in the window
	Peak                     int       // most recordings at once, with padding
	PeakAt                   time.Time
	HDSeconds, FullHDSeconds int64    // planned, with padding, times redundancy
	CostUSD                  float64  // over the window, after free minutes
	NotChecked               []string // references that were not resolved, as written
}

// Summarize sums up the plan over validate's window: from now, or from the first class if that is later, to the last
// bound, 366 days at most.
func Summarize(p *Plan, opts CheckOptions) Summary { panic("skeleton") }
