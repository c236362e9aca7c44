package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
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

// TestWhoBeginsToFollowTheLogHearsNothingOld has numbers of the log be missing, as after writes that were rolled back.
func TestWhoBeginsToFollowTheLogHearsNothingOld(t *testing.T) {
	t.Parallel()
	w := newTwo(t, pgtest.Start(t)) // alone on its server: a transaction of another holds entries back for longer
	for range 5 {
		w.must(w.a.Log(t.Context(), store.Event{At: time.Now(), Kind: "decision", Text: "old"}))
		tx, err := w.raw.BeginTx(t.Context(), nil)
		w.must(err)
		_, err = tx.ExecContext(t.Context(), `INSERT INTO events (occurrence_id, happened_at, kind, who, body, data) VALUES ('', 0, '', '', '', '')`)
		w.must(err)
		w.must(tx.Rollback())
	}
	w.must(w.a.Log(t.Context(), store.Event{At: time.Now(), Kind: "decision", Text: "old"}))
	last, err := w.b.LastEvent(t.Context())
	w.must(err)
	if events, err := w.b.FollowEvents(t.Context(), last, 100); err != nil || len(events) != 0 {
		t.Errorf("%d events that are old are told again, %v", len(events), err)
	}
	w.must(w.a.Log(t.Context(), store.Event{At: time.Now(), Kind: "decision", Text: "new"}))
	if events, err := w.b.FollowEvents(t.Context(), last, 100); err != nil || len(events) != 1 || events[0].Text != "new" {
		t.Errorf("after the newest come %+v, %v", events, err)
	}
}

// TestManyMissingNumbersHoldTheLogBackOnce has each entry of the log come after a write that was rolled back, as where the database refuses
// many of them. Who follows the log does not fall behind.
func TestManyMissingNumbersHoldTheLogBackOnce(t *testing.T) {
	t.Parallel()
	w := newTwo(t, pgtest.Start(t)) // alone on its server: a transaction of another holds entries back for longer
	w.must(w.a.Log(t.Context(), store.Event{At: time.Now(), Kind: "decision", Text: "old"}))
	last, err := w.b.LastEvent(t.Context())
	w.must(err)
	const entries = 20
	for range entries {
		tx, err := w.raw.BeginTx(t.Context(), nil)
		w.must(err)
		_, err = tx.ExecContext(t.Context(), `INSERT INTO events (occurrence_id, happened_at, kind, who, body, data) VALUES ('', 0, '', '', '', '')`)
		w.must(err)
		w.must(tx.Rollback())
		w.must(w.a.Log(t.Context(), store.Event{At: time.Now(), Kind: "decision", Text: "new"}))
	}
	shown := 0
	for range 3 {
		events, err := w.b.FollowEvents(t.Context(), last, 100)
		w.must(err)
		for _, e := range events {
			shown, last = shown+1, e.Seq
		}
	}
	if shown != entries {
		t.Errorf("three looks at the log show %d of %d entries", shown, entries)
	}
}

// TestAppIDsAreClaimedTogether has two nodes claim many App IDs, of which some are owned.
func TestAppIDsAreClaimedTogether(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(t *testing.T) (a, b *store.Store){
		"SQLite": func(t *testing.T) (a, b *store.Store) {
			file := filepath.Join(t.TempDir(), "rundown.db")
			return mustOpen(t, file, store.Options{Create: true, Work: true, Shared: true, Node: "a"}), mustOpen(t, file, store.Options{Work: true, Shared: true, Node: "b"})
		},
		"PostgreSQL": func(t *testing.T) (a, b *store.Store) {
			w := newTwo(t, pgtest.Shared(t))
			return w.a, w.b
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := open(t)
			owned := func(s *store.Store, apps ...string) (names []string) {
				t.Helper()
				leases, err := s.ClaimAll(t.Context(), apps, time.Now())
				if err != nil {
					t.Fatal(err)
				}
				for _, l := range leases {
					if l.Node != s.NodeID() || l.Term == 0 {
						t.Errorf("the lease is %+v", l)
					}
					names = append(names, fmt.Sprint(l.App, " ", l.Term))
				}
				return names
			}
			if got := owned(a, "two", "one", "two"); !slices.Equal(got, []string{"one 1", "two 1"}) {
				t.Errorf("a owns %v", got)
			}
			if got := owned(b, "one", "two", "three"); !slices.Equal(got, []string{"three 1"}) {
				t.Errorf("b owns %v", got)
			}
			if err := a.Release(t.Context(), "one", 1, time.Now()); err != nil {
				t.Fatal(err)
			}
			if got := owned(b, "one", "two", "three"); !slices.Equal(got, []string{"one 2", "three 1"}) {
				t.Errorf("b owns %v", got)
			}
			if got := owned(a); got != nil {
				t.Errorf("of none, a owns %v", got)
			}
		})
	}
}
