package agora

import (
	"crypto/tls"
	"net/http"
	"time"
)

// WithQuickTransport is the client's own transport with other times, and with trust in a test's server.
func WithQuickTransport(trust *tls.Config, pingAfter, pingTimeout time.Duration, timeout func(Op) time.Duration) Option {
	return func(c *Client) error {
		c.transport = newPool(func() *http.Transport {
			t := newTransport()
			t.TLSClientConfig.RootCAs = trust.RootCAs
			t.HTTP2.SendPingTimeout, t.HTTP2.PingTimeout = pingAfter, pingTimeout
			return t
		})
		c.timeout = func(op Op, _ bool) time.Duration { return timeout(op) }
		return nil
	}
}

// DocumentedStart is the example of the documentation.
func DocumentedStart() StartRequest { return exampleStart() }
