package load

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"rundown/plan"
)

// cronParser reads the five standard fields, and no descriptors such as @daily.
var cronParser = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)

const cronHint = `write five fields, minute hour day-of-month month day-of-week, as in "30 15 * * FRI"`

// cronLength checks the duration of a cron entry. The error is a [*plan.SyntaxError].
func cronLength(length time.Duration) error {
	switch {
	case length <= 0:
		return plan.SyntaxErrorf("write the length of a class, as in duration: 90m", "the duration %s of a cron entry must be more than 0", length)
	case length%time.Second != 0:
		return plan.SyntaxErrorf("give whole seconds", "the duration %s of a cron entry must be in whole seconds", length)
	}
	return nil
}

// NewCron parses a cron expression of five fields for classes of a length that [cronLength] accepts. The error is a
// [*plan.SyntaxError].
func NewCron(expr string, length time.Duration) (plan.When, error) {
	fields := strings.Fields(expr)
	switch {
	case len(fields) > 0 && (strings.HasPrefix(fields[0], "TZ=") || strings.HasPrefix(fields[0], "CRON_TZ=")):
		return plan.When{}, plan.SyntaxErrorf("set timezone on the recording instead", "a cron expression cannot set a time zone: %q", expr)
	case len(fields) > 0 && strings.HasPrefix(fields[0], "@"):
		return plan.When{}, plan.SyntaxErrorf(cronHint, "%q is a descriptor, not five fields", expr)
	case len(fields) != 5:
		return plan.When{}, plan.SyntaxErrorf(cronHint, "a cron expression has five fields and %q has %d", expr, len(fields))
	}
	spec, err := parseCron(strings.Join(fields, " "))
	if err != nil {
		return plan.When{}, plan.SyntaxErrorf(cronHint, "%q is not a cron expression: %v", expr, cronFault(fields, err))
	}
	return plan.When{Kind: plan.WhenCron, Spec: spec, Expr: expr, Length: length}, nil
}

// cronFields are the five fields and the values that they take.
var cronFields = [5]struct{ name, takes string }{
	{"minute", "0 to 59"},
	{"hour", "0 to 23"},
	{"day of the month", "1 to 31"},
	{"month", "1 to 12 or JAN to DEC"},
	{"day of the week", "0 (Sunday) to 6 (Saturday) or SUN to SAT"},
}

// cronFault names the field that makes an expression invalid, or returns the parser's own error.
func cronFault(fields []string, all error) error {
	for i, f := range cronFields {
		alone := []string{"*", "*", "*", "*", "*"}
		alone[i] = fields[i]
		if _, err := parseCron(strings.Join(alone, " ")); err != nil {
			return fmt.Errorf("its %s %q is not *, a value, a range or a step of %s", f.name, fields[i], f.takes)
		}
	}
	return all
}

// parseCron turns the parser's panics, which it has on some inputs, into errors.
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
