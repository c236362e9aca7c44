package notify

import (
	"context"
	"maps"
	"time"

	"rundown/plan"
	"rundown/runner/session"
	"rundown/runner/store"
)

const (
	// checkTick is how often a check is asked what is due.
	checkTick = 30 * time.Second
	// checkAhead is added to the lead, so that what a class needs was looked at before the class is to be told.
	checkAhead = 5 * time.Minute
	// aroundBell is how long before and after the start of a class what is in order is better left alone.
	aroundBell = 90 * time.Second
)

// Look is what a check looks at.
type Look struct {
	Plan    *plan.Plan
	Classes []store.Brief // of the plan, planned and to begin within the lead, in order of start
	Bell    bool          // some class begins about now: what is in order is better left alone
}

// check looks at each plan with targets whose next class is near. It finds out what the next classes need before the engine does,
// which asks the service only when a class begins.
func (n *Notifier) check(ctx context.Context) {
	defer n.running.Done()
	ticks := time.NewTicker(checkTick)
	defer ticks.Stop()
	for {
		checked := map[string]bool{}
		for _, p := range n.cfg.Plans() {
			if len(p.Plan.Notify) > 0 {
				checked[p.Plan.Name] = true
				n.checkPlan(ctx, p.Plan)
			}
		}
		n.mu.Lock() // the others are withdrawn, or have no targets any more
		maps.DeleteFunc(n.found, func(name string, _ []Issue) bool { return !checked[name] })
		n.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}

// checkPlan checks what is due of a plan, where a class is near or something was found before.
func (n *Notifier) checkPlan(ctx context.Context, p *plan.Plan) {
	now, lead := n.cfg.Now(), plan.DefaultLead
	for i := range p.Notify {
		lead = max(lead, p.Notify[i].Lead)
	}
	classes, err := n.cfg.Store.Briefs(ctx, now.Add(-aroundBell), now.Add(lead+checkAhead))
	if err != nil {
		return
	}
	look := lookOf(p, classes, now)
	n.mu.Lock()
	before := n.found[p.Name]
	n.mu.Unlock()
	if len(look.Classes) == 0 && len(before) == 0 {
		return
	}
	issues := n.cfg.Check(ctx, look)
	if ctx.Err() != nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.found[p.Name] = keepSince(issues, before)
}

// lookOf is what a check of a plan looks at, of all classes around now.
func lookOf(p *plan.Plan, classes []store.Brief, now time.Time) Look {
	l := Look{Plan: p}
	for _, b := range classes {
		if b.State == string(session.Ended) {
			continue
		}
		l.Bell = l.Bell || b.Start.Sub(now).Abs() < aroundBell
		if b.Plan == p.Name && b.State == string(session.Planned) && b.Start.After(now) {
			l.Classes = append(l.Classes, b)
		}
	}
	return l
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
