package agora

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// connection records whether a request got a connection that it could be sent on.
type connection struct {
	asked atomic.Bool // the transport tells of its connections
	got   atomic.Bool
}

// watchConnection returns a context in which the transport reports its connections.
func watchConnection(ctx context.Context) (context.Context, *connection) {
	c := new(connection)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// The transport asks again only when it wrote nothing on the connection that it had.
		GetConn: func(string) { c.asked.Store(true); c.got.Store(false) },
		GotConn: func(httptrace.GotConnInfo) { c.got.Store(true) },
	}), c
}

// maySend says whether a failed request may have reached the service. Where the transport does not report its
// connections, the error decides, and in doubt the answer is yes.
func (c *connection) maySend(err error) bool {
	if c.asked.Load() {
		return c.got.Load()
	}
	var (
		dns       *net.DNSError
		operation *net.OpError
		record    tls.RecordHeaderError
		verify    *tls.CertificateVerificationError
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &dns), errors.As(err, &record), errors.As(err, &verify),
		errors.As(err, &authority), errors.As(err, &hostname), errors.As(err, &invalid):
		return false
	case errors.As(err, &operation):
		return operation.Op != "dial"
	default:
		return true
	}
}

// timeoutError says that a try exceeded its time limit. It is not the context's error, since the caller's time is not
// up.
type timeoutError struct{ after time.Duration }

func (e *timeoutError) Error() string { return fmt.Sprintf("no answer within %v", e.after) }

// Timeout marks the error for [net.Error].
func (e *timeoutError) Timeout() bool { return true }

// Temporary marks the error for [net.Error].
func (e *timeoutError) Temporary() bool { return true }
