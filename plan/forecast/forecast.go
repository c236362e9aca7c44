package forecast

import (
	"time"

	"rundown/agora/catalog"
	"rundown/plan"
)

// Options say what a forecast covers.
type Options struct {
	Now         time.Time // for the window where From or Until is not given
	From, Until Bound     // of the starts, [From, Until); the zero Bound is that of validate's window
	Prices      *Prices   // nil: the documented ones
	// Running has the ids of classes that are being recorded, which a [Diff] tells of wherever its window is. Where From is not given, it
	// also tells of those that are on at Now. A forecast does not count them.
	Running map[string]bool
}

// Bound is the beginning or the end of a window of starts: an instant or, with Day, the midnight of At's date in the
// zone of each recording.
type Bound struct {
	At  time.Time
	Day bool
}

// Forecast is what plans will use of the service within a window: concurrent sessions, requests, minutes and cost. It
// counts classes that start in the window, each session of a redundant one, and no cancelled ones.
type Forecast struct {
	From, Until time.Time // the window; of days, their midnights in UTC
	Recordings  int
	Classes     int
	Sessions    int       // Classes, redundant sessions counted each
	First, Last time.Time // first start and last end; zero without classes
	Peak        Peaks     // of all apps together
	Apps        []AppForecast
	Months      []MonthForecast // in order, of each account that has any
	Labels      []LabelForecast // by key and value
	Seconds     Seconds
	CostUSD     float64 // over all months, after free minutes

	// Week is the most sessions at once, with padding, in each hour of the week from Monday 00:00 in Zone.
	Week [7 * 24]int
	Zone *time.Location // that of most recordings

	Prices Prices
}

// Peaks are the largest numbers of concurrent sessions, with padding and without.
type Peaks struct{ Padded, Unpadded Peak }

// Peak is the largest number of concurrent sessions and the first instant at which it is reached; zero for none.
type Peak struct {
	Sessions int
	At       time.Time
}

// AppForecast is the forecast of an App ID, over all plans that use it.
type AppForecast struct {
	Key      string    // tells App IDs apart
	App      *plan.App // as the first of the plans names it; nil for recordings without one
	Peak     Peaks
	Places   []PlaceForecast // by region
	Requests RequestForecast
}

// PlaceForecast is the forecast of an App ID in a region.
type PlaceForecast struct {
	Region catalog.Region // "": near the caller
	Peak   Peaks
	Loads  []LoadForecast // by class of resolution, smallest first
	// Mixed is the instant at which several classes of resolution at once exceed their common total the most: the
	// largest limit of the classes in use. The first is with padding, the second without.
	Mixed [2]Excess
}

// Excess is how far a total exceeds its limit; zero where it does not.
type Excess struct {
	Sessions, Limit int
	At              time.Time
}

// LoadForecast is the forecast of a class of resolution in a region.
type LoadForecast struct {
	StreamClass catalog.StreamClass
	Limit       int // granted or documented
	Classes     int
	Sessions    int
	Peak        Peaks
	Seconds     int64 // planned, from the first request to the last padding, of all sessions
	FailedStop  FailedStop
}

// FailedStop is the session that would cost the most if its stop failed: it then runs until maxRecordingHour.
type FailedStop struct {
	Recording string
	Start     time.Time
	Hours     int // maxRecordingHour
	CostUSD   float64
}

// RequestForecast is the requests of an App ID, with starts placed as the runner places them.
type RequestForecast struct {
	QPS     int // the budget, requests a second
	Worst   int // most requests due in one second: acquire and start, update, stop, and polling rounded up
	WorstAt time.Time
	Starts  int     // of Worst, those of acquire and start
	Stops   int     // of Worst
	Updates int     // of Worst
	Polls   float64 // of Worst, queries a second
	// PollEvery is how seldom each recording is asked about, which Polls and Most count. While the budget has room the runner
	// asks more often, after starts, updates and stops.
	PollEvery time.Duration
	Most      float64       // most queries a second at any time
	MostAt    time.Time     // when
	Ahead     time.Duration // the most that a start is begun early to keep within the budget, beyond its lead
	AheadAt   time.Time     // when the recording that is begun so early must be writing
	Wait      time.Duration // the longest that a request waits for the budget
	Late      int           // starts that wait longer than their slack
	LateAt    time.Time     // the first of them

	LateSince  time.Time // when something began to wait before it
	LateBehind [3]int    // requests of starts, updates and stops that are due from then on and go before it
}

// Seconds are planned seconds by billing class, from the first request to the end of the padding, times redundancy.
// They do not include the time by which starts are sent earlier to keep within the request budget.
type Seconds struct{ HD, FullHD int64 }

// MonthForecast is the bill of an account for a calendar month in UTC.
type MonthForecast struct {
	Account         string // customer_id as plans write it; "" for none
	Year            int
	Month           time.Month
	Seconds         Seconds
	HD, FullHD      int64     // minutes: the seconds of all recordings, divided by 60 and rounded up once
	FreeHD, FreeFHD int64     // of them free
	FreeUsedUp      time.Time // the day in UTC on which the free minutes are used up; zero where they last
	CostUSD         float64
}

// LabelForecast is the share of one value of a label. Its cost is by the second, neither rounded nor with free
// minutes, since both apply to the account.
type LabelForecast struct {
	Key, Value string
	Classes    int
	Seconds    Seconds
	CostUSD    float64
}

// Of makes the forecast of plans together. Plans that use one App ID, by the same reference or the same literal, are
// added up in it, and plans of one account in its bill. It needs some hundred bytes of memory for each class of the
// window.
func Of(plans []*plan.Plan, opts Options) *Forecast {
	s := newSweep(plans, opts)
	s.run()
	return s.forecast()
}
