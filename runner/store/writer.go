package store

import (
	"context"
	"sync"
)

// groupLimit is how many steps a transaction of a [Writer] takes: a sync of the disk is shared by so many, and none of
// them waits for a long one.
const groupLimit = 32

// Writer writes the steps of one App ID under one term, grouping those that wait into one transaction. It is safe for
// concurrent use. Whoever makes one waits for it, with [Writer.Close].
type Writer struct {
	store *Store
	app   string
	term  int64

	mu      sync.Mutex
	changed *sync.Cond // waiting or closed
	waiting []submission
	closed  bool
	ended   chan struct{}
}

type submission struct {
	step Step
	done func(error)
}

// NewWriter starts a writer for app under the term that [Store.Claim] gave.
func (s *Store) NewWriter(app string, term int64) *Writer {
	w := &Writer{store: s, app: app, term: term, ended: make(chan struct{})}
	w.changed = sync.NewCond(&w.mu)
	go w.run()
	return w
}

// Submit leaves a step to be written and returns at once. After the commit done is called with nil, or with an error
// as [Store.Commit] gives it for the step or for the whole transaction; the latter is told to all that wait. Steps are
// written in the order of their Submit; the next may build on one that has not been written yet.
//
// done, which may be nil, runs in the writer's goroutine: it must be quick, and may Submit but not Close. After Close
// it is called with [ErrClosed] at once, by Submit itself.
func (w *Writer) Submit(step Step, done func(error)) {
	if done == nil {
		done = func(error) {}
	}
	w.mu.Lock()
	closed := w.closed
	if !closed {
		w.waiting = append(w.waiting, submission{step, done})
		w.changed.Signal()
	}
	w.mu.Unlock()
	if closed {
		done(ErrClosed)
	}
}

// Close writes what waits, reports it and ends the writer. Closing twice is closing once.
func (w *Writer) Close() {
	w.mu.Lock()
	w.closed = true
	w.changed.Signal()
	w.mu.Unlock()
	<-w.ended
}

func (w *Writer) run() {
	defer close(w.ended)
	for {
		group := w.next()
		if group == nil {
			return
		}
		steps := make([]Step, len(group))
		for i := range group {
			steps[i] = group[i].step
		}
		// Not cancellable: what was submitted is to be written also while the process is shutting down.
		results, err := w.store.Commit(context.Background(), w.app, w.term, steps)
		if err != nil {
			// Where another process holds the lock it took seconds to say so: what waits would be told no other, but
			// group after group.
			group = append(group, w.rest()...)
		}
		for i := range group {
			if err != nil {
				group[i].done(err)
			} else {
				group[i].done(results[i])
			}
		}
	}
}

// rest takes all steps that wait.
func (w *Writer) rest() []submission {
	w.mu.Lock()
	defer w.mu.Unlock()
	rest := w.waiting
	w.waiting = nil
	return rest
}

// next waits for steps and takes a group of them; nil when the writer is closed and nothing waits.
func (w *Writer) next() []submission {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.waiting) == 0 {
		if w.closed {
			return nil
		}
		w.changed.Wait()
	}
	n := min(len(w.waiting), groupLimit)
	group := w.waiting[:n:n]
	w.waiting = w.waiting[n:]
	if len(w.waiting) == 0 {
		w.waiting = nil // lets go of what was written
	}
	return group
}
