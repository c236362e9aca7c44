package runner

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/runner/session"
	"rundown/runner/store"
)

// A notification of the service reaches any of the nodes, and so does its repetition. One that a node gets for a session of
// another node is left in the store, as a message to the owner of the App ID. Each node looks for such messages with each
// poll. A message stays until the owner has stored what the notification says, so that a crash in between loses nothing.

// relayedKept is how long a message is told to the owner of its App ID. Queries find out what a notification would have told.
const relayedKept = time.Hour

// againAfter is when the owner of an App ID is told again of a message that it has not stored.
var againAfter = catalog.Backoff{Steps: []time.Duration{3 * time.Second, 10 * time.Second, 30 * time.Second}, Then: 10 * time.Minute}

// messages remembers when the owners were told of messages in the store. It belongs to the poll.
type messages map[string]reminder

// reminder is when the owner of an App ID is told of a message again, and how often it was told.
type reminder struct {
	next  time.Time // zero: at once
	times int
}

// keyOf is a message for a worker, which is told anew when it owns the App ID again.
func keyOf(kind string, id int64, w *worker) string {
	if w == nil {
		return fmt.Sprintf("%s/%d", kind, id)
	}
	return fmt.Sprintf("%s/%d/%d", kind, id, w.lease.Term)
}

// due says that the owner is to be told of a message now.
func (m messages) due(key string) bool { return !time.Now().Before(m[key].next) }

// note notes that the owner is told of a message now.
func (m messages) note(key string) {
	times := m[key].times
	wait, _ := againAfter.Next(times, 0)
	m[key] = reminder{next: time.Now().Add(wait), times: times + 1}
}

// relay leaves a notification to the node that owns its App ID; false where there can be no other node.
func (e *Engine) relay(n agora.Event, notice session.Notice, occurrence, app string) bool {
	if !e.shared() || occurrence == "" || app == "" {
		return false
	}
	doc, err := json.Marshal(notice)
	if err == nil {
		err = e.cfg.Store.RelayNotice(e.ctx, store.RelayedNotice{
			App: app, Occurrence: occurrence, Key: cmp.Or(n.NoticeID, fmt.Sprintf("%s/%d/%d", n.SID, n.Type, n.Sequence)), Notice: doc, Received: e.cfg.Now(),
		})
	}
	if err != nil {
		e.logThrottled("a notification cannot be passed on to the node that owns the app", err, "occurrence", occurrence, "sid", n.SID, "app", app)
		return false
	}
	e.log.Debug("notification passed on to the node that owns the app", "event", int(n.Type), "occurrence", occurrence, "sid", n.SID, "app", app)
	return true
}

// deliverMessages tells the workers of what other nodes have left in the store for them.
func (e *Engine) deliverMessages(ctx context.Context) error {
	there := map[string]bool{}
	if err := errors.Join(e.deliverSIDs(ctx, there), e.deliverNotices(ctx, there)); err != nil {
		return err
	}
	maps.DeleteFunc(e.told, func(key string, _ reminder) bool { return !there[key] })
	return nil
}

// deliverNotices tells the workers of the notifications that other nodes were sent for them.
func (e *Engine) deliverNotices(ctx context.Context, there map[string]bool) error {
	all, err := e.cfg.Store.RelayedNotices(ctx)
	if err != nil {
		return err
	}
	for _, r := range all {
		w := e.workerOf(r.App)
		key := keyOf("notice", r.ID, w)
		there[key] = true
		expired := e.cfg.Now().Sub(r.Received) > relayedKept
		if w == nil && !(expired && e.OnDuty()) {
			continue
		}
		var notice session.Notice
		if err := json.Unmarshal(r.Notice, &notice); err != nil { // of another version
			e.logThrottled("a notification that another node passed on cannot be read", err, "occurrence", r.Occurrence, "app", r.App)
			expired = true
		}
		if !expired && !e.told.due(key) { // until then it is not worth a read either
			continue
		}
		stored, err := e.knowsNotice(ctx, r.Occurrence, notice)
		if err != nil {
			return err
		}
		if stored || expired {
			if err := e.dropRelayed(ctx, r, notice, stored); err != nil {
				return err
			}
			continue
		}
		e.told.note(key)
		w.post(func() { w.tellNotice(r.Occurrence, notice, func(bool) {}) })
	}
	return nil
}

// dropRelayed removes a message. What no session was found for is kept in the event log.
func (e *Engine) dropRelayed(ctx context.Context, r store.RelayedNotice, n session.Notice, stored bool) error {
	if !stored {
		data, _ := json.Marshal(noticeDataOf(n)) // of plain texts and numbers
		text := "of none of its sessions that are known: " + n.Text
		if err := e.cfg.Store.Log(ctx, store.Event{Occurrence: r.Occurrence, At: e.cfg.Now(), Kind: store.KindNotice, Text: text, Data: data}); err != nil {
			return err
		}
	}
	return e.cfg.Store.DropRelayedNotice(ctx, r.ID)
}

// knowsNotice says that the event log of an occurrence has a notification.
func (e *Engine) knowsNotice(ctx context.Context, occurrence string, n session.Notice) (bool, error) {
	events, err := e.cfg.Store.Events(ctx, occurrence, 0, 0)
	if err != nil {
		return false, err
	}
	for _, ev := range events {
		var known noticeData
		if ev.Kind != store.KindNotice || json.Unmarshal(ev.Data, &known) != nil {
			continue
		}
		if n.ID != "" && known.Notice == n.ID || n.SID != "" && known.SID == n.SID && known.Sequence == n.Sequence {
			return true, nil
		}
	}
	return false, nil
}
