package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"rundown/runner/store"
	"rundown/runner/store/pgtest"
)

// TestAReadWaitsForNoCommits has the commits of more App IDs stand still than there are connections.
func TestAReadWaitsForNoCommits(t *testing.T) {
	t.Parallel()
	w := newTwo(t, pgtest.Shared(t))
	const apps = 12
	terms := map[string]int64{}
	for i := range apps {
		lease, err := w.a.Claim(t.Context(), fmt.Sprint("app-", i), time.Now())
		w.must(err)
		terms[lease.App] = lease.Term
	}
	tx, err := w.raw.BeginTx(t.Context(), nil)
	w.must(err)
	_, err = tx.ExecContext(t.Context(), `SELECT 1 FROM leases FOR UPDATE`)
	w.must(err)
	results := make(chan error, apps)
	for app, term := range terms {
		go func() {
			_, err := w.a.Commit(context.Background(), app, term, []store.Step{{ID: "school/algebra/20310917T090000Z", State: "planned"}})
			results <- err
		}()
	}
	w.blocked(6, nil)
	for range 10 { // by the first of them all commits may not have begun
		_, err := w.a.Generation(t.Context())
		w.must(err)
	}
	select {
	case err := <-results:
		t.Fatalf("a read waited until a commit had ended: %v", err)
	default:
	}
	w.must(tx.Rollback())
	for range apps {
		w.must(<-results)
	}
}
