package web

import (
	"container/list"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Limits of a connection. What the daemon serves is small and answered at once; the webhook has a limit of its own for
// bodies, which is shorter.
const (
	maxHeader     = 16 << 10         // bytes
	headerWithin  = 5 * time.Second  // from the first byte to the end of the header
	requestWithin = 15 * time.Second // to the end of the body
	answerWithin  = 15 * time.Second // to the end of the answer; a stream sets a deadline of its own for each message
	idleFor       = 30 * time.Second // between two requests of a connection
)

// NewServer serves the handler. No caller, whoever it is, holds a connection for longer than seconds without a whole
// request.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, MaxHeaderBytes: maxHeader, ReadHeaderTimeout: headerWithin, ReadTimeout: requestWithin,
		WriteTimeout: answerWithin, IdleTimeout: idleFor, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// Serve serves until the server is shut down: HTTPS where it has a TLS configuration, else plain http.
func Serve(s *http.Server, l net.Listener) error {
	if s.TLSConfig != nil {
		return s.ServeTLS(l, "", "")
	}
	return s.Serve(l)
}

// Limit bounds the number of open connections. Where there is one too many, the one is closed that was written to longest
// ago, or opened where nothing was: an honest request takes milliseconds, and a stream of events is written to every few
// seconds, so it is one that somebody holds open, and a new caller never has to wait for it.
func Limit(l net.Listener, most int, log *slog.Logger) net.Listener {
	return &limitedListener{Listener: l, most: most, closed: &throttle{log: log, message: "connections were closed because too many are open"}}
}

// limitedListener may be used by several goroutines, as each listener.
type limitedListener struct {
	net.Listener
	most   int
	closed *throttle

	mu   sync.Mutex
	open list.List // of *limitedConn, the one that was written to longest ago first
}

// Accept waits for a connection, and makes room for it.
func (l *limitedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &limitedConn{Conn: conn, l: l}
	l.mu.Lock()
	c.place = l.open.PushBack(c)
	var oldest *limitedConn
	if l.open.Len() > l.most {
		oldest, _ = l.open.Front().Value.(*limitedConn)
	}
	l.mu.Unlock()
	if oldest != nil {
		_ = oldest.Close()
		l.closed.tell("limit", l.most)
	}
	return c, nil
}

type limitedConn struct {
	net.Conn
	l     *limitedListener
	place *list.Element // nil: closed; guarded by the listener's lock
}

// Write writes an answer, or a part of one.
func (c *limitedConn) Write(p []byte) (int, error) {
	c.l.mu.Lock()
	if c.place != nil {
		c.l.open.MoveToBack(c.place)
	}
	c.l.mu.Unlock()
	return c.Conn.Write(p)
}

// Close closes the connection and gives its place back.
func (c *limitedConn) Close() error {
	c.l.mu.Lock()
	if c.place != nil {
		c.l.open.Remove(c.place)
		c.place = nil
	}
	c.l.mu.Unlock()
	return c.Conn.Close()
}
