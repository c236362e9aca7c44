package runner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"rundown/agora"
	"rundown/runner/reason"
	"rundown/runner/store"
)

// A process is a node of its store: it gives heartbeats, owns App IDs, and has a worker for each. Where a lock keeps other
// processes away it owns all of them, and nothing here is ever lost. Which node owns what is not an event but a state: it
// is read and compared again and again, so that nothing hangs on a message that was missed.

const (
	// heartbeatWithin is how long a heartbeat may take, with the connection that may have to be made for it. The statement alone has 2 s
	// on PostgreSQL (beatTimeout of package store). A request that the gate holds back waits as long for the next heartbeat.
	heartbeatWithin = 10 * time.Second
	// handoverQuiet is how long nothing may be due for an App ID that is handed over, so that no class waits for it.
	handoverQuiet = 10 * time.Second
	// handoverDrain is how long answers are awaited where the service has answered nothing for some time.
	handoverDrain = time.Second

	unfitEvery = 10 * time.Second // plans that this node cannot work on are tried again

	clockDiffers = 2 * time.Second  // from that of the store's database: a person should know
	clockWrong   = 10 * time.Second // classes would begin too early or too late: this node owns what no other node can work on
	// clockGrace is how long a node hands nothing over from when it finds its clock wrong. Where it is the clock of the database that
	// leapt, another node sees that up to two heartbeats later, and until then looks as if it were right.
	clockGrace = 3 * time.Second
)

// membership is what an engine knows of itself as a node. The engine's lock guards it, but for these: ttl never changes; gate and
// unstored have locks of their own; told belongs to the poll; Start and Close alone touch beats; expiring is a timer, which is safe
// for concurrent use.
type membership struct {
	gate       *gate
	ttl        time.Duration
	unfit      map[string]*unfitPlan // active plans that this node cannot work on, by name
	triedUnfit time.Time
	strays     map[string]store.AppWork // App IDs that have something to do and that no plan at work names
	offset     time.Duration            // of the database's clock from this one
	wrongSince time.Duration            // when a heartbeat showed first that this one's is wrong, by the gate's time
	unstored   *unstored
	told       messages
	heldBack   bool        // the gate was shut when it was logged last
	dutyTerm   int64       // of the lease of the duties; 0: another node has them
	dutyLeft   time.Time   // when this node stopped doing the duties, to leave them to another
	beats      ending      // of the heartbeats; zero: a timer gives them
	expiring   *time.Timer // fires when the time of another node is over
	suspected  bool        // the service does not answer another node
}

func newMembership(cfg Config) membership {
	rules := cfg.Store.Liveness()
	m := membership{
		gate: &gate{limit: rules.Send, ttl: rules.TTL, elapsed: cfg.Uptime}, ttl: rules.TTL,
		unfit: map[string]*unfitPlan{}, strays: map[string]store.AppWork{}, unstored: &unstored{sids: map[string]store.LateSID{}}, told: messages{},
		expiring: newExpiring(),
	}
	m.gate.shut()
	return m
}

// shared says that other processes may work on the store.
func (m *membership) shared() bool { return m.ttl > 0 }

// ending ends a goroutine.
type ending struct {
	cancel context.CancelFunc
	done   chan struct{} // closed: it has ended
}

// heartbeat tells the store that this process is alive, and the gate that the store has heard it.
func (e *Engine) heartbeat(ctx context.Context) {
	began := time.Now()
	err := e.beatOnce(ctx)
	if ctx.Err() != nil {
		return
	}
	e.cfg.OnHeartbeat(time.Since(began))
	if err != nil {
		e.storeFailed(err)
	}
	e.logGate()
}

// logGate logs that requests are held back, and that they are sent again, once each.
func (e *Engine) logGate() {
	shut := e.gate.isShut()
	e.mu.Lock()
	was := e.heldBack
	e.heldBack = shut
	e.mu.Unlock()
	switch {
	case shut && !was:
		e.log.Warn("requests are held back: the last heartbeat that the store confirmed is too old, so another node may have taken over",
			"node", e.cfg.Store.NodeID(), "reason_code", reason.NodeUnconfirmed)
	case was && !shut:
		e.log.Info("requests are sent again", "node", e.cfg.Store.NodeID())
	}
}

// beatOnce gives one heartbeat. The gate counts from the instant at which it was sent, not from its answer: others count from when the
// database took it, which is later.
func (e *Engine) beatOnce(ctx context.Context) error {
	bound := ctx
	if e.shared() {
		var cancel context.CancelFunc
		bound, cancel = context.WithTimeout(ctx, heartbeatWithin)
		defer cancel()
	}
	sent, before := e.gate.elapsed(), e.cfg.Now()
	at, err := e.cfg.Store.Heartbeat(bound, before, e.offers())
	switch {
	case errors.Is(err, store.ErrBuried):
		return e.buried(ctx)
	case err != nil:
		e.gate.fail()
		return err
	}
	e.gate.confirm(sent, at)
	e.storeRecovered()
	e.compareClocks(at, before, e.cfg.Now())
	return nil
}

// offers is what a heartbeat tells the other nodes.
func (e *Engine) offers() []string {
	offers, clockOff, reserve := e.servable()
	for _, app := range clockOff {
		offers = append(offers, store.ClockOff(app))
	}
	for _, app := range reserve {
		offers = append(offers, store.Reserve(app))
	}
	if e.fitForDuties() {
		offers = append(offers, store.Duties)
	}
	if e.unreached() {
		offers = append(offers, store.Unreached)
	}
	if !e.scheduling {
		offers = append(offers, store.NoDaemon)
	}
	return offers
}

// buried goes on after other processes took this one for dead: it owns nothing any more, and joins again.
func (e *Engine) buried(ctx context.Context) error {
	e.gate.shut()
	e.mu.Lock()
	e.dutyTerm = 0
	workers := slices.Collect(maps.Values(e.workers))
	e.mu.Unlock()
	for _, w := range workers {
		e.fenceOff(w)
	}
	if !e.shared() || e.ctx.Err() != nil { // what ends does not join again
		return nil
	}
	e.log.Warn("other nodes took this one for dead, and have taken over its App IDs; joining again", "node", e.cfg.Store.NodeID())
	if err := e.cfg.Store.Join(ctx, e.cfg.Now()); err != nil {
		return err
	}
	e.log.Info("joined", "node", e.cfg.Store.NodeID())
	return nil
}

// servable lists the App IDs that this node could work on, those of its plans and more, each in one of three lists:
//
//   - apps: it can do all that is to be done for them.
//   - clockOff: its clock is wrong, so it would begin their classes too early or too late.
//   - reserve: it may be unable to begin some of their classes, whatever its clock. One of the plans that name them it cannot work on,
//     works on by the revision before, or can only finish.
func (e *Engine) servable(more ...string) (apps, clockOff, reserve []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	fit, second := map[string]bool{}, map[string]bool{}
	for _, id := range more {
		fit[id] = true
	}
	if e.scheduling && e.ctx.Err() == nil {
		for id := range e.strays {
			fit[id] = true
		}
		for name, a := range e.plans {
			for _, id := range a.apps {
				fit[id] = true
				second[id] = second[id] || e.unfit[name] != nil || e.cfg.Finishes(a.plan)
			}
		}
		for _, u := range e.unfit {
			for _, id := range u.apps {
				second[id] = true
			}
		}
	}
	apps = []string{}
	for _, id := range slices.Sorted(maps.Keys(fit)) {
		switch {
		case second[id]:
			reserve = append(reserve, id)
		case e.offset.Abs() >= clockWrong:
			clockOff = append(clockOff, id)
		default:
			apps = append(apps, id)
		}
	}
	return apps, clockOff, reserve
}

// claim takes those of the App IDs that have no worker and are this node's to own, and gives their leases. It waits for the
// store, so the caller must not hold the lock, which every loop takes.
func (e *Engine) claim(ctx context.Context, apps ...string) (map[string]store.Lease, error) {
	var want []string
	for _, app := range apps {
		if e.workerOf(app) == nil {
			want = append(want, app)
		}
	}
	leases := map[string]store.Lease{}
	if len(want) == 0 {
		return leases, nil
	}
	mine, err := e.assigned(ctx, want)
	if err != nil {
		return nil, fmt.Errorf("own app %s: %w: %w", want[0], errLease, err)
	}
	leases, err = e.claimAll(ctx, slices.DeleteFunc(want, func(app string) bool { return !mine(app) }))
	if err != nil {
		return nil, fmt.Errorf("own apps: %w: %w", errLease, err)
	}
	return leases, nil
}

// claimAll claims App IDs, and gives the leases of those for which no other node was faster.
func (e *Engine) claimAll(ctx context.Context, apps []string) (map[string]store.Lease, error) {
	list, err := e.cfg.Store.ClaimAll(ctx, apps, e.cfg.Now())
	leases := map[string]store.Lease{}
	for _, l := range list {
		leases[l.App] = l
		if e.shared() {
			e.log.Info("owns app", "app", l.App, "node", l.Node, "term", l.Term)
		}
	}
	return leases, err
}

// assigned says which App IDs are to be this node's, which could work on some more than it has told the others.
func (e *Engine) assigned(ctx context.Context, more []string) (mine func(app string) bool, err error) {
	if !e.shared() {
		return func(string) bool { return true }, nil
	}
	if !e.scheduling { // it takes what nobody else could work on
		more = nil
	}
	nodes, owners, err := e.fleet(ctx, more)
	if err != nil {
		return nil, err
	}
	node, me := assign(nodes, owners), e.cfg.Store.NodeID()
	return func(app string) bool { return node[app] == me || node[app] == 0 && !e.scheduling && owners[app] == 0 }, nil
}

// fleet reads the nodes that are alive and who owns what, and stops the workers of what is not this node's any more. This
// node is as it knows itself to be.
func (e *Engine) fleet(ctx context.Context, more []string) (nodes []store.Node, owners map[string]int64, err error) {
	if nodes, err = e.cfg.Store.Nodes(ctx); err != nil {
		return nil, nil, err
	}
	leases, err := e.cfg.Store.Leases(ctx)
	if err != nil {
		return nil, nil, err
	}
	e.fenceLost(leases)
	e.mu.Lock()
	now := e.cfg.Now().Add(e.offset)
	e.mu.Unlock()
	me := e.cfg.Store.NodeID()
	e.awaitExpiry(nodes, now)
	nodes = slices.DeleteFunc(nodes, func(n store.Node) bool { return n.ID != me && n.AliveUntil.Before(now) })
	for i := range nodes {
		if nodes[i].ID == me {
			nodes[i].Apps, nodes[i].ClockOff, nodes[i].Reserve = e.servable(more...)
			nodes[i].Duties, nodes[i].Unreached = e.fitForDuties(), e.unreached()
		}
	}
	e.noteSuspicion(nodes)
	return nodes, store.Owners(leases), nil
}

// updateOwnership sees to it that this node works on the App IDs that are its own: it buries dead nodes, stops the workers of what it
// lost, takes its share of what is free, and hands over what is more than its share. It runs at each poll, and where the last heartbeat of
// another node expires (awaitExpiry in handover.go).
func (e *Engine) updateOwnership(ctx context.Context) error {
	if !e.shared() {
		return e.checkOwnership(ctx)
	}
	if e.gate.mayBury() {
		dead, err := e.cfg.Store.Bury(ctx, e.cfg.Now())
		if err != nil {
			return err
		}
		if len(dead) > 0 {
			e.unfitDue()
		}
		for _, n := range dead {
			e.log.Warn("a node gives no heartbeats any more; its App IDs are taken over", "node", n.ID, "name", n.Name, "last_seen", n.Beat)
		}
	}
	if e.gate.check() != nil { // what it claims it could not use
		return e.checkOwnership(ctx)
	}
	nodes, owners, err := e.fleet(ctx, nil)
	if err != nil {
		return err
	}
	node, me := assign(nodes, owners), e.cfg.Store.NodeID()
	var take, free []string
	for app, id := range node {
		switch w := e.workerOf(app); {
		case w == nil && id == me:
			take = append(take, app)
		case w == nil && id != 0 && owners[app] == me: // the answer to its claim was lost
			free = append(free, app)
		case w != nil && id != me && owners[app] == me && !e.clockInDoubt():
			e.handOver(w, e.unreached() && !unreachedNode(nodes, id))
		}
	}
	slices.Sort(take)
	if !e.scheduling { // what nobody else could work on it takes: the daemon before it may not have been buried yet when it started
		return errors.Join(e.takeOver(ctx, take), e.free(ctx, free), e.ensureWorkers(ctx), e.deliverMessages(ctx))
	}
	// What one of them cannot do holds up none of the others.
	return errors.Join(e.takeOver(ctx, take), e.free(ctx, free), e.shareDuties(ctx, nodes), e.deliverMessages(ctx))
}

// takeOver claims App IDs and begins to work on them. What their owners before have left is noted after that: classes do not wait for it.
func (e *Engine) takeOver(ctx context.Context, apps []string) error {
	conns := map[string]*Connection{}
	for _, app := range apps {
		if conn := e.connectionFor(ctx, app); conn != nil {
			conns[app] = conn
		}
	}
	leases, err := e.claimAll(ctx, slices.Sorted(maps.Keys(conns)))
	if err != nil || len(leases) == 0 {
		return err
	}
	e.startWorkers(leases, conns)
	return e.noteLoose(ctx, func(app string) bool { return leases[app].Term > 0 })
}

// startWorkers gives workers to App IDs that are this node's now.
func (e *Engine) startWorkers(leases map[string]store.Lease, conns map[string]*Connection) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for app, lease := range leases {
		if e.workers[app] == nil { // else a plan that became active meanwhile has made and connected it
			e.worker(app, lease, cmp.Or(e.planConnection(app), conns[app]), nil)
		}
		e.workers[app].startLoop()
	}
}

// connectionFor is how to reach the service for an App ID: by a plan at work that names it, else by what is recorded there; nil where
// that is not known here.
func (e *Engine) connectionFor(ctx context.Context, app string) *Connection {
	e.mu.Lock()
	conn := e.planConnection(app)
	stray, found := e.strays[app]
	e.mu.Unlock()
	if conn == nil && found {
		conn = e.connectionOf(ctx, stray.Occurrence, stray.Revision)
	}
	return conn
}

// planConnection is how to reach the service for an App ID by a plan at work that names it, if possible by one of which this node can
// work on the active revision: it may own App IDs by the revision before. nil where none names it; "" stands for any App ID. The caller
// holds the lock.
func (e *Engine) planConnection(app string) *Connection {
	var conn, before *Connection
	for _, name := range e.order {
		a := e.plans[name]
		switch {
		case app != "" && !a.names(app):
		case e.unfit[name] != nil:
			before = cmp.Or(before, a.conn)
		default:
			conn = cmp.Or(conn, a.conn)
		}
	}
	return cmp.Or(conn, before)
}

// writeOwnPlans writes what the plans want of which this node owns the first App ID, where it has not done so since it owns that. The
// caller holds applying.
func (e *Engine) writeOwnPlans(ctx context.Context) error {
	owed := slices.DeleteFunc(e.applied(), func(a *applied) bool { return !e.writesSpecsOf(a) || e.hasWritten(a) })
	if len(owed) > 1 { // what is near of all of them goes before what is far ahead of one
		for _, a := range owed {
			if _, err := e.writeNearOf(ctx, a); err != nil && !errors.Is(err, errSuperseded) {
				return err
			}
		}
	}
	wrote := false
	for _, a := range owed {
		switch _, err := e.writePlan(ctx, a); {
		case errors.Is(err, errSuperseded): // the newer revision is taken up after this, or after the next poll
			continue
		case err != nil:
			return err
		}
		e.setWritten(a)
		wrote = true
	}
	if !wrote { // each poll reads what others write
		return nil
	}
	return e.reloadWorkers(ctx)
}

// writesSpecsOf says that this node writes what a plan wants: it owns the first of its App IDs.
func (e *Engine) writesSpecsOf(a *applied) bool {
	return e.workerOf(a.firstApp()) != nil
}

// firstApp is the App ID whose owner writes what a plan wants; "" for a plan without any.
func (a *applied) firstApp() string {
	for _, app := range slices.Sorted(maps.Values(a.apps)) {
		return app
	}
	return ""
}

// names says that a plan gives classes to an App ID.
func (a *applied) names(app string) bool {
	for _, id := range a.apps {
		if id == app {
			return true
		}
	}
	return false
}

// hasWritten says that this node has written what a plan wants since it owns the first of its App IDs.
func (e *Engine) hasWritten(a *applied) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return a.written
}

// setWritten notes that this node has written what a plan wants, unless it lost the plan's first App ID meanwhile.
func (e *Engine) setWritten(a *applied) {
	first := a.firstApp()
	e.mu.Lock()
	defer e.mu.Unlock()
	a.written = e.workers[first] != nil
}

// applied lists the plans at work as they were first applied.
func (e *Engine) applied() []*applied {
	e.mu.Lock()
	defer e.mu.Unlock()
	plans := make([]*applied, 0, len(e.order))
	for _, name := range e.order {
		plans = append(plans, e.plans[name])
	}
	return plans
}

// workerOf is the worker of an App ID; nil where this node has none.
func (e *Engine) workerOf(app string) *worker {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.workers[app]
}

// spentUntil is until when requests of the owner before count against the rate of an App ID.
func spentUntil(l store.Lease) time.Time {
	return time.Now().Add(max(agora.SpentFor-l.Idle, 0))
}

// seenBefore is when the owner before a worker was last alive, and from when on this one is there.
func (e *Engine) seenBefore(l store.Lease) (seen, since time.Time) {
	if l.Seen.After(e.started) {
		return l.Seen, e.cfg.Now()
	}
	return cmp.Or(e.beatBefore, l.Seen), e.started
}
