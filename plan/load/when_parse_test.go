package load

import (
	"errors"
	"strings"
	"testing"
	"time"

	"rundown/plan"
)

func TestTimesAreRead(t *testing.T) {
	const monday, tuesday, wednesday, friday, saturday, sunday = 1 << 1, 1 << 2, 1 << 3, 1 << 5, 1 << 6, 1 << 0
	tests := []struct {
		text   string
		days   plan.Weekdays
		date   string
		start  string
		length time.Duration
	}{
		{"Mon Wed 09:00-09:50", monday | wednesday, "", "09:00", 50 * time.Minute},
		{"Mon,Wed 09:00-09:50", monday | wednesday, "", "09:00", 50 * time.Minute},
		{"  monday WED  9:00-09:50 ", monday | wednesday, "", "09:00", 50 * time.Minute},
		{"Mon-Wed 08:00-08:45", monday | tuesday | wednesday, "", "08:00", 45 * time.Minute},
		{"Sat-Mon Fri 08:00-08:45", saturday | sunday | monday | friday, "", "08:00", 45 * time.Minute},
		{"Mon-Sun 00:00-24:00", 127, "", "00:00", 24 * time.Hour},
		{"Fri 23:30-00:15", friday, "", "23:30", 45 * time.Minute},
		{"Fri 09:00:20-09:00:50", friday, "", "09:00:20", 30 * time.Second},
		{"2031-12-17 08:00-11:00", 0, "2031-12-17", "08:00", 3 * time.Hour},
		{"2032-02-29 23:59:59-00:00", 0, "2032-02-29", "23:59:59", time.Second},
	}
	for _, test := range tests {
		w, err := ParseWhen(test.text)
		if err != nil {
			t.Errorf("%q: %v", test.text, err)
			continue
		}
		if w.Days != test.days || w.Start.String() != test.start || w.Length != test.length ||
			(w.Kind == plan.WhenDated) != (test.date != "") || test.date != "" && w.Date.String() != test.date {
			t.Errorf("%q: got %+v", test.text, w)
		}
	}
}

func TestWhatIsNoTimeIsRefusedWithAHint(t *testing.T) {
	tests := []struct{ text, message, hint string }{
		{"", "empty", "Mon Wed 09:00-09:50"},
		{",", "not a time", "Mon Wed"},
		{"Mon", `"Mon" has no time`, "unquoted comma"},
		{"2031-12-17", "has no time", "2031-12-17 08:00-11:00"},
		{"09:00-09:50", "names no day", "Mon Wed"},
		{"Mon 09:00", `"09:00" has no end`, "09:00-09:50"},
		{"Mon 09:00 - 09:50", "does not end with a time", "without spaces"},
		{"Mon 09:00 -09:50", "does not end with a time", "without spaces"},
		{"Mon 09:00–09:50", "has a dash", "plain hyphen"},
		{"Mon 09:00-09:00", "same time", "00:00-24:00"},
		{"Mon 24:00-01:00", "cannot start at 24:00", "next day"},
		{"Mon 25:00-26:00", `no time of day "25:00"`, "00 to 23"},
		{"Mon 09:60-10:00", `no time of day "09:60"`, "00 to 59"},
		{"Mon 9-10", "has no time", "write Mon 09:00-10:00"},
		{"Mon 09:00-09:5", "not a time of day", "09:00-09:50"},
		{"Tues 09:00-09:50", `"Tues" is not a day`, "Tue"},
		{"Mon-Fry 09:00-09:50", `"Fry" is not a day`, "Fri"},
		{"Montag 09:00-09:50", `"Montag" is not a day`, "Mon"},
		{"2031-02-30 09:00-09:50", "there is no day", "2031-02-28"},
		{"2031-2-3 09:00-09:50", "is not a day", "write 2031-02-03"},
		{"2031-12-17..2031-12-18 08:00-11:00", "more than one date", "2031-12-17 08:00-11:00"},
		{"2031-12-17 2031-12-18 08:00-11:00", "more than one date", "list"},
	}
	for _, test := range tests {
		_, err := ParseWhen(test.text)
		var syntax *plan.SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%q: got %v, want a syntax error", test.text, err)
			continue
		}
		if !strings.Contains(syntax.Message, test.message) || !strings.Contains(syntax.Hint.Text, test.hint) {
			t.Errorf("%q: got %q, hint %q; want %q and %q", test.text, syntax.Message, syntax.Hint.Text, test.message, test.hint)
		}
	}
}

func TestCronExpressionsHaveFiveFieldsAndNoZone(t *testing.T) {
	for _, expr := range []string{"30 15 * * FRI", " 0  9 1,15 * * ", "*/5 * * * mon-fri", "0 0 29 2 ?"} {
		if w, err := NewCron(expr, time.Hour); err != nil || w.Kind != plan.WhenCron || w.Length != time.Hour {
			t.Errorf("%q: %+v, %v", expr, w, err)
		}
	}
	for _, test := range []struct{ expr, message string }{
		{"", "has 0"},
		{"0 9 * *", "has 4"},
		{"0 0 9 * * *", "has 6"},
		{"@daily", "descriptor"},
		{"@every 1h", "descriptor"},
		{"TZ=UTC", "time zone"},
		{"TZ=UTC 0 9 * * *", "time zone"},
		{"CRON_TZ=UTC 0 9 * * *", "time zone"},
		{"0 24 * * *", "not a cron expression"},
		{"0 9 * * 7", "not a cron expression"},
		{"0 9 * * TZ=", "not a cron expression"},
		{"a b c d e", "not a cron expression"},
		{"0/0 * * * *", "not a cron expression"},
		{"9-3 * * * *", "not a cron expression"},
	} {
		_, err := NewCron(test.expr, time.Hour)
		var syntax *plan.SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(syntax.Message, test.message) || syntax.Hint.Text == "" {
			t.Errorf("%q: got %v, want %q", test.expr, err, test.message)
		}
	}
	for _, length := range []time.Duration{0, -time.Hour, 1500 * time.Millisecond} {
		if err := cronLength(length); err == nil {
			t.Errorf("a class of %s is taken", length)
		}
	}
}
