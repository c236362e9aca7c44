package store_test

import (
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rundown/runner/store"
	"rundown/runner/store/storetest"
)

func TestFiveThousandStepsAreGrouped(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "rundown.db")
	s := mustOpen(t, file, worker)
	watch := mustOpen(t, file, reader)
	term, err := storetest.Term(t.Context(), s, app)
	if err != nil {
		t.Fatal(err)
	}
	const many = 5000
	if err := writeSpecs(s, 0, many); err != nil {
		t.Fatal(err)
	}
	w := s.NewWriter(app, term)
	var answered atomic.Int32
	commits, last := 0, int64(-1)
	for i := range many {
		w.Submit(step(i), func(err error) {
			if err != nil {
				t.Error(err)
			}
			answered.Add(1)
			// Another connection sees each commit as a change, and an answer comes after its commit.
			if now, err := watch.Changes(t.Context()); err != nil {
				t.Error(err)
			} else if now != last {
				commits, last = commits+1, now
			}
		})
	}
	w.Close()
	if n := answered.Load(); n != many {
		t.Errorf("%d answers, want %d", n, many)
	}
	// A group has at most 32 steps; all but the first few find their group full.
	if commits < many/32 || commits > many/8 {
		t.Errorf("%d commits for %d steps", commits, many)
	}
	found, err := s.Occurrences(t.Context(), store.Filter{})
	if err != nil || len(found) != many {
		t.Errorf("%d stored, %v", len(found), err)
	}
	log, err := s.Events(t.Context(), "", 0, 0)
	if err != nil || len(log) != many {
		t.Errorf("%d events, %v", len(log), err)
	}
}

func TestAStoreTakesNoVirtualTime(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rundown.db")
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s, err := store.Open(t.Context(), file, worker)
		if err != nil {
			t.Fatal(err)
		}
		other, err := store.Open(t.Context(), file, reader)
		if err != nil {
			t.Fatal(err)
		}
		term, err := storetest.Term(t.Context(), s, app)
		if err != nil {
			t.Fatal(err)
		}
		if err := writeSpecs(s, 0, 1000); err != nil {
			t.Fatal(err)
		}
		w := s.NewWriter(app, term)
		answered := 0
		for i := range 1000 {
			w.Submit(step(i), func(err error) {
				if err != nil {
					t.Error(err)
				}
				answered++
			})
		}
		for range 20 { // others write at the same time: they queue, none finds the file busy and sleeps
			go func() {
				if err := s.Log(t.Context(), store.Event{At: began, Kind: "plan"}); err != nil {
					t.Error(err)
				}
			}()
		}
		synctest.Wait() // the writer sleeps when nothing waits
		if answered != 1000 {
			t.Errorf("%d answers", answered)
		}
		if err := s.Beat(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
		if _, err := other.Occurrences(t.Context(), store.Filter{}); err != nil {
			t.Fatal(err)
		}
		if passed := time.Since(began); passed != 0 {
			t.Errorf("%v of virtual time passed", passed)
		}
		w.Close()
		if err := other.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// BenchmarkStep compares what a step costs alone and among many that wait.
func BenchmarkStep(b *testing.B) {
	open := func(b *testing.B) (*store.Store, int64) {
		s := mustOpen(b, filepath.Join(b.TempDir(), "rundown.db"), worker)
		term, err := storetest.Term(b.Context(), s, app)
		if err != nil {
			b.Fatal(err)
		}
		return s, term
	}
	b.Run("single", func(b *testing.B) {
		s, term := open(b)
		i := 0
		for b.Loop() {
			if err := writeSpecs(s, i, 1); err != nil {
				b.Fatal(err)
			}
			if got, err := s.Commit(b.Context(), app, term, []store.Step{step(i)}); err != nil || got[0] != nil {
				b.Fatal(got, err)
			}
			i++
		}
	})
	b.Run("grouped", func(b *testing.B) {
		s, term := open(b)
		if err := writeSpecs(s, 0, b.N); err != nil {
			b.Fatal(err)
		}
		b.ResetTimer()
		w := s.NewWriter(app, term)
		for i := range b.N { // not Loop, which would leave Close out of what is measured
			w.Submit(step(i), func(err error) {
				if err != nil {
					b.Error(err)
				}
			})
		}
		w.Close()
	})
}
