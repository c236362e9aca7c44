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

// defaultHostMemory is how long a host that answered in place of the first one is asked first. It is inferred: the
// documentation says nothing, and Agora's own client for Go keeps its choice for 30 s.
const defaultHostMemory = 5 * time.Minute

// regionHosts are the prefixes of the hosts to fail over to, by the region of the recording servers. The
// documentation names the hosts and says "neighbouring region"; which one that is, and the choice without a region,
// are inferred. The operator should verify that Cloud Recording is deployed there.
var regionHosts = map[catalog.Region][]string{
	"":               {"api-us-west-1", "api-eu-west-1"},
	catalog.RegionNA: {"api-us-west-1", "api-us-east-1"},
	catalog.RegionEU: {"api-eu-central-1", "api-eu-west-1"},
	catalog.RegionAP: {"api-ap-southeast-1", "api-ap-northeast-1"},
	catalog.RegionCN: {"api-cn-east-1", "api-cn-north-1"},
}

// hosts knows where to send the next request: base URLs in the order of the failover, and for a while the one that
// answered in place of the first. It is safe for concurrent use; mu guards the fields below it.
type hosts struct {
	list      []*url.URL
	primaries int // so many at the head of the list are primaries
	memory    time.Duration

	mu      sync.Mutex
	current int
	until   time.Time // then the first is asked again
	foreign int       // answers in a row of the current one that were not the service's
}

// documentedHosts is the order of the hosts for a region: primary, other primary, the hosts of the region. With a
// preferred area api.sd-rtn.com comes first: addresses with an area are documented for that host, and nothing says
// that others refuse them.
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

// first is the index of the host to begin with.
func (h *hosts) first() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.current != 0 && !time.Now().Before(h.until) {
		h.current, h.foreign = 0, 0
	}
	return h.current
}

// next is the index of the host after the one at i, which failed. The other primary helps only where the name of the
// first was not found; where the network failed, the next host is in another region.
func (h *hosts) next(i int, err error) int {
	var dns *net.DNSError
	if i < h.primaries && !errors.As(err, &dns) && len(h.list) > h.primaries {
		return h.primaries
	}
	return (i + 1) % len(h.list)
}

// answered remembers the host at i, unless it is the first. A host whose answers are not the service's is asked once
// more, and then the next one is, which may be the other primary, since the network did not fail.
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

// preferHost makes the next requests begin at the host at i, for a while. The caller holds mu.
func (h *hosts) preferHost(i int) {
	h.current, h.until, h.foreign = i, time.Now().Add(h.memory), 0
}

// unanswered makes the next requests begin at another host, after the one at i did not answer a request that cannot
// be repeated.
func (h *hosts) unanswered(i int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if i == h.current {
		h.preferHost(h.next(i, err))
	}
}

// parseBase parses a base URL: https, or http to this machine, with nothing but a host and a path.
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

// isLoopback says whether a host is this machine.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
