package simulator

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"
)

// account is what the service knows about an App ID.
type account struct {
	owner  [sha256.Size]byte // of the first Basic pair seen; the pair itself is not kept
	bucket bucket
	live   map[instance]*session
}

// instance is the identity of a recording within its App ID.
type instance struct{ cname, uid string }

// authenticate compares the Basic pair with the one that owns the App ID. The first pair seen with an App ID owns it.
func (s *Simulator) authenticate(r *http.Request, app string) (*account, reply) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return nil, gateway(http.StatusUnauthorized, "Unauthorized")
	}
	id, secret, ok := r.BasicAuth()
	if !ok || id == "" || secret == "" {
		return nil, gateway(http.StatusUnauthorized, "Invalid authentication credentials")
	}
	pair := sha256.Sum256([]byte(strings.Join([]string{id, secret}, ":")))
	acct := s.accounts[app]
	if acct == nil {
		acct = &account{owner: pair, bucket: newBucket(s.cfg.QPS), live: map[instance]*session{}}
		s.accounts[app] = acct
	}
	if subtle.ConstantTimeCompare(acct.owner[:], pair[:]) != 1 {
		return nil, gateway(http.StatusUnauthorized, "Invalid authentication credentials")
	}
	return acct, reply{}
}

// rateLimited is the gateway's answer beyond the request budget.
func (s *Simulator) rateLimited(wait time.Duration) reply {
	a := gateway(http.StatusTooManyRequests, "API rate limit exceeded")
	if s.cfg.RetryAfter {
		a.retryAfter = wait
	}
	return a
}
