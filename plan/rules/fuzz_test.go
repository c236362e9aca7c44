package rules

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"rundown/plan"
	"rundown/plan/load"
	"rundown/plan/plantest/build"
	"rundown/plan/schedule"
)

// Fuzz targets for each form of text that plans hold. What is read must be sound, and what is refused must be refused
// with a message fit for a finding; FuzzLoad, beside the loader's tests, does the same for whole files.

// refusedWell holds an error to what every parser promises: a message of one line, as a [*plan.SyntaxError].
func refusedWell(t *testing.T, s string, err error) {
	t.Helper()
	var syntax *plan.SyntaxError
	if !errors.As(err, &syntax) || syntax.Message == "" || strings.ContainsAny(syntax.Message+syntax.Hint.Text, "\n\r") {
		t.Fatalf("%q is refused with %#v", s, err)
	}
}

func FuzzWhen(f *testing.F) {
	for _, seed := range []string{"Mon Wed 09:00-09:50", "Mon-Fri 08:00-08:45", "2031-12-17 08:00-11:00", "Sat 23:30-00:30", "Mon 09:00:20-09:00:50", "Sun-Sat 00:00-24:00", "-", ":", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w, err := load.ParseWhen(s)
		if err != nil {
			refusedWell(t, s, err)
			return
		}
		if w.Length <= 0 || w.Length > 24*time.Hour || w.Length%time.Second != 0 || w.Start < 0 || w.Start >= plan.DaySeconds {
			t.Fatalf("%q is read as %+v", s, w)
		}
		again, err := load.ParseWhen("  " + strings.Join(strings.Fields(s), "\t ") + " ")
		if err != nil || again != w {
			t.Fatalf("%q with other blanks is read as %+v, %v; want %+v", s, again, err, w)
		}
	})
}

func FuzzCron(f *testing.F) {
	for _, seed := range []string{"30 15 * * FRI", "*/5 * * * mon-fri", "0 0 29 2 ?", "0 9 1,15 * *", "TZ=UTC", "CRON_TZ=UTC 0 9 * * *", "@daily", "0/0 * * * *", "9-3 * * * *"} {
		f.Add(seed, int64(90))
	}
	f.Fuzz(func(t *testing.T, expr string, minutes int64) {
		w, err := load.NewCron(expr, time.Duration(minutes%(24*60))*time.Minute)
		if err != nil {
			refusedWell(t, expr, err)
			return
		}
		from := build.Instant("2031-09-15")
		count := 0
		r := &plan.Recording{ID: "fuzzed", Settings: plan.Settings{Zone: time.UTC}, When: []plan.When{w}}
		for _, o := range schedule.OccurrencesOf(r, &plan.Plan{Name: "plan"}, from, from.AddDate(0, 0, 2)) {
			// In a zone without changes of the clock, robfig/cron itself is right.
			if want := w.Spec.Next(o.Start.Add(-time.Second)); !want.Equal(o.Start) || o.End.Sub(o.Start) != w.Length {
				t.Fatalf("%q has a class from %s to %s, want one of %s at %s", expr, o.Start, o.End, w.Length, want)
			}
			count++
		}
		next := 0
		for at := w.Spec.Next(from.Add(-time.Second)); !at.IsZero() && at.Before(from.AddDate(0, 0, 2)); at = w.Spec.Next(at) {
			next++
		}
		if count != next {
			t.Fatalf("%q has %d classes in two days, want %d", expr, count, next)
		}
	})
}

func FuzzCalendar(f *testing.F) {
	for _, seed := range []string{"2031-11-11", "2031-11-27..2031-11-28", "2031-02-29", "2031-11-28..2031-11-27", " 2031-01-01 .. 2031-12-31", "..", "0000-00-00", "9999-12-31"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		days, err := load.ParseDays(s)
		if err != nil {
			refusedWell(t, s, err)
			return
		}
		if days.Last < days.First {
			t.Fatalf("%q is read as %v", s, days)
		}
		if again, err := load.ParseDays(days.String()); err != nil || again != days {
			t.Fatalf("%q is read as %v, which is read as %v, %v", s, days, again, err)
		}
	})
}

func FuzzChange(f *testing.F) {
	for _, seed := range [][2]string{
		{"2031-10-13", "09:00-10:20"},
		{"2031-11-17..2031-11-19", "2031-10-16 18:00-18:50"},
		{"2031-10-13 09:00", "23:00-01:00"},
		{"2031-10-13 24:00", "2031-10-16"},
		{"", ""},
		{"2031-11-17..2031-11-19 09:00:30", "09:00:20-09:00:50"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, key, to string) {
		if k, err := load.ParseChangeKey(key); err != nil {
			refusedWell(t, key, err)
		} else if again, err := load.ParseChangeKey(k.String()); err != nil || again != k || k.Days.Last < k.Days.First || k.Time < 0 || k.Time >= plan.DaySeconds {
			t.Fatalf("%q is read as %v, which is read as %v, %v", key, k, again, err)
		}
		if moved, err := load.ParseChangeTo(to); err != nil {
			refusedWell(t, to, err)
		} else if moved.Length <= 0 || moved.Length > 24*time.Hour || moved.Start < 0 || moved.Start >= plan.DaySeconds {
			t.Fatalf("%q is read as %+v", to, moved)
		}
	})
}

func FuzzReferences(f *testing.F) {
	for _, seed := range []string{"${NAME}", "${file:/run/secrets/key}", "a$$b", "$${NAME}", "$", "${", "${}", "${file:}", "rtmps://user@live.school.example/app/${KEY}", "${A}${B}"} {
		f.Add(seed)
	}
	const canary = "canary-an-obvious-example"
	f.Fuzz(func(t *testing.T, s string) {
		if strings.Contains(s, canary) {
			return
		}
		for _, kind := range []plan.TextKind{plan.TextPlain, plan.TextSecret, plan.TextAddress, plan.TextURL} {
			read, err := plan.NewText(s, plan.Pos{}, kind)
			if err != nil {
				refusedWell(t, s, err)
				continue
			}
			if kind == plan.TextPlain && !strings.Contains(s, "$$") && read.String() != s {
				t.Fatalf("%q is shown as %q", s, read)
			}
			resolved, err := read.Resolve(func(plan.Reference) (string, error) { return canary, nil })
			if err != nil || strings.Contains(resolved, canary) != (len(read.References()) > 0) {
				t.Fatalf("%q resolves to %q, %v", s, resolved, err)
			}
			shown, err := read.ResolveMasked(func(plan.Reference) (string, error) { return canary, nil })
			if err != nil || kind != plan.TextPlain && kind != plan.TextAddress && strings.Contains(shown, canary) {
				t.Fatalf("%q is shown as %q, %v", s, shown, err)
			}
		}
		if hidden, err := plan.NewText(canary+s, plan.Pos{}, plan.TextSecret); err == nil && strings.Contains(hidden.String(), canary) {
			t.Fatalf("%q before a secret shows it: %s", s, hidden)
		}
	})
}

func FuzzPlaceholders(f *testing.F) {
	for _, seed := range []string{"{plan}/{id}", "https://{campus}.school.example/{date}?t=${TOKEN}", "{", "{}", "{a b}", "{{id}}", "}{", "{id}${id}"} {
		f.Add(seed, "value")
	}
	f.Fuzz(func(t *testing.T, s, value string) {
		for _, kind := range []plan.TextKind{plan.TextURL, plan.TextTemplate} {
			read, err := plan.NewText(s, plan.Pos{}, kind)
			if err != nil {
				refusedWell(t, s, err)
				continue
			}
			names := read.Placeholders()
			if expanded, unknown := read.ExpandBy(build.ValuesOf(nil)); len(unknown) != len(names) || expanded.String() != read.String() {
				t.Fatalf("%q without values becomes %q, unknown %q of %q", s, expanded, unknown, names)
			}
			values := map[string]string{}
			for _, name := range names {
				values[name] = value
			}
			expanded, unknown := read.ExpandBy(build.ValuesOf(values))
			if len(unknown) > 0 || len(expanded.Placeholders()) > 0 {
				t.Fatalf("%q with %q keeps %q", s, value, unknown)
			}
			if len(expanded.References()) != len(read.References()) {
				t.Fatalf("%q with %q has other references: %v", s, value, expanded.References())
			}
		}
	})
}

// FuzzOccurrences reads a recording's times and asks for what the whole package rests on: classes in order and within
// the window, the same ones when the window is cut in two.
func FuzzOccurrences(f *testing.F) {
	f.Add("Mon Wed 09:00-09:50", "2031-10-01..2031-10-31", "2031-10-13", "2031-10-15", "2031-10-16 10:00-10:50", uint16(2), uint16(30), uint32(86400*5))
	f.Add("Sun 01:30-02:30", "2031-10-01..2031-11-30", "2031-11-01", "2031-11-02", "02:00-03:00", uint16(1), uint16(40), uint32(3600))
	f.Add("2031-10-26 02:30-03:30", "2031-10-26", "2031-10-27", "2031-10-26 02:30", "23:00-01:00", uint16(4), uint16(20), uint32(1))
	f.Fuzz(func(t *testing.T, when, only, skip, key, to string, zoneIndex, firstDay uint16, cut uint32) {
		w, err := load.ParseWhen(when)
		if err != nil {
			return
		}
		r := &plan.Recording{ID: "fuzzed", When: []plan.When{w}}
		r.Zone = build.Zone(build.OddZones[int(zoneIndex)%len(build.OddZones)])
		days := func(s string) []*plan.Calendar {
			d, err := load.ParseDays(s)
			if err != nil || d.Last-d.First > 4000 {
				return nil
			}
			return []*plan.Calendar{{Name: "days", Entries: []plan.CalendarEntry{{Days: d}}}}
		}
		r.Only, r.Skip = days(only), days(skip)
		if k, err := load.ParseChangeKey(key); err == nil {
			if moved, err := load.ParseChangeTo(to); err == nil {
				r.Changes = []plan.Change{{Key: k, To: &moved}}
			}
		}
		p := &plan.Plan{Name: "plan", Recordings: []*plan.Recording{r}}
		from := build.Instant("2031-09-15").AddDate(0, 0, int(firstDay%120))
		until := from.AddDate(0, 0, 14)
		middle := from.Add(time.Duration(cut%(14*86400)) * time.Second)
		whole := schedule.Occurrences(p, from, until)
		for i, o := range whole {
			if o.Start.Before(from) || !o.Start.Before(until) || !o.Start.Before(o.End) || i > 0 && o.Start.Before(whole[i-1].Start) {
				t.Fatalf("class %d, from %s to %s, in [%s, %s)", i, o.Start, o.End, from, until)
			}
			if !utf8.ValidString(o.ID) {
				t.Fatalf("id %q", o.ID)
			}
		}
		parts := append(schedule.Occurrences(p, from, middle), schedule.Occurrences(p, middle, until)...)
		if len(parts) != len(whole) {
			t.Fatalf("%d classes, and %d when cut at %s", len(whole), len(parts), middle)
		}
		for i := range whole {
			if a, b := whole[i], parts[i]; a.ID != b.ID || !a.Start.Equal(b.Start) || !a.RecordFrom.Equal(b.RecordFrom) || !a.RecordUntil.Equal(b.RecordUntil) {
				t.Fatalf("class %s becomes %s when cut at %s", a.ID, b.ID, middle)
			}
		}
	})
}
