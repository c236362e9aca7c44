package plan

import (
	"time"

	"github.com/robfig/cron/v3"
)

// cronStar is the bit that the parser sets in a field written as * or ?. A step, as in */2, is no star to it.
const cronStar = 1 << 63

// cronDay says that the expression has times on the day. As in cron, a day fits when both the day of the month and
// that of the week do; when neither field begins with a star, one of them is enough.
func cronDay(spec *cron.SpecSchedule, d Day) bool {
	_, month, day := d.Date()
	if spec.Month>>month&1 == 0 {
		return false
	}
	ofMonth := spec.Dom>>day&1 != 0
	ofWeek := spec.Dow>>d.Weekday()&1 != 0
	if spec.Dom&cronStar != 0 || spec.Dow&cronStar != 0 {
		return ofMonth && ofWeek
	}
	return ofMonth || ofWeek
}

// cronClocks lists the times of a day that the expression gives, in order.
func cronClocks(spec *cron.SpecSchedule) []clock {
	var clocks []clock
	for hour := range 24 {
		if spec.Hour>>hour&1 == 0 {
			continue
		}
		for minute := range 60 {
			if spec.Minute>>minute&1 != 0 {
				clocks = append(clocks, clock(hour*3600+minute*60))
			}
		}
	}
	return clocks
}

// cronNever says that no date fits the expression, as for the 30th of February. Only days of the month alone can do
// that: any other date falls on each day of the week in some year.
func cronNever(spec *cron.SpecSchedule) bool {
	if spec.Dow&cronStar == 0 {
		return false
	}
	for month := time.January; month <= time.December; month++ {
		if spec.Month>>month&1 == 0 {
			continue
		}
		longest := time.Date(2000, month+1, 0, 0, 0, 0, 0, time.UTC).Day() // a leap year
		for day := 1; day <= longest; day++ {
			if spec.Dom>>day&1 != 0 {
				return false
			}
		}
	}
	return true
}
