package plan

import (
	"net/netip"
	"slices"
)

// privateRanges are the addresses that nobody outside reaches, in addition to those that package netip knows and to IPv6 addresses
// outside of [unicast]: what IANA's registries of special-purpose addresses list as not globally reachable, and 2001::/23 whole,
// in which no web server has its address.
var privateRanges = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // shared by the customers of a provider, RFC 6598
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), // for documentation, RFC 5737
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("2001::/23"),     // of protocols, RFC 2928; Teredo and benchmarks among them
	netip.MustParsePrefix("2001:db8::/32"), // for documentation, RFC 3849
	netip.MustParsePrefix("3fff::/20"),     // for documentation, RFC 9637
}

// unicast is where IANA gives out global IPv6 addresses, RFC 4291.
var unicast = netip.MustParsePrefix("2000::/3")

// Ranges of IPv6 addresses that lead to the IPv4 address within them.
var (
	translated = netip.MustParsePrefix("64:ff9b::/96") // by NAT64, RFC 6052: where DNS64 is in use, any name may lead here
	tunnelled  = netip.MustParsePrefix("2002::/16")    // by 6to4, RFC 3056
)

// PrivateAddress says that the internet does not lead to an address: it is of this machine, of a private network, or for
// documentation. An IPv6 address that stands for an IPv4 address is judged by that.
func PrivateAddress(ip netip.Addr) bool {
	ip = leadsTo(ip.WithZone(""))
	return ip.IsPrivate() || !ip.IsGlobalUnicast() || ip.Is6() && !unicast.Contains(ip) || slices.ContainsFunc(privateRanges, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// leadsTo is the IPv4 address within an IPv6 address that stands for one, else the address.
func leadsTo(ip netip.Addr) netip.Addr {
	ip = ip.Unmap()
	switch bytes := ip.As16(); {
	case translated.Contains(ip):
		return netip.AddrFrom4([4]byte(bytes[12:16]))
	case tunnelled.Contains(ip):
		return netip.AddrFrom4([4]byte(bytes[2:6]))
	}
	return ip
}
