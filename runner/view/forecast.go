package view

import (
	"fmt"

	"rundown/plan/forecast"
)

// Forecast is what plans need in a period, as forecast writes it. The fields are those of [forecast.Forecast], which says what each
// counts; a contract of scripts, they keep their names.
type Forecast struct {
	From       *string         `json:"from"`
	Until      *string         `json:"until"`
	Recordings int             `json:"recordings"`
	Classes    int             `json:"classes"`
	Sessions   int             `json:"sessions"`
	First      *string         `json:"first"`
	Last       *string         `json:"last"`
	Peak       ForecastPeaks   `json:"peak"`
	Apps       []ForecastApp   `json:"apps"`
	Months     []ForecastMonth `json:"months"`
	Labels     []ForecastLabel `json:"labels"`
	HDSeconds  int64           `json:"hd_seconds"` // planned and billed as HD, of all sessions
	FHDSeconds int64           `json:"full_hd_seconds"`
	CostUSD    float64         `json:"cost_usd"` // over all months, after free minutes
	Week       [7][24]int      `json:"week"`     // most sessions at once in each hour from Monday 00:00, in the zone of timezone
	Timezone   *string         `json:"timezone"`
}

// ForecastPeak is the most sessions at once.
type ForecastPeak struct {
	Sessions int     `json:"sessions"`
	At       *string `json:"at"`
}

// ForecastPeaks is that with and without padding.
type ForecastPeaks struct {
	Padded ForecastPeak `json:"padded"`
	Bare   ForecastPeak `json:"bare"`
}

// ForecastApp is what is needed of one App ID.
type ForecastApp struct {
	App      *string          `json:"app"`
	Limit    *int             `json:"limit"`
	Peak     ForecastPeaks    `json:"peak"`
	Requests ForecastRequests `json:"requests"`
	Loads    []ForecastLoad   `json:"loads"`
}

// ForecastRequests is its requests, as run places them.
type ForecastRequests struct {
	QPS            int     `json:"qps"`   // the budget, requests a second
	Worst          int     `json:"worst"` // most requests due in a second; starts, stops, updates and queries are its parts
	WorstAt        *string `json:"worst_at"`
	Starts         int     `json:"starts"` // of acquire and start
	Stops          int     `json:"stops"`
	Updates        int     `json:"updates"`
	Queries        float64 `json:"queries"`
	MostQueries    float64 `json:"most_queries"`         // a second, at any time
	AheadSeconds   float64 `json:"ahead_seconds"`        // by which a start is begun early, to keep within the budget
	LongestWait    float64 `json:"longest_wait_seconds"` // of a request, for the budget
	LateStarts     int     `json:"late_starts"`          // that wait for longer than their slack
	FirstLateStart *string `json:"first_late_start"`
	QueryInterval  float64 `json:"query_interval_seconds"` // of each recording, which queries and most_queries count: the longest
}

// ForecastLoad is what is needed in one region and class of resolution.
type ForecastLoad struct {
	Region      *string          `json:"region"`
	StreamClass string           `json:"class"`
	Limit       int              `json:"limit"` // of concurrent sessions, granted or documented
	Classes     int              `json:"classes"`
	Sessions    int              `json:"sessions"`
	Peak        ForecastPeaks    `json:"peak"`
	Seconds     int64            `json:"seconds"` // planned, of all sessions
	Lost        ForecastLostStop `json:"lost_stop"`
}

// ForecastLostStop is the session that costs most where its stop fails.
type ForecastLostStop struct {
	Recording *string `json:"recording"`
	Start     *string `json:"start"`
	Hours     int     `json:"hours"` // until maxRecordingHour ends it
	CostUSD   float64 `json:"cost_usd"`
}

// ForecastMonth is what an account needs in a month.
type ForecastMonth struct {
	Month         string  `json:"month"`
	Account       *string `json:"account"`
	HDMinutes     int64   `json:"hd_minutes"`
	FullHDMinutes int64   `json:"full_hd_minutes"`
	FreeMinutes   int64   `json:"free_minutes"`
	FreeUsedUp    *string `json:"free_used_up"` // the day in UTC on which the free minutes are used up
	CostUSD       float64 `json:"cost_usd"`
}

// ForecastLabel is what the classes with a label need.
type ForecastLabel struct {
	Key     string  `json:"key"`
	Value   string  `json:"value"`
	Classes int     `json:"classes"`
	HD      int64   `json:"hd_seconds"`
	FullHD  int64   `json:"full_hd_seconds"`
	CostUSD float64 `json:"cost_usd"`
}

// peaksView puts peaks into the form that scripts read, where "bare" is the name of the ones without padding.
func peaksView(p forecast.Peaks) ForecastPeaks {
	return ForecastPeaks{ForecastPeak{p.Padded.Sessions, PlanTime(p.Padded.At)}, ForecastPeak{p.Unpadded.Sessions, PlanTime(p.Unpadded.At)}}
}

// ForecastOf puts a forecast into the form that scripts read.
func ForecastOf(f *forecast.Forecast) Forecast {
	v := Forecast{
		From: PlanTime(f.From), Until: PlanTime(f.Until), Recordings: f.Recordings, Classes: f.Classes, Sessions: f.Sessions,
		First: PlanTime(f.First), Last: PlanTime(f.Last), Peak: peaksView(f.Peak), Apps: []ForecastApp{}, Months: []ForecastMonth{},
		Labels: []ForecastLabel{}, HDSeconds: f.Seconds.HD, FHDSeconds: f.Seconds.FullHD, CostUSD: f.CostUSD,
	}
	if f.Zone != nil {
		v.Timezone = OrNull(f.Zone.String())
	}
	for i, n := range f.Week {
		v.Week[i/24][i%24] = n
	}
	for _, a := range f.Apps {
		r := a.Requests
		out := ForecastApp{Peak: peaksView(a.Peak), Loads: []ForecastLoad{}, Requests: ForecastRequests{
			QPS: r.QPS, Worst: r.Worst, WorstAt: PlanTime(r.WorstAt), Starts: r.Starts, Stops: r.Stops, Updates: r.Updates, Queries: r.Polls,
			MostQueries: r.Most, AheadSeconds: r.Ahead.Seconds(), LongestWait: r.Wait.Seconds(),
			LateStarts: r.Late, FirstLateStart: PlanTime(r.LateAt), QueryInterval: r.PollEvery.Seconds(),
		}}
		if a.App != nil {
			out.App, out.Limit = OrNull(a.App.Name), Positive(a.App.Limits.MaxConcurrent())
		}
		for _, p := range a.Places {
			for _, l := range p.Loads {
				out.Loads = append(out.Loads, ForecastLoad{
					OrNull(string(p.Region)), string(l.StreamClass), l.Limit, l.Classes, l.Sessions, peaksView(l.Peak), l.Seconds,
					ForecastLostStop{OrNull(l.FailedStop.Recording), PlanTime(l.FailedStop.Start), l.FailedStop.Hours, l.FailedStop.CostUSD},
				})
			}
		}
		v.Apps = append(v.Apps, out)
	}
	for _, m := range f.Months {
		v.Months = append(v.Months, ForecastMonth{MonthText(m), OrNull(m.Account), m.HD, m.FullHD, m.FreeHD + m.FreeFHD, OrNull(DayText(m.FreeUsedUp)), m.CostUSD})
	}
	for _, l := range f.Labels {
		v.Labels = append(v.Labels, ForecastLabel{l.Key, l.Value, l.Classes, l.Seconds.HD, l.Seconds.FullHD, l.CostUSD})
	}
	return v
}

// MonthText is a month as JSON and tables show it.
func MonthText(m forecast.MonthForecast) string {
	return fmt.Sprintf("%04d-%02d", m.Year, int(m.Month))
}
