// Package web is what the daemon answers over HTTP: whether it is alive and whether it is ready.
package web

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
)

// Readiness says whether the daemon has adopted what the store holds and works on its plans.
type Readiness struct{ ready atomic.Bool }

// Set makes the daemon ready or not.
func (r *Readiness) Set(ready bool) { r.ready.Store(ready) }

// Handler answers GET /healthz, always 200 while the process serves, and GET /readyz, 503 until it is ready. A
// daemon that is ready adds a line for each trouble that a person should mend: to take it out of service would help nobody.
func Handler(r *Readiness, troubles func() []string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !r.ready.Load() {
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, strings.Join(append([]string{"ready"}, troubles()...), "\n")+"\n")
	})
	return mux
}
