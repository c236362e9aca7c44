package runner_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/runner"
	"rundown/runner/store"
	"rundown/runner/store/storetest"
)

// endedStore makes a store with so many classes that ended more than a week ago, one every half hour, and closes it.
func endedStore(b *testing.B, n int) (dsn string) {
	b.Helper()
	path := filepath.Join(b.TempDir(), "rundown.db")
	dsn = "sqlite:" + path
	s, err := store.Open(context.Background(), dsn, store.Options{Create: true, Work: true, Service: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	start := time.Now().AddDate(0, 0, -7).UTC().Truncate(time.Second)
	failures, err := storetest.Write(context.Background(), s, "canary-APP", storetest.Row{
		Occurrence: store.Occurrence{
			ID: "term/room/0", Plan: "term", Recording: "room", Day: start.Format(time.DateOnly), Clock: "09:00", App: "canary-APP", URL: "https://school.example/rooms/0",
			Start: start, End: start.Add(50 * time.Minute), State: "ended", Outcome: "recorded", Reason: "recorded to its end", Doc: []byte(`{"note":"` + strings.Repeat("x", 600) + `"}`),
		},
		Sessions: []store.Session{{Attempt: 1, App: "canary-APP", Cname: "term-room", UID: "1", ResourceID: strings.Repeat("r", 60), SID: strings.Repeat("5", 32), State: "ended", Doc: []byte(`{}`)}},
		Events:   []store.Event{{Occurrence: "term/room/0", At: start, Kind: "state", Text: "ended"}},
	})
	for _, err := range append(failures, err, s.Close()) {
		if err != nil {
			b.Fatal(err)
		}
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	for table, changed := range map[string]map[string]string{
		"occurrences": {"id": "id || i", "recording": "recording || i % 500", "starts_at": "starts_at - i * 1800000", "ends_at": "ends_at - i * 1800000"},
		"sessions":    {"occurrence_id": "occurrence_id || i", "sid": "sid || i", "resource_id": "resource_id || i"},
		"events":      {"seq": "seq + i", "occurrence_id": "occurrence_id || i", "happened_at": "happened_at - i * 1800000"},
	} {
		var names, values []string
		rows, err := db.Query(`SELECT name FROM pragma_table_xinfo($1) WHERE hidden = 0`, table)
		if err != nil {
			b.Fatal(err)
		}
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				b.Fatal(err)
			}
			value := name
			if other := changed[name]; other != "" {
				value = other
			}
			names, values = append(names, name), append(values, value)
		}
		if err := rows.Close(); err != nil {
			b.Fatal(err)
		}
		if _, err := db.Exec(fmt.Sprintf(`WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < %d)
			INSERT INTO %s (%s) SELECT %s FROM %s, numbers`, n-1, table, strings.Join(names, ", "), strings.Join(values, ", "), table)); err != nil {
			b.Fatal(table, err)
		}
	}
	if _, err := db.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		b.Fatal(err)
	}
	return dsn
}

// BenchmarkAmongEnded compares a store with 1,000 classes that have ended with one of 1,000,000: what a step costs, and how
// long a start takes. Both are ratios of the medians; the goal for a step is at most 1.05, and for a start no difference
// that is worth speaking of.
func BenchmarkAmongEnded(b *testing.B) {
	few, many := endedStore(b, 1000), endedStore(b, 1_000_000)
	p := crowd(b, 200)
	var steps, starts [2][]float64
	for b.Loop() {
		for i, dsn := range []string{few, many} {
			starts[i] = append(starts[i], startOn(b, dsn, p))
		}
		for i, times := range stepsOn(b, few, many) {
			steps[i] = append(steps[i], times...)
		}
	}
	middle := func(times []float64) float64 { return slices.Sorted(slices.Values(times))[len(times)/2] }
	b.ReportMetric(0, "ns/op") // of no use here
	b.ReportMetric(middle(steps[0])*1e6, "us/step")
	b.ReportMetric(middle(steps[1])/middle(steps[0]), "step-ratio")
	b.ReportMetric(middle(starts[0])*1e3, "ms/start")
	b.ReportMetric(middle(starts[1])/middle(starts[0]), "start-ratio")
}

// startOn gives the seconds from the opening of a store until an engine has started on it.
func startOn(b *testing.B, dsn string, p *plan.Plan) float64 {
	b.Helper()
	sim, err := simulator.New(simulator.Config{QPS: -1, Concurrent: -1})
	if err != nil {
		b.Fatal(err)
	}
	defer sim.Close()
	begun := time.Now()
	s, err := store.Open(context.Background(), dsn, store.Options{Work: true, Service: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	engine := runner.New(runner.Config{Store: s, Connect: connect(sim.Transport())})
	if err := engine.Start(context.Background(), p); err != nil {
		b.Fatal(err)
	}
	took := time.Since(begun).Seconds()
	engine.Close()
	return took
}

// stepsOn gives the seconds that single steps take on each of the stores, in turns.
func stepsOn(b *testing.B, stores ...string) [][]float64 {
	b.Helper()
	times := make([][]float64, len(stores))
	type open struct {
		s    *store.Store
		term int64
	}
	var at []open
	row := storetest.Row{Occurrence: store.Occurrence{
		ID: fmt.Sprintf("term/step/%d", time.Now().UnixNano()), Plan: "term", Recording: "step", Day: "2031-09-15", Clock: "09:00", App: "canary-APP",
		Start: time.Now(), End: time.Now().Add(time.Hour), State: "recording", Doc: []byte(`{}`),
	}}
	for _, dsn := range stores {
		s, err := store.Open(context.Background(), dsn, store.Options{Work: true, Service: "bench"})
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		term, err := storetest.Term(context.Background(), s, row.App)
		if err != nil {
			b.Fatal(err)
		}
		if err := s.WriteSpecs(context.Background(), func(tx *store.SpecTx) error {
			row.Generation = tx.Generation
			_, err := tx.Add(row.Spec())
			return err
		}); err != nil {
			b.Fatal(err)
		}
		at = append(at, open{s, term})
	}
	for i := range 2000 {
		for j, on := range at {
			step := row.Step()
			step.Version = int64(i)
			step.Events = []store.Event{{Occurrence: row.ID, At: time.Now(), Kind: "decision", Text: "a step"}}
			begun := time.Now()
			failures, err := on.s.Commit(context.Background(), row.App, on.term, []store.Step{step})
			if err != nil || failures[0] != nil {
				b.Fatal(failures, err)
			}
			times[j] = append(times[j], time.Since(begun).Seconds())
		}
	}
	return times
}
