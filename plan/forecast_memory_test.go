package plan

import (
	"fmt"
	"runtime"
	"testing"
)

// TestTheForecastsMemoryDoesNotGrowWithItsWindow compares what is allocated in all over one year and over eight: more
// would be needed if classes were kept.
func TestTheForecastsMemoryDoesNotGrowWithItsWindow(t *testing.T) {
	p := newPlan()
	for i := range 200 {
		r := recording(fmt.Sprintf("r%d", i), "UTC", fmt.Sprintf("Mon-Fri %02d:00-%02d:50", i%20, i%20))
		if i%2 == 0 { // else it is counted with others
			r.change("2031-06-02", "cancelled")
		}
		p.Recordings = append(p.Recordings, r)
	}
	allocated := func(until string) (bytes uint64, classes int) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f := ForecastOf([]*Plan{p}, ForecastOptions{From: Bound{At: instant("2031-01-01")}, Until: Bound{At: instant(until)}})
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc, f.Classes
	}
	allocated("2031-02-01")
	year, _ := allocated("2032-01-01")
	eight, classes := allocated("2039-01-01")
	if grown := int64(eight) - int64(year); grown > int64(classes) {
		t.Errorf("%d bytes for a year, %d for eight: %d more for %d classes", year, eight, grown, classes)
	}
}
