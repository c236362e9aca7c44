package schedule

import (
	"slices"
	"time"

	"rundown/agora/catalog"
	"rundown/plan"
)

const (
	// Slack is what a start has in hand for a node that dies, beside the backlog of the others. It is ours: a take-over takes about
	// five seconds (docs/fleet.md).
	Slack = 8 * time.Second
	// StartShare is the part of the request budget that starts are planned with; the rest is for stops, repetitions
	// and queries. It is ours.
	StartShare = 0.75
	// RequestsPerStart: acquire and start go together.
	RequestsPerStart = 2
)

// Lead is how long before a recording must be running its first request is due at the latest: the documented latency
// of the service, and the slack.
func Lead() time.Duration { return catalog.StartLead() + Slack }

// HoldLead is how long before its exact start a page is opened on hold, so that its loading is not recorded.
func HoldLead() time.Duration {
	lo, _ := catalog.Bound("onhold-lead-time")
	return time.Duration(*lo) * time.Second
}

// Spacing is the least time between two planned starts of an App ID with a budget of qps requests a second; of the
// documented budget where qps is not positive.
func Spacing(qps int) time.Duration {
	if qps <= 0 {
		qps = plan.Limits{}.RequestRate()
	}
	return time.Duration(float64(time.Second) * RequestsPerStart / (float64(qps) * StartShare))
}

// Start is a recording that is to be placed.
type Start struct {
	Writing  time.Time // when it must be writing
	Sessions int       // at once, each with a start of its own; at least 1
}

// Place gives, for each recording that is to begin, when its first request is due: as late as possible, the last
// start at least [Lead] before the recording must be running, and no two starts closer than the spacing; each session
// of a redundant recording is a start. It places from the last to the first: of many that begin at one bell, the first of the list is
// nearest to the bell, and the last of it is the longest before. The runner begins by it and the forecast counts by it.
func Place(starts []Start, spacing time.Duration) []time.Time {
	order := make([]int, len(starts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return starts[b].Writing.Compare(starts[a].Writing) })
	out := make([]time.Time, len(starts))
	p := NewPlacement(spacing)
	for _, i := range order {
		at := starts[i].Writing
		out[i] = at.Add(-time.Duration(p.Advance(at.UnixNano(), int64(max(starts[i].Sessions, 1)))))
	}
	return out
}

// Placement places starts one by one, from the last to the first, in nanoseconds.
type Placement struct {
	spacing int64 // ns
	Lead    int64 // ns
	next    int64 // when the start after this one begins
	begun   bool
}

// NewPlacement makes a placement with a spacing between starts.
func NewPlacement(spacing time.Duration) Placement {
	return Placement{spacing: int64(spacing), Lead: int64(Lead())}
}

// Advance places the starts of the next earlier recording, one per session, and gives how long before writing (Unix
// nanoseconds) the first of them is due.
func (p *Placement) Advance(writing, sessions int64) int64 {
	at := writing - p.Lead - (sessions-1)*p.spacing
	if p.begun {
		at = min(at, p.next-sessions*p.spacing)
	}
	p.begun, p.next = true, at
	return writing - at
}
