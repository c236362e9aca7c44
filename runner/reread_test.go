package runner_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/session"
)

// alter writes into the store behind the engine's back.
func (h *house) alter(statements ...string) {
	h.t.Helper()
	synctest.Wait() // nothing is being written
	db, err := sql.Open("sqlite", filepath.Join(h.dir, "rundown.db"))
	if err != nil {
		h.t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range statements {
		if r, err := db.Exec(statement); err != nil {
			h.t.Fatal(err)
		} else if n, err := r.RowsAffected(); n == 0 {
			h.t.Fatal("nothing altered: ", statement, err)
		}
	}
}

func TestAnOccurrenceThatIsWrittenByAnotherIsReadAnewAndGoesOn(t *testing.T) {
	const touch = `UPDATE occurrences SET version = version + 1 WHERE outcome = ''`
	tests := []struct {
		name    string
		at      time.Duration
		alter   string
		outcome session.Outcome
		stopped time.Duration
	}{
		{"before it begins", -2 * time.Minute, touch, session.Recorded, 52 * time.Minute},
		{"while its session is started", -42 * time.Second, touch, session.Recorded, 52 * time.Minute},
		{"while it runs", 20 * time.Minute, touch, session.Recorded, 52 * time.Minute},
		{"while it is stopped", 52*time.Minute + time.Second, touch, session.Recorded, 52 * time.Minute},
		{
			"with an order", 20 * time.Minute,
			`UPDATE occurrences SET version = version + 1, doc = json_set(doc, '$.until', '2031-09-15T09:40:00+02:00', '$.end', '2031-09-15T09:39:00+02:00')`,
			session.Recorded, 40 * time.Minute,
		},
		{
			"with a request that nobody here sent", 20 * time.Minute,
			`UPDATE sessions SET doc = json_set(doc, '$.asked', 'stop', '$.state', 'stopping', '$.stop_asked_at', '2031-09-15T07:20:00Z');
			UPDATE occurrences SET version = version + 1`,
			session.Partial, 21*time.Minute + 12*time.Second, // a query, and a quarter of a minute until what it saw is stored
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{Faults: simulator.Faults{Requests: []simulator.RequestFault{
					{Endpoint: "start", Delay: simulator.Duration(2 * time.Second)}, {Endpoint: "stop", Delay: simulator.Duration(2 * time.Second)},
				}}})
				e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
				until(monday.Add(tt.at))
				h.alter(tt.alter)
				until(monday.Add(2 * time.Hour))
				h.shut(e)
				s := h.outcomes()[german]
				ran := h.sim.Ledger().Sessions
				if s.Outcome != tt.outcome || ran[0].StoppedAt == nil || ran[0].StoppedAt.Sub(monday.Add(tt.stopped)).Abs() > 5*time.Second {
					t.Errorf("%s: %s; sessions %+v", s.Outcome, s.Reason, ran)
				}
				if tt.outcome == session.Recorded && len(ran) != 1 {
					t.Errorf("%d sessions", len(ran))
				}
				h.audit()
			})
		})
	}
}

// TestATakeOverWhoseWriteIsRefusedBeginsAtOnce alters the class whose session is to be taken over just before.
func TestATakeOverWhoseWriteIsRefusedBeginsAtOnce(t *testing.T) {
	const next = "school/german/20310915T071000Z"
	tests := []struct {
		name, alter string
		stopped     []time.Duration // the sessions after the bell; 0: nobody knows of it any more
	}{
		{"it was written meanwhile", `UPDATE occurrences SET version = version + 1 WHERE id = '` + german + `'`, []time.Duration{62 * time.Minute}},
		{"it is gone", `DELETE FROM occurrences WHERE id = '` + german + `'`, []time.Duration{0, 62 * time.Minute}},
		{
			"the new one is there already", `INSERT INTO occurrences SELECT '` + next + `', plan, recording, day, clock, app, url, starts_at, ends_at, 'planned', '', '', 0, revision_id, 1,
			json_set(doc, '$.id', '` + next + `', '$.phase', 'planned', '$.end', '2031-09-15T10:00:00+02:00', '$.until', '2031-09-15T10:02:00+02:00'), '' FROM occurrences WHERE id = '` + german + `'`,
			[]time.Duration{52 * time.Minute, 62 * time.Minute},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
				until(monday.Add(20*time.Minute + 3*time.Second))
				apply := func(when string) {
					if _, err := e.Apply(context.Background(), loadPlan(t, school(when), "school.yaml")); err != nil {
						t.Fatal(err)
					}
				}
				apply("2031-09-16 09:00-09:50") // the running session is left to its end, or to whoever takes it over
				h.alter(tt.alter)
				apply("2031-09-15 09:10-10:00")
				until(monday.Add(2 * time.Hour))
				h.shut(e)
				s := h.outcomes()[next]
				ran := h.sim.Ledger().Sessions
				if s.Outcome != session.Recorded && s.Outcome != session.Partial || len(ran) != len(tt.stopped) {
					t.Fatalf("%s: %s; sessions %+v", s.Outcome, s.Reason, ran)
				}
				for i, want := range tt.stopped {
					if want != 0 && (ran[i].StoppedAt == nil || ran[i].StoppedAt.Sub(monday.Add(want)).Abs() > 5*time.Second) {
						t.Errorf("session %d: %+v, want it stopped %v after the bell", i, ran[i], want)
					}
					if late := ran[i].StartedAt.Sub(monday); i > 0 && late > 20*time.Minute+8*time.Second {
						t.Errorf("session %d began %v after the bell, want it at once", i, late)
					}
				}
			})
		})
	}
}
