package plan

import (
	"math"
	"time"
)

// shift is what a change of the clock does to a time on the wall.
type shift uint8

const (
	shiftNone  shift = iota
	shiftGap         // the clock skips the time; the first instant after the gap stands for it
	shiftTwice       // the clock shows the time twice; the first time stands for it
)

// wallClock finds the instants of wall clock times in a zone. It remembers the stretch of constant offset that it
// used last, so that times in order cost a few comparisons. It is not safe for concurrent use.
type wallClock struct {
	loc         *time.Location
	known       bool
	from, until int64 // the stretch [from, until) of constant offset, Unix seconds
	offset      int64 // seconds east of UTC
}

// offsetReach is more than any offset from UTC, and than any jump of one, can be: whole days have been skipped.
const offsetReach = 26 * 60 * 60

// instant gives the first instant at which the clock on the wall shows the time or, where it skips it, a later one:
// that is the first instant after the gap. It never asks time.Date, which normalizes such times by either offset.
func (w *wallClock) instant(d Day, c clock) (unix int64, s shift) {
	wall := int64(d)*daySeconds + int64(c)
	if !w.known || wall-offsetReach < w.from || wall+offsetReach >= w.until {
		// Far enough back, the clock shows less than the time that is sought. From there, stretch by stretch.
		w.load(wall - offsetReach)
		for wall-w.offset >= w.until {
			w.load(w.until)
		}
	}
	unix = wall - w.offset
	if unix < w.from {
		return w.from, shiftGap
	}
	if unix+2*offsetReach < w.until {
		return unix, shiftNone
	}
	for later := (wallClock{loc: w.loc, until: w.until}); later.until <= unix+2*offsetReach; {
		later.load(later.until)
		if again := wall - later.offset; again != unix && later.from <= again && again < later.until {
			return unix, shiftTwice
		}
	}
	return unix, shiftNone
}

// endOf gives the first instant at which no class of the day can start any more.
func (w *wallClock) endOf(d Day) int64 {
	if last, s := w.instant(d, daySeconds-1); s == shiftGap {
		return last + 1 // the clock skips the end of the day, and what is planned there starts at the first instant after
	}
	end, _ := w.instant(d+1, 0)
	return end
}

// load looks up the stretch that holds the instant.
func (w *wallClock) load(unix int64) {
	t := time.Unix(unix, 0).In(w.loc)
	_, offset := t.Zone()
	from, until := t.ZoneBounds()
	w.known, w.offset = true, int64(offset)
	w.from, w.until = math.MinInt64/2, math.MaxInt64/2
	if !from.IsZero() {
		w.from = from.Unix()
	}
	if !until.IsZero() {
		w.until = until.Unix()
	}
	if w.until <= unix {
		// In the last day of a leap year, ZoneBounds ends a zone's stretch where that day begins: package time
		// counts 365 days. No rule changes the clock on that day.
		w.until = (int64(floorDiv(int(unix), daySeconds)) + 1) * daySeconds
	}
}

// day gives the day that the wall shows at an instant.
func (w *wallClock) day(unix int64) Day {
	if !w.known || unix < w.from || unix >= w.until {
		w.load(unix)
	}
	return Day(floorDiv(int(unix+w.offset), daySeconds))
}
