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
	for s := range c.samples(pageOf) {
		if first := s.written.Parts()[0]; first.Kind == plan.PartLiteral && !plan.BeginsWebAddress(first.S) {
			continue
		}
		if s.written.Parts()[0].Kind == plan.PartReference && !c.isKnown(s.written.References()[0]) {
			continue // it may be the whole address
		}
		pos := s.text.Pos()
		u, err := url.Parse(c.resolvedOrSample(s.text))
		switch {
		case err != nil:
			why := ""
			if len(s.written.References()) == 0 && !hasPassword(s.written) { // else it might show a value
				why = ": " + parseError(err)
			}
			g.add(place{pos: pos}, s.r, finding{
				pos, fmt.Sprintf("url is not a web address for recording %s, once its placeholders are replaced%s", s.r.ID, why), plan.NewHint(addressAdvice(err)),
			})
		case u.Host == "" || !slices.Contains([]string{"http", "https"}, u.Scheme):
			g.add(place{pos, true}, s.r, finding{
				pos, fmt.Sprintf("url has no host for recording %s, once its placeholders are replaced", s.r.ID), plan.NewHint("write the host after https://"),
			})
		}
	}
	g.report(c)
}

// isKnown says whether the value of a reference is known: it is asked for, and set.
func (c *checker) isKnown(ref plan.Reference) bool {
	if c.opts.Lookup == nil {
		return false
	}
	_, err := c.opts.Lookup(ref)
	return err == nil
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

// addressAdvice says how to fix an address that cannot be parsed.
func addressAdvice(err error) string {
	switch text := parseError(err); {
	case strings.Contains(text, "port"):
		return "write the port as a number, as in https://lingua.example:8443/"
	case strings.Contains(text, "missing ']'"):
		return "end the IPv6 address with ]"
	}
	return "percent-encode what an address cannot hold, as in %20 for a blank"
}

// parseError is why an address cannot be parsed, without the address.
func parseError(err error) string {
	if e, ok := err.(*url.Error); ok {
		return e.Err.Error()
	}
	return err.Error()
}
