package pgtest

import (
	"bytes"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Proxy is a network between a client and a server, which can be slow or cut. Its methods may be called at any time.
type Proxy struct {
	to       string
	listener net.Listener

	mu    sync.Mutex
	delay time.Duration
	cut   bool
	lose  string // the answer to what holds it is lost; "": none is
	shut  bool   // no connection can be made
	conns map[net.Conn]bool
	all   sync.WaitGroup
}

// Proxy starts a network in front of the server and gives the address of a database through it. It ends with the test.
func (s *Server) Proxy(t testing.TB, dsn string) (*Proxy, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{to: s.Address(), listener: l, conns: map[net.Conn]bool{}}
	p.all.Go(p.accept)
	t.Cleanup(p.end)
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = l.Addr().String()
	return p, u.String()
}

// Slow delays what the client sends from now on. As a client waits for each answer before it sends the next statement, each
// statement takes so much longer, and so does the beginning of a transaction and its end.
func (p *Proxy) Slow(by time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = by
}

// Cut has nothing pass from now on, in either direction: connections stay open and are silent. What is sent meanwhile is lost.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
}

// Break breaks all connections, and no other can be made from now on.
func (p *Proxy) Break() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut = true
	for c := range p.conns {
		_ = c.Close()
	}
}

// LoseAnswerTo has the next thing that the client sends and that holds a text reach the server, and its answer be lost: the connection
// is broken then, and no other can be made.
func (p *Proxy) LoseAnswerTo(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lose = text
}

// Mend has new connections pass again. Those that were cut are broken.
func (p *Proxy) Mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut, p.lose, p.shut = false, "", false
	for c := range p.conns {
		_ = c.Close()
	}
}

func (p *Proxy) end() {
	_ = p.listener.Close()
	p.Mend()
	p.all.Wait()
}

// open notes a connection, which [Proxy.Mend] closes. Where none can be made it is closed at once.
func (p *Proxy) open(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[c] = true
	if p.shut {
		_ = c.Close()
	}
}

func (p *Proxy) close(c net.Conn) {
	_ = c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

func (p *Proxy) state() (delay time.Duration, cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.delay, p.cut
}

// loses says that the answer to what a client sends is to be lost.
func (p *Proxy) loses(data []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lose == "" || !bytes.Contains(data, []byte(p.lose)) {
		return false
	}
	p.lose, p.shut = "", true
	return true
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.open(client)
		p.all.Go(func() { p.serve(client) })
	}
}

func (p *Proxy) serve(client net.Conn) {
	defer p.close(client)
	server, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	p.open(server)
	defer p.close(server)
	var both sync.WaitGroup
	var lost atomic.Bool
	both.Go(func() {
		p.pass(server, client, true, func(data []byte) bool { lost.CompareAndSwap(false, p.loses(data)); return true })
	})
	both.Go(func() { p.pass(client, server, false, func([]byte) bool { return !lost.Load() }) })
	both.Wait()
}

// flight is what was sent at once.
type flight struct {
	data []byte
	at   time.Time // when it arrives
}

// pass passes on what one end sends, until it sends what does not pass. What is on its way does not hold up what is sent after it.
func (p *Proxy) pass(to, from net.Conn, delayed bool, passes func(data []byte) bool) {
	flights := make(chan flight, 1000)
	var arriving sync.WaitGroup
	arriving.Go(func() {
		defer to.Close()
		for f := range flights {
			time.Sleep(time.Until(f.at)) // the delay is what is tried
			if _, cut := p.state(); !cut {
				_, _ = to.Write(f.data) // a broken connection shows by the next read
			}
		}
	})
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if err != nil || !passes(buf[:n]) {
			break
		}
		f := flight{data: append([]byte(nil), buf[:n]...), at: time.Now()}
		if delay, _ := p.state(); delayed {
			f.at = f.at.Add(delay)
		}
		flights <- f
	}
	close(flights)
	arriving.Wait()
}
