package load

import (
	"errors"
	"strings"

	"rundown/plan"
)

const changeKeyHint = "write a planned day as 2031-10-13, a range as 2031-11-17..2031-11-19, or a day and a time as 2031-10-13 09:00"

// orHint gives the error of a day the hint of the text around it, unless the error already suggests a day.
func orHint(err error, hint string) error {
	var e *plan.SyntaxError
	if errors.As(err, &e) && e.Hint.Text != dayHint {
		return err
	}
	return plan.SyntaxErrorf(hint, "%s", err)
}

// ParseChangeKey reads "2031-10-13", "2031-11-17..2031-11-19" or "2031-10-13 09:00". A class is found by its planned start, which
// is its identity; an end would say the same twice. The error is a [*plan.SyntaxError].
func ParseChangeKey(s string) (plan.ChangeKey, error) {
	s = strings.TrimSpace(s)
	if strings.Contains(s, "..") {
		days, err := ParseDays(s)
		return plan.ChangeKey{Days: days}, err
	}
	if days, ok := foreignDays(s); ok && !looksLikeDate(s) {
		return plan.ChangeKey{}, plan.SyntaxErrorHint(plan.WriteHint(days.String()), "%q is not a planned day, or a range of them, as plans write it", s)
	}
	fields := strings.Fields(s)
	if len(fields) == 0 || len(fields) > 2 {
		return plan.ChangeKey{}, plan.SyntaxErrorf(changeKeyHint, "%q is not a planned day", s)
	}
	day, err := ParseDay(fields[0])
	if err != nil {
		return plan.ChangeKey{}, orHint(err, changeKeyHint)
	}
	key := plan.ChangeKey{Days: plan.DayRange{First: day, Last: day}}
	if len(fields) == 1 {
		return key, nil
	}
	if strings.Contains(fields[1], "-") {
		return plan.ChangeKey{}, plan.SyntaxErrorf("name the planned start only, as in 2031-10-13 09:00", "%q is not the planned start of a class", fields[1])
	}
	key.HasTime = true
	if key.Time, err = ParseClock(fields[1]); err != nil {
		return plan.ChangeKey{}, err
	}
	if key.Time == plan.DaySeconds {
		return plan.ChangeKey{}, plan.SyntaxErrorf("write 00:00 of the next day", "no class is planned at 24:00")
	}
	return key, nil
}

const changeToHint = "write a new time as 09:00-10:20 or, on another day, as 2031-10-16 18:00-18:50"

// ParseChangeTo reads "2031-10-16 18:00-18:50" or "09:00-10:20". Without a day the class stays on the day on which it is planned.
// The error is a [*plan.SyntaxError].
func ParseChangeTo(s string) (plan.ChangeTo, error) {
	fields := strings.Fields(s)
	if len(fields) == 0 || len(fields) > 2 {
		return plan.ChangeTo{}, plan.SyntaxErrorf(changeToHint, "%q is not a new time", strings.TrimSpace(s))
	}
	var to plan.ChangeTo
	var err error
	if len(fields) == 2 || looksLikeDate(fields[0]) {
		to.HasDay = true
		if to.Day, err = ParseDay(fields[0]); err != nil {
			return plan.ChangeTo{}, orHint(err, changeToHint)
		}
		if len(fields) == 1 {
			return plan.ChangeTo{}, plan.SyntaxErrorf(changeToHint, "%q has no time", fields[0])
		}
	}
	if to.Start, to.Length, err = parseClocks(fields[len(fields)-1]); err != nil {
		return plan.ChangeTo{}, err
	}
	return to, nil
}
