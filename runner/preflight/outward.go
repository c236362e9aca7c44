package preflight

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"

	"rundown/plan"
)

// errPrivate is the error of a host that is not asked.
var errPrivate = errors.New("the address belongs to a private network")

// outward is a transport that connects to no private address: a plan must not have this machine ask what only its own network
// can reach, and the recording servers cannot reach it either. Through a proxy all goes as the proxy sees it.
var outward = newOutward(http.ProxyFromEnvironment)

func newOutward(proxy func(*http.Request) (*url.URL, error)) http.RoundTripper {
	direct := http.DefaultTransport.(*http.Transport).Clone()
	direct.Proxy, direct.DisableKeepAlives = nil, true
	direct.DialContext = (&net.Dialer{Timeout: pageWithin, Control: refusePrivate}).DialContext
	proxied := http.DefaultTransport.(*http.Transport).Clone()
	proxied.Proxy, proxied.DisableKeepAlives = proxy, true
	return &either{proxy, direct, proxied}
}

// either sends what a proxy is meant for through it.
type either struct {
	proxy           func(*http.Request) (*url.URL, error)
	direct, proxied http.RoundTripper
}

func (e *either) RoundTrip(r *http.Request) (*http.Response, error) {
	if at, err := e.proxy(r); err != nil || at != nil {
		return e.proxied.RoundTrip(r)
	}
	return e.direct.RoundTrip(r)
}

// refusePrivate judges an address after its name was looked up, so that no name can lead elsewhere afterwards.
func refusePrivate(_, address string, _ syscall.RawConn) error {
	if at, err := netip.ParseAddrPort(address); err == nil && plan.PrivateAddress(at.Addr()) {
		return errPrivate
	}
	return nil
}
