package session

import (
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
)

// The documented waits are agora's; these are ours, where the documentation is silent.
var (
	// authorizationWaits: after 401 and 405. Each try is refused until somebody mends the account, so they are slow.
	authorizationWaits = catalog.Backoff{Steps: []time.Duration{10 * time.Second}, Then: 30 * time.Second}
	// refusedStopWaits: for a stop refused for a reason that time alone does not mend. What lives is billed, so it is
	// asked until it must have ended by itself.
	refusedStopWaits = catalog.Backoff{Steps: []time.Duration{5 * time.Second, 15 * time.Second, 30 * time.Second}, Then: time.Minute}
	// resumeWaits: for the update that ends a hold. Nothing is written before it, so they are short.
	resumeWaits = catalog.Backoff{Steps: []time.Duration{time.Second, 2 * time.Second, 3 * time.Second}, Then: 5 * time.Second}
	// renewWaits: for new storage credentials, of which the present ones leave time for many tries.
	renewWaits = catalog.Backoff{Steps: []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute}, Then: 5 * time.Minute}
	// foreignWaits: for acquire and start while something else than the service answers. There may be many classes that
	// wait, which together must not use up the request budget once the service answers again.
	foreignWaits = catalog.Backoff{Steps: []time.Duration{time.Second, 3 * time.Second, 6 * time.Second, 10 * time.Second}, Then: 15 * time.Second}
	// sessionWaits: between sessions of one occurrence, by the number of failures in a row; the last one repeats. Three
	// attempts outlast the 90 s of a failover.
	sessionWaits = []time.Duration{0, 30 * time.Second, time.Minute, 2 * time.Minute}
)

const (
	longestRetryAfter = 30 * time.Second // a Retry-After is obeyed up to this
	resumeSeen        = time.Second      // from the update that ends a hold to the query that is to show it
	successorLead     = 5 * time.Minute  // so long before the hours of a session run out its successor is begun: room for three attempts
	pageAttempts      = 2                // sessions in a row that may fail for a cause that lies in the page: it will fail again
	connectingPolls   = 3                // queries in a row that may find a push connecting before that is reported
	connectingEvery   = 30 * time.Second // between the queries of a push that is connecting
	maxRemarks        = 20               // of a session: what goes on happening need not be told each time
	firstSlice        = 16 * time.Second // query-files-after-first-slice: about 15 s
	healthyAfter      = 10 * time.Minute // so long without a break, and earlier failures no longer count
	minGap            = time.Second      // what counts as a gap
	MaxSkew           = 5 * time.Second  // by how much the service's clock may differ from ours before that is reported
	TrustTimers       = 30 * time.Second // no timer is trusted for longer: clocks jump and machines sleep
	UnansweredEvery   = 15 * time.Second // between queries past the confirming deadline that nobody answers
)

// capacityWaits are for answers that ask to wait: of rate (429) or of concurrency (406).
func capacityWaits(a Answer) catalog.Backoff {
	if a.Verdict() == agora.VerdictRateLimited {
		return catalog.RateBackoff()
	}
	return catalog.CapacityBackoff()
}

// Later is the later of two instants.
func Later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Earlier is the earlier of two instants; zero is earlier than any other. For times to look again use [EarlierWake].
func Earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// EarlierWake is the earlier of two times to look again, of which zero is never.
func EarlierWake(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	if b.IsZero() {
		return a
	}
	return Earlier(a, b)
}
