package plan

import (
	"math"
	"slices"
	"time"

	"rundown/agora"
)

// Summary is what validate says of a plan in one line.
type Summary struct {
	Recordings               int
	Classes                  int       // in the window, cancelled ones not counted
	First, Last              time.Time // first start and last end in the window; zero without classes
	Peak                     int       // most recordings at once, with padding, redundant ones counted each
	PeakAt                   time.Time // first instant of the peak; zero without classes
	HDSeconds, FullHDSeconds int64     // planned, with padding, times redundancy
	CostUSD                  float64   // over the window, at the documented prices, after free minutes
	NotChecked               []string  // references that were not resolved, as written
}

// Summarize sums up the plan over validate's window: from now, or from the first class if that is later, to the last
// bound, 366 days at most.
//
// Cost is rounded as Agora does it: the seconds of a class of resolution are summed over a calendar month, which is
// taken in UTC, divided by 60 and rounded up once. The free minutes of a month go to HD first; that other products
// may use them up is not known here.
func Summarize(p *Plan, opts CheckOptions) Summary {
	if p == nil {
		return Summary{}
	}
	e := newExpansion(p)
	from, until := e.window(opts.Now)
	sum := Summary{Recordings: len(p.Recordings), NotChecked: notChecked(p, opts.Lookup)}
	var first, last int64
	var load []loadStep
	months := make(map[month]*monthSeconds)
	e.walk(from, until, func(c *class) bool {
		if c.cancelled() {
			return true
		}
		zone := c.settings().Zone
		if sum.Classes == 0 || c.start < first {
			first, sum.First = c.start, time.Unix(c.start, 0).In(zone)
		}
		if sum.Classes == 0 || c.end > last {
			last, sum.Last = c.end, time.Unix(c.end, 0).In(zone)
		}
		sum.Classes++
		sessions := max(c.settings().Redundancy, 1)
		load = append(load, loadStep{c.recordFrom, sessions}, loadStep{c.recordUntil, -sessions})
		video := c.settings().Video
		hd := agora.BillingClassOf(video.Width, video.Height) == agora.BillingHD
		seconds := (c.recordUntil - c.recordFrom) * int64(sessions)
		if hd {
			sum.HDSeconds += seconds
		} else {
			sum.FullHDSeconds += seconds
		}
		billByMonth(months, c.recordFrom, c.recordUntil, int64(sessions), hd)
		return true
	})
	var peakAt int64
	sum.Peak, peakAt = peak(load)
	if sum.Peak > 0 {
		sum.PeakAt = time.Unix(peakAt, 0).In(sum.First.Location())
	}
	sum.CostUSD = cost(months)
	return sum
}

// loadStep is a change of the number of recordings at an instant.
type loadStep struct {
	at    int64
	delta int
}

// peak gives the highest load and the first instant at which it is reached. Intervals are half open: what ends at
// an instant does not count beside what begins at it.
func peak(steps []loadStep) (highest int, at int64) {
	slices.SortFunc(steps, func(a, b loadStep) int {
		switch {
		case a.at != b.at && a.at < b.at:
			return -1
		case a.at != b.at:
			return 1
		default:
			return a.delta - b.delta
		}
	})
	running := 0
	for _, s := range steps {
		running += s.delta
		if running > highest {
			highest, at = running, s.at
		}
	}
	return highest, at
}

type month struct {
	year  int
	month time.Month
}

type monthSeconds struct{ hd, fullHD int64 }

// billByMonth adds the seconds of [from, until) to the months in which they are.
func billByMonth(months map[month]*monthSeconds, from, until, sessions int64, hd bool) {
	for from < until {
		t := time.Unix(from, 0).UTC()
		next := time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC).Unix()
		seconds := (min(until, next) - from) * sessions
		key := month{t.Year(), t.Month()}
		if months[key] == nil {
			months[key] = new(monthSeconds)
		}
		if hd {
			months[key].hd += seconds
		} else {
			months[key].fullHD += seconds
		}
		from = next
	}
}

// cost is counted in minutes times dollars for a thousand, which are whole numbers, so that no order of months can
// change it.
func cost(months map[month]*monthSeconds) float64 {
	var total int64
	for _, m := range months {
		hd, fullHD := minutes(m.hd), minutes(m.fullHD)
		free := int64(agora.FreeMinutes())
		freeHD := min(hd, free)
		freeFullHD := min(fullHD, free-freeHD)
		total += (hd-freeHD)*int64(agora.UnitPrice(agora.BillingHD)) + (fullHD-freeFullHD)*int64(agora.UnitPrice(agora.BillingFullHD))
	}
	return math.Round(float64(total)) / 1000
}

func minutes(seconds int64) int64 { return (seconds + 59) / 60 }

// notChecked lists the references of the plan that have no value here, in the order of their sections, each once.
func notChecked(p *Plan, lookup Lookup) []string {
	var list []string
	seen := make(map[Reference]bool)
	add := func(texts ...Text) {
		for _, t := range texts {
			for _, ref := range t.References() {
				if seen[ref] {
					continue
				}
				seen[ref] = true
				if lookup != nil {
					if _, err := lookup(ref); err == nil {
						continue
					}
				}
				list = append(list, ref.String())
			}
		}
	}
	add(p.Account.CustomerID, p.Account.CustomerSecret)
	for _, a := range p.Apps {
		add(a.ID)
	}
	for _, s := range p.Storages {
		add(s.AccessKey, s.SecretKey)
		add(s.Prefix...)
	}
	for _, c := range p.CDNs {
		add(c.URL, c.Fallback)
	}
	for _, n := range p.Notify {
		add(n.Webhook)
	}
	for _, r := range p.Recordings {
		add(r.URL, r.Cname)
		for i := range r.Changes {
			if s := r.Changes[i].settings(&r.Settings); s != &r.Settings {
				add(s.URL, s.Cname)
			}
		}
	}
	return list
}
