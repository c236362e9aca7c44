package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// cronParser reads the five standard fields. Descriptors such as @daily are no part of it.
var cronParser = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)

const cronHint = `write five fields, minute hour day-of-month month day-of-week, as in "30 15 * * FRI"`

// cronLength judges the length of the classes of a cron entry. The error is a [*syntaxError].
func cronLength(length time.Duration) error {
	switch {
	case length <= 0:
		return syntaxErrorf("give the length as in duration: 90m", "the length %s of a cron entry is not more than 0", length)
	case length%time.Second != 0:
		return syntaxErrorf("give whole seconds", "the length %s of a cron entry is not in whole seconds", length)
	}
	return nil
}

// newCron reads a cron expression of five fields for classes of a length that [cronLength] takes. The error is a
// [*syntaxError].
func newCron(expr string, length time.Duration) (When, error) {
	fields := strings.Fields(expr)
	switch {
	case len(fields) > 0 && (strings.HasPrefix(fields[0], "TZ=") || strings.HasPrefix(fields[0], "CRON_TZ=")):
		return When{}, syntaxErrorf("set timezone on the recording instead", "a cron expression cannot set a time zone: %q", expr)
	case len(fields) > 0 && strings.HasPrefix(fields[0], "@"):
		return When{}, syntaxErrorf(cronHint, "%q is a descriptor and not five fields", expr)
	case len(fields) != 5:
		return When{}, syntaxErrorf(cronHint, "a cron expression has five fields and %q has %d", expr, len(fields))
	}
	spec, err := parseCron(strings.Join(fields, " "))
	if err != nil {
		return When{}, syntaxErrorf(cronHint, "%q is not a cron expression: %v", expr, cronFault(fields, err))
	}
	return When{kind: whenCron, spec: spec, expr: expr, length: length}, nil
}

// cronFields are the five fields and what they take.
var cronFields = [5]struct{ name, takes string }{
	{"minute", "0 to 59"},
	{"hour", "0 to 23"},
	{"day of the month", "1 to 31"},
	{"month", "1 to 12 or JAN to DEC"},
	{"day of the week", "0 (Sunday) to 6 (Saturday) or SUN to SAT"},
}

// cronFault names the field that an expression fails for, or says what the parser said of all of it.
func cronFault(fields []string, all error) error {
	for i, f := range cronFields {
		alone := []string{"*", "*", "*", "*", "*"}
		alone[i] = fields[i]
		if _, err := parseCron(strings.Join(alone, " ")); err != nil {
			return fmt.Errorf("its %s %q is no *, value, range or step of %s", f.name, fields[i], f.takes)
		}
	}
	return all
}

// parseCron guards against the parser's panics, which it has on some inputs without fields after a prefix.
func parseCron(expr string) (spec *cron.SpecSchedule, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the expression cannot be read: %v", r)
		}
	}()
	schedule, err := cronParser.Parse(expr)
	if err != nil {
		return nil, err
	}
	spec, ok := schedule.(*cron.SpecSchedule)
	if !ok {
		return nil, fmt.Errorf("the expression has no fixed times")
	}
	return spec, nil
}

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
