package rules

import (
	"fmt"
	"strings"

	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/plan/forecast"
)

// checkStreams makes the check for the sessions of each class of resolution in a region. Where recordings set no
// region, Agora chooses one near the caller: the smallest documented limit is then a warning of its region's rule,
// and what was granted to the app counts anywhere.
func checkStreams(region catalog.Region) func(*checker) {
	return func(c *checker) { checkStreamsIn(c, region) }
}

// checkStreamsIn reports peaks above the limits of a region.
func checkStreamsIn(c *checker, region catalog.Region) {
	c.eachApp(func(own *plan.App, f *forecast.AppForecast) {
		for _, place := range f.Places {
			if place.Region != region && (place.Region != "" || region != catalog.LeastStreamRegion()) {
				continue
			}
			for _, load := range place.Loads {
				hint := fmt.Sprintf("move classes, choose another size or region, or set apps.%s.limits.streams.%s to what Agora has granted", own.Name, load.StreamClass)
				before := len(c.findings)
				c.capacity(own, strings.ToUpper(string(load.StreamClass))+" ", inRegion(place.Region), load.Peak, load.Limit, hint)
				if careful := catalog.CarefulStreamLimit(place.Region, load.StreamClass); careful > 0 && own.Limits.Granted(load.StreamClass) == 0 &&
					load.Peak.Unpadded.Sessions > careful && load.Peak.Unpadded.Sessions <= load.Limit {
					c.warn(own.Pos, fmt.Sprintf("%s%s %s; Agora's documentation allows %d on one page and %d on another",
						hasSessions(own, load.Peak.Unpadded.Sessions, strings.ToUpper(string(load.StreamClass))+" "), inRegion(place.Region), c.during(own, load.Peak.Unpadded.At), load.Limit, careful), hint)
				}
				if place.Region == "" && own.Limits.Granted(load.StreamClass) == 0 {
					for i := before; i < len(c.findings); i++ {
						c.findings[i].Severity = plan.SeverityWarning
						c.findings[i].Message += "; the region with the smallest limit is assumed"
						c.findings[i].Hint = "set region; or " + hint
					}
				}
			}
		}
	})
}

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
