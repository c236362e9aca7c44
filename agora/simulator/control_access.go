package simulator

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// inMemory is the remote address of requests over [Simulator.Transport].
const inMemory = "in-memory"

// controlRefused says why a caller may not use the control endpoints, and with what status; 0 where it may. The
// ledger contains requests with their stream keys, and the faults decide what the service does.
func (s *Simulator) controlRefused(r *http.Request) (status int, why string) {
	if s.cfg.ControlToken == "" {
		if fromThisMachine(r) {
			return 0, ""
		}
		return http.StatusForbidden, "control endpoints answer callers on this machine only, unless a control token is set"
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	given, want := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(s.cfg.ControlToken))
	if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(given[:], want[:]) != 1 {
		return http.StatusUnauthorized, "send the control token: Authorization: Bearer TOKEN"
	}
	return 0, ""
}

// fromThisMachine says whether a request comes from a program on this machine, and not through a proxy here.
func fromThisMachine(r *http.Request) bool {
	if r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
		return false
	}
	if r.RemoteAddr == inMemory {
		return true
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
