package notify

import (
	"context"
	"errors"
	"net/http"
	"time"

	"rundown/plan"
)

const (
	pingEvery = time.Minute
	// movesWithin is how long the engine may take to say that it moves.
	movesWithin = 5 * time.Second
)

// pings calls the addresses of ping each minute while the engine moves, so that a service elsewhere can warn when the calls
// stop.
func (n *Notifier) pings(ctx context.Context) {
	defer n.running.Done()
	ticks := time.NewTicker(pingEvery)
	defer ticks.Stop()
	for {
		n.pingAll(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}

// pingAll calls the addresses of the plans that this process works on. A failed call is not repeated before the next minute: that calls
// stop is what the other side watches for.
func (n *Notifier) pingAll(ctx context.Context) {
	var wanted []*plan.Plan
	for _, p := range n.cfg.Plans() {
		if !p.Plan.Ping.IsZero() {
			wanted = append(wanted, p.Plan)
		}
	}
	if len(wanted) == 0 {
		return
	}
	if err := n.cfg.Moves(movesWithin); err != nil {
		n.complain("ping is left out, since the engine does not move", err)
		return
	}
	for _, p := range wanted {
		if err := n.ping(ctx, p); err != nil && ctx.Err() == nil {
			n.complain("ping of plan "+p.Name+" failed; it is called again in a minute", err)
		}
	}
}

// ping calls the address of a plan. Its errors show nothing of the address.
func (n *Notifier) ping(ctx context.Context, p *plan.Plan) error {
	address, err := resolve(p.Ping, n.cfg.Lookup(p), "ping")
	if err != nil {
		return err
	}
	if err := checkAddress(address, false); err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return errors.New("ping is not a valid address")
	}
	return n.exchange(request, address).err
}
