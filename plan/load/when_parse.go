package load

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"rundown/plan"
)

const whenHint = "write weekdays and a time as Mon Wed 09:00-09:50, or a date and a time as 2031-12-17 08:00-11:00"

// ParseWhen parses a weekly or a dated time: days, and then a start and an end. It takes one notation only, so that a plan reads the
// same to everybody; what people write otherwise is for the hints (when_hint.go). The error is a [*plan.SyntaxError].
func ParseWhen(s string) (plan.When, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return plan.When{}, plan.SyntaxErrorf(whenHint, "the time is empty")
	}
	fields := strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == ',' })
	if len(fields) == 0 {
		return plan.When{}, plan.SyntaxErrorf(whenHint, "%q is not a time", s)
	}
	// Whatever begins with a digit or holds a colon is meant as a time; what stands before it are days.
	last := fields[len(fields)-1]
	if looksLikeDate(last) || !strings.Contains(last, ":") {
		if n := len(fields); n >= 2 && strings.Contains(fields[n-2], ":") || strings.Contains(s, " -") || strings.Contains(s, "- ") {
			return plan.When{}, plan.SyntaxErrorf(timesHint+", without spaces", "%q does not end with a time as 09:00-09:50", s)
		}
		if _, err := NewCron(s, time.Hour); err == nil {
			return plan.When{}, plan.SyntaxErrorf("write {cron: "+strconv.Quote(s)+", duration: 50m}, with the length of a class as duration", "%q is a cron expression, which needs the length of a class", s)
		}
		return plan.When{}, plan.SyntaxErrorf(noTimeHint(s), "%q has no time", s)
	}
	if strings.HasPrefix(last, "-") || strings.HasSuffix(last, "-") || slices.ContainsFunc(fields[:len(fields)-1], isTimePiece) {
		return plan.When{}, plan.SyntaxErrorf(timesHint+", without spaces", "%q does not end with a time as 09:00-09:50", s)
	}
	days := fields[:len(fields)-1]
	if len(days) == 0 {
		return plan.When{}, plan.SyntaxErrorf(whenHint, "%q names no day", s)
	}
	w := plan.When{}
	var err error
	if plan.IsDigit(days[0][0]) {
		w.Kind = plan.WhenDated
		if len(days) > 1 || strings.Contains(days[0], "..") {
			return plan.When{}, plan.SyntaxErrorf("give several classes as a list: ["+firstDate(days[0])+" "+last+", …]", "%q names more than one date", s)
		}
		if w.Date, err = ParseDay(days[0]); err != nil {
			return plan.When{}, err
		}
	} else if w.Days, err = parseWeekdays(days); err != nil {
		return plan.When{}, err
	}
	if w.Start, w.Length, err = parseClocks(last); err != nil {
		return plan.When{}, err
	}
	return w, nil
}

// isTimePiece says whether a field belongs to a time that spaces have split.
func isTimePiece(s string) bool { return s == "-" || strings.Contains(s, ":") }

// firstDate is the first day of a range.
func firstDate(s string) string {
	first, _, _ := strings.Cut(s, "..")
	return first
}

// noTimeHint is for days without a time, which an unquoted comma inside [] may have cut off.
func noTimeHint(s string) string {
	if _, err := parseWeekdays([]string{s}); err == nil {
		return "write " + s + " 09:00-09:50; in [ ] an unquoted comma begins another entry, so write [Mon Wed 09:00-09:50] for two days"
	}
	if m := bareHours.FindStringSubmatch(s); m != nil {
		from, _ := strconv.Atoi(m[2])
		to, _ := strconv.Atoi(m[3])
		if meant := fmt.Sprintf("%s %02d:00-%02d:00", m[1], from, to); from < to && to < 24 {
			if _, err := ParseWhen(meant); err == nil {
				return fmt.Sprintf("if %s-%s is the time, write %s", m[2], m[3], meant)
			}
		}
	}
	return whenHint
}

// bareHours matches days and two numbers, which may be hours.
var bareHours = regexp.MustCompile(`^([A-Za-z, -]+[A-Za-z]) (\d{1,2})-(\d{1,2})$`)

// parseWeekday reads a whole name or its first three letters, in any case.
func parseWeekday(s string) (time.Weekday, bool) {
	for i, name := range plan.WeekdayNames {
		if strings.EqualFold(s, name) || strings.EqualFold(s, name[:3]) {
			return time.Weekday(i), true
		}
	}
	return 0, false
}

// parseWeekdays parses names and ranges of names. A range may pass the end of the week, as Sat-Mon does.
func parseWeekdays(fields []string) (plan.Weekdays, error) {
	var set plan.Weekdays
	for _, field := range fields {
		from, to, isRange := strings.Cut(field, "-")
		if !isRange {
			to = from
		}
		first, ok := parseWeekday(from)
		if !ok {
			return 0, unknownWeekday(from)
		}
		last, ok := parseWeekday(to)
		if !ok {
			return 0, unknownWeekday(to)
		}
		for d := first; ; d = (d + 1) % 7 {
			set |= 1 << d
			if d == last {
				break
			}
		}
	}
	return set, nil
}
