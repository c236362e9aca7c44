package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rundown/agora"
)

// forecast is that of the plan and of those beside it that use one of its apps, made once for all rules. Its window
// is validate's.
func (c *checker) forecast() *Forecast {
	if c.load == nil {
		e := c.expansion()
		c.load = ForecastOf(sharing(c.p, c.opts.Beside), ForecastOptions{From: Bound{At: e.from}, Until: Bound{At: e.until}})
	}
	return c.load
}

// alone is the forecast of the plan without those beside it.
func (c *checker) alone() *Forecast {
	if len(sharing(c.p, c.opts.Beside)) == 1 {
		return c.forecast()
	}
	return ForecastOf([]*Plan{c.p}, ForecastOptions{Now: c.opts.Now})
}

// sharing gives the plan, and those of the others that use an App ID of it.
func sharing(p *Plan, others []*Plan) []*Plan {
	list := []*Plan{p}
	for _, o := range others {
		if o == nil || o == p {
			continue
		}
		if slices.ContainsFunc(o.Apps, func(a *App) bool { return appBy(p, appKey(o, a)) != nil }) {
			list = append(list, o)
		}
	}
	return list
}

// appBy finds the plan's own app of an App ID.
func appBy(p *Plan, key string) *App {
	for _, a := range p.Apps {
		if appKey(p, a) == key {
			return a
		}
	}
	return nil
}

// eachApp visits the forecast of each app that the plan itself has.
func (c *checker) eachApp(visit func(own *App, f *AppForecast)) {
	f := c.forecast()
	for i := range f.Apps {
		if own := appBy(c.p, f.Apps[i].key); own != nil {
			visit(own, &f.Apps[i])
		}
	}
}

// capacity reports peaks above a limit: without padding it is an error, with padding alone a warning, since padding
// gives way to capacity.
//
// The recordings are those of a kind, as "HD ", and of a region, as " in EU"; "" for all.
func (c *checker) capacity(own *App, kind, where string, peaks Peaks, limit int, hint string) {
	switch {
	case peaks.Bare.Sessions > limit:
		c.report(own.Pos, fmt.Sprintf("%s at once%s %s, %d are allowed", hasSessions(own, peaks.Bare.Sessions, kind), where, c.during(own, peaks.Bare.At), limit), hint)
	case peaks.Padded.Sessions > limit:
		c.reportAs(SeverityWarning, own.Pos, fmt.Sprintf("%s at once%s with their padding %s, %d are allowed; padding gives way then",
			hasSessions(own, peaks.Padded.Sessions, kind), where, c.during(own, peaks.Padded.At), limit), hint)
	}
}

// hasSessions counts what runs at once.
func hasSessions(a *App, n int, kind string) string {
	recordings := "recordings"
	if n == 1 {
		recordings = "recording"
	}
	return fmt.Sprintf("app %s has %d %s%s", a.Name, n, kind, recordings)
}

// namedRecordings is how many recordings a message names.
const namedRecordings = 3

// during names an instant and the first of the recordings that run then: the plan's own, then those of the plans beside
// it, with the plan's name.
func (c *checker) during(own *App, at time.Time) string {
	var names []string
	seen := make(map[*Recording]bool)
	unix, app := at.Unix(), appKey(c.p, own)
	for _, p := range sharing(c.p, c.opts.Beside) {
		e, beside := newExpansion(p), ""
		if p != c.p {
			beside = p.Name + "/"
		}
		e.walk(time.Unix(unix-e.maxLength-e.maxAfter, 0), time.Unix(unix+e.maxBefore+1, 0), func(k *class) bool {
			r := k.schedule.recording
			if k.recordFrom <= unix && unix < k.recordUntil && !k.cancelled() && !seen[r] && appKey(p, k.settings().App) == app {
				seen[r] = true
				names = append(names, beside+r.ID)
			}
			return true
		})
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

// inRegion names a region for people.
func inRegion(r agora.Region) string {
	if r == "" {
		return " where no region is set"
	}
	return " in " + string(r)
}
