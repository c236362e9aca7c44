package load

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"rundown/plan"
)

const dayHint = "write a day as 2031-10-13 or a range as 2031-11-27..2031-11-28"

// ParseDay reads a day as 2031-10-13.
func ParseDay(s string) (plan.Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	switch {
	case err == nil && t.Year() >= 1:
		return plan.LocalDay(t), nil
	case looksLikeDate(s):
		return 0, noSuchDay(s)
	default:
		if d, ok := parseForeignDay(s); ok {
			return 0, plan.SyntaxErrorHint(plan.Hint{Text: "write " + d.String(), Part: s, Replacement: d.String()}, "%q is not a day as plans write it", s)
		}
		return 0, plan.SyntaxErrorf(dayHint, "%q is not a day", s)
	}
}

// noSuchDay is the error for a text that has the form of a day and names none. Its hint is the day that is probably
// meant: the last one of the month, or the one whose month and day were swapped.
func noSuchDay(s string) error {
	year, month, day := number(s[:4]), number(s[5:7]), number(s[8:])
	switch {
	case year < 1:
		return plan.SyntaxErrorf(dayHint, "there is no day %s: years go from 0001 to 9999", s)
	case month < 1 || month > 12:
		message := fmt.Sprintf("there is no day %s: months go from 01 to 12", s)
		swapped := s[:5] + s[8:] + "-" + s[5:7]
		if _, err := time.Parse(time.DateOnly, swapped); err == nil {
			return plan.SyntaxErrorf("did you mean "+swapped+"?", "%s", message)
		}
		return plan.SyntaxErrorf(dayHint, "%s", message)
	}
	last := plan.DayOf(year, time.Month(month)+1, 1) - 1
	_, _, length := last.Date()
	message := fmt.Sprintf("there is no day %s: %s %d has %d days", s, time.Month(month), year, length)
	if day < 1 || day > 31 {
		return plan.SyntaxErrorf(dayHint, "%s", message)
	}
	return plan.SyntaxErrorHint(plan.Hint{Text: fmt.Sprintf("did you mean %s?", last), Part: s, Replacement: last.String()}, "%s", message)
}

// datePattern matches the form 2031-10-13.
var datePattern = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

// looksLikeDate says whether a text has the form 2031-10-13.
func looksLikeDate(s string) bool { return datePattern.MatchString(s) }

// ParseDays reads a day or a range of days: "2031-10-13" or "2031-11-27..2031-11-28". The error is a
// [*plan.SyntaxError].
func ParseDays(s string) (plan.DayRange, error) {
	first, last, isRange := strings.Cut(strings.TrimSpace(s), "..")
	from, err := ParseDay(strings.TrimSpace(first))
	if days, ok := foreignDays(s); err != nil && ok {
		return plan.DayRange{}, plan.SyntaxErrorHint(plan.WriteHint(days.String()), "%q is not a day, or a range of days, as plans write them", s)
	}
	if err != nil {
		return plan.DayRange{}, err
	}
	if !isRange {
		return plan.DayRange{First: from, Last: from}, nil
	}
	until, err := ParseDay(strings.TrimSpace(last))
	if err != nil {
		return plan.DayRange{}, err
	}
	if until < from {
		return plan.DayRange{}, plan.SyntaxErrorHint(plan.WriteHint(plan.DayRange{First: until, Last: from}.String()), "the range %s ends before it begins", plan.DayRange{First: from, Last: until})
	}
	return plan.DayRange{First: from, Last: until}, nil
}

// foreignDay matches common ways of writing a day whose order is certain: 24.12.2031 or 2031/12/24, but not
// 03/04/2031.
var foreignDay = regexp.MustCompile(`^(?:(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})|(\d{4})[/.](\d{1,2})[/.](\d{1,2})|(\d{4})-(\d{1,2})-(\d{1,2}))$`)

// daySeparators are what people write between the ends of a range.
var daySeparators = []string{"..", " - ", "–", "—", " to ", " bis ", " until ", "/", "-"}

// foreignDays parses a day or a range of days that is not written as plans do; false where it is not one, or where
// day and month cannot be told apart.
func foreignDays(text string) (plan.DayRange, bool) {
	text = strings.TrimSpace(text)
	if d, ok := parseForeignDay(text); ok {
		return plan.DayRange{First: d, Last: d}, true
	}
	for _, separator := range daySeparators {
		from, to, ok := strings.Cut(text, separator)
		if !ok {
			continue
		}
		first, ok1 := parseForeignDay(strings.TrimSpace(from))
		last, ok2 := parseForeignDay(strings.TrimSpace(to))
		if ok1 && ok2 && first <= last {
			return plan.DayRange{First: first, Last: last}, true
		}
	}
	return plan.DayRange{}, false
}

// parseForeignDay parses one such day.
func parseForeignDay(text string) (plan.Day, bool) {
	m := foreignDay.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	year, month, day := number(m[4]+m[7]), number(m[5]+m[8]), number(m[6]+m[9])
	if m[3] != "" {
		year, month, day = number(m[3]), number(m[2]), number(m[1])
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if year < 1 || t.Month() != time.Month(month) || t.Day() != day {
		return 0, false
	}
	return plan.LocalDay(t), true
}
