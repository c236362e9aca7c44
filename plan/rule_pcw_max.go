package plan

import "fmt"

func init() { registerDocumented("pcw-max", checkConcurrent) }

// checkConcurrent holds the sessions of an App ID against its peak of concurrent workers.
func checkConcurrent(c *checker) {
	c.eachApp(func(own *App, f *AppForecast) {
		limit := own.Limits.Concurrent
		if limit <= 0 {
			return // reported where it is given
		}
		c.capacity(own, "", "", f.Peak, limit,
			fmt.Sprintf("move or shorten classes, use another app, or raise apps.%s.limits.concurrent to what Agora has granted: its pages name 50 and 200, and 50 is assumed", own.Name))
	})
}
