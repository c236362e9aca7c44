package simulator

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

const (
	productID       = 3                // Cloud Recording
	callbackTimeout = 10 * time.Second // for the receiver's 200
)

// resends are the pauses before the repetitions of a notification. Documented are their number, that the first has
// none, and that they grow; by how much is assumed.
var resends = [...]time.Duration{0, 5 * time.Second, 15 * time.Second}

// notifier sends notifications from one goroutine, which close ends. Only it needs timers: everything else in the
// simulator is computed on request. Its fields below once belong to that goroutine.
type notifier struct {
	sim    *Simulator
	client *http.Client
	woken  chan struct{}
	cancel context.CancelFunc
	done   chan struct{}
	once   sync.Once

	seen    int        // sessions of the simulator that were taken over
	pending []*session // those with something left to tell
	queue   []delivery
}

// delivery is a notification that is being sent.
type delivery struct {
	notice
	attempt int // resends so far
	due     time.Time
}

// newNotifier starts the goroutine.
func newNotifier(s *Simulator) *notifier {
	transport := s.cfg.CallbackTransport
	if transport == nil {
		transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	ctx, cancel := context.WithCancel(context.Background())
	n := &notifier{
		sim:    s,
		client: &http.Client{Transport: transport, Timeout: callbackTimeout, CheckRedirect: noRedirect},
		woken:  make(chan struct{}, 1),
		cancel: cancel,
		done:   make(chan struct{}),
	}
	go n.run(ctx)
	return n
}

// noRedirect makes a redirect the answer: only a 200 of the receiver itself counts.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// wake makes the notifier look for notifications. It never blocks.
func (n *notifier) wake() {
	select {
	case n.woken <- struct{}{}:
	default:
	}
}

// close ends the goroutine and waits for it.
func (n *notifier) close() {
	n.once.Do(func() {
		n.cancel()
		<-n.done
		n.client.CloseIdleConnections()
	})
}

// run sends notifications until the context ends.
func (n *notifier) run(ctx context.Context) {
	defer close(n.done)
	for ctx.Err() == nil {
		now, next := n.collect()
		n.send(ctx, now)
		for _, d := range n.queue {
			if next.IsZero() || d.due.Before(next) {
				next = d.due
			}
		}
		n.wait(ctx, next)
	}
	if len(n.queue) > 0 {
		n.sim.cfg.Logger.Warn("notifications given up at the end", "count", len(n.queue))
	}
}

// wait returns at the instant, if there is one, when woken, or at the end.
func (n *notifier) wait(ctx context.Context, next time.Time) {
	var timer <-chan time.Time
	if !next.IsZero() {
		t := time.NewTimer(max(0, next.Sub(n.sim.now())))
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-timer:
	case <-n.woken:
	case <-ctx.Done():
	}
}

// collect queues what is due and gives the next instant to look; zero: when woken.
func (n *notifier) collect() (now, next time.Time) {
	s := n.sim
	s.mu.Lock()
	defer s.mu.Unlock()
	now = s.now()
	n.pending = append(n.pending, s.sessions[n.seen:]...)
	n.seen = len(s.sessions)
	n.pending = slices.DeleteFunc(n.pending, func(x *session) bool {
		s.endIfDue(x, now)
		for _, m := range x.newNotices(now) {
			n.queue = append(n.queue, s.script.deliveries(x, m, now)...)
		}
		for _, m := range s.script.sends(x, now) {
			n.queue = append(n.queue, delivery{notice: m, due: now})
		}
		if at, ok := x.nextNotice(now, &s.script); ok && (next.IsZero() || at.Before(next)) {
			next = at
		}
		at, more := s.script.nextSend(x)
		if more && (next.IsZero() || at.Before(next)) {
			next = at
		}
		return x.noticed.nothingToAdd && !more
	})
	return now, next
}

// send sends what is due, one after the other, and keeps what failed for its next attempt.
func (n *notifier) send(ctx context.Context, now time.Time) {
	queue := n.queue
	n.queue = nil
	for _, d := range queue {
		if d.due.After(now) || ctx.Err() != nil {
			n.queue = append(n.queue, d)
			continue
		}
		err := n.post(ctx, d)
		if err == nil {
			continue
		}
		log := n.sim.cfg.Logger.With("event", d.eventType, "sid", d.payload.SID, "sequence", d.payload.Sequence, "attempt", d.attempt+1)
		if d.attempt == len(resends) {
			log.Warn("notification given up", "error", err)
			continue
		}
		log.Debug("notification failed", "error", err)
		d.due = n.sim.now().Add(resends[d.attempt])
		d.attempt++
		n.queue = append(n.queue, d)
	}
}

// body is the payload that is sent.
func (m *notice) body() any {
	if m.raw != nil {
		return m.raw
	}
	return m.payload
}

// post sends a notification once. Any answer other than a 200 in time is an error.
func (n *notifier) post(ctx context.Context, d delivery) error {
	body, err := json.Marshal(struct {
		NoticeID  string `json:"noticeId"`
		ProductID int    `json:"productId"`
		EventType int    `json:"eventType"`
		NotifyMS  int64  `json:"notifyMs"` // of this attempt
		Payload   any    `json:"payload"`
	}{d.id, cmp.Or(d.product, productID), d.eventType, n.sim.now().UnixMilli(), d.body()})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, n.sim.cfg.Callback, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	Sign(n.sim.cfg.CallbackSecret, r.Header, body)
	answer, err := n.client.Do(r)
	if err != nil {
		// The address may hold a token: keep the cause and leave the address out.
		if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return err
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, bodyLimit)) // so that the connection can serve again
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("HTTP %d", answer.StatusCode)
	}
	return nil
}

// Sign sets both documented signatures of a notification's raw body, as the service does.
func Sign(secret string, header http.Header, body []byte) {
	header.Set("Agora-Signature", signature(sha1.New, secret, body))
	header.Set("Agora-Signature-V2", signature(sha256.New, secret, body))
}

// signature is the lowercase hexadecimal HMAC of the raw body.
func signature(algorithm func() hash.Hash, secret string, body []byte) string {
	mac := hmac.New(algorithm, []byte(secret))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
