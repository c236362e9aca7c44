package runner

import (
	"slices"
	"time"

	"rundown/agora"
)

const (
	// slack is what a start has in hand for a node that dies, beside the backlog of the others.
	slack = 8 * time.Second
	// startShare is the part of the request budget that starts are planned with; the rest is for stops, repetitions
	// and queries.
	startShare = 0.75
	// requestsPerStart: acquire and start go together.
	requestsPerStart = 2
)

// spacing is the least time between two planned starts of an App ID with a budget of qps requests a second.
func spacing(qps int) time.Duration {
	if qps <= 0 {
		return 0
	}
	return time.Duration(float64(time.Second) * requestsPerStart / (float64(qps) * startShare))
}

// Spacing is the least time between two starts that are begun at once, for an App ID with a budget of qps requests a
// second.
func Spacing(qps int) time.Duration { return spacing(positive(qps, agora.DefaultQPS())) }

// place gives, for the instants at which recordings must be writing, when their first requests are due: as late as
// possible, never later than the latency of the service and the slack ask for, and no two closer than the spacing.
// It goes backwards from the last, so that where many begin at one bell the earliest give way.
func place(writing []time.Time, spacing time.Duration) []time.Time {
	order := make([]int, len(writing))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return writing[b].Compare(writing[a]) })
	out := make([]time.Time, len(writing))
	var next time.Time
	for n, i := range order {
		at := writing[i].Add(-agora.StartLead() - slack)
		if n > 0 && at.After(next.Add(-spacing)) {
			at = next.Add(-spacing)
		}
		out[i], next = at, at
	}
	return out
}
