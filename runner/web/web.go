// Package web is the part of the daemon's HTTP server that needs no caller's rights: health checks, and notices of the
// service. The API and the duty page are in packages below it, behind the guard of package access.
//
//	web.go       [Handler] answers /healthz and /readyz
//	agora_notice.go
//	             [Notices] verifies notices of the service and hands them to the engine
//	listener.go  [NewServer], [Serve] and [Limit]: time limits, TLS, and how many connections may be open
//	throttle.go  what callers from outside can cause is logged once a minute at most
//
// The run command puts it together. The package knows no store and no plan: what it answers comes from functions that it is given.
package web

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"rundown/runner"
)

// MovesWithin is how long the engine may take to say that it moves. At a bell with hundreds of classes a loop may be
// busy for a second.
const MovesWithin = 5 * time.Second

// Readiness says whether the daemon has adopted what the store holds and runs its plans.
type Readiness struct{ ready atomic.Bool }

// Set makes the daemon ready or not.
func (r *Readiness) Set(ready bool) { r.ready.Store(ready) }

// Handler answers GET /healthz: 200 while the engine moves, else 503; and GET /readyz: 200 where classes can begin, else
// 503. They cannot before the daemon is ready, while the engine does not move, and while a health issue blocks them.
// /readyz lists the health issues, a line each, or as JSON where the request accepts that. progress is the engine's,
// which says why it does not move.
func Handler(r *Readiness, progress func(within time.Duration) error, issues func() []runner.Issue) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if err := progress(MovesWithin); err != nil {
			http.Error(w, "not healthy\n"+err.Error(), http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ok\n")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, req *http.Request) {
		readinessOf(r, progress, issues).write(w, strings.Contains(req.Header.Get("Accept"), "application/json"))
	})
	return mux
}

// readiness is the answer of /readyz.
type readiness struct {
	Ready  bool           `json:"ready"`
	Reason string         `json:"reason,omitempty"` // why not, where no issue says it
	Issues []runner.Issue `json:"issues"`
}

// State gives what /readyz answers: whether classes can begin, why not where no issue says it, and the health issues.
func State(r *Readiness, progress func(within time.Duration) error, issues func() []runner.Issue) (ready bool, why string, all []runner.Issue) {
	answer := readinessOf(r, progress, issues)
	return answer.Ready, answer.Reason, answer.Issues
}

func readinessOf(r *Readiness, progress func(within time.Duration) error, issues func() []runner.Issue) readiness {
	if !r.ready.Load() {
		return readiness{Reason: "it is starting or ending", Issues: []runner.Issue{}}
	}
	answer := readiness{Issues: append([]runner.Issue{}, issues()...)}
	if err := progress(MovesWithin); err != nil {
		answer.Reason = err.Error()
		return answer
	}
	answer.Ready = !slices.ContainsFunc(answer.Issues, func(i runner.Issue) bool { return i.Blocking })
	return answer
}

func (a readiness) write(w http.ResponseWriter, asJSON bool) {
	status := http.StatusOK
	if !a.Ready {
		status = http.StatusServiceUnavailable
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	if asJSON {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(a) // the error is that of who hung up
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, a.text())
}

// text is the answer for people: ready or not, then a line for each issue.
func (a readiness) text() string {
	lines := []string{"ready"}
	if !a.Ready {
		lines[0] = "not ready"
	}
	if a.Reason != "" {
		lines = append(lines, a.Reason)
	}
	for _, issue := range a.Issues {
		lines = append(lines, issue.String())
	}
	return strings.Join(lines, "\n") + "\n"
}
