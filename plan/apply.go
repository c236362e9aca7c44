package plan

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// manyRecordings is from how many on several rules are applied at a time; below, they take less than starting to.
const manyRecordings = 200

// apply applies the rules of the given ids. What they find is in the order of the ids, whichever is done first. A rule
// reports to the checker that it is given and changes nothing of the plan or of its expansion.
func (c *checker) apply(ids []string) {
	ids = slices.DeleteFunc(ids, func(id string) bool { return rules[id].check == nil })
	if len(c.p.Recordings) < manyRecordings {
		for _, id := range ids {
			c.rule = resolveRule(id)
			c.rule.check(c)
		}
		return
	}
	opts := c.opts
	opts.Lookup = oneAtATime(opts.Lookup)
	var times sharedExpansion
	findings := make([][]Finding, len(ids))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(ids)) {
		workers.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(ids) {
					return
				}
				own := &checker{p: c.p, opts: opts, rule: resolveRule(ids[i]), shared: &times}
				own.rule.check(own)
				findings[i] = own.findings
			}
		})
	}
	workers.Wait()
	c.findings = slices.Concat(append([][]Finding{c.findings}, findings...)...)
}

// sharedExpansion is made by the first rule that counts classes.
type sharedExpansion struct {
	once  sync.Once
	times *expansion
}

// oneAtATime spares a lookup being asked by two at once.
func oneAtATime(lookup Lookup) Lookup {
	if lookup == nil {
		return nil
	}
	var one sync.Mutex
	return func(r Reference) (string, error) {
		one.Lock()
		defer one.Unlock()
		return lookup(r)
	}
}
