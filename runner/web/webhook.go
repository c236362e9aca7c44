package web

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"rundown/agora"
)

const (
	maxNotification = 1 << 20          // bytes; those of the documentation are a few hundred
	readWithin      = 10 * time.Second // the time that the service waits for its answer
)

// Webhook takes Agora's notifications: POST, signed with the secret, which is asked for each time, so that it can be
// rotated. What take accepts is answered with 200 and an empty object at once; what it refuses with 503, so that the
// service sends it again. Nothing of a body is logged.
func Webhook(secret func() (string, error), take func(agora.Event) error, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse := func(status int, err error) {
			log.Warn("a notification is refused", "status", status, "error", err)
			http.Error(w, http.StatusText(status), status)
		}
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(readWithin)) // where it can be set
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxNotification))
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
