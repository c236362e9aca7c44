package notify

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"rundown/plan"
	"rundown/runner/session"
	"rundown/runner/store"
)

const (
	// checkEvery is how often what the next classes need is checked while one begins within the lead, and checkAgain how
	// often where the check before found something.
	checkEvery = 5 * time.Minute
	checkAgain = time.Minute
	// aroundBell is how long before and after the start of a class the App IDs are left to the engine, unless the check
	// before found something.
	aroundBell = 90 * time.Second
)

// checks finds out what the next classes need before the engine does, which asks the service only when a class begins.
type checks struct {
	mu    sync.Mutex
	found map[string][]Issue // by plan; guarded by mu
	last  map[string]time.Time
}

// check looks at each plan with targets whose next class is near.
func (n *Notifier) check(ctx context.Context) {
	defer n.running.Done()
	ticks := time.NewTicker(checkAgain / 2)
	defer ticks.Stop()
	for {
		checked := map[string]bool{}
		for _, p := range n.cfg.Plans() {
			if len(p.Plan.Notify) > 0 {
				checked[p.Plan.Name] = true
				n.checkPlan(ctx, p.Plan)
			}
		}
		n.checks.keep(checked)
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}

// checkPlan checks a plan where its turn has come.
func (n *Notifier) checkPlan(ctx context.Context, p *plan.Plan) {
	now, c := n.cfg.Now(), &n.checks
	c.mu.Lock()
	failed := len(c.found[p.Name]) > 0
	c.mu.Unlock()
	wait, lead := checkEvery, plan.DefaultLead
	if failed {
		wait = checkAgain
	}
	if last, checked := c.last[p.Name]; checked && now.Sub(last).Abs() < wait {
		return
	}
	for i := range p.Notify {
		lead = max(lead, p.Notify[i].Lead)
	}
	classes, err := n.cfg.Store.Briefs(ctx, now.Add(-aroundBell), now.Add(lead+checkEvery))
	if err != nil || !nearOf(classes, p.Name, now) && !failed {
		return
	}
	issues := n.cfg.Check(ctx, p)
	if ctx.Err() != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last[p.Name], c.found[p.Name] = now, keepSince(issues, c.found[p.Name])
}

// keep forgets what was found of other plans than these: they are withdrawn, or have no targets any more.
func (c *checks) keep(plans map[string]bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.last, func(name string, _ time.Time) bool { return !plans[name] })
	maps.DeleteFunc(c.found, func(name string, _ []Issue) bool { return !plans[name] })
}

// keepSince gives issues that were there before the time at which they began.
func keepSince(issues, before []Issue) []Issue {
	for i := range issues {
		for _, b := range before {
			if b.ID == issues[i].ID && b.About == issues[i].About {
				issues[i].Since = b.Since
			}
		}
	}
	return issues
}

// nearOf says that a class of a plan is still to begin, and that no class begins right now.
func nearOf(classes []store.Brief, name string, now time.Time) bool {
	near := false
	for _, b := range classes {
		if b.State == string(session.Over) {
			continue
		}
		if b.Start.Sub(now).Abs() < aroundBell {
			return false
		}
		near = near || b.Plan == name && b.State == string(session.Planned) && b.Start.After(now)
	}
	return near
}

// issues are what the checks found last.
func (c *checks) issues() (issues []Issue) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(c.found)) {
		issues = append(issues, c.found[name]...)
	}
	return issues
}
