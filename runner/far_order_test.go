package runner_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/session"
	"rundown/runner/store"
)

// TestOrdersHoldForAClassFarAhead gives orders for a class twelve days ahead, of which the store has no row yet, and lets
// the time pass. What is old is removed from the store meanwhile.
func TestOrdersHoldForAClassFarAhead(t *testing.T) {
	const planned = "2031-09-04 09:00-09:50, 2031-09-15 09:00-09:50"
	extended := session.ExtendArgs{Until: monday.Add(65 * time.Minute)}
	for _, tt := range []struct {
		name    string
		daemons []string
		kinds   []string
		stopped time.Duration // since the bell; 0: not recorded
		outcome session.Outcome
	}{
		{"cancelled", []string{"running", "stopped", "restarted later"}, []string{session.CommandCancel}, 0, session.Cancelled},
		{"extended", []string{"running", "stopped", "restarted later"}, []string{session.CommandExtend}, 67 * time.Minute, session.Recorded},
		{
			"extended, cancelled and taken back",
			[]string{"restarted later"},
			[]string{session.CommandExtend, session.CommandCancel, session.CommandUncancel},
			67 * time.Minute, session.Recorded,
		},
	} {
		for _, daemon := range tt.daemons {
			t.Run(fmt.Sprintf("%s, daemon %s", tt.name, daemon), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					until(monday.AddDate(0, 0, -12))
					h := newHouse(t, simulator.Config{})
					h.poll, h.keep = time.Hour, 9*24*time.Hour
					p := loadPlan(t, school(planned), "school.yaml")
					e := h.open(p)
					s := h.beside()
					if rows, err := s.Occurrences(context.Background(), store.Filter{ID: german}); err != nil || len(rows) > 0 {
						t.Fatalf("the store has a row already: %+v, %v", rows, err)
					}
					if daemon == "stopped" {
						h.shut(e)
					}
					for _, kind := range tt.kinds {
						order(t, s, kind, german, extended)
					}
					if daemon == "restarted later" {
						until(monday.AddDate(0, 0, -10))
						h.shut(e)
					}
					if daemon != "running" {
						e = h.open(p)
					}
					until(monday.Add(3 * time.Hour))
					h.shut(e)
					rows, err := s.Occurrences(context.Background(), store.Filter{ID: german})
					if err != nil || len(rows) != 1 || rows[0].Outcome != string(tt.outcome) {
						t.Errorf("%+v, %v, want outcome %q", rows, err, tt.outcome)
					}
					ledger := h.ledgerOf("german")
					for len(ledger) > 0 && ledger[0].StartedAt.Before(monday.AddDate(0, 0, -1)) {
						ledger = ledger[1:] // the class before
					}
					if want := min(int(tt.stopped), 1); len(ledger) != want || want > 0 && ledger[0].StoppedAt.Sub(monday.Add(tt.stopped)).Abs() > 5*time.Second {
						t.Errorf("%+v, want one session that is stopped %v after the bell", ledger, tt.stopped)
					}
					h.audit()
				})
			})
		}
	}
}

// TestAnOrderForAClassFarAheadGoesOverToItsNewIdentity changes the zone of a class for which an order waits.
func TestAnOrderForAClassFarAheadGoesOverToItsNewIdentity(t *testing.T) {
	const planned = "2031-08-31 09:00-09:50, 2031-09-15 09:00-09:50"
	synctest.Test(t, func(t *testing.T) {
		until(monday.AddDate(0, 0, -16))
		h := newHouse(t, simulator.Config{})
		h.poll = time.Hour
		e := h.open(loadPlan(t, school(planned), "school.yaml"))
		s := h.beside()
		cancel := store.Command{At: time.Now(), Occurrence: german, Kind: session.CommandCancel, Who: "ops", Day: "2031-09-15", Clock: "09:00"}
		if _, err := give(s, cancel); err != nil {
			t.Fatal(err)
		}
		until(monday.AddDate(0, 0, -11))
		if _, err := e.Apply(context.Background(), loadPlan(t, school(planned, "    timezone: Europe/Lisbon"), "school.yaml")); err != nil {
			t.Fatal(err)
		}
		until(monday.Add(3 * time.Hour))
		h.shut(e)
		rows, err := s.Occurrences(context.Background(), store.Filter{ID: "school/german/20310915T080000Z"})
		if err != nil || len(rows) != 1 || rows[0].Outcome != string(session.Cancelled) {
			t.Errorf("%+v, %v, want it cancelled", rows, err)
		}
		if ledger := h.ledgerOf("german"); len(ledger) != 1 || ledger[0].StartedAt.After(monday.AddDate(0, 0, -1)) {
			t.Errorf("%+v, want the class before alone", ledger)
		}
	})
}

// TestAnOrderForAClassThatWasMovedFarAheadOutlivesWhatIsKept moves a class by twenty days, gives orders for it, and keeps
// what is over for nine days: they pass before the class comes within the horizon. The daemon goes on, or is started again
// each week.
func TestAnOrderForAClassThatWasMovedFarAheadOutlivesWhatIsKept(t *testing.T) {
	t.Parallel()
	later := monday.AddDate(0, 0, 20) // 2031-10-05 09:00 in Berlin
	const plan = "2031-09-15 09:00-09:50"
	const change = "    changes: {2031-09-15: {to: 2031-10-05 09:00-09:50}}"
	extended := session.ExtendArgs{Until: later.Add(65 * time.Minute), Start: later, End: later.Add(50 * time.Minute)}
	for name, restarts := range map[string]bool{"one daemon": false, "started again each week": true} {
		for _, kind := range []string{session.CommandCancel, session.CommandExtend} {
			t.Run(kind+", "+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					until(monday.AddDate(0, 0, -1))
					h := newHouse(t, simulator.Config{})
					h.poll, h.keep = time.Hour, 9*24*time.Hour
					p := loadPlan(t, school(plan, change), "school.yaml")
					e := h.open(p)
					order(t, h.beside(), kind, german, extended)
					for day := 6; day < 20; day += 7 {
						until(monday.AddDate(0, 0, day))
						if restarts {
							h.shut(e)
							e = h.open(p)
						}
					}
					until(later.Add(3 * time.Hour))
					h.shut(e)
					ledger := h.ledgerOf("german")
					if kind == session.CommandCancel && len(ledger) > 0 {
						t.Errorf("%+v, want it cancelled", ledger)
					}
					if kind == session.CommandExtend && (len(ledger) != 1 || ledger[0].StoppedAt.Sub(later.Add(67*time.Minute)).Abs() > 5*time.Second) {
						t.Errorf("%+v, want one session that is stopped with the extended class", ledger)
					}
				})
			})
		}
	}
}
