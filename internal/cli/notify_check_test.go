package cli

import (
	"maps"
	"slices"
	"testing"
	"time"

	"rundown/plan"
	"rundown/runner/notify"
	"rundown/runner/preflight"
)

// TestALookoutForgetsWhatNothingNeedsAnyMore has three plans, of which one is withdrawn, and in one of them a storage that no class
// uses any more.
func TestALookoutForgetsWhatNothingNeedsAnyMore(t *testing.T) {
	now := time.Date(2031, 9, 17, 16, 30, 0, 0, time.UTC)
	school := &planLookout{seen: map[string]notify.Issue{}}
	for _, key := range []string{"app/a", "storage/videos"} {
		school.turns.Due(key, now.Add(time.Hour), false, now)
		school.turns.Note(key, preflight.Problem{Text: "it is away"}, now)
		school.seen[key] = notify.Issue{Text: "it is away"}
	}
	school.forgetBut(map[string]bool{"app/a": true})
	if left := slices.Sorted(maps.Keys(school.seen)); !slices.Equal(left, []string{"app/a"}) || !school.turns.Problem("storage/videos").None() || school.turns.Problem("app/a").None() {
		t.Errorf("remembered %v", left)
	}
	l := lookout{plans: map[string]*planLookout{"school": school, "lingua": {}, "withdrawn": {}}}
	l.keep([]notify.Plan{{Plan: &plan.Plan{Name: "school"}}}, &plan.Plan{Name: "lingua"})
	if left := slices.Sorted(maps.Keys(l.plans)); !slices.Equal(left, []string{"lingua", "school"}) {
		t.Errorf("remembered %v", left)
	}
}
