package runner

import (
	"context"
	"strings"

	"rundown/plan/rules"
)

// owner is who takes in a stored occurrence of an App ID; nil where no plan is at work. revision is that of its plan, 0
// where it is not known. The caller holds the lock.
func (e *Engine) owner(ctx context.Context, id, app string, revision int64) (*worker, error) {
	if w := e.workers[app]; w != nil {
		return w, nil
	}
	if len(e.order) == 0 {
		e.log.Warn("no plan names the app of a recording; it is left as it is", "occurrence", id, "app", app)
		return nil, nil
	}
	return e.worker(ctx, app, e.connectionOf(ctx, id, revision), nil)
}

// connectionOf is the connection for an occurrence of an App ID that no plan at work names: by the account of its own
// plan, as that is now or was. Another plan's account may not be allowed to stop it. The caller holds the lock.
func (e *Engine) connectionOf(ctx context.Context, id string, revision int64) *Connection {
	name, _, _ := strings.Cut(id, "/")
	if a := e.plans[name]; a != nil {
		return a.conn
	}
	other := e.plans[e.order[0]]
	if revision == 0 {
		return other.conn
	}
	conn, err := e.connectionBy(ctx, revision)
	if err != nil {
		e.log.Warn("the plan of a recording cannot be read; the account of another plan is used for it",
			"occurrence", id, "revision", revision, "account_of", other.plan.Name, "error", err)
		return other.conn
	}
	return conn
}

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
