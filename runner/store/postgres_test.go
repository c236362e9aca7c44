package store_test

import (
	"testing"
	"time"

	"rundown/runner/store"
	"rundown/runner/store/pgtest"
	"rundown/runner/store/storetest"
)

func TestStoreOnPostgreSQLBehavesAsEveryStore(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	t.Run("one process", func(t *testing.T) {
		t.Parallel()
		storetest.Exercise(t, func(t *testing.T) *store.Store {
			return mustOpen(t, server.Database(t), worker)
		})
	})
	t.Run("two processes", func(t *testing.T) {
		t.Parallel()
		at := func(t *testing.T, do func(t *testing.T)) { // the database has a clock of its own, which stands still
			t.Parallel()
			do(t)
		}
		storetest.Nodes(t, at, func(t *testing.T) (a, b *store.Store, pass func(time.Duration)) {
			dsn := server.Database(t)
			clock, now := server.Clock(t, dsn), time.Now()
			pass = func(d time.Duration) {
				now = now.Add(d)
				clock.Set(now)
			}
			return mustOpen(t, dsn, store.Options{Create: true, Work: true, Node: "a"}), mustOpen(t, dsn, store.Options{Work: true, Node: "b"}), pass
		})
	})
}
