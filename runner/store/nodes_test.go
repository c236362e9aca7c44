package store_test

import (
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"rundown/runner/store"
	"rundown/runner/store/storetest"
)

// TestNodes holds the rules of nodes on an SQLite file without a lock, in virtual time.
func TestNodes(t *testing.T) {
	t.Parallel()
	storetest.Nodes(t, synctest.Test, func(t *testing.T) (a, b *store.Store, pass func(time.Duration)) {
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
		return a, b, time.Sleep
	})
}

// TestALeapOfTheClockBuriesNobody has one of two nodes look for dead ones by a clock that went ahead.
func TestALeapOfTheClockBuriesNobody(t *testing.T) {
	t.Parallel()
	file, now := filepath.Join(t.TempDir(), "rundown.db"), time.Date(2031, 9, 15, 9, 0, 0, 0, time.UTC)
	a := mustOpen(t, file, store.Options{Create: true, Work: true, Shared: true, Node: "a"})
	b := mustOpen(t, file, store.Options{Work: true, Shared: true, Node: "b"})
	if err := errors.Join(a.Beat(t.Context(), now), b.Beat(t.Context(), now)); err != nil {
		t.Fatal(err)
	}
	later := now.Add(time.Hour)
	if dead, err := b.Bury(t.Context(), later); err != nil || len(dead) > 0 {
		t.Errorf("buried %+v, %v, before a heartbeat by the new time", dead, err)
	}
	if err := b.Beat(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	if dead, err := b.Bury(t.Context(), later); err != nil || len(dead) != 1 {
		t.Errorf("buried %+v, %v, want the node that gave none", dead, err)
	}
}
