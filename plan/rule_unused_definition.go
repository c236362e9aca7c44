package plan

import "fmt"

// checkUnused passes over the kinds of which a use could not be read, which is reported there.
func checkUnused(c *checker) {
	if c.p.uses == nil {
		return
	}
	for _, d := range c.p.uses.list {
		if !d.used && !c.p.uses.unclear[d.kind] {
			c.report(d.pos, fmt.Sprintf("the %s %s is not used", d.kind, d.name), "use it or remove it")
		}
	}
}
