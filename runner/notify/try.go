package notify

import (
	"context"
	"time"

	"rundown/plan"
	"rundown/runner/store"
)

// TestOf is the announcement of a test for one target, which a daemon sends.
func TestOf(key string, now time.Time) store.Announcement {
	return announcement(kindTest, planOf(key), key, now.UTC().String(), now, Fact{Audience: Audience{Target: key}})
}

// Try sends a test to one target of a plan from this process, without a store.
func Try(ctx context.Context, cfg Config, p *plan.Plan, key string) error {
	n := newNotifier(cfg)
	now := n.cfg.Now()
	a := TestOf(key, now)
	f, err := factOf(a)
	if err != nil {
		return err
	}
	targets := targetsOf(p, n.cfg.Lookup(p))
	w := &worker{n: n, channel: make(chan struct{}, 1)}
	for _, m := range n.cfg.route(a, f, targets, now) {
		for i := range targets {
			if t := &targets[i]; t.key == m.Target {
				return n.send(ctx, w, t, &m).err
			}
		}
	}
	return nil
}
