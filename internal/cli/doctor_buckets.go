package cli

import (
	"fmt"

	"rundown/plan"
	"rundown/runner/preflight"
)

// buckets names the storages whose buckets run cannot check before classes.
func (c *checkup) buckets(p *plan.Plan) {
	for _, s := range p.Storages {
		if !preflight.Checked(s) {
			c.add("storages of "+p.Name, checkOK, fmt.Sprintf("storage %s: run does not check buckets of %s before classes, only those of s3 and s3-compatible", s.Name, s.Vendor.Title), "")
		}
	}
}
