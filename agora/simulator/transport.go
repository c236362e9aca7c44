package simulator

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Transport serves the simulator in memory and observes each request's context: a caller that gives up gets its
// context's error immediately, while the effect of its request stays. A connection that a fault closes is
// io.ErrUnexpectedEOF. No goroutine remains once the request is answered or given up, so that it works under virtual
// time.
func (s *Simulator) Transport() http.RoundTripper { return transport{s} }

// transport serves a handler in memory; see [Simulator.Transport].
type transport struct{ handler http.Handler }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	// The body belongs to the caller and must not be read once RoundTrip has returned, hence read here and not in
	// the handler's goroutine. One byte more than the handler takes lets it see the excess.
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(io.LimitReader(r.Body, bodyLimit+2))
		if closeErr := r.Body.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			return nil, fmt.Errorf("read the request's body: %w", err)
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	// The server's side: its context ends with the client's, as a connection's does, and with the exchange.
	served, cancel := context.WithCancel(ctx)
	in := r.Clone(served)
	in.Body = io.NopCloser(bytes.NewReader(body))
	in.ContentLength = int64(len(body))
	if in.Host == "" {
		in.Host = in.URL.Host
	}
	in.RemoteAddr = inMemory
	done := make(chan result, 1)
	go func() {
		defer cancel()
		done <- serve(t.handler, in)
	}()
	select {
	case out := <-done:
		if out.err != nil {
			return nil, out.err
		}
		out.response.Request = r
		return out.response, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// result is what a handler made of a request: an answer, or the error of a connection that it closed.
type result struct {
	response *http.Response
	err      error
}

// serve runs the handler to its end. A panic with http.ErrAbortHandler means no answer, as over a connection.
func serve(h http.Handler, r *http.Request) (out result) {
	w := &answerRecorder{header: http.Header{}}
	defer func() {
		if p := recover(); p == http.ErrAbortHandler {
			out = result{err: fmt.Errorf("connection closed without an answer: %w", io.ErrUnexpectedEOF)}
		} else if p != nil {
			panic(p)
		}
	}()
	h.ServeHTTP(w, r)
	return result{response: w.response()}
}

// answerRecorder keeps an answer.
type answerRecorder struct {
	header http.Header
	sent   http.Header // as it was when the status was written
	status int
	body   bytes.Buffer
}

func (w *answerRecorder) Header() http.Header { return w.header }

func (w *answerRecorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status, w.sent = status, w.header.Clone()
	}
}

func (w *answerRecorder) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

func (w *answerRecorder) response() *http.Response {
	w.WriteHeader(http.StatusOK)
	if w.sent.Get("Date") == "" {
		w.sent.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)),
		StatusCode:    w.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        w.sent,
		Body:          io.NopCloser(bytes.NewReader(w.body.Bytes())),
		ContentLength: int64(w.body.Len()),
	}
}
