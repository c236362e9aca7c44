package plan

import (
	"fmt"
	"time"

	"rundown/agora"
)

func init() { registerDocumented("qps-monitor-budget", checkRequests) }

// checkRequests holds the queries of running recordings, and what stops leave for starts, against the request budget
// of an App ID. Starts are placed within their part of it; what they are begun too early for is told too.
func checkRequests(c *checker) {
	c.eachApp(func(own *App, f *AppForecast) {
		r := &f.Requests
		hint := fmt.Sprintf("spread the times, use another app, or set apps.%s.limits.qps to what Agora has granted", own.Name)
		if left := float64(r.QPS) * (1 - startShare); r.Most > left {
			c.report(own.Pos, fmt.Sprintf("app %s needs %.1f queries a second %s, one for each recording in %v; of %d requests a second %.1f are left beside starts",
				own.Name, r.Most, c.during(own, r.MostAt), agora.MonitorInterval(), r.QPS, left), hint)
		}
		if r.Late > 0 {
			c.report(own.Pos, fmt.Sprintf("app %s has so many stops %s that %s longer than the %v that they have in hand; %d requests a second are allowed",
				own.Name, c.during(own, r.LateAt), waiting(r.Late), slack, r.QPS), hint)
		}
		if r.Ahead > maxAhead {
			c.report(own.Pos, fmt.Sprintf("app %s has so many starts %s that the first is begun %v early to keep within %d requests a second, and is billed from then",
				own.Name, c.during(own, r.AheadAt), r.Ahead.Round(time.Second), r.QPS), hint)
		}
	})
}

// maxAhead is how early a start may be begun before it is worth a finding: what padding is by default.
const maxAhead = 30 * time.Second

func waiting(n int) string {
	if n == 1 {
		return "a start waits"
	}
	return fmt.Sprintf("%d starts wait", n)
}
