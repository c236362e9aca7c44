package plan

import (
	"net/netip"
	"slices"
)

// privateRanges are the addresses that nobody outside reaches, in addition to those that package netip knows.
var privateRanges = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // shared by the customers of a provider, RFC 6598
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), // for documentation, RFC 5737
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("2001:db8::/32"),
}

// PrivateAddress says that the internet does not lead to an address: it is of this machine, of a private network, or for
// documentation.
func PrivateAddress(ip netip.Addr) bool {
	ip = ip.Unmap()
	return ip.IsPrivate() || !ip.IsGlobalUnicast() || slices.ContainsFunc(privateRanges, func(p netip.Prefix) bool { return p.Contains(ip) })
}
