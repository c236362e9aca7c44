package rules

import "fmt"

// checkUnused skips the kinds of which a use could not be read, and calendars while it is an error that a recording lacks
// one.
func checkUnused(c *checker) {
	if c.p.Uses == nil {
		return
	}
	lacksCalendar := unboundedIsError(c.p)
	for _, d := range c.p.Uses.List {
		if d.Kind == "calendar" && lacksCalendar {
			continue
		}
		if !d.Used && !c.p.Uses.Unclear[d.Kind] {
			c.report(d.Pos, fmt.Sprintf("the %s %s is not used", d.Kind, d.Name), "use it or remove it")
		}
	}
}
