package plan

import (
	"fmt"
)

func init() {
	register(rule{
		id: "secret-unresolved", severity: SeverityError,
		statement: "Every reference stands for a value, where the values are asked for.",
		check:     checkUnresolved,
	})
}

func checkUnresolved(c *checker) {
	if c.opts.Lookup == nil {
		return
	}
	failed := map[Reference]error{}
	known := map[Reference]bool{}
	c.eachText(func(t Text) {
		for _, ref := range t.References() {
			if !known[ref] {
				value, err := c.opts.Lookup(ref)
				if err == nil && value == "" {
					err = errEmptyReference
				}
				known[ref], failed[ref] = true, err
			}
			if err := failed[ref]; err != nil {
				hint := "set the variable " + ref.Name
				if ref.File != "" {
					hint = "write the file; paths are relative to the folder of the root file"
				}
				c.report(t.Pos(), fmt.Sprintf("%s has no value: %v", ref, err), hint)
			}
		}
	})
}

var errEmptyReference = &syntaxError{Message: "it is empty"}
