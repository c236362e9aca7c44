package rules

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"rundown/plan"
)

// checkPublicPages checks the host of each page as it is sent. A host that only a reference gives is checked where
// there is a lookup, and never shown.
func checkPublicPages(c *checker) {
	type mistake struct {
		pos plan.Pos
		why string
	}
	var g findingGroup[mistake]
	for s := range c.samples(pageOf) {
		if why, hint := c.notPublic(s.text); why != "" {
			pos := s.text.Pos()
			g.add(mistake{pos, why}, s.r, finding{pos, fmt.Sprintf("the page of recording %s cannot be opened by the service: %s", s.r.ID, why), plan.NewHint(hint)})
		}
	}
	g.report(c)
}

// notPublic says why nobody outside can open an address, and a hint; "" where nothing indicates that.
func (c *checker) notPublic(address plan.Text) (why, hint string) {
	u, err := url.Parse(c.resolvedOrSample(address))
	if err != nil {
		return "", "" // checkPageAddresses reports it
	}
	if strings.ContainsFunc(plan.Written(address.Parts()), unicode.IsSpace) {
		return "the address has a space in it", "write %20 for a space, or remove it"
	}
	authority, _ := plan.SplitAddress(address.Parts())
	secret := slices.ContainsFunc(authority, func(p plan.TextPart) bool { return p.Kind == plan.PartReference })
	if secret {
		if _, err := address.Resolve(c.opts.Lookup); err != nil {
			return "", "" // not asked for, or secret-unresolved
		}
	}
	if u.Hostname() == "" {
		return "", "" // checkPageAddresses reports that there is no host
	}
	why = privateHost(u.Hostname())
	if why != "" && !secret {
		why = fmt.Sprintf("%s %s", plan.Quoted(u.Hostname()), why)
	} else if why != "" {
		why = "the host behind its reference " + why
	}
	return why, "give the address under which the page is open on the internet"
}

// privateNames are ends of names that the public name system does not have: RFC 6761, RFC 6762 with its appendix G, RFC
// 8375 and ICANN's resolution on .internal.
var privateNames = []string{
	".localhost", ".local", ".internal", ".localdomain", ".lan", ".home", ".corp", ".intranet", ".private", ".home.arpa", ".test", ".invalid",
}

// privateHost says why a host cannot be reached from outside; "" where nothing indicates that.
func privateHost(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if ip, ok := hostAddress(host); ok {
		if plan.PrivateAddress(ip) {
			return "is an address of this machine or of a private network"
		}
		return ""
	}
	if slices.ContainsFunc(privateNames, func(name string) bool { return strings.HasSuffix("."+host, name) }) {
		return "is a name of this machine or of a private network"
	}
	if !strings.Contains(host, ".") {
		return "is a name without a domain"
	}
	return ""
}

// hostAddress parses a host as an address, as browsers do: 127.1, 2130706433 and 0x7f.0.0.1 are the same address.
func hostAddress(host string) (netip.Addr, bool) {
	host, _, _ = strings.Cut(host, "%") // a zone
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap(), true
	}
	labels := strings.Split(host, ".")
	// As for browsers, an address ends with a number.
	if last := labels[len(labels)-1]; len(labels) > 4 || last == "" || !plan.IsDigit(last[0]) {
		return netip.Addr{}, false
	}
	var whole uint64
	for i, label := range labels {
		n, err := strconv.ParseUint(label, 0, 33)
		bits := 8
		if i == len(labels)-1 {
			bits = 8 * (5 - len(labels))
		}
		if err != nil || n >= 1<<bits || strings.Contains(label, "_") || strings.HasPrefix(label, "0b") || strings.HasPrefix(label, "0o") {
			return netip.Addr{}, false
		}
		whole = whole<<bits | n
	}
	return netip.AddrFrom4([4]byte{byte(whole >> 24), byte(whole >> 16), byte(whole >> 8), byte(whole)}), true
}
