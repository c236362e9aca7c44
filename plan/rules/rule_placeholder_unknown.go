package rules

import (
	"fmt"
	"maps"
	"slices"

	"rundown/plan"
)

// checkPlaceholders reports a placeholder once, where it is written, though many recordings may inherit it. One that is not known
// would be sent as it is written, braces included. Rules that look at expanded texts leave those with such a placeholder out.
func checkPlaceholders(c *checker) {
	type place struct {
		pos  plan.Pos
		name string
	}
	var g findingGroup[place]
	check := func(r *plan.Recording, s *plan.Settings, t plan.Text) {
		for _, name := range t.Placeholders() {
			if _, label := s.Labels[name]; label || slices.Contains(plan.BuiltinPlaceholders, name) {
				continue
			}
			hint := plan.DidYouMean(name, slices.Concat(plan.BuiltinPlaceholders, slices.Sorted(maps.Keys(s.Labels))))
			if hint.Replacement != "" {
				hint.Part, hint.Replacement = "{"+name+"}", "{"+hint.Replacement+"}"
			}
			g.add(place{t.Pos(), name}, r, finding{t.Pos(), fmt.Sprintf("{%s} is neither a built-in placeholder nor a label of the recording", name), hint})
		}
	}
	for r, s := range c.p.EachSettings() {
		check(r, s, s.URL)
		check(r, s, s.Cname)
		if s.Storage != nil {
			for _, element := range s.Storage.Prefix {
				check(r, s, element)
			}
		}
	}
	g.report(c)
}
