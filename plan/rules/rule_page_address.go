package rules

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"rundown/plan"
)

// checkPageAddresses checks each address as it is sent: with placeholders replaced and, where values are resolved,
// with the values of exposed variables. The loader has checked the text of the key itself.
func checkPageAddresses(c *checker) {
	type place struct {
		pos  plan.Pos
		host bool // it lacks a host
	}
	var g findingGroup[place]
	for r, s := range c.p.EachSettings() {
		if s.URL.IsZero() || s.URL.Parts()[0].Kind == plan.PartLiteral && !plan.WebAddress.MatchString(s.URL.Parts()[0].S) {
			continue
		}
		expanded, unknown := s.URL.ExpandBy(c.sampleValues(r, s))
		if len(unknown) > 0 {
			continue
		}
		u, err := url.Parse(c.resolvedOrSample(expanded))
		switch {
		case err != nil:
			g.add(place{pos: s.URL.Pos()}, r, func() (plan.Pos, string, plan.Hint) {
				why := ""
				if len(s.URL.References()) == 0 && !hasPassword(s.URL) { // else it might show a value
					why = ": " + parseError(err)
				}
				return s.URL.Pos(), fmt.Sprintf("url is not a web address for recording %s, once its placeholders are replaced%s", r.ID, why), plan.NewHint(addressAdvice(err))
			})
		case u.Host == "" || !slices.Contains([]string{"http", "https"}, u.Scheme):
			g.add(place{s.URL.Pos(), true}, r, func() (plan.Pos, string, plan.Hint) {
				return s.URL.Pos(), fmt.Sprintf("url has no host for recording %s, once its placeholders are replaced", r.ID), plan.NewHint("write the host after https://")
			})
		}
	}
	g.report(c)
}

// sampleValues are the values of a recording's placeholders on some day.
func (c *checker) sampleValues(r *plan.Recording, s *plan.Settings) func(name string) (string, bool) {
	return func(name string) (string, bool) {
		switch name {
		case "plan":
			return c.p.Name, true
		case "id":
			return r.ID, true
		case "date":
			return "20310917", true
		case "time":
			return "0900", true
		default:
			value, ok := s.Labels[name]
			return value, ok
		}
	}
}

// resolvedOrSample resolves references where there is a lookup. Otherwise each is "11", which is valid in a host, a
// port and an escape.
func (c *checker) resolvedOrSample(t plan.Text) string {
	resolved, _ := t.Resolve(func(ref plan.Reference) (string, error) {
		if c.opts.Lookup != nil {
			if value, err := c.opts.Lookup(ref); err == nil {
				return value, nil
			}
		}
		return "11", nil
	})
	return resolved
}

// parseError is why an address cannot be parsed, without the address.
// addressAdvice says how to mend an address that cannot be parsed.
func addressAdvice(err error) string {
	switch text := parseError(err); {
	case strings.Contains(text, "port"):
		return "write the port as a number, as in https://lingua.example:8443/"
	case strings.Contains(text, "missing ']'"):
		return "end the IPv6 address with ]"
	}
	return "percent-encode what an address cannot hold, as in %20 for a blank"
}

func parseError(err error) string {
	if e, ok := err.(*url.Error); ok {
		return e.Err.Error()
	}
	return err.Error()
}
