package runner_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/store"
)

// TestAPlanIsTakenUpAlsoWhereTheLeasesCannotBeRead applies a plan by a command while the table of the leases cannot be read.
func TestAPlanIsTakenUpAlsoWhereTheLeasesCannotBeRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		f := &fleet{house: newHouse(t, simulator.Config{})}
		f.revision, f.poll = wholeRevision, time.Second
		e := f.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
		until(monday.Add(-50 * time.Minute))
		r, err := wholeRevision(loadPlan(t, school("2031-09-15 09:00-09:50, 2031-09-15 10:00-10:30"), "school.yaml"))
		must(t, err)
		r.At = time.Now()
		f.define("ALTER TABLE leases RENAME TO hidden")
		_, err = f.beside().AddRevision(context.Background(), r)
		must(t, err)
		until(monday.Add(-49 * time.Minute))
		rows, err := f.store.Occurrences(context.Background(), store.Filter{})
		must(t, err)
		if len(rows) != 2 {
			t.Errorf("%d classes, want the 2 of the plan that was applied\n%s", len(rows), f.log.String())
		}
		f.define("ALTER TABLE hidden RENAME TO leases")
		f.shut(e)
	})
}
