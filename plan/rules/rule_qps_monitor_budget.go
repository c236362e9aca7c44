package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/plan/forecast"
	"rundown/plan/schedule"
)

// checkRequests compares the requests of an App ID with its budget: the queries of running recordings, what remains
// for starts, and starts that have to begin early to fit.
func checkRequests(c *checker) {
	c.eachApp(func(own *plan.App, f *forecast.AppForecast) {
		r := &f.Requests
		hint := fmt.Sprintf("spread the times, use another app, or set apps.%s.limits.qps to what Agora has granted", own.Name)
		allowed := requests(r.QPS) + " a second is allowed"
		if r.QPS > 1 {
			allowed = requests(r.QPS) + " a second are allowed"
		}
		if left := float64(r.QPS) * (1 - schedule.StartShare); r.Most > left {
			c.report(own.Pos, fmt.Sprintf("app %s needs %.1f queries a second %s, one for each recording every %v; %s, and starts leave %.1f of them",
				own.Name, r.Most, c.during(own, r.MostAt), catalog.MonitorInterval(), allowed, left), hint)
		}
		if r.Late > 0 {
			c.report(own.Pos, fmt.Sprintf("app %s has %s longer than %v, the first %s: before it %s due within %v, and %s",
				own.Name, waitingStarts(r.Late), schedule.Slack, c.during(own, r.LateAt), dueBefore(r.LateBehind), r.LateAt.Sub(r.LateSince)+time.Second, allowed), hint)
		}
		if r.Ahead > maxAhead {
			c.report(own.Pos, fmt.Sprintf("app %s has %d starts in a row %s; the first one begins %v early and is billed from then. Each start takes %s, and %s",
				own.Name, 1+(r.Ahead+schedule.Spacing(r.QPS)/2)/schedule.Spacing(r.QPS), c.during(own, r.AheadAt), r.Ahead.Round(time.Second), requests(schedule.RequestsPerStart), allowed), hint)
		}
	})
}

// maxAhead is how early a start may begin without a finding: the default padding.
const maxAhead = 30 * time.Second

// waitingStarts counts starts in messages.
func waitingStarts(n int) string {
	if n == 1 {
		return "a start that waits"
	}
	return fmt.Sprintf("%d starts that wait", n)
}

// requests counts requests in messages.
func requests(n int) string {
	if n == 1 {
		return "1 request"
	}
	return fmt.Sprintf("%d requests", n)
}

// dueBefore lists the requests of starts, updates and stops that are due before another one, largest number first.
func dueBefore(n [3]int) string {
	type share struct {
		n    int
		what string
	}
	shares := []share{{n[forecast.RequestStop], "of stops"}, {n[forecast.RequestStart], "of other starts"}, {n[forecast.RequestUpdate], "of updates that end holds"}}
	slices.SortStableFunc(shares, func(a, b share) int { return cmp.Compare(b.n, a.n) })
	var list []string
	for _, s := range shares {
		if s.n > 0 {
			list = append(list, requests(s.n)+" "+s.what)
		}
	}
	if len(list) == 1 && n[0]+n[1]+n[2] == 1 {
		return list[0] + " is"
	}
	return strings.Join(list, " and ") + " are"
}
