package agora

import (
	"crypto/tls"
	"errors"
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

// ResultOf is the result of an error from this package; Done for nil, Unknown for any other error.
func ResultOf(err error) Result {
	var e *Error
	switch {
	case err == nil:
		return Done
	case errors.As(err, &e):
		return e.Result
	default:
		return Unknown
	}
}

// VerdictOf is the verdict of an error from this package; done for nil, unknown for any other error.
func VerdictOf(err error) Verdict {
	var e *Error
	switch {
	case err == nil:
		return VerdictDone
	case errors.As(err, &e):
		return e.Verdict()
	default:
		return VerdictUnknown
	}
}
