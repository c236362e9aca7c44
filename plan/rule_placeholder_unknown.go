package plan

import (
	"fmt"
	"maps"
	"slices"
)

// checkPlaceholders reports a placeholder once where it stands, though many recordings may inherit it.
func checkPlaceholders(c *checker) {
	type place struct {
		pos  Pos
		name string
	}
	var g gathering[place]
	check := func(r *Recording, s *Settings, t Text) {
		for _, name := range t.placeholders() {
			if _, label := s.Labels[name]; label || slices.Contains(builtinPlaceholders, name) {
				continue
			}
			g.add(place{t.Pos(), name}, r, func() (Pos, string, tip) {
				known := slices.Concat(builtinPlaceholders, slices.Sorted(maps.Keys(s.Labels)))
				hint := didYouMean(name, known)
				if hint.with != "" {
					hint.of, hint.with = "{"+name+"}", "{"+hint.with+"}"
				}
				return t.Pos(), fmt.Sprintf("{%s} is no placeholder, and recording %s has no label of that name", name, r.ID), hint
			})
		}
	}
	c.eachSettings(func(r *Recording, s *Settings) {
		check(r, s, s.URL)
		check(r, s, s.Cname)
		if s.Storage != nil {
			for _, element := range s.Storage.Prefix {
				check(r, s, element)
			}
		}
	})
	g.report(c)
}
