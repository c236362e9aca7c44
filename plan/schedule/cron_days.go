package schedule

import (
	"time"

	"github.com/robfig/cron/v3"

	"rundown/plan"
)

// CronStar is the bit that the parser sets in a field written as * or ?. A step, as in */2, is no star to it.
const CronStar = 1 << 63

// cronDay says that the expression has times on the day. As in cron, a day fits when both the day of the month and
// that of the week do; when neither field begins with a star, one of them is enough.
func cronDay(spec *cron.SpecSchedule, d plan.Day) bool {
	_, month, day := d.Date()
	if spec.Month>>month&1 == 0 {
		return false
	}
	ofMonth := spec.Dom>>day&1 != 0
	ofWeek := spec.Dow>>d.Weekday()&1 != 0
	if spec.Dom&CronStar != 0 || spec.Dow&CronStar != 0 {
		return ofMonth && ofWeek
	}
	return ofMonth || ofWeek
}

// CronClocks lists the times of a day that the expression gives, in order.
func CronClocks(spec *cron.SpecSchedule) []plan.Clock {
	var clocks []plan.Clock
	for hour := range 24 {
		if spec.Hour>>hour&1 == 0 {
			continue
		}
		for minute := range 60 {
			if spec.Minute>>minute&1 != 0 {
				clocks = append(clocks, plan.Clock(hour*3600+minute*60))
			}
		}
	}
	return clocks
}

// CronNever says that no date fits the expression, as for the 30th of February. Only days of the month alone can do
// that: any other date falls on each day of the week in some year.
func CronNever(spec *cron.SpecSchedule) bool {
	if spec.Dow&CronStar == 0 {
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
