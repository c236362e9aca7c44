package access

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// Limits of requests. Those of one address are for a person with a page and for a backend that polls.
const (
	requestEvery = 50 * time.Millisecond // on average
	requestBurst = 200                   // at once, after a pause
	failureEvery = 6 * time.Second       // of failed attempts to be let in
	failureBurst = 10
	siteEvery    = failureEvery / 10 // a network that fails all the time must not lock out the others of its site
	siteBurst    = 10 * failureBurst
	maxBody      = 64 << 10 // bytes
)

// contentPolicy allows a page its own files and nothing else: no inline script, no frame, no other origin.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
	"manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Config says where and for whom a guard stands.
type Config struct {
	Policy   *Policy // nil: no access file
	Loopback bool    // the listener is on an address of this machine alone
	TLS      bool    // the listener speaks TLS
	Proxies  []netip.Prefix
}

// Guard lets requests pass or refuses them. It is safe for concurrent use.
type Guard struct {
	Config
	origin   *http.CrossOriginProtection
	requests *limiter
	failures *limiter
	sites    *limiter // the failures of all networks of one site
	refused  func(status int, detail string, from netip.Addr)
}

// New makes a guard. refused is told of each refusal; it must return at once.
func New(c Config, refused func(status int, detail string, from netip.Addr)) *Guard {
	return &Guard{
		Config: c, origin: http.NewCrossOriginProtection(), refused: refused,
		requests: newLimiter(requestEvery, requestBurst), failures: newLimiter(failureEvery, failureBurst),
		sites: newLimiter(siteEvery, siteBurst),
	}
}

// Handler guards a handler.
func (g *Guard) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setHeaders(w.Header())
		from, problem := g.client(r)
		var caller Caller
		if problem == nil {
			caller, problem = g.admit(r, from)
		}
		if problem != nil {
			if g.refused != nil {
				g.refused(problem.Status, problem.Detail, from)
			}
			problem.Write(w)
			return
		}
		caller.Address = from.String()
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r.WithContext(WithCaller(r.Context(), caller)))
	})
}

// setHeaders sets those that every answer has. A handler may set Cache-Control anew.
func setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin") // without a referrer, forms would have no origin either, and be refused
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "private, no-cache")
}

// admit judges a request and finds who sent it.
func (g *Guard) admit(r *http.Request, from netip.Addr) (Caller, *Problem) {
	now := time.Now()
	if r.ContentLength > maxBody {
		return Caller{}, NewProblem(http.StatusRequestEntityTooLarge, "the body is too large: 64 KiB at most")
	}
	if err := g.origin.Check(r); err != nil {
		return Caller{}, NewProblem(http.StatusForbidden, "a change that comes from another origin is refused")
	}
	if g.Policy == nil {
		if !g.requests.take(network(from), now) {
			return Caller{}, TooMany("too many requests from this address")
		}
		return g.admitLocal(r, from)
	}
	if problem := g.checkTransport(r); problem != nil {
		return Caller{}, problem
	}
	return g.authenticate(r, from, now)
}

// admitLocal admits requests of this machine to read, where there is no access file.
func (g *Guard) admitLocal(r *http.Request, from netip.Addr) (Caller, *Problem) {
	switch {
	case !g.Loopback:
		return Caller{}, NewProblem(http.StatusForbidden, "the API and the page are not served on this address: run needs --access, and --tls-cert with --tls-key or --trusted-proxy")
	case !from.IsLoopback() || forwarded(r):
		return Caller{}, NewProblem(http.StatusForbidden, "the request comes by way of a proxy: run needs --access and --trusted-proxy")
	case !r.ProtoAtLeast(1, 1): // nginx before 1.29.7 speaks 1.0 by default, and says nothing of who asks it
		return Caller{}, NewProblem(http.StatusForbidden, "HTTP/1.0 may come from a proxy, and is refused: run needs --access and --trusted-proxy")
	case !localHost(r.Host):
		return Caller{}, NewProblem(http.StatusForbidden, "the request names a host that is not this machine: use localhost or 127.0.0.1")
	}
	return Caller{scopes: []Scope{Read}}, nil
}

// forwarded says that a proxy has passed a request on.
func forwarded(r *http.Request) bool {
	return r.Header.Get("Forwarded") != "" || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("X-Forwarded-Host") != "" || r.Header.Get("Via") != ""
}

// localHost says that a Host header names this machine. A page of the Web that points a name of its own to 127.0.0.1
// sends that name.
func localHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// checkTransport refuses credentials that everybody on the way could read.
func (g *Guard) checkTransport(r *http.Request) *Problem {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	switch {
	case g.TLS:
		return nil
	case err == nil && g.trusts(peer.Addr()):
		if (forwarded(r) || !g.Loopback) && !strings.EqualFold(lastOf(r.Header.Values("X-Forwarded-Proto")), "https") {
			return NewProblem(http.StatusForbidden, "the proxy was asked by plain http, or does not say X-Forwarded-Proto: https")
		}
		return nil
	case g.Loopback && !forwarded(r):
		return nil
	case g.Loopback:
		return NewProblem(http.StatusForbidden, "the request comes by way of a proxy that --trusted-proxy does not name")
	}
	return NewProblem(http.StatusForbidden, "plain http is served to the proxies alone that --trusted-proxy names")
}

// authenticate finds who the credentials of a request belong to. Who is known has a rate of his own, so that strangers at
// the same address do not use it up. After some failed attempts a network has to wait, also with the right credentials:
// else they would show. Failures of others make nobody wait.
func (g *Guard) authenticate(r *http.Request, from netip.Addr, now time.Time) (Caller, *Problem) {
	address := network(from)
	header := r.Header.Get("Authorization")
	switch {
	case header == "" && !g.requests.take(address, now):
		return Caller{}, TooMany("too many requests from this address")
	case header == "":
		return Caller{}, Unauthorized("a token or a name with a password is needed")
	}
	var caller Caller
	known, allowed := g.attempt(r.Context(), from, now, func() (ok bool) {
		if scheme, token, _ := strings.Cut(header, " "); strings.EqualFold(scheme, "Bearer") {
			caller, ok = g.Policy.Token(strings.TrimSpace(token))
		} else if name, password, basic := r.BasicAuth(); basic {
			caller, ok = g.Policy.User(name, password)
		}
		return ok
	})
	switch {
	case !allowed:
		return Caller{}, TooMany("too many failed attempts from this address")
	case !known:
		return Caller{}, Unauthorized("the token, or the name and password, are not known")
	case !g.requests.take("caller "+caller.Name+" "+address, now):
		return Caller{}, TooMany("too many requests with these credentials")
	}
	return caller, nil
}

// attempt runs an attempt to be let in, if the network of the address may have another failure, and its site too. A
// network that was let in before does not depend on the others of its site. Where a site has too many failures, nothing is
// remembered of its networks, so that it displaces no others.
func (g *Guard) attempt(ctx context.Context, from netip.Addr, now time.Time, attempt func() bool) (ok, allowed bool) {
	address, whole := network(from), site(from)
	if whole == "" || g.failures.good(address) {
		return g.failures.try(ctx, address, attempt)
	}
	giveBack, allowed := g.sites.reserve(whole, now)
	if !allowed {
		return false, false
	}
	ok, allowed = g.failures.try(ctx, address, attempt)
	if ok || !allowed {
		giveBack()
	}
	return ok, allowed
}

func (g *Guard) trusts(a netip.Addr) bool {
	a = a.Unmap()
	for _, p := range g.Proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// client is the address that a request comes from: the last one of X-Forwarded-For that is not a trusted proxy, where
// such a proxy passes it on, else that of the connection.
func (g *Guard) client(r *http.Request) (netip.Addr, *Problem) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}, NewProblem(http.StatusBadRequest, "the address of the connection is not known")
	}
	at := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && g.trusts(at); i-- {
		hop := strings.TrimSpace(hops[i])
		if hop == "" {
			break
		}
		a, err := netip.ParseAddr(hop)
		if err != nil {
			return at, NewProblem(http.StatusBadRequest, "X-Forwarded-For has something that is not an address")
		}
		at = a.Unmap()
	}
	return at, nil
}

// lastOf is the last element of a header that lists some.
func lastOf(values []string) string {
	all := strings.Split(strings.Join(values, ","), ",")
	return strings.TrimSpace(all[len(all)-1])
}
