package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"rundown/agora/catalog"
	"rundown/plan"
)

// checkScheme checks literal text, and the value of a reference only where there is a lookup. What follows the scheme is never shown:
// the path is the stream key.
func checkScheme(c *checker) {
	schemes := catalog.Strings("rtmp-url-scheme")
	for _, cdn := range c.p.CDNs {
		for _, t := range []plan.Text{cdn.URL, cdn.Fallback} {
			if t.IsZero() {
				continue
			}
			address := t.Parts()[0].S
			if t.Parts()[0].Kind == plan.PartReference {
				resolved, err := t.Resolve(c.opts.Lookup)
				if err != nil {
					continue // not asked for, or secret-unresolved
				}
				address = resolved
			}
			scheme, rest, ok := strings.Cut(address, "://")
			// The first part may end where a reference gives the host.
			hostless := strings.HasPrefix(rest, "/") || rest == "" && len(t.Parts()) == 1
			known := slices.Contains(schemes, scheme)
			if ok && known && !hostless {
				continue
			}
			given := "has no scheme"
			if ok && known {
				given = "has no host"
			} else if ok && schemeName.MatchString(scheme) {
				given = "has the scheme " + scheme
			}
			hint := "begin with rtmps://"
			if lower := strings.ToLower(scheme); ok && !known && slices.Contains(schemes, lower) {
				hint = "write the scheme in lower case: " + lower + "://"
			}
			c.report(t.Pos(), fmt.Sprintf("the address %s and must begin with %s://", given, strings.Join(schemes, ":// or ")), hint)
		}
	}
}

// schemeName matches what can be shown as a scheme; anything else may be a secret.
var schemeName = regexp.MustCompile(`^[A-Za-z0-9]{1,10}$`)
