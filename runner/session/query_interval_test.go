package session_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"rundown/agora/catalog"
	"rundown/runner/session"
)

// TestTheIntervalOfQueriesFollowsTheBudget holds it to its bounds, to half of the budget, and to growing with the sessions.
func TestTheIntervalOfQueriesFollowsTheBudget(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		live, rate := rapid.IntRange(0, 2000).Draw(t, "live"), rapid.IntRange(1, 20).Draw(t, "rate")
		interval := session.QueryInterval(session.MinQueryInterval, live, rate)
		if interval < 10*time.Second || interval > 2*time.Minute || catalog.MonitorInterval()%interval != 0 {
			t.Fatalf("%v", interval)
		}
		queries := float64(live) / interval.Seconds()
		if interval < catalog.MonitorInterval() && queries > float64(rate)/2 {
			t.Fatalf("%.2f queries a second, of %d requests", queries, rate)
		}
		if more := session.QueryInterval(session.MinQueryInterval, live+rapid.IntRange(1, 50).Draw(t, "more"), rate); more < interval {
			t.Fatalf("%v with more sessions, %v with fewer", more, interval)
		}
		if richer := session.QueryInterval(session.MinQueryInterval, live, rate+rapid.IntRange(1, 5).Draw(t, "richer")); richer > interval {
			t.Fatalf("%v with a larger budget, %v with a smaller", richer, interval)
		}
	})
}

func TestTheIntervalOfQueries(t *testing.T) {
	for _, tt := range []struct {
		least      time.Duration
		live, rate int
		want       time.Duration
	}{
		{10 * time.Second, 1, 5, 10 * time.Second},
		{10 * time.Second, 25, 5, 10 * time.Second},
		{10 * time.Second, 26, 5, 12 * time.Second},
		{10 * time.Second, 50, 5, 20 * time.Second},
		{10 * time.Second, 200, 10, 40 * time.Second},
		{10 * time.Second, 5, 1, 10 * time.Second},
		{10 * time.Second, 30, 1, 60 * time.Second},
		{10 * time.Second, 31, 1, 2 * time.Minute},
		{10 * time.Second, 5000, 10, 2 * time.Minute},
		{0, 1, 5, 10 * time.Second},
		{25 * time.Second, 1, 5, 30 * time.Second},
		{2 * time.Minute, 1, 5, 2 * time.Minute},
	} {
		if got := session.QueryInterval(tt.least, tt.live, tt.rate); got != tt.want {
			t.Errorf("%d sessions, %d requests a second: %v, want %v", tt.live, tt.rate, got, tt.want)
		}
	}
}
