package load

import (
	"regexp"
	"strings"
	"time"

	"rundown/plan"
)

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
