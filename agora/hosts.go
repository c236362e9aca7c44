package agora

import (
	"errors"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"rundown/agora/catalog"
)

// The hosts of the service: two primaries that are the same everywhere, and those of regions.
const (
	hostPrimary      = "api.agora.io"   // for callers outside mainland China
	hostPrimaryChina = "api.sd-rtn.com" // for callers inside
)

// defaultHostMemory is how long a host that answered in place of the first is asked first. Inferred: the
// documentation says nothing, Agora's own client for Go keeps its choice for 30 s.
const defaultHostMemory = 5 * time.Minute

// regionHosts are the prefixes of the hosts to fail over to, by the region of the recording servers. The
// documentation names the hosts and says "neighbouring region"; which one that is for whom is inferred, as is the
// choice for callers that name no region. That Cloud Recording is deployed there, the operator should make sure of.
var regionHosts = map[catalog.Region][]string{
	"":               {"api-us-west-1", "api-eu-west-1"},
	catalog.RegionNA: {"api-us-west-1", "api-us-east-1"},
	catalog.RegionEU: {"api-eu-central-1", "api-eu-west-1"},
	catalog.RegionAP: {"api-ap-southeast-1", "api-ap-northeast-1"},
	catalog.RegionCN: {"api-cn-east-1", "api-cn-north-1"},
}

// hosts knows where to send the next request: a list of base URLs in the order of the failover, and for a while the
// one that answered when the first did not. It is safe for concurrent use.
type hosts struct {
	list      []*url.URL
	primaries int // so many at the head of the list are primaries
	memory    time.Duration

	mu      sync.Mutex
	current int
	until   time.Time // then the first is asked again
	foreign int       // answers in a row of the current one that were not the service's
}

// documentedHosts is the order of the hosts for a region: primary, other primary, the hosts of the region. With an area to
// be preferred, api.sd-rtn.com comes first: addresses with an area are documented for that host, and for no other one is it
// said that it does not take them.
func documentedHosts(r catalog.Region, near bool) *hosts {
	first, second := hostPrimary, hostPrimaryChina
	if r == catalog.RegionCN || near {
		first, second = second, first
	}
	_, suffix, _ := strings.Cut(first, ".")
	h := &hosts{primaries: 2, memory: defaultHostMemory}
	for _, name := range []string{first, second} {
		h.list = append(h.list, &url.URL{Scheme: "https", Host: name})
	}
	for _, prefix := range regionHosts[r] {
		h.list = append(h.list, &url.URL{Scheme: "https", Host: prefix + "." + suffix})
	}
	return h
}

// singleHost is one base URL without failover.
func singleHost(base *url.URL) *hosts { return &hosts{list: []*url.URL{base}, primaries: 1} }

// first is the place in the list of the host to begin with.
func (h *hosts) first() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.current != 0 && !time.Now().Before(h.until) {
		h.current, h.foreign = 0, 0
	}
	return h.current
}

// next is the place of the host that follows when the one at i fails. The other primary only helps where the name
// of the first was not found; when the network is at fault, the next is in another region.
func (h *hosts) next(i int, err error) int {
	var dns *net.DNSError
	if i < h.primaries && !errors.As(err, &dns) && len(h.list) > h.primaries {
		return h.primaries
	}
	return (i + 1) % len(h.list)
}

// answered remembers the host at i, if it is not the one that is asked first anyway. One that gives answers that are
// not the service's is asked once more, and then the next one is: no fault of the network keeps that from being the
// other primary.
func (h *hosts) answered(i int, foreign bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case !foreign && i == h.current:
		h.foreign = 0
	case !foreign:
		h.preferHost(i)
	case i == h.current:
		if h.foreign++; h.foreign > 1 {
			h.preferHost((i + 1) % len(h.list))
		}
	}
}

// preferHost has the next requests begin at the host at i, for a while. The caller holds the lock.
func (h *hosts) preferHost(i int) {
	h.current, h.until, h.foreign = i, time.Now().Add(h.memory), 0
}

// unanswered makes the next request begin elsewhere, after one to the host at i got no answer and cannot be repeated.
func (h *hosts) unanswered(i int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if i == h.current {
		h.preferHost(h.next(i, err))
	}
}

// parseBase checks a base URL: https, or http to this machine, with nothing but a host and a path.
func parseBase(base string) (*url.URL, error) {
	u, err := url.Parse(base)
	switch {
	case err != nil:
		return nil, errors.New("base URL: not a URL; write https://HOST")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("base URL: only a host and a path may be given")
	case u.Hostname() == "":
		return nil, errors.New("base URL: no host; write https://HOST")
	case u.Scheme == "https":
	case u.Scheme == "http" && isLoopback(u.Hostname()):
	case u.Scheme == "http":
		return nil, errors.New("base URL: plain http goes to a loopback address only; write https://" + u.Host)
	default:
		return nil, errors.New("base URL: neither https nor http")
	}
	u.Path, u.RawPath = strings.TrimSuffix(u.Path, "/"), strings.TrimSuffix(u.RawPath, "/")
	return u, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
