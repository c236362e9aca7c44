package page

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// forecastDays is how far the page of the forecast looks ahead.
const forecastDays = 14

// forecastPage holds what plans ask for against what the service allows.
type forecastPage struct {
	Forecast
	Span    string
	Chart   *chartView
	Loads   []loadView
	Seconds []secondView
	Over    []string // limits that are exceeded, in words
}

type loadView struct {
	Load
	When   When
	Used   percent // of the limit, at most 100
	Excess bool
}

type secondView struct {
	Requests
	When   When
	Used   percent
	Excess bool
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

func (s *site) forecast(r *http.Request, sh *shell) (any, error) {
	from, _ := dayIn(sh.scribe.now, sh.scribe.day)
	_, until := dayIn(from.AddDate(0, 0, forecastDays-1).Add(12*time.Hour), sh.scribe.day)
	f, err := s.Source.outlook(r.Context(), from, until)
	if err != nil {
		return nil, err
	}
	sh.Page, sh.Title = "forecast", "Forecast"
	p := &forecastPage{Forecast: f, Span: fmt.Sprintf("%s to %s", from.Format("Mon 2 Jan"), until.Add(-time.Hour).Format("Mon 2 Jan 2006"))}
	for _, l := range f.Loads {
		v := loadView{Load: l, When: sh.scribe.when(l.At, sh.scribe.day, "Mon 2 Jan 15:04"), Excess: l.Limit > 0 && l.Padded > l.Limit}
		v.Used = shareOf(l.Padded, l.Limit)
		if v.Excess {
			p.Over = append(p.Over, fmt.Sprintf("%s %s may have %d sessions at once and needs %d", l.App, l.Region, l.Limit, l.Padded))
		}
		p.Loads = append(p.Loads, v)
	}
	for _, q := range f.Requests {
		v := secondView{Requests: q, When: sh.scribe.when(q.At, sh.scribe.day, "Mon 2 Jan 15:04:05"), Used: shareOf(q.Peak, q.Limit), Excess: q.Limit > 0 && q.Peak > q.Limit}
		p.Seconds = append(p.Seconds, v)
	}
	p.Chart = sh.scribe.chart(f)
	return p, nil
}

func shareOf(n, limit int) percent {
	if limit <= 0 {
		return 0
	}
	return percent(min(100, 100*float64(n)/float64(limit)))
}

// chart draws the hours of a forecast; nil where there is nothing to draw.
func (s scribe) chart(f Forecast) *chartView {
	if len(f.Hours) == 0 {
		return nil
	}
	busiest := slices.MaxFunc(f.Hours, func(a, b Hour) int { return a.Sessions - b.Sessions })
	if busiest.Sessions == 0 {
		return nil
	}
	a := axis{f.From, f.Until, s.day}
	c := &chartView{Top: busiest.Sessions, HasNow: a.has(s.now), Now: a.at(s.now)}
	if f.Limit > 0 && f.Limit <= busiest.Sessions*3 {
		c.Top = max(c.Top, f.Limit)
		c.HasLine = true
	}
	c.Top += max(1, c.Top/10)
	c.Limit = percent(100 - 100*float64(f.Limit)/float64(c.Top))
	var b strings.Builder
	for i := 0; i < len(f.Hours); {
		end := i + 1
		for end < len(f.Hours) && f.Hours[end].Sessions == f.Hours[i].Sessions {
			end++
		}
		if n := f.Hours[i].Sessions; n > 0 {
			last := f.Hours[end-1].At.Add(time.Hour)
			x, x2 := float64(a.at(f.Hours[i].At))*10, float64(a.at(last))*10
			fmt.Fprintf(&b, "M%.1f 1000V%.0fH%.1fV1000z", x, 1000-1000*float64(n)/float64(c.Top), x2)
		}
		i = end
	}
	c.Path = b.String()
	for t := f.From; t.Before(f.Until); _, t = dayIn(t, s.day) {
		c.Days = append(c.Days, tick{X: a.at(t), Label: t.In(s.day).Format("Mon 2")})
	}
	c.Said = fmt.Sprintf("The most sessions at once are %d, on %s.", busiest.Sessions, busiest.At.In(s.day).Format("Mon 2 Jan at 15:04"))
	if f.Limit > 0 {
		c.Said += fmt.Sprintf(" The apps together may have %d.", f.Limit)
	}
	return c
}
