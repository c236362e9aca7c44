package api_test

import (
	"bufio"
	"context"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"rundown/runner/web/access"
	"rundown/runner/web/api"
)

// pipes is a listener within the process, so that time can be virtual.
type pipes struct {
	waiting chan net.Conn
	closed  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.waiting:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// dial opens a connection to the listener. A pipe has no addresses, which the guard asks for.
func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	here, there := net.Pipe()
	p.waiting <- located{there}
	return here, nil
}

type located struct{ net.Conn }

func (located) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5000} }

// TestAStreamOutlivesItsQuiet: where nothing happens for minutes, a stream goes on, by each version of HTTP.
func TestAStreamOutlivesItsQuiet(t *testing.T) {
	for name, set := range map[string]func(*http.Protocols){
		"HTTP/1": func(p *http.Protocols) { p.SetHTTP1(true) },
		"HTTP/2": func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := api.New(api.Config{Store: filled(t), Now: time.Now, Log: slog.New(slog.DiscardHandler), Version: "test"})
				defer a.Close()
				var protocols http.Protocols
				set(&protocols)
				l := &pipes{waiting: make(chan net.Conn), closed: make(chan struct{})}
				server := &http.Server{
					Handler:     access.New(access.Config{Policy: policy(t), Loopback: true}, nil).Handler(a),
					ReadTimeout: 15 * time.Second, WriteTimeout: 15 * time.Second, IdleTimeout: 30 * time.Second, Protocols: &protocols,
				}
				go server.Serve(l)
				defer server.Close()
				transport := &http.Transport{DialContext: l.dial, Protocols: &protocols}
				defer transport.CloseIdleConnections()
				r, err := http.NewRequestWithContext(t.Context(), "GET", "http://localhost/api/v1/events", nil)
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Authorization", "Bearer "+readToken)
				response, err := transport.RoundTrip(r)
				if err != nil {
					t.Fatal(err)
				}
				defer response.Body.Close()
				began, ticks := time.Now(), 0
				lines := bufio.NewScanner(response.Body)
				for ticks < 10 && lines.Scan() {
					if lines.Text() == "event: tick" {
						ticks++
					}
				}
				if ticks < 10 {
					t.Errorf("the stream ended after %s: %v", time.Since(began), lines.Err())
				}
			})
		})
	}
}
