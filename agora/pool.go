package agora

import (
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"
)

// The health check of HTTP/2 connections: one on which nothing came for pingAfter is pinged, and closed when there is no
// answer for pingTimeout. Without it a connection that died silently, as behind a firewall that forgot it, is used until the
// system gives up on it, which takes a quarter of an hour. Inferred: the documentation does not speak of HTTP/2.
const (
	pingAfter   = 15 * time.Second
	pingTimeout = 5 * time.Second
)

// newTransport returns a pooled transport. The service documents TLS up to 1.2, so 1.3 must not be required.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   5 * time.Second,
		ExpectContinueTimeout: time.Second,
		ForceAttemptHTTP2:     true,
		HTTP2:                 &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout, WriteByteTimeout: pingAfter},
		// Go's own limit is ten times that of a body here.
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConns:           100,
		MaxIdleConnsPerHost:    32,
		IdleConnTimeout:        90 * time.Second,
	}
}

// pool is a transport whose connections can be abandoned. net/http reuses an HTTP/2 connection also after a request
// on it got no answer in time, and has no call that drops one connection. It is safe for concurrent use.
type pool struct {
	build func() *http.Transport

	mu      sync.Mutex
	current *http.Transport // guarded by mu; each request keeps the one that it began with
}

func newPool(build func() *http.Transport) *pool { return &pool{build: build, current: build()} }

// RoundTrip sends a request on the current connections.
func (p *pool) RoundTrip(r *http.Request) (*http.Response, error) {
	return p.get().RoundTrip(r)
}

// get gives the current transport.
func (p *pool) get() *http.Transport {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.current
}

// retire makes later requests use new connections, if the current ones are still those given. Requests in progress
// continue, since they may be only slow; their connections close once idle.
func (p *pool) retire(used *http.Transport) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == used {
		p.current = p.build()
		used.CloseIdleConnections()
	}
}

// CloseIdleConnections is for http.Client.
func (p *pool) CloseIdleConnections() { p.get().CloseIdleConnections() }

// currentTransport gives the transport for one request, and a function to call when the request gets no answer in
// time.
func currentTransport(rt http.RoundTripper) (transport http.RoundTripper, timedOut func()) {
	p, ok := rt.(*pool)
	if !ok {
		return rt, func() {}
	}
	used := p.get()
	return used, func() { p.retire(used) }
}
