package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"rundown/runner/store"
)

// writerOrder lets many goroutines chain steps, each on the one before, without waiting for it.
func writerOrder(t *testing.T, s *store.Store) {
	term := lease(t, s)
	w := s.NewWriter(app, term)
	const recordings, versions = 20, 25
	var mu sync.Mutex
	answered := map[string][]int64{}
	for i := range recordings {
		add(t, s, Row{Occurrence: class(fmt.Sprint("r", i), monday)})
	}
	add(t, s, Row{Occurrence: class("last", monday)}, Row{Occurrence: class("other", monday)})
	var wg sync.WaitGroup
	for i := range recordings {
		wg.Go(func() {
			for v := range int64(versions) {
				o := class(fmt.Sprint("r", i), monday)
				o.Version = v
				w.Submit(Row{Occurrence: o, Events: []store.Event{{Kind: "state"}}}.Step(), func(err error) {
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					defer mu.Unlock()
					answered[o.ID] = append(answered[o.ID], v)
				})
			}
		})
	}
	wg.Wait()
	stale, fenced := errors.New("not answered"), errors.New("not answered")
	w.Submit(Row{Occurrence: class("r0", monday)}.Step(), func(err error) { stale = err })
	w.Submit(Row{Occurrence: class("last", monday)}.Step(), nil)
	w.Close()
	other := s.NewWriter(app, term+1)
	other.Submit(Row{Occurrence: class("other", monday)}.Step(), func(err error) { fenced = err })
	other.Close()

	if !errors.Is(stale, store.ErrStale) || !errors.Is(fenced, store.ErrFenced) {
		t.Errorf("got %v and %v, want stale and fenced", stale, fenced)
	}
	stored := list(t, s, store.Filter{})
	if len(stored) != recordings+2 {
		t.Fatalf("%d occurrences, want %d", len(stored), recordings+2)
	}
	inOrder(t, stored, answered, versions)
}

// inOrder wants each recording to have so many versions, which were answered in their order.
func inOrder(t *testing.T, stored []store.Occurrence, answered map[string][]int64, versions int) {
	t.Helper()
	for _, o := range stored {
		if o.Recording == "last" || o.Recording == "other" {
			continue
		}
		if o.Version != int64(versions) {
			t.Errorf("%s has version %d, want %d", o.ID, o.Version, versions)
		}
		for i, v := range answered[o.ID] {
			if v != int64(i) {
				t.Errorf("%s: answers in order %v", o.ID, answered[o.ID])
				break
			}
		}
		if len(answered[o.ID]) != versions {
			t.Errorf("%s: %d answers, want %d", o.ID, len(answered[o.ID]), versions)
		}
	}
}

// writerClose closes right after submitting: all is written, and a step left in an answer is answered too.
func writerClose(t *testing.T, s *store.Store) {
	w := s.NewWriter(app, lease(t, s))
	const many = 100
	answers, nested := 0, 0
	for i := range many {
		add(t, s, Row{Occurrence: class(fmt.Sprint("r", i), monday)}, Row{Occurrence: class(fmt.Sprint("again", i), monday)})
	}
	for i := range many {
		w.Submit(Row{Occurrence: class(fmt.Sprint("r", i), monday)}.Step(), func(err error) {
			if err != nil {
				t.Error(err)
			}
			answers++
			w.Submit(Row{Occurrence: class(fmt.Sprint("again", i), monday)}.Step(), func(err error) {
				if err != nil && !errors.Is(err, store.ErrClosed) {
					t.Error(err)
				}
				nested++
			})
		})
	}
	w.Close()
	w.Close()
	if answers != many || nested != many {
		t.Errorf("%d and %d answers, want %d of each", answers, nested, many)
	}
	n := 0
	for _, o := range list(t, s, store.Filter{}) {
		if o.Version > 0 {
			n++
		}
	}
	if n < many {
		t.Errorf("%d stored, want at least %d", n, many)
	}
	late := errors.New("not answered")
	w.Submit(Row{Occurrence: class("late", monday)}.Step(), func(err error) { late = err })
	if !errors.Is(late, store.ErrClosed) {
		t.Errorf("after closing: %v, want closed", late)
	}
}

// cancelled holds each write to leaving nothing behind when it reports the end of its context.
func cancelled(t *testing.T, s *store.Store) {
	term := lease(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Commit(ctx, app, term, []store.Step{Row{Occurrence: class("algebra", monday)}.Step()}); !errors.Is(err, context.Canceled) {
		t.Errorf("commit: %v", err)
	}
	if err := s.Log(ctx, store.Event{Kind: "plan"}); !errors.Is(err, context.Canceled) {
		t.Errorf("log: %v", err)
	}
	if err := s.WriteSpecs(ctx, func(tx *store.SpecTx) error { return tx.AddCommand(&store.Command{Kind: "cancel", DoneAt: monday}) }); !errors.Is(err, context.Canceled) {
		t.Errorf("command: %v", err)
	}
	log, err := s.Events(t.Context(), "", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	waiting, err := s.Orders(t.Context(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(list(t, s, store.Filter{})) + len(log) + len(waiting); n != 0 {
		t.Errorf("%d rows were written", n)
	}
}
