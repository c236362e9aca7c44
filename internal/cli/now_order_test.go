package cli

import (
	"context"
	"io"
	"testing"
	"time"

	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
)

// atNoon is a command line for which it is noon.
func atNoon() *app {
	a := newApp(Streams{Out: io.Discard, Err: io.Discard})
	a.clock = func() time.Time { return noon }
	a.flags.logFormat, a.flags.logLevel = "text", "info"
	return a
}

// TestNowRefusesAPageThatIsToBeRecordedNow asks for a page that was asked for before, and that no daemon has begun to record.
func TestNowRefusesAPageThatIsToBeRecordedNow(t *testing.T) {
	t.Parallel()
	a := atNoon()
	plans, err := a.soundPlans([]string{"../../examples/quickstart.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	p := plans[0].Plan
	ask := func(rows ...store.Occurrence) ([]string, error) {
		occurrences, _, err := a.occurrencesNow(p, p.Recordings[:1], time.Hour, nowMargin, rows)
		if err != nil {
			return nil, err
		}
		return []string{occurrences[0].ID, occurrences[0].URL.String()}, nil
	}
	first, err := ask()
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		origin, doc string
		end         time.Duration // from now
		refused     bool
	}{
		"asked for now":       {runner.OriginNow, "{}", time.Hour, true},
		"cancelled":           {runner.OriginNow, `{"cancel":{"who":"ops"}}`, time.Hour, false},
		"over":                {runner.OriginNow, "{}", 0, false},
		"a class ahead of us": {"", "{}", time.Hour, false},
	} {
		row := store.Occurrence{ID: first[0], URL: first[1], State: string(session.Planned), Start: noon, End: noon.Add(tt.end), Origin: tt.origin, Doc: []byte(tt.doc)}
		if _, err := ask(row); (err != nil) != tt.refused {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAnInterruptedNowCancelsOnceTheStoreTakesIt has the store fail when now is interrupted.
func TestAnInterruptedNowCancelsOnceTheStoreTakesIt(t *testing.T) {
	t.Parallel()
	dsn, id := extendedRow(t, "planned", noon, noon.Add(time.Hour), map[string]any{})
	s, err := store.Open(t.Context(), dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	a := atNoon()
	run, err := a.newNowRun(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer run.show.Close()
	run.open[id] = true
	f := &nowFollower{nowOrder: &nowOrder{a: a, s: s, ids: []string{id}}, run: run, told: map[string]session.Phase{}}
	run.by = f
	failing, fail := context.WithCancel(t.Context())
	fail()
	run.cancel(failing)
	if !run.open[id] {
		t.Error("the recording is not waited for any more")
	}
	for range 2 {
		if err := f.look(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if orders, err := s.OrdersFor(t.Context(), id); err != nil || len(orders) != 1 || orders[0].Kind != session.CommandCancel || !orders[0].CarriedOut() {
		t.Errorf("ordered %+v, %v", orders, err)
	}
}
