package cli

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
)

// proxy passes connections on until it is cut: then it is silent, as a network is.
type proxy struct {
	listener net.Listener
	silence  chan struct{}
	once     sync.Once
}

func newProxy(t *testing.T, to string) *proxy {
	t.Helper()
	return proxied(t, to, func(net.Conn) error { return nil })
}

// newHTTPSProxy is what HTTPS_PROXY names: it passes connections on to one address, whatever host they ask for.
func newHTTPSProxy(t *testing.T, to string) *proxy {
	t.Helper()
	return proxied(t, to, func(in net.Conn) error {
		r, err := http.ReadRequest(bufio.NewReader(in)) // nothing follows it before the answer
		if err != nil || r.Method != http.MethodConnect {
			return errors.Join(err, errors.New("no CONNECT"))
		}
		_, err = io.WriteString(in, "HTTP/1.1 200 OK\r\n\r\n")
		return err
	})
}

func proxied(t *testing.T, to string, greet func(in net.Conn) error) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, silence: make(chan struct{})}
	var all sync.Map
	t.Cleanup(func() {
		_ = l.Close()
		all.Range(func(c, _ any) bool { _ = c.(net.Conn).Close(); return true })
	})
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			all.Store(in, true)
			go func() {
				if p.isCut() || greet(in) != nil {
					return // it is silent
				}
				out, err := net.Dial("tcp", to)
				if err != nil {
					_ = in.Close()
					return
				}
				all.Store(out, true)
				go p.copy(in, out)
				p.copy(out, in)
			}()
		}
	}()
	return p
}

func (p *proxy) address() string { return p.listener.Addr().String() }

func (p *proxy) cut() { p.once.Do(func() { close(p.silence) }) }

func (p *proxy) isCut() bool {
	select {
	case <-p.silence:
		return true
	default:
		return false
	}
}

func (p *proxy) copy(to, from net.Conn) {
	defer to.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if p.isCut() {
			_, _ = io.Copy(io.Discard, from)
			return
		}
		if n > 0 {
			if _, werr := to.Write(buf[:n]); werr != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
