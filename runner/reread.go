package runner

import (
	"context"
	"slices"

	"rundown/agora"
	"rundown/runner/session"
	"rundown/runner/store"
)

// reread takes a task's rows as they are now, after a write that counted on others was refused, and then has again do
// anew what was to be done; moved says whether the rows are others than those that were known. A task whose row is
// gone, or another's, is let go.
func (c *conductor) reread(t *task, refused error, again func(moved bool)) {
	id := t.state.ID
	c.rows(id, func(row *store.Occurrence, sessions []store.Session) {
		if row == nil || row.App != c.app {
			c.letGo(t, refused)
			return
		}
		fresh, err := decodeTask(*row, sessions)
		if err != nil {
			c.letGo(t, err)
			return
		}
		c.log.Warn("an occurrence was not stored as it was known here; it is taken as it is stored", "occurrence", id, "version", row.Version, "known", t.version)
		moved := row.Version != t.version
		t.renew(fresh)
		again(moved)
	})
}

// rows reads an occurrence and its sessions for the loop, and tries until it can; nil where there is none.
func (c *conductor) rows(id string, then func(*store.Occurrence, []store.Session)) {
	c.out++
	c.callers.Add(1)
	ctx := c.calls
	go func() {
		defer c.callers.Done()
		row, sessions, err := c.e.rows(ctx, id)
		c.post(func() {
			c.out--
			switch {
			case ctx.Err() != nil:
			case err != nil:
				c.log.Error("the store cannot be read; trying again in a second", "occurrence", id, "error", err)
				c.later(func() { c.rows(id, then) })
			default:
				then(row, sessions)
			}
		})
	}()
}

// renew gives a task the state of its rows. What they say was asked, and what nobody here sent, has no answer that is
// known.
func (t *task) renew(fresh *task) {
	for _, x := range fresh.state.Sessions {
		sent := slices.ContainsFunc(t.state.Sessions, func(y session.Session) bool { return y.Attempt == x.Attempt && y.Asked == x.Asked })
		if x.Asked != "" && !sent {
			t.waiting = append(t.waiting, unansweredAsk(x, "another state was stored meanwhile"))
		}
	}
	fresh.state.Turn = t.state.Turn
	t.state, t.saved, t.version, t.busy = fresh.state, fresh.saved, fresh.version, false
	t.cut = false
}

// unansweredAsk is the observation that a session's request was written down and has no answer that is known.
func unansweredAsk(x session.Session, why string) session.Observation {
	return session.Observation{Attempt: x.Attempt, Op: x.Asked, Answer: session.Answer{Class: agora.Unknown, Cut: true, Reason: "asked, no answer known: " + why}}
}

// rows reads an occurrence and its sessions; nil where there is none.
func (e *Engine) rows(ctx context.Context, id string) (*store.Occurrence, []store.Session, error) {
	rows, err := e.cfg.Store.Occurrences(ctx, store.Filter{ID: id})
	if err != nil || len(rows) == 0 {
		return nil, nil, err
	}
	sessions, err := e.cfg.Store.Sessions(ctx, id)
	return &rows[0], sessions[id], err
}

// letGo drops a task whose row is another's.
func (c *conductor) letGo(t *task, err error) {
	c.log.Error("an occurrence is another's, or was there before; it is left as it is", "occurrence", t.state.ID, "error", err)
	c.forget(t)
	c.e.cfg.OnLost(t.state.ID, err)
}
