package plan

import (
	"fmt"
	"time"

	"github.com/robfig/cron/v3"
)

// When is one of a recording's times: weekdays and a time, a date and a time, or a cron expression and a length.
type When struct {
	Pos Pos

	kind   whenKind
	days   weekdays           // weekly
	date   Day                // dated
	start  clock              // weekly and dated
	length time.Duration      // of the wall clock interval as written, whole seconds, more than 0
	spec   *cron.SpecSchedule // cron
	expr   string             // cron, as written
}

type whenKind uint8

const (
	whenWeekly whenKind = iota
	whenDated
	whenCron
)

// String writes the time as plans do.
func (w *When) String() string {
	switch w.kind {
	case whenWeekly:
		return w.days.String() + " " + w.clocks()
	case whenDated:
		return w.date.String() + " " + w.clocks()
	default:
		return fmt.Sprintf("cron %q", w.expr)
	}
}

func (w *When) clocks() string {
	return clocks(w.start, w.length)
}

// clocks writes a start and a length as plans do: 09:00-09:50.
func clocks(start clock, length time.Duration) string {
	return start.String() + "-" + ((start + clock(length/time.Second)) % daySeconds).String()
}
