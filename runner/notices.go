package runner

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"rundown/agora"
	"rundown/internal/redact"
	"rundown/runner/session"
	"rundown/runner/store"
)

// Notifications that the service sends to Rundown are taken here. What Rundown tells people is in package notify.

const (
	maxNotices     = 1024 // accepted and not yet looked at
	rememberIn     = 8192 // notifications that are known again when they come twice
	rememberWorker = 512  // of those the latest ones that a worker knows again, also when they reached another node
	maxDetails     = 4096 // bytes of an unknown notification that are kept

	rememberFor = 24 * time.Hour // over a restart; the service gives up after three tries
)

// noticeData is what the event of a notification holds beside its words: what it is known by when it comes again.
type noticeData struct {
	Notice   string `json:"notice,omitempty"`
	SID      string `json:"sid"`
	Sequence int64  `json:"sequence"`
}

// ErrBusy says that a notification cannot be taken now; the service sends it again.
var ErrBusy = errors.New("too many notifications wait to be looked at")

// TakeNotice takes a notification of the service whose signature was verified. It returns at once, whatever the store does; those of
// other products are dropped.
func (e *Engine) TakeNotice(n agora.Event) error {
	if n.ProductID != agora.ProductCloudRecording {
		return nil
	}
	select {
	case e.notices <- n:
		return nil
	default:
		return ErrBusy
	}
}

// readNotices looks at one notification after the other until the engine ends.
func (e *Engine) readNotices() {
	defer e.wg.Done()
	known := newRecent(rememberIn)
	e.remember(known)
	for {
		select {
		case <-e.ctx.Done():
			return
		case n := <-e.notices:
			if !known.add(noticeData{n.NoticeID, n.SID, n.Sequence}) {
				e.routeNotice(n)
			}
		}
	}
}

// remember takes up from the event log what an engine before this one was told. Where that cannot be read, what comes
// again is told again, which changes nothing.
func (e *Engine) remember(known *recent) {
	events, err := e.cfg.Store.Notices(e.ctx, e.cfg.Now().Add(-rememberFor))
	if err != nil && e.ctx.Err() == nil {
		e.log.Warn("cannot read earlier notifications; repeated ones are logged again", "error", err)
	}
	for _, ev := range events {
		var r noticeData
		if json.Unmarshal(ev.Data, &r) == nil {
			known.add(r)
		}
	}
}

// routeNotice hands a notification to whoever owns its recording. One that belongs to none is kept in the event log.
func (e *Engine) routeNotice(n agora.Event) {
	if progress, err := n.Details(); err == nil {
		if p, ok := progress.(*agora.UploadingProgressDetails); ok && p.Progress < 10000 {
			return // one a minute for each recording, and it changes nothing
		}
	}
	notice := session.NewNotice(n, e.secrets.Redact)
	for _, w := range e.allWorkers() {
		if yes, _ := w.ask(func(answer func(bool)) { answer(w.dispatch(notice)) }); yes {
			return
		}
	}
	holder, app, w := e.holder(n)
	if w != nil {
		if found, answered := w.ask(func(answer func(bool)) { w.tellNotice(holder, notice, answer) }); answered {
			if !found {
				w.log.Warn("notification dropped: its recording cannot be read", "occurrence", holder, "notification", notice.Text)
			}
			return
		}
	}
	if e.ctx.Err() != nil || e.relay(n, notice, holder, app) {
		return
	}
	text := "of a recording that this process does not run: " + notice.Text
	if holder == "" {
		text = "of no known recording: " + notice.Text
	}
	e.logStranger(holder, n)
	data, _ := json.Marshal(map[string]any{
		"notice": n.NoticeID, "event": n.Type, "cname": n.Cname, "uid": n.UID, "sid": n.SID, "sequence": n.Sequence, "details": e.maskedDetails(n.RawDetails),
	})
	if err := e.cfg.Store.Log(e.ctx, store.Event{Occurrence: holder, At: e.cfg.Now(), Kind: store.KindNotice, Text: text, Data: data}); err != nil && e.ctx.Err() == nil {
		e.log.Error("cannot store a notification", "event", int(n.Type), "sid", n.SID, "error", err)
	}
}

// logStranger logs a notification that belongs to no recording of this process. Those of recordings that somebody else makes
// with the App ID come all the time: they are counted, once a minute.
func (e *Engine) logStranger(holder string, n agora.Event) {
	attrs := []any{"event", int(n.Type), "occurrence", holder, "cname", n.Cname, "uid", n.UID, "sid", n.SID}
	if holder != "" {
		e.log.Warn("notification for an occurrence that is not active", attrs...)
		return
	}
	e.log.Debug("notification for an unknown recording", attrs...)
	e.strangers.count++
	if now := e.cfg.Now(); now.Sub(e.strangers.at).Abs() >= time.Minute {
		e.log.Info("notifications for unknown recordings of the App ID", "count", e.strangers.count)
		e.strangers = strangers{at: now}
	}
}

// strangers counts notifications of unknown recordings since they were logged.
type strangers struct {
	at    time.Time
	count int
}

// holder is the occurrence that a notification is about by the store, its App ID, and the worker that owns it; "" where that is
// not known, nil where none does here.
func (e *Engine) holder(n agora.Event) (id, app string, w *worker) {
	id, app, err := e.cfg.Store.Holder(e.ctx, n.SID, n.Cname, n.UID)
	if err != nil && e.ctx.Err() == nil {
		e.log.Warn("cannot read whose session a notification is about", "sid", n.SID, "error", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if w := e.workers[app]; w != nil && w.running {
		return id, app, w
	}
	return id, app, nil
}

// dispatch lets Decide know of a notification and says whether it is about an occurrence that this worker has in memory.
func (w *worker) dispatch(n session.Notice) bool {
	for _, o := range w.near {
		if o.state.About(n) != nil {
			if !w.heard.add(noticeDataOf(n)) {
				w.step(o, session.NoticeArrived{Notice: n})
			}
			return true
		}
	}
	return false
}

// tellNotice lets Decide know of a notification about an occurrence, once.
func (w *worker) tellNotice(id string, n session.Notice, then func(found bool)) {
	if w.heard.add(noticeDataOf(n)) {
		then(true)
		return
	}
	w.tell(id, session.NoticeArrived{Notice: n}, then)
}

func noticeDataOf(n session.Notice) noticeData { return noticeData{n.ID, n.SID, n.Sequence} }

// maskedDetails are the details of a notification without secrets and what looks like an address; nil where they are too long.
func (e *Engine) maskedDetails(raw json.RawMessage) any {
	var v any
	if len(raw) > maxDetails || json.Unmarshal(raw, &v) != nil {
		return nil
	}
	return e.mask(v)
}

// mask changes a decoded JSON value in place.
func (e *Engine) mask(v any) any {
	switch v := v.(type) {
	case string:
		if strings.Contains(v, "://") {
			return redact.Mark
		}
		return e.secrets.Redact(v)
	case map[string]any:
		for k := range v {
			v[k] = e.mask(v[k])
		}
	case []any:
		for i := range v {
			v[i] = e.mask(v[i])
		}
	}
	return v
}

// recent remembers the latest notifications, by their ids and by sid and sequence.
type recent struct {
	seen map[any]bool
	ring []any
	next int
}

// sequenceKey is how a notification is known that comes again without its id. The service numbers those of each recording.
type sequenceKey struct {
	sid      string
	sequence int64
}

// newRecent remembers so many notifications; each may have two keys.
func newRecent(size int) *recent { return &recent{seen: map[any]bool{}, ring: make([]any, 2*size)} }

// add notes a notification and says whether it was known.
func (r *recent) add(n noticeData) bool {
	known := false
	note := func(key any) {
		if r.seen[key] {
			known = true
			return
		}
		delete(r.seen, r.ring[r.next])
		r.ring[r.next], r.seen[key] = key, true
		r.next = (r.next + 1) % len(r.ring)
	}
	if n.Notice != "" {
		note(n.Notice)
	}
	if n.SID != "" {
		note(sequenceKey{n.SID, n.Sequence})
	}
	return known
}
