package forecast

import (
	"maps"
	"slices"
	"time"

	"rundown/agora/catalog"
	"rundown/plan"
)

// account sums up the seconds of a customer account by day in UTC and by billing class. Agora bills calendar months in UTC; days are
// kept to tell on which of them the free minutes are used up.
type account struct {
	id      string
	days    map[int64]*Seconds // by the number of the day since 1970
	day     int64              // that was last asked for
	seconds *Seconds           // of it
}

// charge adds sessions that run from one instant to another, in Unix seconds, split at midnight UTC.
func (a *account) charge(from, until, sessions int64, class catalog.BillingClass) {
	for from < until {
		if day := plan.FloorDiv(from, plan.DaySeconds); day != a.day || a.seconds == nil {
			if a.days[day] == nil {
				a.days[day] = new(Seconds)
			}
			a.day, a.seconds = day, a.days[day]
		}
		end := min(until, (a.day+1)*plan.DaySeconds)
		a.seconds.add(class, (end-from)*sessions)
		from = end
	}
}

// bills gives the months of the account in order, and their total cost in millionths of a US dollar.
func (a *account) bills(prices Prices) (months []MonthForecast, cost int64) {
	days := slices.Sorted(maps.Keys(a.days))
	for len(days) > 0 {
		first := time.Unix(days[0]*plan.DaySeconds, 0).UTC()
		next := time.Date(first.Year(), first.Month()+1, 1, 0, 0, 0, 0, time.UTC).Unix() / plan.DaySeconds
		var sum Seconds
		var usedUp time.Time
		for len(days) > 0 && days[0] < next {
			sum.HD += a.days[days[0]].HD
			sum.FullHD += a.days[days[0]].FullHD
			if usedUp.IsZero() && prices.Free > 0 && minutesOf(sum.HD)+minutesOf(sum.FullHD) > prices.Free {
				usedUp = time.Unix(days[0]*plan.DaySeconds, 0).UTC()
			}
			days = days[1:]
		}
		bill, micro := prices.bill(sum)
		bill.Account, bill.Year, bill.Month, bill.FreeUsedUp = a.id, first.Year(), first.Month(), usedUp
		months, cost = append(months, bill), cost+micro
	}
	return months, cost
}

// add adds n seconds of a billing class.
func (s *Seconds) add(class catalog.BillingClass, n int64) {
	if class == catalog.BillingHD {
		s.HD += n
	} else {
		s.FullHD += n
	}
}
