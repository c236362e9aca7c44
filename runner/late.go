package runner

import (
	"context"
	"fmt"
	"sync"
	"time"

	"rundown/runner/session"
	"rundown/runner/store"
)

// A session that the service has begun is known by its sid, and only who knows that can stop it. Between the answer and
// the commit of the step only this process knows it; where the App ID is lost in between, the sid is left in the store as
// a message to the next owner, without a fence.

// unstored has the sids that were answered and are not stored. It is safe for concurrent use.
type unstored struct {
	mu   sync.Mutex
	sids map[string]store.LateSID
}

// keep is called by the goroutine of a request, before its answer is posted: the loop may have ended meanwhile.
func (u *unstored) keep(l store.LateSID) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.sids[l.SID] = l
}

// drop forgets the sids of events that were stored.
func (u *unstored) drop(events []session.Event) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.sids) == 0 {
		return
	}
	for _, ev := range events {
		if a, ok := ev.(session.Answered); ok {
			delete(u.sids, a.Answer.SID)
		}
	}
}

// of gives the sids of an App ID.
func (u *unstored) of(app string) (list []store.LateSID) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, l := range u.sids {
		if l.App == app {
			list = append(list, l)
		}
	}
	return list
}

// forget drops a sid that another node has been left.
func (u *unstored) forget(l store.LateSID) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.sids, l.SID)
}

// leaveSIDs leaves the sids of an App ID that was lost to its next owner, as soon as the store takes them.
func (e *Engine) leaveSIDs(app string) {
	for _, l := range e.unstored.of(app) {
		e.wg.Add(1)
		go func() {
			defer e.wg.Done()
			e.leaveSID(l)
		}()
	}
}

// leaveSID tries until the store has taken the message, or the engine ends. A sid that is lost here leaves an orphan, so that is logged as
// an error.
func (e *Engine) leaveSID(l store.LateSID) {
	for {
		err := e.cfg.Store.LeaveSID(e.ctx, l)
		if err == nil {
			e.log.Warn("a session was begun here and could not be stored; its sid is left to the node that owns the app",
				"occurrence", l.Occurrence, "session", l.Attempt, "sid", l.SID, "app", l.App)
			e.unstored.forget(l)
			return
		}
		e.logThrottled("the sid of a session cannot be left to the node that owns the app; trying again in a second", err,
			"occurrence", l.Occurrence, "sid", l.SID, "app", l.App)
		again := time.NewTimer(storeEvery)
		select {
		case <-again.C:
		case <-e.ctx.Done():
			again.Stop()
			e.log.Error("a session was begun here, and could not be stored", "occurrence", l.Occurrence, "sid", l.SID, "app", l.App)
			return
		}
	}
}

// leaveLast leaves the sids of an App ID to its next owner when the engine ends. It tries once, and not for long.
func (e *Engine) leaveLast(app string) {
	if !e.shared() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), lastWrite)
	defer cancel()
	for _, l := range e.unstored.of(app) {
		if err := e.cfg.Store.LeaveSID(ctx, l); err != nil {
			e.log.Error("a session was begun here, and could not be stored", "occurrence", l.Occurrence, "sid", l.SID, "app", l.App, "error", err)
		}
	}
}

// lateKept is how long a late sid is told to the owner of its App ID.
const lateKept = 2 * maxLength

// deliverSIDs tells the workers of the sids that earlier owners left. A message stays until the session is stored with its
// sid, so that a crash in between loses nothing.
func (e *Engine) deliverSIDs(ctx context.Context, there map[string]bool) error {
	late, err := e.cfg.Store.LateSIDs(ctx)
	if err != nil {
		return err
	}
	for _, l := range late {
		w := e.workerOf(l.App)
		key := keyOf("sid", l.ID, w)
		there[key] = true
		expired := e.cfg.Now().Sub(l.Found) > lateKept
		if w == nil && !(expired && e.OnDuty()) {
			continue
		}
		if !expired && !e.told.due(key) {
			continue
		}
		row, err := e.cfg.Store.Row(ctx, l.Occurrence)
		if err != nil {
			return err
		}
		if row == nil || hasSID(row, l.SID) || expired {
			if err := e.cfg.Store.DropLateSID(ctx, l.ID); err != nil {
				return err
			}
			continue
		}
		n := session.Notice{
			Cname: l.Cname, UID: l.UID, SID: l.SID, At: l.Found,
			Text: fmt.Sprintf("another node had begun it as %s and could not store that", l.SID),
		}
		e.told.note(key)
		w.post(func() { w.tell(l.Occurrence, session.NoticeArrived{Notice: n}, func(bool) {}) })
	}
	return nil
}

func hasSID(row *store.Row, sid string) bool {
	for _, s := range row.Sessions {
		if s.SID == sid {
			return true
		}
	}
	return false
}
