package runner

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"rundown/plan/rules"
	"rundown/runner/store"
)

// ensureWorker gives the App ID of a stored occurrence a worker, if it is this node's to own. Where no plan says how to reach the
// service it is left as it is.
func (e *Engine) ensureWorker(ctx context.Context, o store.AppWork) error {
	if e.workerOf(o.App) != nil {
		return nil
	}
	if others, err := e.isOthers(ctx, o); err != nil || others {
		return err
	}
	var conn *Connection
	if e.Plans() == 0 {
		if conn = e.connectionOf(ctx, o.Occurrence, o.Revision); conn == nil {
			return nil
		}
	}
	e.mu.Lock()
	e.strays[o.App] = o
	e.mu.Unlock()
	leases, err := e.claim(ctx, o.App)
	if err != nil || len(leases) == 0 {
		return err
	}
	if conn == nil { // its plan is read where the App ID is this node's
		conn = e.connectionOf(ctx, o.Occurrence, o.Revision)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.workers[o.App] == nil && conn != nil { // no plan has come meanwhile that names it
		e.worker(o.App, leases[o.App], conn, nil)
	}
	return nil
}

// isOthers says that a stored occurrence is left to other nodes: its plan is active, and this node does not work on that, or
// not yet. Where the plan was withdrawn, any node may stop what is left of it.
func (e *Engine) isOthers(ctx context.Context, o store.AppWork) (bool, error) {
	name, _, _ := strings.Cut(o.Occurrence, "/")
	e.mu.Lock()
	fit := e.plans[name] != nil && e.unfit[name] == nil
	e.mu.Unlock()
	if fit || !e.shared() {
		return false, nil
	}
	active, err := e.cfg.Store.ActiveRevisions(ctx)
	if err != nil {
		return false, fmt.Errorf("read plan revisions: %w", err)
	}
	return slices.ContainsFunc(active, func(r store.Revision) bool { return r.Plan == name && !r.Withdrawn() }), nil
}

// connectionOf is the connection for an occurrence of an App ID that no plan at work names: by the account of its own
// plan, as that is now or was. Another plan's account may not be allowed to stop it. revision is that of its plan, 0 where
// it is not known. It is nil where its own plan is not known and no other is at work.
func (e *Engine) connectionOf(ctx context.Context, id string, revision int64) *Connection {
	name, _, _ := strings.Cut(id, "/")
	e.mu.Lock()
	a := e.plans[name]
	var other *applied
	if len(e.order) > 0 {
		other = e.plans[e.order[0]]
	}
	e.mu.Unlock()
	switch {
	case a != nil:
		return a.conn
	case revision == 0 && other != nil:
		return other.conn
	}
	conn, err := e.connectionBy(ctx, revision)
	switch {
	case err == nil:
	case other == nil:
		e.log.Warn("no plan names the app of a recording; it is left as it is", "occurrence", id, "revision", revision, "error", err)
		return nil
	default:
		e.log.Warn("the plan of a recording cannot be read; the account of another plan is used for it",
			"occurrence", id, "revision", revision, "account_of", other.plan.Name, "error", err)
		return other.conn
	}
	return conn
}

// connectionBy is the connection of a stored revision, whether its plan is active or not. The redactor learns its secrets.
func (e *Engine) connectionBy(ctx context.Context, revision int64) (*Connection, error) {
	r, err := e.cfg.Store.Revision(ctx, revision)
	if err != nil {
		return nil, err
	}
	p, err := LoadRevision(r, rules.Options{Now: e.cfg.Now()})
	if err != nil {
		return nil, err
	}
	conn, err := e.cfg.Connect(p)
	if err != nil {
		return nil, err
	}
	e.learnSecrets(p, conn.Lookup)
	return conn, nil
}

// Fenced receives an error once another process owns an App ID of this engine although the lock of the store should keep it
// away. Nothing of it can be written here any more, so whoever runs the engine should end it. Where several processes may
// work on the store, an App ID that is lost is no reason to end, and nothing is received.
func (e *Engine) Fenced() <-chan error { return e.fenced }

// fence tells once that an App ID has another owner.
func (e *Engine) fence(app string) {
	err := fmt.Errorf("another daemon has taken over app %s in store %s, and records its classes; "+
		"if this is the one that should run, stop the other one and start this one again", app, e.cfg.Store.Path())
	select {
	case e.fenced <- err:
		e.log.Error("fenced: another daemon has taken over", "app", app, "store", e.cfg.Store.Path())
	default:
	}
}

// checkOwnership stops the workers of App IDs that are not this node's any more.
func (e *Engine) checkOwnership(ctx context.Context) error {
	leases, err := e.cfg.Store.Leases(ctx)
	if err != nil {
		return err
	}
	e.fenceLost(leases)
	return nil
}

// fenceLost stops the workers of App IDs that are another node's by leases that were read.
func (e *Engine) fenceLost(leases []store.Lease) {
	for _, l := range leases {
		switch w := e.workerOf(l.App); {
		case w == nil, l.Term < w.lease.Term: // read before it was claimed
		case l.Term > w.lease.Term || l.Node != e.cfg.Store.NodeID():
			e.fenceOff(w)
		}
	}
}
