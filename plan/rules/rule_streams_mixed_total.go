package rules

import (
	"fmt"

	"rundown/plan"
	"rundown/plan/forecast"
)

// checkMixed compares the total of several classes of resolution with their common limit, the largest limit of the
// classes in use. Older pages can also be read as the limit of the highest resolution.
func checkMixed(c *checker) {
	c.eachApp(func(own *plan.App, f *forecast.AppForecast) {
		for _, place := range f.Places {
			padded, bare := place.Mixed[0], place.Mixed[1]
			where := inRegion(place.Region)
			hint := fmt.Sprintf("move classes, or set apps.%s.limits.streams to what Agora has granted", own.Name)
			switch {
			case bare.Sessions > 0 && place.Region == "" && own.Limits.SD+own.Limits.HD+own.Limits.FHD == 0:
				c.warn(own.Pos, fmt.Sprintf("%s of mixed resolutions%s %s. %d are allowed in all in the region with the smallest limits",
					hasSessions(own, bare.Sessions, ""), where, c.during(own, bare.At), bare.Limit), "set region; or "+hint)
			case bare.Sessions > 0:
				c.report(own.Pos, fmt.Sprintf("%s of mixed resolutions%s %s. %d are allowed in all, the largest limit of the resolutions in use",
					hasSessions(own, bare.Sessions, ""), where, c.during(own, bare.At), bare.Limit), hint)
			case padded.Sessions > 0:
				c.warn(own.Pos, fmt.Sprintf("%s of mixed resolutions%s with padding %s. %d are allowed in all, so padding is shortened then",
					hasSessions(own, padded.Sessions, ""), where, c.during(own, padded.At), padded.Limit), hint)
			}
		}
	})
}
