package agora_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"rundown/agora"
	"rundown/agora/simulator"
)

// wire is a TCP proxy before a server. Connections can be made to swallow all bytes, as a firewall does that forgot them.
type wire struct {
	t        *testing.T
	listener net.Listener
	to       string

	mu    sync.Mutex
	lines []*line
}

type line struct {
	client, server net.Conn
	dead, closed   chan struct{} // closed: it swallows all; the client closed it
	once           sync.Once
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{t: t, listener: l, to: to}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				_ = client.Close()
				continue
			}
			x := &line{client: client, server: server, dead: make(chan struct{}), closed: make(chan struct{})}
			w.mu.Lock()
			w.lines = append(w.lines, x)
			w.mu.Unlock()
			running.Go(func() { x.pump(server, client); close(x.closed) })
			running.Go(func() { x.pump(client, server) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		w.mu.Lock()
		for _, x := range w.lines {
			_, _ = x.client.Close(), x.server.Close()
		}
		w.mu.Unlock()
		running.Wait()
	})
	return w
}

// pump copies bytes until one side closes, or reads and drops them once the line is dead.
func (x *line) pump(to, from net.Conn) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		select {
		case <-x.dead:
		default:
			if n > 0 {
				if _, werr := to.Write(buf[:n]); werr != nil {
					return
				}
			}
			if err != nil {
				_ = to.Close()
			}
		}
		if err != nil {
			return
		}
	}
}

func (w *wire) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.lines)
}

// swallow makes the connections of now black holes.
func (w *wire) swallow() []*line {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, x := range w.lines {
		x.once.Do(func() { close(x.dead) })
	}
	return w.lines
}

// wired is a simulator behind TLS, HTTP/2 and a wire.
func wired(t *testing.T, f simulator.Faults, pingAfter, pingTimeout time.Duration, timeout func(agora.Op) time.Duration) (*agora.App, *simulator.Simulator, *wire) {
	t.Helper()
	sim, err := simulator.New(simulator.Config{Faults: f, QPS: -1})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("%s %s came over %s", r.Method, r.URL.Path, r.Proto)
		}
		sim.ServeHTTP(w, r)
	}))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	w := newWire(t, server.Listener.Addr().String())
	t.Cleanup(server.Close)
	trust := &tls.Config{RootCAs: x509.NewCertPool()}
	trust.RootCAs.AddCert(server.Certificate())
	client, err := agora.New(func(context.Context) (string, string, error) { return "customer", "canary", nil },
		agora.WithBaseURL("https://"+w.listener.Addr().String()), agora.WithQuickTransport(trust, pingAfter, pingTimeout, timeout))
	if err != nil {
		t.Fatal(err)
	}
	return client.App("app-example", nil), sim, w
}

// record starts a recording.
func record(t *testing.T, app *agora.App) (resourceID, sid string) {
	t.Helper()
	a, err := app.Acquire(t.Context(), agora.AcquireRequest{Cname: "hall", UID: "7001", ClientRequest: agora.AcquireClientRequest{Scene: 1}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := app.Start(t.Context(), a.ResourceID, agora.DocumentedStart())
	if err != nil {
		t.Fatal(err)
	}
	return a.ResourceID, s.SID
}

// stop ends a recording, which has written nothing yet.
func stop(ctx context.Context, app *agora.App, resourceID, sid string) error {
	_, err := app.Stop(ctx, resourceID, sid, agora.StopRequest{Cname: "hall", UID: "7001", ClientRequest: agora.StopClientRequest{AsyncStop: true}})
	if agora.VerdictOf(err) == agora.VerdictNothingRecorded {
		return nil
	}
	return err
}

func always(d time.Duration) func(agora.Op) time.Duration {
	return func(agora.Op) time.Duration { return d }
}

func stopped(t *testing.T, sim *simulator.Simulator) {
	t.Helper()
	if s := sim.Ledger().Sessions; len(s) != 1 || s[0].StopReason != "stop" {
		t.Errorf("sessions %+v, want one that was stopped", s)
	}
}

func TestARequestThatTimedOutLeavesItsConnectionBehind(t *testing.T) {
	t.Parallel()
	app, sim, w := wired(t, simulator.Faults{}, time.Hour, time.Hour, always(5*time.Second))
	resourceID, sid := record(t, app)
	w.swallow()
	if err := stop(t.Context(), app, resourceID, sid); agora.ResultOf(err) != agora.Unknown {
		t.Errorf("over the dead connection: %v, want no answer", err)
	}
	if _, err := app.Query(t.Context(), resourceID, sid); err != nil {
		t.Errorf("query: %v", err)
	}
	if err := stop(t.Context(), app, resourceID, sid); err != nil {
		t.Errorf("stop: %v", err)
	}
	if n := w.count(); n != 2 {
		t.Errorf("%d connections, want the second one at once", n)
	}
	stopped(t, sim)
}

func TestADeadConnectionIsFoundByPingsBeforeItIsNeeded(t *testing.T) {
	t.Parallel()
	app, sim, w := wired(t, simulator.Faults{}, time.Second, time.Second, always(time.Minute))
	resourceID, sid := record(t, app)
	for _, x := range w.swallow() {
		select {
		case <-x.closed:
		case <-time.After(time.Minute):
			t.Fatal("the dead connection is still open")
		}
	}
	if err := stop(t.Context(), app, resourceID, sid); err != nil { // over the dead connection it would have no answer
		t.Errorf("stop: %v", err)
	}
	stopped(t, sim)
}

func TestATimeoutEndsNoOtherRequestOfItsConnection(t *testing.T) {
	t.Parallel()
	app, sim, w := wired(t, simulator.Faults{Requests: []simulator.RequestFault{
		{Endpoint: "stop", Delay: simulator.Duration(1500 * time.Millisecond)},
		{Endpoint: "query", Times: 1, Delay: simulator.Duration(10 * time.Second)},
	}}, time.Hour, time.Hour, func(op agora.Op) time.Duration {
		if op == agora.OpQuery {
			return 200 * time.Millisecond
		}
		return 10 * time.Second
	})
	resourceID, sid := record(t, app)
	done := make(chan error, 1)
	go func() { done <- stop(t.Context(), app, resourceID, sid) }()
	if _, err := app.Query(t.Context(), resourceID, sid); agora.VerdictOf(err) != agora.VerdictGone { // its second try, after the stop had its effect
		t.Errorf("query: %v, want an answer", err)
	}
	if err := <-done; err != nil {
		t.Errorf("stop: %v", err)
	}
	if n := w.count(); n < 2 { // more where the machine is so slow that the second try times out as well
		t.Errorf("%d connections, want a second one for what followed the timeout", n)
	}
	stopped(t, sim)
}
