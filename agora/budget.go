package agora

import (
	"context"
	"slices"
	"sync"
	"time"

	"rundown/agora/catalog"
)

// Priority orders the requests that wait for the budget. Within a priority the first to come is admitted first,
// unless [Prefer] says otherwise.
type Priority int

// The priorities, lowest first. [Prefer] orders within them. An acquire has the priority of the start that it is for.
const (
	PriorityQuery Priority = iota
	PriorityUpdate
	PriorityStart
	PriorityStop
)

const (
	// budgetGuard lengthens the second that is counted, since requests do not travel equally fast.
	budgetGuard = 20 * time.Millisecond
	// holdGrace is the time beyond the documented two seconds in which a start may still use what its acquire held.
	holdGrace = 500 * time.Millisecond
)

// Budget admits at most qps requests of an App ID in any sliding second. It is safe for concurrent use, and a nil one
// has no limit. It has no goroutine; one timer runs while requests wait. mu guards everything, holds
// and waiters included; unexported methods are called with it held but for wait, waitPair, waitStart and takeHold, which take it.
type Budget struct {
	mu    sync.Mutex
	qps   int         // 0: no limit
	sent  []time.Time // admissions of the last second, oldest first
	holds []*hold     // admissions promised to starts
	queue []*waiter   // in the order in which they are admitted
	timer *time.Timer // runs while somebody waits
}

// hold is an admission reserved for the start that follows an acquire. It counts as used, except for stops: acquires
// that the service is slow to answer must not keep a recording from being stopped.
type hold struct {
	budget     *Budget
	resourceID string
	until      time.Time // zero while acquire is under way
}

// waiter is a request that waits for the budget.
type waiter struct {
	priority Priority
	prefer   int  // within the priority, the higher first
	pair     bool // wants a second admission held
	promised bool // a start whose hold a stop has taken: first among its equals
	hold     *hold
	at       time.Time // when it was admitted
	admitted chan struct{}
}

// goesBefore says that a waiter is admitted before another that came earlier.
func (w *waiter) goesBefore(other *waiter) bool {
	switch {
	case w.priority != other.priority:
		return w.priority > other.priority
	case w.promised != other.promised:
		return w.promised
	default:
		return w.prefer > other.prefer
	}
}

// preferKey is the key of [Prefer] in a context.
type preferKey struct{}

// Prefer puts the requests of a context in front of others of the same priority with a lower number. The default is
// 0.
func Prefer(ctx context.Context, n int) context.Context {
	return context.WithValue(ctx, preferKey{}, n)
}

// NewBudget returns a budget of qps requests a second; 0 means no limit.
func NewBudget(qps int) *Budget { return &Budget{qps: max(qps, 0)} }

// SetRate changes the rate, 0 to no limit. What was admitted and promised before counts against the new one.
func (b *Budget) SetRate(qps int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.qps = max(qps, 0)
	b.admit()
}

// Spend counts the whole rate as used until an instant: whoever had the App ID before may have used it.
func (b *Budget) Spend(until time.Time) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !until.After(time.Now()) { // what was admitted since stands
		return
	}
	at := until.Add(-time.Second - budgetGuard)
	b.sent = slices.Repeat([]time.Time{at}, b.qps)
	b.admit()
}

// SpentFor is for how long requests of an earlier owner count.
const SpentFor = time.Second + budgetGuard

// Wait blocks until a request of that priority is admitted or the context ends. Its error is the context's.
func (b *Budget) Wait(ctx context.Context, p Priority) error {
	_, err := b.wait(ctx, &waiter{priority: p})
	return err
}

// waitPair admits an acquire and reserves an admission for its start. The hold is nil where nothing can be reserved:
// without a limit, or with one request a second.
func (b *Budget) waitPair(ctx context.Context) (*hold, error) {
	return b.wait(ctx, &waiter{priority: PriorityStart, pair: true})
}

// waitStart admits a start: immediately where its acquire reserved an admission, as soon as there is room where stops
// have used that, and otherwise like any request.
func (b *Budget) waitStart(ctx context.Context, resourceID string) error {
	promised := false
	if ctx.Err() == nil && b != nil {
		var admitted bool
		if promised, admitted = b.takeHold(resourceID); admitted {
			return nil
		}
	}
	_, err := b.wait(ctx, &waiter{priority: PriorityStart, promised: promised})
	return err
}

// takeHold ends the hold of a resource id, if there is one, and admits its start if there is room.
func (b *Budget) takeHold(resourceID string) (promised, admitted bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.dropExpired(now)
	i := slices.IndexFunc(b.holds, func(h *hold) bool { return !h.until.IsZero() && h.resourceID == resourceID })
	if i < 0 {
		return false, false
	}
	b.holds = slices.Delete(b.holds, i, i+1)
	if len(b.sent) >= b.qps {
		return true, false
	}
	b.sent = append(b.sent, now)
	return true, true
}

// keep reserves the hold for the start of a resource id, for the time within which that start is to be sent.
func (h *hold) keep(resourceID string) {
	if h == nil {
		return
	}
	h.budget.mu.Lock()
	defer h.budget.mu.Unlock()
	h.resourceID, h.until = resourceID, time.Now().Add(catalog.StartWithin()+holdGrace)
	h.budget.admit()
}

// release gives the hold back, since there will be no start.
func (h *hold) release() {
	if h == nil {
		return
	}
	h.budget.mu.Lock()
	defer h.budget.mu.Unlock()
	if i := slices.Index(h.budget.holds, h); i >= 0 {
		h.budget.holds = slices.Delete(h.budget.holds, i, i+1)
	}
	h.budget.admit()
}

// wait queues a request and blocks until it is admitted or the context ends.
func (b *Budget) wait(ctx context.Context, w *waiter) (*hold, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if b == nil {
		return nil, nil
	}
	w.prefer, _ = ctx.Value(preferKey{}).(int)
	w.admitted = make(chan struct{})

	b.mu.Lock()
	if b.qps == 0 {
		b.mu.Unlock()
		return nil, nil
	}
	b.enqueue(w)
	b.admit()
	b.mu.Unlock()

	select {
	case <-w.admitted:
		return w.hold, nil
	case <-ctx.Done():
		b.mu.Lock()
		defer b.mu.Unlock()
		b.withdraw(w)
		return nil, ctx.Err()
	}
}

// enqueue puts a waiter behind all that go before it. It looks from the end, since most go last. The caller holds mu.
func (b *Budget) enqueue(w *waiter) {
	i := len(b.queue)
	for i > 0 && w.goesBefore(b.queue[i-1]) {
		i--
	}
	b.queue = slices.Insert(b.queue, i, w)
}

// withdraw removes a waiter whose context ended, and its admission if that came at the same instant: nothing will be
// sent for it.
func (b *Budget) withdraw(w *waiter) {
	if i := slices.Index(b.queue, w); i >= 0 {
		b.queue = slices.Delete(b.queue, i, i+1)
	} else {
		if i := slices.Index(b.sent, w.at); i >= 0 {
			b.sent = slices.Delete(b.sent, i, i+1)
		}
		if i := slices.Index(b.holds, w.hold); w.hold != nil && i >= 0 {
			b.holds = slices.Delete(b.holds, i, i+1)
		}
	}
	b.admit()
}

// admit admits as many requests as fit, in order, and sets the timer for the next ones. It never passes the first one
// in the queue, so that a pair, which needs room for two, does not starve. The caller holds mu.
func (b *Budget) admit() {
	now := time.Now()
	b.dropExpired(now)
	for len(b.queue) > 0 {
		w := b.queue[0]
		w.pair = w.pair && b.qps > 1 // else there would never be room for it
		if b.qps > 0 && len(b.sent)+w.room(len(b.holds)) > b.qps {
			break
		}
		b.queue = slices.Delete(b.queue, 0, 1)
		b.sent = append(b.sent, now)
		w.at = now
		if w.pair {
			w.hold = &hold{budget: b}
			b.holds = append(b.holds, w.hold)
		}
		close(w.admitted)
	}
	b.setTimer(now)
}

// room is the room in the budget that a waiter needs, in addition to so many holds.
func (w *waiter) room(holds int) int {
	switch {
	case w.priority == PriorityStop || w.promised:
		return 1
	case w.pair:
		return holds + 2
	default:
		return holds + 1
	}
}

// dropExpired drops admissions that are more than a second old, and holds that nobody used in time.
func (b *Budget) dropExpired(now time.Time) {
	old := 0
	for old < len(b.sent) && now.Sub(b.sent[old]) >= time.Second+budgetGuard {
		old++
	}
	b.sent = slices.Delete(b.sent, 0, old)
	b.holds = slices.DeleteFunc(b.holds, func(h *hold) bool { return !h.until.IsZero() && !now.Before(h.until) })
}

// setTimer sets the timer for the next instant at which there may be room, or stops it when nobody waits.
func (b *Budget) setTimer(now time.Time) {
	if b.timer != nil {
		b.timer.Stop()
		b.timer = nil
	}
	if len(b.queue) == 0 {
		return
	}
	var next time.Time
	if len(b.sent) > 0 {
		next = b.sent[0].Add(time.Second + budgetGuard)
	}
	for _, h := range b.holds {
		if !h.until.IsZero() && (next.IsZero() || h.until.Before(next)) {
			next = h.until
		}
	}
	if next.IsZero() {
		return // all is held by acquires under way: keep and release go on from here
	}
	b.timer = time.AfterFunc(next.Sub(now), func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.admit()
	})
}
