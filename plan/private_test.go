package plan_test

import (
	"net/netip"
	"testing"

	"rundown/plan"
)

// TestAnAddressThatTheInternetDoesNotLeadToIsPrivate has addresses of each kind, and what lies beside them.
func TestAnAddressThatTheInternetDoesNotLeadToIsPrivate(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1": true, "10.1.2.3": true, "172.16.0.1": true, "192.168.1.1": true, "169.254.169.254": true, "100.64.0.1": true, "0.0.0.0": true,
		"224.0.0.1": true, "255.255.255.255": true, "8.8.8.8": false, "100.128.0.1": false, "172.32.0.1": false,
		"::1": true, "::": true, "fe80::1": true, "fe80::1%eth0": true, "fd00::1": true, "fec0::1": true, "ff02::1": true, "2001:db8::1": true, "3fff::1": true,
		"100::1": true, "100:0:0:1::1": true, "2001:0:a01:203::1": true, "::ffff:0:10.1.2.3": true, "5f00::1": true, "2001:4860:4860::8888": false, "2a00:1450:4001:800::200e": false,
		"::ffff:10.1.2.3": true, "::ffff:8.8.8.8": false, "::10.1.2.3": true,
		"64:ff9b::10.1.2.3": true, "64:ff9b::127.0.0.1": true, "64:ff9b::169.254.169.254": true, "64:ff9b::203.0.113.1": true, "64:ff9b::8.8.8.8": false,
		"64:ff9b:1::8.8.8.8": true, "2002:a01:203::1": true, "2002:7f00:1::1": true, "2002:808:808::1": false,
	} {
		if got := plan.PrivateAddress(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is private: %v, want %v", address, got, want)
		}
	}
}
