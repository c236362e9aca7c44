package runner_test

import (
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
			session.Partial, 20*time.Minute + 57*time.Second, // the next query
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
