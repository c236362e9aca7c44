package store_test

import (
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"

	"rundown/runner/store"
	"rundown/runner/store/storetest"
)

// TestNodes holds the rules of nodes on an SQLite file without a lock, in virtual time.
func TestNodes(t *testing.T) {
	t.Parallel()
	storetest.Nodes(t, synctest.Test, func(t *testing.T) (a, b *store.Store) {
		file := filepath.Join(t.TempDir(), "rundown.db")
		var err [2]error
		a, err[0] = store.Open(t.Context(), file, store.Options{Create: true, Work: true, Shared: true, Node: "a"})
		b, err[1] = store.Open(t.Context(), file, store.Options{Work: true, Shared: true, Node: "b"})
		if err := errors.Join(err[:]...); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := errors.Join(a.Close(), b.Close()); err != nil {
				t.Error(err)
			}
		})
		return a, b
	})
}
