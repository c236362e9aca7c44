package rules

import (
	"fmt"

	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/plan/forecast"
)

// checkConcurrent compares the peak of concurrent sessions of an App ID with the number that the plan states. Where
// it states none, the documentation has two figures: above the smaller is a warning, above the larger an error.
func checkConcurrent(c *checker) {
	c.eachApp(func(own *plan.App, f *forecast.AppForecast) {
		lower, upper, most := own.Limits.MaxConcurrent(), catalog.MaxConcurrent(), f.Peak.Unpadded
		hint := fmt.Sprintf("move or shorten classes, use another app, or set apps.%s.limits.concurrent to what Agora has granted", own.Name)
		switch {
		case own.Limits.Concurrent == 0 && most.Sessions > upper:
			c.capacity(own, "", "", f.Peak, upper, hint)
		case own.Limits.Concurrent == 0 && most.Sessions > lower:
			c.warn(own.Pos, fmt.Sprintf("%s %s; Agora's documentation allows %d on one page and %d on another",
				hasSessions(own, most.Sessions, ""), c.during(own, most.At), upper, lower), hint)
		default:
			c.capacity(own, "", "", f.Peak, lower, hint)
		}
	})
}
