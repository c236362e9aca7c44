package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/plan/forecast"
	"rundown/plan/schedule"
)

// alone is the forecast of the plan without those beside it.
func (c *checker) alone() *forecast.Forecast {
	if len(plansSharingApps(c.p, c.opts.Beside)) == 1 {
		return c.forecast()
	}
	return forecast.Of([]*plan.Plan{c.p}, forecast.Options{Now: c.opts.Now})
}

// plansSharingApps gives the plan, and those of the others that use one of its App IDs.
func plansSharingApps(p *plan.Plan, others []*plan.Plan) []*plan.Plan {
	list := []*plan.Plan{p}
	for _, o := range others {
		if o == nil || o == p {
			continue
		}
		if slices.ContainsFunc(o.Apps, func(a *plan.App) bool { return appBy(p, plan.AppKey(o, a)) != nil }) {
			list = append(list, o)
		}
	}
	return list
}

// appBy finds the plan's own app of an App ID; nil where the plan does not use it.
func appBy(p *plan.Plan, key string) *plan.App {
	for _, a := range p.Apps {
		if plan.AppKey(p, a) == key {
			return a
		}
	}
	return nil
}

// eachApp visits the forecast of each app of the plan itself. Apps that only plans beside it use are reported when these are checked.
func (c *checker) eachApp(visit func(own *plan.App, f *forecast.AppForecast)) {
	f := c.forecast()
	for i := range f.Apps {
		if own := appBy(c.p, f.Apps[i].Key); own != nil {
			visit(own, &f.Apps[i])
		}
	}
}

// capacity reports peaks above a limit: without padding it is an error, with padding only a warning, since padding is
// shortened for capacity. kind is a class of resolution, as "HD ", and where a region, as " in EU"; "" for all.
func (c *checker) capacity(own *plan.App, kind, where string, peaks forecast.Peaks, limit int, hint string) {
	switch {
	case peaks.Unpadded.Sessions > limit:
		c.report(own.Pos, fmt.Sprintf("%s%s %s; %d are allowed", hasSessions(own, peaks.Unpadded.Sessions, kind), where, c.during(own, peaks.Unpadded.At), limit), hint)
	case peaks.Padded.Sessions > limit:
		c.warn(own.Pos, fmt.Sprintf("%s%s with padding %s; %d are allowed, so padding is shortened then",
			hasSessions(own, peaks.Padded.Sessions, kind), where, c.during(own, peaks.Padded.At), limit), hint)
	}
}

// hasSessions says how many recordings run at the same time.
func hasSessions(a *plan.App, n int, kind string) string {
	recordings := "recordings"
	if n == 1 {
		recordings = "recording"
	}
	return fmt.Sprintf("app %s has %d concurrent %s%s", a.Name, n, kind, recordings)
}

// namedRecordings is how many recordings a message names.
const namedRecordings = 3

// during names an instant and the first few recordings that run then: the plan's own, then those of the plans beside
// it, with the plan's name.
func (c *checker) during(own *plan.App, at time.Time) string {
	var names []string
	seen := make(map[*plan.Recording]bool)
	unix, app := at.Unix(), plan.AppKey(c.p, own)
	for _, p := range plansSharingApps(c.p, c.opts.Beside) {
		e, beside := schedule.New(p), ""
		if p != c.p {
			beside = p.Name + "/"
		}
		for k := range e.Each(time.Unix(unix-e.MaxLength-e.MaxAfter, 0), time.Unix(unix+e.MaxBefore+1, 0)) {
			r := k.Timetable.Recording
			if k.RecordFrom <= unix && unix < k.RecordUntil && !k.Cancelled() && !seen[r] && plan.AppKey(p, k.Settings().App) == app {
				seen[r] = true
				names = append(names, beside+r.ID)
			}
		}
	}
	if n := len(names); n > namedRecordings {
		names = append(names[:namedRecordings], fmt.Sprintf("%d more", n-namedRecordings))
	}
	when := "on " + at.Format("2006-01-02 15:04:05 MST")
	if len(names) == 0 {
		return when
	}
	return when + " (" + strings.Join(names, ", ") + ")"
}

// inRegion names a region in messages.
func inRegion(r catalog.Region) string {
	if r == "" {
		return " where no region is set"
	}
	return " in " + string(r)
}
