package notify

import (
	"context"
	"fmt"
	"sync"
	"time"

	"rundown/runner/store"
)

const (
	// sendAtOnce is how many messages are out for one webhook: a slow receiver then holds up as many, and each class
	// still hears in order.
	sendAtOnce = 4
	// lookAgain is when a worker looks for messages at the latest, though nobody told it of any.
	lookAgain = time.Minute
	// answerWithin and writeWithin bound the end of a worker: what is out may be answered, and what was answered be written. Without
	// that a message that was taken as the notifier ends would be sent twice, and a person would read it twice. The next sender waits
	// for it (dutyEnds in runner), and deploy gives the daemon the time.
	answerWithin = 3 * time.Second
	writeWithin  = 5 * time.Second
)

// worker sends what the outbox has for one target, from one goroutine. What is critical is also sent beside it while the store cannot be
// written (direct.go); a mail or chat address is called by one of them at a time.
type worker struct {
	n       *Notifier
	wake    chan struct{} // holds a token while there may be messages
	channel chan struct{} // holds a token while the target, where it is a mail or chat address, is being called
	cancel  context.CancelFunc
	done    chan struct{}
	ending  bool // cancel was called; of the notifier's goroutine

	mu     sync.Mutex // guards target, which the notifier's goroutine sets
	target target     // as the active plan has it now

	unwritten *results // of the goroutine: what was sent and could not be written yet; nothing more is sent before
}

// results are what became of some messages.
type results struct {
	messages     []store.Message
	hurry        time.Time // from when on those are due that wait after a failure; zero: as they were
	gone, tested bool
}

// newWorker begins to send to a target. The notifier's goroutine ends it by cancel; it has ended once done is closed.
func (n *Notifier) newWorker(ctx context.Context, t target) *worker {
	w := &worker{n: n, target: t, wake: make(chan struct{}, 1), channel: make(chan struct{}, 1), done: make(chan struct{})}
	ctx, w.cancel = context.WithCancel(ctx)
	go w.run(ctx)
	return w
}

// set takes over the entry of a plan that was applied: from the next batch on it counts.
func (w *worker) set(t target) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.target = t
}

// now is the target as the active plan has it now.
func (w *worker) now() target {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.target
}

// poke has the worker look for messages.
func (w *worker) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// run sends until ctx ends. It looks again when it is woken, when the next message is due, and at the latest after lookAgain. What was
// taken and could not be written is written at the end.
func (w *worker) run(ctx context.Context) {
	defer close(w.done)
	written, end := outlive(ctx, writeWithin)
	defer end()
	defer func() {
		if t := w.now(); w.unwritten != nil {
			if err := w.write(written, &t); err != nil {
				w.n.complain("messages cannot be settled; those that were taken are sent again", err)
			}
		}
	}()
	for ctx.Err() == nil {
		wait, err := w.sendDue(ctx, written)
		if err != nil {
			w.n.complain("messages cannot be read or settled; they are tried again", err)
			wait = firstWait
		}
		if wait <= 0 {
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-w.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// sendDue sends some of what is due, and says how long to wait for more. What became of it is written until written ends.
func (w *worker) sendDue(ctx, written context.Context) (time.Duration, error) {
	t, s := w.now(), w.n.cfg.Store
	if w.unwritten != nil {
		return 0, w.write(ctx, &t)
	}
	atOnce := sendAtOnce
	if t.entry.Webhook.IsZero() {
		atOnce = 1
	}
	due, err := s.DueMessages(ctx, t.key, w.n.cfg.Now(), atOnce)
	if err != nil {
		return 0, err
	}
	if len(due) == 0 {
		next, err := s.NextDue(ctx, t.key)
		if err != nil || next.IsZero() {
			return lookAgain, err
		}
		// A message may wait behind an earlier one of its class that is out; it is due, and nothing is sent now.
		return min(max(next.Sub(w.n.cfg.Now()), time.Second), lookAgain), nil
	}
	if !w.n.mine(ctx) {
		return lookAgain, nil
	}
	if ctx.Err() != nil {
		return 0, nil
	}
	answered, end := outlive(ctx, answerWithin)
	defer end()
	var all sync.WaitGroup
	answers := make([]answer, len(due))
	for i := range due {
		all.Go(func() { answers[i] = w.n.send(answered, w, &t, &due[i]) })
	}
	all.Wait()
	if answered.Err() != nil { // what got no answer is sent again at the next start, under its id
		due, answers = taken(due, answers)
	}
	return 0, w.takeAnswers(written, &t, due, answers)
}

// outlive makes a context that ends within a time after ctx has.
func outlive(ctx context.Context, within time.Duration) (longer context.Context, end context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(within, cancel) })
	return longer, func() { stop(); cancel() }
}

// taken leaves out the messages that were not taken.
func taken(sent []store.Message, answers []answer) (some []store.Message, of []answer) {
	for i, a := range answers {
		if a.err == nil {
			some, of = append(some, sent[i]), append(of, a)
		}
	}
	return some, of
}

// send sends one message.
func (n *Notifier) send(ctx context.Context, w *worker, t *target, m *store.Message) answer {
	if m.Kind != kindTest && n.cfg.Now().Sub(t.firstDue(m)) > keepTrying {
		return answer{tooOld: true}
	}
	n.cfg.Failpoint("before sending a message")
	var a answer
	if t.entry.Webhook.IsZero() {
		a = n.sendChannel(ctx, w, t, m)
	} else {
		a = n.sendWebhook(ctx, t, m)
	}
	n.cfg.Failpoint("after sending a message")
	return a
}

// takeAnswers decides what became of messages, and writes it.
func (w *worker) takeAnswers(ctx context.Context, t *target, sent []store.Message, answers []answer) error {
	now := w.n.cfg.Now()
	w.unwritten = &results{messages: sent}
	for i := range sent {
		m, a := &sent[i], answers[i]
		w.n.report(t, m, a)
		switch {
		case a.tooOld:
			m.State, m.Settled, m.Result = store.MessageDropped, now, fmt.Sprintf("not taken within %d days; last: %s", int(keepTrying.Hours()/24), m.Result)
		case a.err == nil:
			if m.Tries > 0 {
				w.unwritten.hurry = now
			}
			m.State, m.Settled, m.Result = store.MessageSent, now, "sent"
			w.unwritten.tested = w.unwritten.tested || m.Kind == kindTest
		case a.gone, m.Kind == kindTest:
			m.State, m.Settled, m.Result = store.MessageDropped, now, clean(a.err.Error())
			w.unwritten.gone = w.unwritten.gone || a.gone
		default:
			m.Tries++
			m.Due, m.Result = now.Add(max(backoff(m.Tries, m.ID), a.after)), clean(a.err.Error())
		}
	}
	return w.write(ctx, t)
}

// write writes what became of messages. Where that fails it is tried again before anything else is sent, so that a store
// that cannot be written does not have the same message sent again and again.
func (w *worker) write(ctx context.Context, t *target) error {
	u := w.unwritten
	if err := w.n.cfg.Store.Settle(ctx, u.messages, t.key, u.hurry); err != nil {
		return err
	}
	w.n.cfg.Failpoint("after settling messages")
	w.unwritten = nil
	switch {
	case u.gone:
		return w.n.closeTarget(ctx, t.key)
	case u.tested:
		return w.n.openTarget(ctx, t.key)
	}
	return nil
}
