package render

import (
	"time"

	"rundown/plan/forecast"
)

type ForecastJSON struct {
	From       *string             `json:"from"`
	Until      *string             `json:"until"`
	Recordings int                 `json:"recordings"`
	Classes    int                 `json:"classes"`
	Sessions   int                 `json:"sessions"`
	First      *string             `json:"first"`
	Last       *string             `json:"last"`
	Peak       peaksJSON           `json:"peak"`
	Apps       []appForecastJSON   `json:"apps"`
	Months     []monthJSON         `json:"months"`
	Labels     []labelForecastJSON `json:"labels"`
	HDSeconds  int64               `json:"hd_seconds"`
	FHDSeconds int64               `json:"full_hd_seconds"`
	CostUSD    float64             `json:"cost_usd"`
	Week       [7][24]int          `json:"week"` // from Monday
	Timezone   *string             `json:"timezone"`
}

type peakJSON struct {
	Sessions int     `json:"sessions"`
	At       *string `json:"at"`
}

type peaksJSON struct {
	Padded peakJSON `json:"padded"`
	Bare   peakJSON `json:"bare"`
}

type appForecastJSON struct {
	App      *string      `json:"app"`
	Limit    *int         `json:"limit"`
	Peak     peaksJSON    `json:"peak"`
	Requests requestsJSON `json:"requests"`
	Loads    []loadJSON   `json:"loads"`
}

type requestsJSON struct {
	QPS            int     `json:"qps"`
	Worst          int     `json:"worst"`
	WorstAt        *string `json:"worst_at"`
	Starts         int     `json:"starts"`
	Stops          int     `json:"stops"`
	Updates        int     `json:"updates"`
	Queries        float64 `json:"queries"`
	MostQueries    float64 `json:"most_queries"`
	AheadSeconds   float64 `json:"ahead_seconds"`
	LongestWait    float64 `json:"longest_wait_seconds"`
	LateStarts     int     `json:"late_starts"`
	FirstLateStart *string `json:"first_late_start"`
}

type loadJSON struct {
	Region   *string   `json:"region"`
	Class    string    `json:"class"`
	Limit    int       `json:"limit"`
	Classes  int       `json:"classes"`
	Sessions int       `json:"sessions"`
	Peak     peaksJSON `json:"peak"`
	Seconds  int64     `json:"seconds"`
	Lost     lostJSON  `json:"lost_stop"`
}

type lostJSON struct {
	Recording *string `json:"recording"`
	Start     *string `json:"start"`
	Hours     int     `json:"hours"`
	CostUSD   float64 `json:"cost_usd"`
}

type monthJSON struct {
	Month         string  `json:"month"`
	Account       *string `json:"account"`
	HDMinutes     int64   `json:"hd_minutes"`
	FullHDMinutes int64   `json:"full_hd_minutes"`
	FreeMinutes   int64   `json:"free_minutes"`
	FreeUsedUp    *string `json:"free_used_up"` // the day in UTC on which the free minutes are used up
	CostUSD       float64 `json:"cost_usd"`
}

type labelForecastJSON struct {
	Key     string  `json:"key"`
	Value   string  `json:"value"`
	Classes int     `json:"classes"`
	HD      int64   `json:"hd_seconds"`
	FullHD  int64   `json:"full_hd_seconds"`
	CostUSD float64 `json:"cost_usd"`
}

func peaksView(p forecast.Peaks) peaksJSON {
	return peaksJSON{peakJSON{p.Padded.Sessions, PlanTime(p.Padded.At)}, peakJSON{p.Unpadded.Sessions, PlanTime(p.Unpadded.At)}}
}

// Forecast puts a forecast into the form that scripts read.
func Forecast(f *forecast.Forecast) ForecastJSON {
	v := ForecastJSON{
		From: PlanTime(f.From), Until: PlanTime(f.Until), Recordings: f.Recordings, Classes: f.Classes, Sessions: f.Sessions,
		First: PlanTime(f.First), Last: PlanTime(f.Last), Peak: peaksView(f.Peak), Apps: []appForecastJSON{}, Months: []monthJSON{},
		Labels: []labelForecastJSON{}, HDSeconds: f.Seconds.HD, FHDSeconds: f.Seconds.FullHD, CostUSD: f.CostUSD,
	}
	if f.Zone != nil {
		v.Timezone = OrNull(f.Zone.String())
	}
	for i, n := range f.Week {
		v.Week[i/24][i%24] = n
	}
	for _, a := range f.Apps {
		r := a.Requests
		out := appForecastJSON{Peak: peaksView(a.Peak), Loads: []loadJSON{}, Requests: requestsJSON{
			r.QPS, r.Worst, PlanTime(r.WorstAt), r.Starts, r.Stops, r.Updates, r.Polls, r.Most, seconds(r.Ahead), seconds(r.Wait), r.Late, PlanTime(r.LateAt),
		}}
		if a.App != nil {
			out.App, out.Limit = OrNull(a.App.Name), Positive(a.App.Limits.MaxConcurrent())
		}
		for _, p := range a.Places {
			for _, l := range p.Loads {
				out.Loads = append(out.Loads, loadJSON{
					OrNull(string(p.Region)), string(l.Class), l.Limit, l.Classes, l.Sessions, peaksView(l.Peak), l.Seconds,
					lostJSON{OrNull(l.FailedStop.Recording), PlanTime(l.FailedStop.Start), l.FailedStop.Hours, l.FailedStop.CostUSD},
				})
			}
		}
		v.Apps = append(v.Apps, out)
	}
	for _, m := range f.Months {
		v.Months = append(v.Months, monthJSON{MonthText(m), OrNull(m.Account), m.HD, m.FullHD, m.FreeHD + m.FreeFHD, OrNull(DayText(m.FreeUsedUp)), m.CostUSD})
	}
	for _, l := range f.Labels {
		v.Labels = append(v.Labels, labelForecastJSON{l.Key, l.Value, l.Classes, l.Seconds.HD, l.Seconds.FullHD, l.CostUSD})
	}
	return v
}

func seconds(d time.Duration) float64 { return d.Seconds() }
