package render

import (
	"fmt"
	"strings"
	"time"

	"rundown/plan/forecast"
	"rundown/runner/view"
)

// Plural counts things: 1 class, 2 classes.
func Plural(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "s"):
		return fmt.Sprintf("%d %ses", n, noun)
	default:
		return fmt.Sprintf("%d %ss", n, noun)
	}
}

// Positive is a number for JSON: null where there is none.
func Positive(n int) *int {
	if n <= 0 {
		return nil
	}
	return &n
}

// DayText is a day, "" for none.
func DayText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// MonthText is a month as JSON and tables show it.
func MonthText(m forecast.MonthForecast) string {
	return fmt.Sprintf("%04d-%02d", m.Year, int(m.Month))
}

// PlanTime writes a time of a plan: with the offset of its zone.
func PlanTime(t time.Time) *string { return view.PlanTime(t) }

// SessionTime writes a time of a session: UTC with milliseconds.
func SessionTime(t *time.Time) *string { return view.SessionTime(t) }
