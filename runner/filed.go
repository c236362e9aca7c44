package runner

import (
	"context"
	"fmt"
	"slices"
	"time"

	"rundown/runner/session"
	"rundown/runner/store"
)

// fileAfter is how long after its end a class is kept in full: for what is still told of it, and for an operator.
const fileAfter = time.Hour

// filed is an occurrence that is over, of which the store alone holds what became of it. It is not planned a second
// time, and is read again when something is to be done about it.
type filed struct {
	slot
	end    time.Time
	absent bool          // no plan holds it
	asked  []func(*task) // to be given the task, or nil where there is none any more
}

// files lets go of what is over and settled, and forgets what ended so long ago that no plan at work can name it again.
func (c *conductor) files() {
	c.post(func() {
		now := c.e.cfg.Now()
		for _, t := range c.tasks {
			if end, ok := t.fileable(); ok && end.Before(now.Add(-fileAfter)) {
				c.shelve(t)
				delete(c.tasks, t.state.ID)
				c.filed[t.state.ID] = &filed{slot: t.slot, end: end, absent: t.absent}
			}
		}
		past := now.Add(-2 * maxLength)
		for _, t := range c.tasks {
			if t.state.Phase == session.Over && !t.busy && t.over().Before(past) {
				c.forget(t)
			}
		}
		for id, f := range c.filed {
			if f.end.Before(past) && len(f.asked) == 0 {
				delete(c.filed, id)
				c.e.disown(id, c)
			}
		}
	})
}

// over is since when nothing more can be recorded of an occurrence that is over.
func (t *task) over() time.Time { return session.Later(t.state.End, t.state.EndedAt) }

// fileable says since when an occurrence is over, where nothing is to be done about it and no session of it may be
// heard of that only it knows.
func (t *task) fileable() (end time.Time, ok bool) {
	idle := !t.busy && !t.seen && t.owed == nil && len(t.waiting)+len(t.changes)+len(t.told)+len(t.settled)+len(t.idle)+len(t.lost) == 0
	loose := slices.ContainsFunc(t.state.Sessions, func(x session.Session) bool { return !x.State.Final() || x.SID == "" && x.ResourceID != "" })
	return t.over(), t.state.Phase == session.Over && idle && !loose && !t.now
}

// fetch gives f the task of an occurrence that may have to be read first; nil for one that is not at work.
func (c *conductor) fetch(id string, f func(*task)) {
	old := c.filed[id]
	if old == nil {
		f(c.task(id))
		return
	}
	if old.asked = append(old.asked, f); len(old.asked) > 1 {
		return
	}
	c.rows(id, func(row *store.Occurrence, sessions []store.Session) {
		delete(c.filed, id)
		var t *task
		if row != nil && row.App == c.app {
			var err error
			if t, err = decodeTask(*row, sessions); err != nil {
				c.log.Error("an occurrence is left as it is", "occurrence", id, "error", err)
			}
		}
		if t == nil {
			c.e.disown(id, c)
		} else {
			t.said(old.slot, c.app)
			t.absent = t.absent || old.absent
			c.add(t)
		}
		for _, f := range old.asked {
			f(t)
		}
	})
}

// adoptEnded notes what has ended, so that it is not planned a second time, and takes in what may still be spoken of.
func (e *Engine) adoptEnded(ctx context.Context, slots map[string]slot) error {
	if len(e.order) == 0 {
		return nil
	}
	ended, err := e.cfg.Store.Ended(ctx, e.lookBack().Add(-maxLength))
	if err != nil {
		return fmt.Errorf("read the store: %w", err)
	}
	var whole []string
	e.mu.Lock()
	for _, x := range ended {
		if x.Loose || !x.End.Before(e.started.Add(-fileAfter)) {
			whole = append(whole, x.ID)
			continue
		}
		c, err := e.owner(ctx, x.ID, x.App, 0)
		if err != nil {
			e.mu.Unlock()
			return err
		}
		if c != nil {
			s := e.slot(slots, x.ID, x.App)
			c.filed[x.ID] = &filed{slot: s, end: x.End, absent: s.id == ""}
			e.known[x.ID] = c
		}
	}
	e.mu.Unlock()
	for ids := range slices.Chunk(whole, adoptedAtOnce) {
		rows, err := e.cfg.Store.Occurrences(ctx, store.Filter{IDs: ids})
		if err != nil {
			return fmt.Errorf("read the store: %w", err)
		}
		if err := e.takeIn(ctx, rows, true, slots); err != nil {
			return err
		}
	}
	return nil
}

// adoptedAtOnce bounds a query by identities.
const adoptedAtOnce = 500
