package load

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"rundown/plan"
)

const timesHint = "write start and end as 09:00-09:50"

// clockPattern matches 9:00, 09:00 and 09:00:20.
var clockPattern = regexp.MustCompile(`^(\d{1,2}):(\d{2})(?::(\d{2}))?$`)

// ParseClock reads 09:00 or 09:00:20. 24:00 gives 86 400, which only an end may be.
func ParseClock(s string) (plan.Clock, error) {
	m := clockPattern.FindStringSubmatch(s)
	if m == nil {
		return 0, plan.SyntaxErrorf(timesHint, "%q is not a time of day", s)
	}
	minute, second := number(m[2]), number(m[3])
	total := (number(m[1])*60+minute)*60 + second
	if minute > 59 || second > 59 || total > plan.DaySeconds {
		return 0, plan.SyntaxErrorf("hours go from 00 to 23, minutes and seconds from 00 to 59", "there is no time of day %q", s)
	}
	return plan.Clock(total), nil
}

// number is the value of a few digits; 0 for none.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// parseClocks reads 09:00-09:50 into a start and a length, of the clock on the wall: where it changes in between, the class takes
// another time. An end before the start is on the next day.
func parseClocks(s string) (start plan.Clock, length time.Duration, err error) {
	from, to, ok := strings.Cut(s, "-")
	if !ok {
		if strings.ContainsAny(s, "–—") {
			return 0, 0, plan.SyntaxErrorf(timesHint+", with a plain hyphen", "%q has a dash between the times", s)
		}
		return 0, 0, plan.SyntaxErrorf(timesHint, "%q has no end", s)
	}
	start, err = ParseClock(from)
	if err != nil {
		return 0, 0, err
	}
	end, err := ParseClock(to)
	if err != nil {
		return 0, 0, err
	}
	switch {
	case start == plan.DaySeconds:
		return 0, 0, plan.SyntaxErrorf("write 00:00 of the next day", "a class cannot start at 24:00")
	case end == start:
		return 0, 0, plan.SyntaxErrorf("for a whole day write 00:00-24:00", "%s starts and ends at the same time", s)
	case end < start:
		end += plan.DaySeconds
	}
	return start, time.Duration(end-start) * time.Second, nil
}
