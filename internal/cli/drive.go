package cli

import (
	"log/slog"
	"sync"

	"rundown/runner"
)

// config is what the engines of run, now and run --stop-all have in common: the store, the way to the service, the log
// and who works.
func (w *workplace) config(log *slog.Logger) runner.Config {
	return runner.Config{Store: w.store, Connect: w.connect, Logger: log, Who: w.app.who()}
}

// stateQueue hands over the changes of an engine, which never waits for it. It is safe for concurrent use.
type stateQueue struct {
	mu     sync.Mutex
	states []runner.State
	wake   chan struct{} // holds a token while there may be some
}

func newStateQueue() *stateQueue { return &stateQueue{wake: make(chan struct{}, 1)} }

func (q *stateQueue) add(s runner.State) {
	q.mu.Lock()
	q.states = append(q.states, s)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *stateQueue) take() []runner.State {
	q.mu.Lock()
	defer q.mu.Unlock()
	states := q.states
	q.states = nil
	return states
}
