package store_test

import (
	"path/filepath"
	"testing"

	"rundown/runner/store"
	"rundown/runner/store/storetest"
)

func TestStoreOnSQLiteBehavesAsEveryStore(t *testing.T) {
	t.Parallel()
	storetest.Exercise(t, func(t *testing.T) *store.Store {
		return mustOpen(t, filepath.Join(t.TempDir(), "rundown.db"), store.Options{Create: true, Work: true})
	})
}

func TestStoreInMemoryBehavesAsEveryStore(t *testing.T) {
	t.Parallel()
	storetest.Exercise(t, func(t *testing.T) *store.Store {
		return mustOpen(t, ":memory:", store.Options{Create: true, Work: true})
	})
}

// mustOpen opens a store and closes it at the test's end, if the test has not.
func mustOpen(t testing.TB, dsn string, opts store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), dsn, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
