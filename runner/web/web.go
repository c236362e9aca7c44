// Package web is what the daemon answers over HTTP: whether it is alive and whether it is ready, and Agora's
// notifications.
package web

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// movesWithin is how long the engine may take to say that it moves. At a bell with hundreds of classes a loop may be
// busy for a second.
const movesWithin = 5 * time.Second

// Readiness says whether the daemon has adopted what the store holds and works on its plans.
type Readiness struct{ ready atomic.Bool }

// Set makes the daemon ready or not.
func (r *Readiness) Set(ready bool) { r.ready.Store(ready) }

// Handler answers GET /healthz: 200 while the engine moves, else 503; and GET /readyz: 503 until the daemon is ready
// and while the engine does not move. A daemon that is ready adds a line for each health issue: to take it out of
// service would help nobody. progress is the engine's, which says why it does not move.
func Handler(r *Readiness, progress func(within time.Duration) error, issues func() []string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if err := progress(movesWithin); err != nil {
			http.Error(w, "not healthy\n"+err.Error(), http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ok\n")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !r.ready.Load() {
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		if err := progress(movesWithin); err != nil {
			http.Error(w, strings.Join(append([]string{"not ready", err.Error()}, issues()...), "\n"), http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, strings.Join(append([]string{"ready"}, issues()...), "\n")+"\n")
	})
	return mux
}
