package plan

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const dayHint = "write a day as 2031-10-13 or a range as 2031-11-27..2031-11-28"

// parseDay reads a day as 2031-10-13.
func parseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	switch {
	case err == nil && t.Year() >= 1:
		return localDay(t), nil
	case looksLikeDate(s):
		return 0, noSuchDay(s)
	default:
		if d, ok := parseForeignDay(s); ok {
			return 0, syntaxTip(tip{text: "write " + d.String(), of: s, with: d.String()}, "%q is not a day as plans write it", s)
		}
		return 0, syntaxErrorf(dayHint, "%q is not a day", s)
	}
}

// noSuchDay is the error for a text that has the form of a day, and names none. Its hint is the nearest day where that
// is clear: the last day of a month, or the day whose month and day were swapped.
func noSuchDay(s string) error {
	number := func(digits string) int { n, _ := strconv.Atoi(digits); return n }
	year, month, day := number(s[:4]), number(s[5:7]), number(s[8:])
	switch {
	case year < 1:
		return syntaxErrorf(dayHint, "there is no day %s: years go from 0001 to 9999", s)
	case month < 1 || month > 12:
		message := fmt.Sprintf("there is no day %s: months go from 01 to 12", s)
		swapped := s[:5] + s[8:] + "-" + s[5:7]
		if _, err := time.Parse(time.DateOnly, swapped); err == nil {
			return syntaxErrorf("did you mean "+swapped+"?", "%s", message)
		}
		return syntaxErrorf(dayHint, "%s", message)
	}
	last := dayOf(year, time.Month(month)+1, 1) - 1
	_, _, length := last.Date()
	message := fmt.Sprintf("there is no day %s: %s %d has %d days", s, time.Month(month), year, length)
	if day < 1 || day > 31 {
		return syntaxErrorf(dayHint, "%s", message)
	}
	return syntaxTip(tip{text: fmt.Sprintf("did you mean %s?", last), of: s, with: last.String()}, "%s", message)
}

func looksLikeDate(s string) bool {
	if len(s) != len(time.DateOnly) {
		return false
	}
	for i := range len(s) {
		if (i == 4 || i == 7) != (s[i] == '-') || i != 4 && i != 7 && !isDigit(s[i]) {
			return false
		}
	}
	return true
}

// parseDays reads a day or a range of days: "2031-10-13" or "2031-11-27..2031-11-28". The error is a
// [*syntaxError].
func parseDays(s string) (DayRange, error) {
	first, last, isRange := strings.Cut(strings.TrimSpace(s), "..")
	from, err := parseDay(strings.TrimSpace(first))
	if days, ok := foreignDays(s); err != nil && ok {
		return DayRange{}, syntaxTip(write(days.String()), "%q is not a day, or a range of days, as plans write them", s)
	}
	if err != nil {
		return DayRange{}, err
	}
	if !isRange {
		return DayRange{from, from}, nil
	}
	until, err := parseDay(strings.TrimSpace(last))
	if err != nil {
		return DayRange{}, err
	}
	if until < from {
		return DayRange{}, syntaxTip(write(DayRange{until, from}.String()), "the range %s ends before it begins", DayRange{from, until})
	}
	return DayRange{from, until}, nil
}
