package web

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"rundown/agora"
)

const (
	maxNotice  = 64 << 10         // bytes; those of the documentation are a few hundred
	readWithin = 10 * time.Second // the time that the service waits for its answer
)

// Notices takes the notices of the service, which Agora calls notifications and sends to a webhook: POST, signed with the secret, which is asked for each time, so that it can be
// rotated. What take accepts is answered with 200 and an empty object at once; what it refuses with 503, so that the
// service sends it again. Nothing of a body is logged, and refusals at most once a minute for each status.
func Notices(secret func() (string, error), take func(agora.Event) error, log *slog.Logger) http.Handler {
	refusals := newRefusals(log, "notifications were refused")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse := func(status int, err error) {
			refusals.tell(status, "error", err)
			http.Error(w, http.StatusText(status), status)
		}
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		if r.ContentLength > maxNotice {
			refuse(http.StatusRequestEntityTooLarge, fmt.Errorf("a body of %d bytes, of at most %d", r.ContentLength, maxNotice))
			return
		}
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(readWithin)) // where it can be set
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxNotice))
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			refuse(http.StatusRequestEntityTooLarge, err)
			return
		} else if err != nil {
			refuse(http.StatusBadRequest, err)
			return
		}
		key, err := secret()
		if err != nil {
			refuse(http.StatusServiceUnavailable, err)
			return
		}
		if err := agora.VerifySignature(key, r.Header, body); err != nil {
			refuse(http.StatusUnauthorized, err)
			return
		}
		event, err := agora.ParseEvent(body)
		if err != nil {
			refuse(http.StatusBadRequest, err)
			return
		}
		if err := take(event); err != nil {
			refuse(http.StatusServiceUnavailable, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{}")
	})
}

// refusals are those of a handler by HTTP status, so that many of one kind do not hide another.
type refusals struct {
	log     *slog.Logger
	message string

	mu       sync.Mutex // guards the map; a throttle guards itself, and is told without the lock
	byStatus map[int]*throttle
}

func newRefusals(log *slog.Logger, message string) *refusals {
	return &refusals{log: log, message: message, byStatus: map[int]*throttle{}}
}

func (r *refusals) tell(status int, attrs ...any) {
	r.mu.Lock()
	t := r.byStatus[status]
	if t == nil {
		t = &throttle{log: r.log, message: r.message}
		r.byStatus[status] = t
	}
	r.mu.Unlock()
	t.tell(append([]any{"status", status}, attrs...)...)
}
