package plan

import (
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
