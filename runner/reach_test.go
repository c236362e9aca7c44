package runner_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
)

// TestAServiceThatCannotBeReachedIsAHealthIssueUntilItAnswers has requests fail over a bell, from two minutes before it
// to four minutes after.
func TestAServiceThatCannotBeReachedIsAHealthIssueUntilItAnswers(t *testing.T) {
	t.Parallel()
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	expired := x509.CertificateInvalidError{Cert: &x509.Certificate{NotAfter: monday.Add(-time.Hour)}, Reason: x509.Expired}
	for _, c := range []struct {
		name   string
		err    error
		issue  string
		advice string
	}{
		{"no name is found", dial(&net.DNSError{Err: "no such host", Name: "api.agora.io", IsNotFound: true}), "the name api.agora.io is not found", "DNS"},
		{"no host is up", dial(syscall.ECONNREFUSED), "no connection", "firewall"},
		{"an unknown authority", &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, "certificate is signed by an authority that this machine does not trust", "SSL_CERT_FILE"},
		{"a certificate of another host", &tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "api.agora.io"}}, "certificate is not one for api.agora.io", "HTTPS_PROXY"},
		{"a certificate that has expired", &tls.CertificateVerificationError{Err: expired}, "certificate has expired or is not yet valid", "clock"},
		{"no TLS", tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, "does not speak TLS", "HTTPS_PROXY"},
		{"a proxy that refuses", errors.New("Proxy Authentication Required"), "Proxy Authentication Required", "HTTPS_PROXY"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				h.transport = &spell{next: h.sim.Transport(), from: monday.Add(-2 * time.Minute), until: monday.Add(4 * time.Minute), unsent: c.err}
				e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
				until(monday.Add(-3 * time.Minute))
				if told := e.Troubles(); len(told) != 0 {
					t.Errorf("before: %q", told)
				}
				until(monday.Add(2 * time.Minute))
				told := e.Troubles()
				if len(told) != 1 || !e.Blocked() || !strings.HasPrefix(told[0], "service-unreachable: ") || !strings.Contains(told[0], c.issue) || !strings.Contains(told[0], c.advice) {
					t.Errorf("meanwhile: %q", told)
				}
				until(monday.Add(6 * time.Minute))
				if told := e.Troubles(); len(told) != 0 {
					t.Errorf("after: %q", told)
				}
				h.shut(e)
				if n := strings.Count(h.log.String(), "the service cannot be reached"); n != 1 {
					t.Errorf("the log tells of it %d times", n)
				}
				if n := strings.Count(h.log.String(), "the service answers again"); n != 1 {
					t.Errorf("the log tells %d times that it is over", n)
				}
			})
		})
	}
}

// TestOneRequestWithoutAnAnswerIsNoHealthIssue has a single request fail at a time.
func TestOneRequestWithoutAnAnswerIsNoHealthIssue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		h.transport = &spell{next: h.sim.Transport(), from: monday.Add(20 * time.Minute), until: monday.Add(20*time.Minute + 5*time.Second), unsent: &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}}
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
		for range 40 {
			until(time.Now().Add(2 * time.Minute))
			if told := e.Troubles(); len(told) != 0 {
				t.Errorf("%v: %q", time.Now(), told)
			}
		}
		h.shut(e)
	})
}
