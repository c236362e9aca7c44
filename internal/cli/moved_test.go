package cli

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/store/storetest"
	"rundown/runner/view"
)

// TestAMovedClassGoesByBothItsDays: on a store, a class is named by the day on which it is planned and by the one on which
// it happens. Where that names two, the command says so.
func TestAMovedClassGoesByBothItsDays(t *testing.T) {
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "rundown.db")
	s, err := store.Open(t.Context(), dsn, store.Options{Create: true, Work: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	berlin := zone(t, "Europe/Berlin")
	row := func(recording, planned, start string) storetest.Row {
		at := func(text string) time.Time {
			when, err := time.ParseInLocation("2006-01-02 15:04", text, berlin)
			if err != nil {
				t.Fatal(err)
			}
			return when
		}
		id := "mueller/" + recording + "/" + at(planned).UTC().Format(view.IdentityForm)
		return storetest.Row{Occurrence: store.Occurrence{
			ID: id, Plan: "mueller", Recording: recording, Day: planned[:10], Clock: planned[11:], App: "app",
			Start: at(start), End: at(start).Add(50 * time.Minute), State: "planned", Doc: []byte(`{"timezone":"Europe/Berlin"}`),
		}}
	}
	failures, err := storetest.Write(t.Context(), s, "app", []storetest.Row{
		row("a1", "2031-09-19 09:00", "2031-09-20 00:10"),
		row("a1", "2031-09-26 09:00", "2031-09-26 09:00"),
		row("a2", "2031-09-19 08:00", "2031-09-26 15:00"),
		row("a2", "2031-09-26 08:00", "2031-09-26 08:00"),
		row("a3", "2031-09-19 08:00", "2031-11-19 08:00"),
	}...)
	for _, one := range append(failures, err) {
		if one != nil {
			t.Fatal(one)
		}
	}
	for id, want := range map[string]string{
		"a1@2031-09-19":               "mueller/a1/20310919T070000Z",
		"a1@2031-09-20":               "mueller/a1/20310919T070000Z",
		"a1@2031-09-20T00:10":         "mueller/a1/20310919T070000Z",
		"mueller/a1@2031-09-20":       "mueller/a1/20310919T070000Z",
		"a1@2031-09-26":               "mueller/a1/20310926T070000Z",
		"a2@2031-09-26T15:00":         "mueller/a2/20310919T060000Z",
		"a2@2031-09-26T08:00":         "mueller/a2/20310926T060000Z",
		"a3@2031-09-19":               "mueller/a3/20310919T060000Z",
		"a3@2031-11-19":               "mueller/a3/20310919T060000Z",
		"mueller/a3/20310919T060000Z": "mueller/a3/20310919T060000Z",
		"a2@2031-09-26":               "matches 2 classes, name one of them: a2@2031-09-26T08:00, a2@2031-09-26T15:00",
		"a1@2031-09-21":               "no class a1@2031-09-21",
		"other/a1@2031-09-20":         "no class other/a1@2031-09-20",
	} {
		c, err := classNamed(t, s, noon, id)
		if err != nil && strings.Contains(err.Error(), want) || err == nil && c.Row.ID == want {
			continue
		}
		t.Errorf("%s: got %s, %v, want %s", id, c.Row.ID, err, want)
	}
	for _, args := range [][]string{{"cancel", "a1@2031-09-20"}, {"history", "a1@2031-09-20"}, {"show", "a1@2031-09-20"}, {"show", "a1@2031-09-20", "0:10"}} {
		if status, out, said := rundown(t, append(args, "--store", dsn)...); status != StatusOK || !strings.Contains(out, "mueller/a1/20310919T070000Z") {
			t.Errorf("%s: status %d, %s%s", strings.Join(args, " "), status, out, said)
		}
	}
	if status, out, said := rundown(t, "extend", "a1@2031-09-26", "5m", "--store", dsn); status != StatusOK || !strings.Contains(out, "mueller/a1/20310926T070000Z") {
		t.Errorf("extend: status %d, %s%s", status, out, said)
	}
	c, err := classNamed(t, s, noon, "a1@2031-09-26")
	if err != nil {
		t.Fatal(err)
	}
	orders, err := s.OrdersFor(t.Context(), c.Row.ID)
	if err != nil || len(orders) != 1 {
		t.Fatalf("%+v, %v, want one order", orders, err)
	}
	var order session.ExtendArgs
	if err := json.Unmarshal(orders[0].Args, &order); err != nil || !order.Start.Equal(c.Row.Start) {
		t.Errorf("the order is %s, %v, want it for the start at %v", orders[0].Args, err, c.Row.Start)
	}
}

func TestClocksOfListTellTheLength(t *testing.T) {
	york := zone(t, "America/New_York")
	for _, test := range []struct {
		start  string
		length time.Duration
		want   string
	}{
		{"2031-11-05T09:00:00-05:00", 50 * time.Minute, "09:00-09:50"},
		{"2031-11-05T09:00:00-05:00", 15 * time.Hour, "09:00-00:00 +1d"},
		{"2031-11-03T09:00:00-05:00", 30 * time.Hour, "09:00-15:00 +1d"},
		{"2031-11-03T09:00:00-05:00", 48 * time.Hour, "09:00-09:00 +2d"},
		{"2031-11-02T01:30:00-04:00", time.Hour, "01:30-01:30 (1h)"},
		{"2031-11-02T01:30:00-04:00", 2 * time.Hour, "01:30-02:30 (2h)"},
		{"2031-11-01T22:00:20-04:00", 8 * time.Hour, "22:00:20-05:00:20 +1d (8h)"},
	} {
		start, err := time.Parse(time.RFC3339, test.start)
		if err != nil {
			t.Fatal(err)
		}
		if got := view.ClockText(start.In(york), start.Add(test.length)); got != test.want {
			t.Errorf("%s for %s: %q, want %q", test.start, test.length, got, test.want)
		}
	}
}
