package plan

import (
	"fmt"
	"net/url"
	"slices"
)

// checkPageAddresses looks at each address as it is sent: with its placeholders replaced, and where values are asked
// for, its exposed variables too. What the key holds by itself, the loader has judged.
func checkPageAddresses(c *checker) {
	type place struct {
		pos  Pos
		host bool // it lacks a host
	}
	var g gathering[place]
	c.eachSettings(func(r *Recording, s *Settings) {
		if s.URL.IsZero() || s.URL.Parts()[0].kind == partLiteral && !webAddress.MatchString(s.URL.Parts()[0].s) {
			return
		}
		expanded, unknown := s.URL.expandBy(c.sampleValues(r, s))
		if len(unknown) > 0 {
			return
		}
		u, err := url.Parse(c.resolvedOrSample(expanded))
		switch {
		case err != nil:
			g.add(place{pos: s.URL.Pos()}, r, func() (Pos, string, tip) {
				why := ""
				if len(s.URL.References()) == 0 && !hasPassword(s.URL) { // else it might show a value
					why = ": " + parseReason(err)
				}
				return s.URL.Pos(), fmt.Sprintf("url is no web address for recording %s, once its placeholders are replaced%s", r.ID, why), say("escape what an address cannot hold by %")
			})
		case u.Host == "" || !slices.Contains([]string{"http", "https"}, u.Scheme):
			g.add(place{s.URL.Pos(), true}, r, func() (Pos, string, tip) {
				return s.URL.Pos(), fmt.Sprintf("url has no host for recording %s, once its placeholders are replaced", r.ID), say("write the host after https://")
			})
		}
	})
	g.report(c)
}

// sampleValues are what the placeholders of a recording stand for on some day.
func (c *checker) sampleValues(r *Recording, s *Settings) func(name string) (string, bool) {
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

// resolvedOrSample resolves references where values are asked for. Elsewhere "11" stands for each, which fits into a
// host, a port and an escape.
func (c *checker) resolvedOrSample(t Text) string {
	resolved, _ := t.Resolve(func(ref Reference) (string, error) {
		if c.opts.Lookup != nil {
			if value, err := c.opts.Lookup(ref); err == nil {
				return value, nil
			}
		}
		return "11", nil
	})
	return resolved
}

// parseReason is why an address cannot be read, without the address.
func parseReason(err error) string {
	if e, ok := err.(*url.Error); ok {
		return e.Err.Error()
	}
	return err.Error()
}
