package preflight_test

import (
	"slices"
	"testing"
	"time"

	"rundown/runner/preflight"
)

// lookOut looks at one thing every 30 s for a while, whenever it is due, and gives the minutes at which it was looked at and
// those at which a problem counted.
func lookOut(length time.Duration, begins time.Duration, bell func(time.Duration) bool, broken func(time.Duration) bool) (looked, told []float64) {
	var turns preflight.Turns
	from := time.Date(2031, 9, 17, 8, 0, 0, 0, time.UTC)
	for at := time.Duration(0); at < length; at += 30 * time.Second {
		if turns.Due("page", from.Add(begins), bell(at), from.Add(at)) {
			looked = append(looked, at.Minutes())
			var found preflight.Problem
			if broken(at) {
				found.Text = "it is broken"
			}
			turns.Note("page", found, from.Add(at))
		}
		if !turns.Problem("page").None() {
			told = append(told, at.Minutes())
		}
	}
	return looked, told
}

func never(time.Duration) bool  { return false }
func always(time.Duration) bool { return true }

// between says of what it is true, in minutes.
func between(from, until float64) func(time.Duration) bool {
	return func(at time.Duration) bool { return at.Minutes() >= from && at.Minutes() < until }
}

func TestWhatIsLookedAtHasItsTurn(t *testing.T) {
	for name, tt := range map[string]struct {
		bell, broken func(time.Duration) bool
		want         []float64
	}{
		"in order":                     {never, never, []float64{0, 5, 10, 15, 20, 25}},
		"in order, and a class begins": {between(4, 8), never, []float64{0, 8, 13, 18, 23, 28}},
		"in order, while classes begin all the time":   {always, never, []float64{10, 20}},
		"a problem that lasts waits longer each time":  {never, always, []float64{0, 1, 3, 7, 12, 17, 22, 26, 28, 29}},
		"a problem is looked at while a class begins":  {between(0.5, 30), between(0, 2), []float64{0, 1, 3, 13, 23}},
		"what was in order is left alone near a start": {between(5, 9), between(9, 30), []float64{0, 9, 10, 12, 16, 21, 25.5, 28, 29}},
	} {
		if got, _ := lookOut(30*time.Minute, 30*time.Minute, tt.bell, tt.broken); !slices.Equal(got, tt.want) {
			t.Errorf("%s: looked at after %v minutes, want %v", name, got, tt.want)
		}
	}
}

// TestAProblemThatComesAndGoesCountsOnAndOn has pages that fail and work by turns.
func TestAProblemThatComesAndGoesCountsOnAndOn(t *testing.T) {
	for _, period := range []int{2, 3, 4, 5, 6, 7, 8} {
		_, told := lookOut(4*time.Hour, 5*time.Hour, never, func(at time.Duration) bool { return int(at.Minutes())%period < (period+1)/2 })
		begins := 0
		for i, at := range told {
			if i == 0 || at-told[i-1] > 0.5 {
				begins++
			}
		}
		if begins > 5 {
			t.Errorf("with a period of %d minutes it begins %d times", period, begins)
		}
	}
	_, told := lookOut(10*time.Minute, 2*time.Hour, never, between(0, 2))
	if last := told[len(told)-1]; last > 3 {
		t.Errorf("a problem that was there once is over after %v minutes", last)
	}
}

func TestThingsThatNobodyNeedsAreForgotten(t *testing.T) {
	var turns preflight.Turns
	now := time.Date(2031, 9, 17, 8, 0, 0, 0, time.UTC)
	for _, key := range []string{"one", "other"} {
		if !turns.Due(key, now.Add(time.Hour), false, now) {
			t.Errorf("%s is not due", key)
		}
		turns.Note(key, preflight.Problem{Text: "it is broken"}, now)
	}
	turns.Keep(map[string]bool{"other": true})
	if !turns.Problem("one").None() || turns.Problem("other").None() {
		t.Error("the wrong one is forgotten")
	}
	turns.Note("one", preflight.Problem{Text: "it is broken"}, now)
	if !turns.Problem("one").None() {
		t.Error("a look that was out is remembered")
	}
}
