package schedule

import (
	"math"
	"time"

	"rundown/plan"
)

// DSTShift is what a clock change does to a time of day.
type DSTShift uint8

const (
	ShiftNone  DSTShift = iota
	shiftGap            // the clock skips the time; the first instant after the gap stands for it
	shiftTwice          // the clock shows the time twice; the first time stands for it
)

// WallClock finds the instants of times of day in a zone. It caches the period of constant offset that it used last,
// so that times in order cost a few comparisons. It is not safe for concurrent use.
type WallClock struct {
	Loc         *time.Location
	known       bool
	from, Until int64 // the stretch [from, until) of constant offset, Unix seconds
	Offset      int64 // seconds east of UTC
}

// OffsetReach is more than any offset from UTC and any clock change, in seconds: some zones have skipped a whole day.
const OffsetReach = 26 * 60 * 60

// Instant gives the first instant, in Unix seconds, at which the clock shows the time on the day. Where the clock
// skips the time it is the first instant after the gap. It does not use time.Date, which resolves such times by
// either offset.
func (w *WallClock) Instant(d plan.Day, c plan.Clock) (unix int64, s DSTShift) {
	wall := int64(d)*plan.DaySeconds + int64(c)
	if !w.known || wall-OffsetReach < w.from || wall+OffsetReach >= w.Until {
		// Far enough back, the clock shows less than the time that is sought. From there, stretch by stretch.
		w.Load(wall - OffsetReach)
		for wall-w.Offset >= w.Until {
			w.Load(w.Until)
		}
	}
	unix = wall - w.Offset
	if unix < w.from {
		return w.from, shiftGap
	}
	if unix+2*OffsetReach < w.Until {
		return unix, ShiftNone
	}
	for later := (WallClock{Loc: w.Loc, Until: w.Until}); later.Until <= unix+2*OffsetReach; {
		later.Load(later.Until)
		if again := wall - later.Offset; again != unix && later.from <= again && again < later.Until {
			return unix, shiftTwice
		}
	}
	return unix, ShiftNone
}

// endOf gives the first instant at which no class of the day can start any more.
func (w *WallClock) endOf(d plan.Day) int64 {
	if last, s := w.Instant(d, plan.DaySeconds-1); s == shiftGap {
		return last + 1 // the clock skips the end of the day, and what is planned there starts at the first instant after
	}
	end, _ := w.Instant(d+1, 0)
	return end
}

// Load looks up the period of constant offset that contains the instant.
func (w *WallClock) Load(unix int64) {
	t := time.Unix(unix, 0).In(w.Loc)
	_, offset := t.Zone()
	from, until := t.ZoneBounds()
	w.known, w.Offset = true, int64(offset)
	w.from, w.Until = math.MinInt64/2, math.MaxInt64/2
	if !from.IsZero() {
		w.from = from.Unix()
	}
	if !until.IsZero() {
		w.Until = until.Unix()
	}
	if w.Until <= unix {
		// In the last day of a leap year, ZoneBounds ends a zone's stretch where that day begins: package time
		// counts 365 days. No rule changes the clock on that day.
		w.Until = (int64(plan.FloorDiv(int(unix), plan.DaySeconds)) + 1) * plan.DaySeconds
	}
}

// Day gives the day that the clock shows at an instant.
func (w *WallClock) Day(unix int64) plan.Day {
	if !w.known || unix < w.from || unix >= w.Until {
		w.Load(unix)
	}
	return plan.Day(plan.FloorDiv(int(unix+w.Offset), plan.DaySeconds))
}
