package simulator

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"
)

// reply is an answer, which may be sent later or not at all.
type reply struct {
	status     int
	code       int // the service's, for the log
	body       any
	raw        *string           // sent as it is instead of body
	header     map[string]string // added to the answer
	retryAfter time.Duration     // 0: no Retry-After
	after      time.Duration     // to wait before answering
	drop       bool              // close the connection instead
}

// gateway is a refusal by the gateway: {"message"}.
func gateway(status int, message string) reply {
	return reply{status: status, body: map[string]string{"message": message}}
}

// refusalBody is the body of a refusal by the service.
type refusalBody struct {
	Code   int    `json:"code"`
	Reason string `json:"reason"`
	SID    string `json:"sid,omitempty"`
}

// refusal is a refusal by the service: {"code","reason"}. Statuses 201 and 206 are refusals too.
func refusal(status, code int, format string, args ...any) reply {
	return reply{status: status, code: code, body: refusalBody{Code: code, Reason: fmt.Sprintf(format, args...)}}
}

// success is an answer with status 200.
func success(body any) reply { return reply{status: http.StatusOK, body: body} }

// write sends the answer as the service does.
func (a reply) write(w http.ResponseWriter, id string, now time.Time) {
	if a.raw != nil {
		a.writeRaw(w, now)
		return
	}
	data, err := json.Marshal(a.body)
	if err != nil { // the bodies are our own structs: this is a mistake in this package, to be seen by its tests
		http.Error(w, "simulator: "+err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json;charset=utf-8")
	h.Set("X-Request-Id", id)
	h.Set("Date", now.UTC().Format(http.TimeFormat))
	if a.retryAfter > 0 {
		h.Set("Retry-After", fmt.Sprint(int64((a.retryAfter+time.Second-1)/time.Second)))
	}
	a.addHeader(h)
	w.WriteHeader(a.status)
	_, _ = w.Write(data) // a client that left is no concern of the service
}

// writeRaw sends the answer as something between client and service does, without X-Request-Id.
func (a reply) writeRaw(w http.ResponseWriter, now time.Time) {
	h := w.Header()
	if *a.raw != "" {
		h.Set("Content-Type", http.DetectContentType([]byte(*a.raw)))
	}
	h.Set("Date", now.UTC().Format(http.TimeFormat))
	a.addHeader(h)
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, *a.raw)
}

func (a reply) addHeader(h http.Header) {
	for name, value := range a.header {
		h.Set(name, value)
	}
}

// randomHex returns n random hexadecimal digits, n a multiple of 16. They need not be hard to guess.
func randomHex(n int) string {
	b := make([]byte, 0, n)
	for len(b) < n {
		b = binary.BigEndian.AppendUint64(b, rand.Uint64())
	}
	return hex.EncodeToString(b)
}
