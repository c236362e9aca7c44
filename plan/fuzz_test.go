package plan

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// Fuzz targets for each form of text that plans hold. What is read must be sound, and what is refused must be refused
// with a message fit for a finding; FuzzLoad, beside the loader's tests, does the same for whole files.

// refusedWell holds an error to what every parser promises: a message of one line, as a [*syntaxError].
func refusedWell(t *testing.T, s string, err error) {
	t.Helper()
	var syntax *syntaxError
	if !errors.As(err, &syntax) || syntax.Message == "" || strings.ContainsAny(syntax.Message+syntax.Hint, "\n\r") {
		t.Fatalf("%q is refused with %#v", s, err)
	}
}

func FuzzWhen(f *testing.F) {
	for _, seed := range []string{"Mon Wed 09:00-09:50", "Mon-Fri 08:00-08:45", "2031-12-17 08:00-11:00", "Sat 23:30-00:30", "Mon 09:00:20-09:00:50", "Sun-Sat 00:00-24:00", "-", ":", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w, err := parseWhen(s)
		if err != nil {
			refusedWell(t, s, err)
			return
		}
		if w.length <= 0 || w.length > 24*time.Hour || w.length%time.Second != 0 || w.start < 0 || w.start >= daySeconds {
			t.Fatalf("%q is read as %+v", s, w)
		}
		again, err := parseWhen("  " + strings.Join(strings.Fields(s), "\t ") + " ")
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
		w, err := newCron(expr, time.Duration(minutes%(24*60))*time.Minute)
		if err != nil {
			refusedWell(t, expr, err)
			return
		}
		from := instant("2031-09-15")
		count := 0
		r := &Recording{ID: "fuzzed", Settings: Settings{Zone: time.UTC}, When: []When{w}}
		for _, o := range OccurrencesOf(r, &Plan{Name: "plan"}, from, from.AddDate(0, 0, 2)) {
			// In a zone without changes of the clock, robfig/cron itself is right.
			if want := w.spec.Next(o.Start.Add(-time.Second)); !want.Equal(o.Start) || o.End.Sub(o.Start) != w.length {
				t.Fatalf("%q has a class from %s to %s, want one of %s at %s", expr, o.Start, o.End, w.length, want)
			}
			count++
		}
		next := 0
		for at := w.spec.Next(from.Add(-time.Second)); !at.IsZero() && at.Before(from.AddDate(0, 0, 2)); at = w.spec.Next(at) {
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
		days, err := parseDays(s)
		if err != nil {
			refusedWell(t, s, err)
			return
		}
		if days.Last < days.First {
			t.Fatalf("%q is read as %v", s, days)
		}
		if again, err := parseDays(days.String()); err != nil || again != days {
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
		if k, err := parseChangeKey(key); err != nil {
			refusedWell(t, key, err)
		} else if again, err := parseChangeKey(k.String()); err != nil || again != k || k.Days.Last < k.Days.First || k.Time < 0 || k.Time >= daySeconds {
			t.Fatalf("%q is read as %v, which is read as %v, %v", key, k, again, err)
		}
		if moved, err := parseChangeTo(to); err != nil {
			refusedWell(t, to, err)
		} else if moved.length <= 0 || moved.length > 24*time.Hour || moved.start < 0 || moved.start >= daySeconds {
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
		for _, kind := range []textKind{textPlain, textSecret, textAddress, textURL} {
			read, err := newText(s, Pos{}, kind)
			if err != nil {
				refusedWell(t, s, err)
				continue
			}
			if kind == textPlain && !strings.Contains(s, "$$") && read.String() != s {
				t.Fatalf("%q is shown as %q", s, read)
			}
			resolved, err := read.Resolve(func(Reference) (string, error) { return canary, nil })
			if err != nil || strings.Contains(resolved, canary) != (len(read.References()) > 0) {
				t.Fatalf("%q resolves to %q, %v", s, resolved, err)
			}
			shown, err := read.ResolveMasked(func(Reference) (string, error) { return canary, nil })
			if err != nil || kind != textPlain && kind != textAddress && strings.Contains(shown, canary) {
				t.Fatalf("%q is shown as %q, %v", s, shown, err)
			}
		}
		if hidden, err := newText(canary+s, Pos{}, textSecret); err == nil && strings.Contains(hidden.String(), canary) {
			t.Fatalf("%q before a secret shows it: %s", s, hidden)
		}
	})
}

func FuzzPlaceholders(f *testing.F) {
	for _, seed := range []string{"{plan}/{id}", "https://{campus}.school.example/{date}?t=${TOKEN}", "{", "{}", "{a b}", "{{id}}", "}{", "{id}${id}"} {
		f.Add(seed, "value")
	}
	f.Fuzz(func(t *testing.T, s, value string) {
		for _, kind := range []textKind{textURL, textTemplate} {
			read, err := newText(s, Pos{}, kind)
			if err != nil {
				refusedWell(t, s, err)
				continue
			}
			names := read.placeholders()
			if expanded, unknown := read.expandBy(valuesOf(nil)); len(unknown) != len(names) || expanded.String() != read.String() {
				t.Fatalf("%q without values becomes %q, unknown %q of %q", s, expanded, unknown, names)
			}
			values := map[string]string{}
			for _, name := range names {
				values[name] = value
			}
			expanded, unknown := read.expandBy(valuesOf(values))
			if len(unknown) > 0 || len(expanded.placeholders()) > 0 {
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
		w, err := parseWhen(when)
		if err != nil {
			return
		}
		r := &Recording{ID: "fuzzed", When: []When{w}}
		r.Zone = zone(oddZones[int(zoneIndex)%len(oddZones)])
		days := func(s string) []*Calendar {
			d, err := parseDays(s)
			if err != nil || d.Last-d.First > 4000 {
				return nil
			}
			return []*Calendar{{Name: "days", Entries: []CalendarEntry{{Days: d}}}}
		}
		r.Only, r.Skip = days(only), days(skip)
		if k, err := parseChangeKey(key); err == nil {
			if moved, err := parseChangeTo(to); err == nil {
				r.Changes = []Change{{Key: k, To: &moved}}
			}
		}
		p := &Plan{Name: "plan", Recordings: []*Recording{r}}
		from := instant("2031-09-15").AddDate(0, 0, int(firstDay%120))
		until := from.AddDate(0, 0, 14)
		middle := from.Add(time.Duration(cut%(14*86400)) * time.Second)
		whole := Occurrences(p, from, until)
		for i, o := range whole {
			if o.Start.Before(from) || !o.Start.Before(until) || !o.Start.Before(o.End) || i > 0 && o.Start.Before(whole[i-1].Start) {
				t.Fatalf("class %d, from %s to %s, in [%s, %s)", i, o.Start, o.End, from, until)
			}
			if !utf8.ValidString(o.ID) {
				t.Fatalf("id %q", o.ID)
			}
		}
		parts := append(Occurrences(p, from, middle), Occurrences(p, middle, until)...)
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
