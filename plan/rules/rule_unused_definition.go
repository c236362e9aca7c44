package rules

import (
	"fmt"
	"slices"
)

// checkUnused skips the kinds of which a use could not be read, and calendars while a recording lacks one.
func checkUnused(c *checker) {
	if c.p.Uses == nil {
		return
	}
	for _, d := range c.p.Uses.List {
		if d.Kind == "calendar" && slices.ContainsFunc(c.p.Recordings, unbounded) {
			continue
		}
		if !d.Used && !c.p.Uses.Unclear[d.Kind] {
			c.report(d.Pos, fmt.Sprintf("the %s %s is not used", d.Kind, d.Name), "use it or remove it")
		}
	}
}
