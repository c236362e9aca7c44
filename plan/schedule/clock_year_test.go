package schedule

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"rundown/plan"
	"rundown/plan/plantest/build"
)

var (
	clockStep  = flag.Duration("clock.step", 15*time.Minute, "how far apart the instants are over which TestEveryHalfHourOfAYearInEveryZone walks")
	clockYears = flag.Int("clock.years", 1, "how many years from 2031 on it looks at")
	clockAll   = flag.Bool("clock.all", false, "look at zones too whose clock changes exactly as that of another one")
)

// TestEveryHalfHourOfAYearInEveryZone holds a class at every half hour of every day against a walk over instants, in
// every zone whose clock changes in the year: a class starts at the first instant at which the clock shows its time
// or, where the clock skips it, more.
func TestEveryHalfHourOfAYearInEveryZone(t *testing.T) {
	t.Parallel()
	zones, walked, classes := 0, 0, 0
	for year := 2031; year < 2031+*clockYears; year++ {
		alike := map[string]bool{}
		for _, name := range plan.ZoneList() {
			changes := changesIn(t, build.Zone(name), year)
			if len(changes) == 0 {
				continue
			}
			zones++
			like := fmt.Sprint(changes)
			if alike[like] && !*clockAll {
				continue
			}
			alike[like] = true
			walked++
			want := walkedStarts(build.Zone(name), year)
			for half := range 48 {
				r := build.Recording("daily", name, fmt.Sprintf("Sun-Sat %02d:%02d-%02d:%02d", half/2, half%2*30, half/2, half%2*30+10))
				// A class of the year may start outside of it by the clock in London, and no other one within.
				var got []int64
				for _, o := range OccurrencesOf(r, &plan.Plan{Name: "plan"}, build.Instant(fmt.Sprint(year-1, "-12-30")), build.Instant(fmt.Sprint(year+1, "-01-03"))) {
					if planned := plannedDay(r, o); planned.Year() == year {
						got = append(got, o.Start.Unix())
					}
				}
				classes += len(got)
				if !slices.Equal(got, want[half]) {
					t.Errorf("%s, %s %d: %s", name, r.When[0].Start, year, firstDifference(got, want[half]))
				}
			}
		}
		t.Logf("up to the end of %d: %d zones whose clock changes, %d of them walked, %d classes", year, zones, walked, classes)
	}
	if zones < 100 || walked < 20 {
		t.Errorf("only %d zones of %d were walked", walked, zones)
	}
}

// plannedDay is the day that a class was planned for. A class that the clock skips starts later, but never a whole
// day later in these years.
func plannedDay(r *plan.Recording, o plan.Occurrence) time.Time {
	shown := o.Start.In(r.Zone)
	return time.Date(shown.Year(), shown.Month(), shown.Day(), 0, 0, 0, 0, time.UTC)
}

// changesIn lists the offsets of a zone in a year, with the instants from which they hold; none where there is but
// one. It holds that walking by the step can see each.
func changesIn(t *testing.T, loc *time.Location, year int) (changes []int64) {
	t.Helper()
	at := time.Date(year, 1, 1, 0, 0, 0, 0, loc)
	_, offset := at.Zone()
	for first := int64(offset); ; changes = append(changes, at.Unix(), int64(offset)) {
		_, next := at.ZoneBounds()
		if !next.IsZero() && !next.After(at) { // the last day of a leap year: see [WallClock.Load]
			next = time.Time{}
		}
		if at = next; at.IsZero() || at.Year() > year {
			if len(changes) > 0 {
				changes = append(changes, first)
			}
			return changes
		}
		_, offset = at.Zone()
		if step := int64(clockStep.Seconds()); at.Unix()%step != 0 || int64(offset)%step != 0 {
			t.Errorf("%s changes at %s to %d seconds, which is no multiple of the step: take -clock.step 1m", loc, at, offset)
		}
	}
}

// walkedStarts walks over the instants around a year and notes, for each half hour of the day, when its classes
// start: when the clock first shows the time or more.
func walkedStarts(loc *time.Location, year int) (starts [48][]int64) {
	const halfHour = 30 * 60
	first := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	last := time.Date(year+1, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	mark := first // the wall clock time sought next, as if it were in UTC
	for unix := first - 2*plan.DaySeconds; mark < last; unix += int64(clockStep.Seconds()) {
		_, offset := time.Unix(unix, 0).In(loc).Zone()
		for ; mark <= unix+int64(offset) && mark < last; mark += halfHour {
			half := (mark - first) / halfHour % 48
			starts[half] = append(starts[half], unix)
		}
	}
	return starts
}

func firstDifference(got, want []int64) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("class %d starts at %s, the clock shows its time at %s", i, time.Unix(got[i], 0).UTC(), time.Unix(want[i], 0).UTC())
		}
	}
	return fmt.Sprintf("%d classes, want %d", len(got), len(want))
}
