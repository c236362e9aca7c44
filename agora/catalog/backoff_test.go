package catalog_test

import (
	"slices"
	"testing"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
)

// instants plays a schedule and gives the seconds at which the tries fall, at most limit of them.
func instants(w catalog.Backoff, limit int) []int {
	var at []int
	var elapsed time.Duration
	for n := range limit {
		d, ok := w.Next(n, elapsed)
		if !ok {
			break
		}
		elapsed += d
		at = append(at, int(elapsed/time.Second))
	}
	return at
}

func TestTriesFallOnTheDocumentedInstants(t *testing.T) {
	for _, c := range []struct {
		name  string
		waits catalog.Backoff
		want  []int
	}{
		{"acquire", catalog.AcquireBackoff(), []int{1, 4, 10, 16, 22, 28, 34, 40, 46, 52}},
		{"start on a 50x", catalog.StartBackoff(), []int{3, 9, 18}},
		{"start on 65", catalog.StartPendingBackoff(), []int{3, 9}},
		{"start on 62", catalog.StartTimeoutBackoff(), []int{3}},
		{"confirm", catalog.ConfirmBackoff(0), []int{5, 10, 20, 35, 50, 65, 80, 90}},
		{"confirm a page that needs long", catalog.ConfirmBackoff(40 * time.Second), []int{5, 10, 20, 35, 50, 65, 80, 95, 110}},
		{"404 while monitoring", catalog.GoneBackoff(), []int{5, 15, 30, 45, 60, 75, 90}},
		{"50x while monitoring", catalog.MonitorBackoff(), []int{5, 15, 30, 60, 90, 120, 150, 180, 210, 240}},
		{"stop", catalog.StopBackoff(), []int{1, 4, 10, 25, 40, 55, 70, 85, 100, 115}},
		{"no places left", catalog.CapacityBackoff(), []int{5, 15, 30, 45, 60, 75, 90, 105, 120, 135}},
	} {
		if got := instants(c.waits, 10); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestNothingIsTriedAfterTheDeadline(t *testing.T) {
	w := catalog.GoneBackoff()
	if d, ok := w.Next(0, 90*time.Second); ok {
		t.Errorf("a try %v after the deadline", d)
	}
	if d, ok := w.Next(0, 88*time.Second); !ok || d != 2*time.Second {
		t.Errorf("the last try: %v, %v", d, ok)
	}
}

func TestSinglePausesAreTheDocumentedOnes(t *testing.T) {
	got := []time.Duration{
		catalog.MonitorInterval(), catalog.FailoverWindow(), catalog.FirstQuery(), catalog.StartLead(), catalog.StartWithin(), catalog.ResourceLife(),
		agora.CallTimeout(agora.OpStart, false), agora.CallTimeout(agora.OpStop, false), agora.CallTimeout(agora.OpStop, true),
	}
	var want []time.Duration
	for _, s := range []int{120, 90, 5, 5, 2, 300, 10, 10, 35} {
		want = append(want, time.Duration(s)*time.Second)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	lo, _ := catalog.Bound("stop-client-timeout")
	if agora.CallTimeout(agora.OpStop, true) < time.Duration(*lo)*time.Second {
		t.Error("a synchronous stop is given less time than it may take")
	}
}
