package catalog

import "time"

// Backoff is the pauses between tries of one request: each step once, then Then until the deadline.
type Backoff struct {
	Steps    []time.Duration
	Then     time.Duration // after the last step; 0: no further try
	Deadline time.Duration // since the first of the tries; 0: none
}

// Next is the pause before another try: n counts the pauses so far, elapsed is the time since the first try. The last
// try is at the deadline itself. It is false where there is no further try.
func (w Backoff) Next(n int, elapsed time.Duration) (time.Duration, bool) {
	if n < 0 || w.Deadline > 0 && elapsed >= w.Deadline {
		return 0, false
	}
	d := w.Then
	if n < len(w.Steps) {
		d = w.Steps[n]
	}
	if d <= 0 {
		return 0, false
	}
	if w.Deadline > 0 {
		d = min(d, w.Deadline-elapsed)
	}
	return d, true
}

// AcquireBackoff is for acquire on 5xx and without an answer. The documentation asks for growing pauses without
// figures; those of the host failover are used, and the last of them repeats.
func AcquireBackoff() Backoff {
	steps := DomainBackoff()
	return Backoff{Steps: steps, Then: steps[len(steps)-1]}
}

// CapacityBackoff is for code 406: a place is free when some recording ends. The documentation says "later"; the
// figures are inferred.
func CapacityBackoff() Backoff {
	return Backoff{Steps: []time.Duration{5 * time.Second, 10 * time.Second}, Then: 15 * time.Second}
}

// RateBackoff is for an HTTP 429 without Retry-After: the pauses of the host failover, and the last of them repeats.
func RateBackoff() Backoff { return AcquireBackoff() }

// StartBackoff is for the same start on a 50x: three tries, then a new uid (web page best practices).
func StartBackoff() Backoff { return Backoff{Steps: Seconds("start-retry-50x")} }

// StartPendingBackoff is for the same start on code 65: two tries, then acquire again (web page best practices).
func StartPendingBackoff() Backoff { return Backoff{Steps: Seconds("start-retry-65")} }

// StartTimeoutBackoff is for start on code 62: the same request once, then acquire again (status codes). The length
// of the pause is inferred from the first one for a 50x.
func StartTimeoutBackoff() Backoff { return Backoff{Steps: Seconds("start-retry-50x")[:1]} }

// StopBackoff is for stop on codes 65 and 62, on 50x and without an answer. It has no end but the caller's: a
// recording that is not stopped costs money. Inferred from the host failover and the monitoring.
func StopBackoff() Backoff {
	return Backoff{Steps: DomainBackoff(), Then: 15 * time.Second}
}

// StopGoneBackoff is for stop on a 404, counted from the first of them: the recording may be failing over
// (integration best practices; the tail is inferred).
func StopGoneBackoff() Backoff { return GoneBackoff() }

// FirstQuery is the time from the sid to the first query (web page best practices).
func FirstQuery() time.Duration { return Seconds("timing-first-query")[0] }

// ConfirmBackoff is for the queries that confirm a start, counted from the sid: after 5 s, then 5, 10 and 15 s, then
// every 15 s (inferred) until [ConfirmDeadline] for the recording's ready timeout.
func ConfirmBackoff(readyTimeout time.Duration) Backoff {
	steps := append([]time.Duration{FirstQuery()}, Seconds("timing-confirm-backoff")...)
	return Backoff{Steps: steps, Then: 15 * time.Second, Deadline: ConfirmDeadline(readyTimeout)}
}

// ConfirmDeadline is the time from the sid after which a recording without status 4 or 5 has not started: 90 s
// (integration best practices). A page with a ready timeout may legitimately need twice that, hence (inferred) at
// least twice the timeout and 30 s.
func ConfirmDeadline(readyTimeout time.Duration) time.Duration {
	return max(Seconds("timing-confirm-deadline")[0], 2*readyTimeout+30*time.Second)
}

// MonitorInterval is the time between the queries of a running recording (integration best practices).
func MonitorInterval() time.Duration { return Seconds("monitor-interval")[0] }

// GoneBackoff is for the queries after a 404 while monitoring: 5, 10 and 15 s as documented, then (inferred) every 15
// s until the documented window of a failover has passed.
func GoneBackoff() Backoff {
	return Backoff{Steps: Seconds("monitor-404-backoff"), Then: 15 * time.Second, Deadline: FailoverWindow()}
}

// FailoverWindow is the longest time in which a failover answers 404 (integration best practices).
func FailoverWindow() time.Duration {
	_, hi := Bound("failover-window")
	return time.Duration(*hi) * time.Second
}

// MonitorBackoff is for the queries after a 50x while monitoring, which says nothing about the recording: 5, 10, 15
// and 30 s as documented, and the last of them repeats.
func MonitorBackoff() Backoff {
	steps := Seconds("monitor-50x-backoff")
	return Backoff{Steps: steps, Then: steps[len(steps)-1]}
}

// DomainBackoff are the pauses between tries of one request on the hosts (switch the domain name).
func DomainBackoff() []time.Duration { return Seconds("domain-retry-backoff") }

// StartLead is the time from the request to the first recorded picture (web page guide): send the request so much
// earlier.
func StartLead() time.Duration {
	lo, _ := Bound("timing-start-early")
	return time.Duration(*lo) * time.Second
}

// StartWithin is the time after the answer to acquire within which start is to be sent (acquire).
func StartWithin() time.Duration {
	_, hi := Bound("start-within-2s")
	return time.Duration(*hi) * time.Second
}

// ResourceLife is how long a resource id can wait for its start (acquire).
func ResourceLife() time.Duration {
	_, hi := Bound("resource-id-validity")
	return time.Duration(*hi) * time.Second
}
