package page

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"rundown/plan/forecast"
)

// forecastDays is how far the page of the forecast looks ahead.
const forecastDays = 14

// forecastPage holds what plans ask for against what the service allows.
type forecastPage struct {
	Span              string
	Classes, Sessions int
	Chart             *chartView
	Loads             []loadView
	Seconds           []secondView
	Months            []monthView
	Over              []string // limits that are exceeded, in words
}

// loadView is the most sessions at once of an app in a region, by class of resolution.
type loadView struct {
	forecast.LoadForecast
	App, Region, Class string
	When               When
	Used               percent // of the limit, at most 100
	Excess             bool
}

// secondView is the busiest second of an app.
type secondView struct {
	forecast.RequestForecast
	App    string
	When   When
	Used   percent
	Excess bool
}

// monthView is the minutes and cost of an account in a month.
type monthView struct {
	forecast.MonthForecast
	Free int64
}

// chartView is the most sessions at once, hour by hour, in a box of 1000 by 1000.
type chartView struct {
	Path    string
	Days    []tick
	Limit   percent // from the top; where the limit is beyond the chart there is no line
	HasLine bool
	Top     int
	Now     percent
	HasNow  bool
	Said    string
}

// forecast builds the page of what the active plans ask for, from today on.
func (s *site) forecast(r *http.Request, sh *shell) (any, error) {
	from, _ := dayIn(sh.scribe.now, sh.scribe.day)
	_, until := dayIn(from.AddDate(0, 0, forecastDays-1).Add(12*time.Hour), sh.scribe.day)
	plans, err := s.source.finder().Active(r.Context(), "")
	if err != nil {
		return nil, err
	}
	f := forecast.Of(plans, forecast.Options{Now: s.source.Clock(), From: forecast.Bound{At: from}, Until: forecast.Bound{At: until}})
	sh.Page, sh.Title = "forecast", "Forecast"
	p := &forecastPage{
		Span:    fmt.Sprintf("%s to %s", from.Format("Mon 2 Jan"), until.Add(-time.Hour).Format("Mon 2 Jan 2006")),
		Classes: f.Classes, Sessions: f.Sessions,
	}
	limit := 0 // of all apps
	for i := range f.Apps {
		if app := f.Apps[i].App; app != nil {
			limit += app.Limits.MaxConcurrent()
		}
		p.add(sh.scribe, &f.Apps[i])
	}
	for _, m := range f.Months {
		p.Months = append(p.Months, monthView{m, m.FreeHD + m.FreeFHD})
	}
	p.Chart = sh.scribe.chart(axis{from, until, sh.scribe.day}, hoursAtOnce(plans, from, until), limit)
	return p, nil
}

// add adds what an app is asked for.
func (p *forecastPage) add(s scribe, a *forecast.AppForecast) {
	name := nameOf(a.App)
	for _, place := range a.Places {
		for _, l := range place.Loads {
			if l.Sessions == 0 {
				continue
			}
			n := l.Peak.Padded.Sessions
			v := loadView{
				LoadForecast: l, App: name, Region: cmp.Or(string(place.Region), "nearest"), Class: strings.ToUpper(string(l.StreamClass)),
				When: s.when(l.Peak.Padded.At, s.day, "Mon 2 Jan 15:04"), Used: shareOf(n, l.Limit), Excess: l.Limit > 0 && n > l.Limit,
			}
			if v.Excess {
				p.Over = append(p.Over, fmt.Sprintf("%s %s may have %d sessions at once and needs %d", v.App, v.Region, l.Limit, n))
			}
			p.Loads = append(p.Loads, v)
		}
	}
	if q := a.Requests; q.Worst > 0 {
		p.Seconds = append(p.Seconds, secondView{
			RequestForecast: q, App: name, When: s.when(q.WorstAt, s.day, "Mon 2 Jan 15:04:05"),
			Used: shareOf(q.Worst, q.QPS), Excess: q.QPS > 0 && q.Worst > q.QPS,
		})
	}
}

// shareOf is n in percent of a limit, at most 100; 0 where there is no limit.
func shareOf(n, limit int) percent {
	if limit <= 0 {
		return 0
	}
	return percent(min(100, 100*float64(n)/float64(limit)))
}

// chart draws the most sessions at once in each hour of an axis, below the limit of all apps, 0 for none; nil where there is
// nothing to draw.
func (s scribe) chart(a axis, hours []int, limit int) *chartView {
	if len(hours) == 0 || slices.Max(hours) == 0 {
		return nil
	}
	at := func(hour int) time.Time { return a.from.Add(time.Duration(hour) * time.Hour) }
	most := slices.Max(hours)
	c := &chartView{Top: most, HasNow: a.has(s.now), Now: a.at(s.now)}
	if limit > 0 && limit <= most*3 {
		c.Top = max(c.Top, limit)
		c.HasLine = true
	}
	c.Top += max(1, c.Top/10)
	c.Limit = percent(100 - 100*float64(limit)/float64(c.Top))
	var b strings.Builder
	for i := 0; i < len(hours); {
		end := i + 1
		for end < len(hours) && hours[end] == hours[i] {
			end++
		}
		if n := hours[i]; n > 0 {
			fmt.Fprintf(&b, "M%.1f 1000V%.0fH%.1fV1000z", float64(a.at(at(i)))*10, 1000-1000*float64(n)/float64(c.Top), float64(a.at(at(end)))*10)
		}
		i = end
	}
	c.Path = b.String()
	for t := a.from; t.Before(a.until); _, t = dayIn(t, s.day) {
		c.Days = append(c.Days, tick{X: a.at(t), Label: t.In(s.day).Format("Mon 2")})
	}
	c.Said = fmt.Sprintf("The most sessions at once are %d, on %s.", most, at(slices.Index(hours, most)).In(s.day).Format("Mon 2 Jan at 15:04"))
	if limit > 0 {
		c.Said += fmt.Sprintf(" The apps together may have %d.", limit)
	}
	return c
}
