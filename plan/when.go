package plan

import (
	"fmt"
	"time"

	"github.com/robfig/cron/v3"
)

// When is one of a recording's times: weekdays and a time, a date and a time, or a cron expression and a duration.
type When struct {
	Pos Pos

	Kind   whenKind
	Days   Weekdays           // weekly
	Date   Day                // dated
	Start  Clock              // weekly and dated
	Length time.Duration      // of the wall clock interval as written, whole seconds, more than 0
	Spec   *cron.SpecSchedule // cron
	Expr   string             // cron, as written
}

// whenKind says which of the fields of a [When] are set.
type whenKind uint8

const (
	WhenWeekly whenKind = iota // Days, Start, Length; the calendars of only and skip choose among its days
	WhenDated                  // Date, Start, Length; calendars do not apply
	WhenCron                   // Spec, Expr, Length; calendars apply as to weekly ones
)

// String writes the time as plans do.
func (w *When) String() string {
	if w.Kind == WhenCron {
		return fmt.Sprintf("cron %q", w.Expr)
	}
	return w.DaysText() + " " + Clocks(w.Start, w.Length)
}

// DaysText writes the days of a weekly time, or the date of a dated one.
func (w *When) DaysText() string {
	if w.Kind == WhenDated {
		return w.Date.String()
	}
	return w.Days.String()
}

// Clocks writes a start and a length as plans do: 09:00-09:50.
func Clocks(start Clock, length time.Duration) string {
	return start.String() + "-" + ((start + Clock(length/time.Second)) % DaySeconds).String()
}
