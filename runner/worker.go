package runner

import (
	"container/heap"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/runner/session"
	"rundown/runner/store"
)

// worker works on the occurrences of one App ID, for as long as its node owns that: it alone writes their status and sends requests about
// them.
//
// Its loop is one goroutine, and only that touches service, memory, the fields below tenure, and the occurrences. The exceptions:
// e, app, lease and log never change; running is guarded by the engine's lock; budget, ended, inbox, pulse and callers are safe for
// concurrent use; of tenure, see there. Before the loop runs, connect sets the fields of service under the engine's lock. Others post
// functions to the inbox (post), or ask pulse. The loop never waits for the store or the service: background does that in goroutines, which
// post the result.
type worker struct {
	e     *Engine
	app   string
	lease store.Lease
	log   *slog.Logger

	budget  *agora.Budget // of all requests about the App ID, whoever sends them ([Engine.Budget])
	running bool          // guarded by the engine's lock
	ended   chan struct{} // closed when the loop has ended: what is posted after that is not run
	inbox   mailbox
	pulse   pulse
	callers sync.WaitGroup

	service
	memory
	tenure
	writer   *store.Writer
	pace     pace
	turns    int // given to what is begun
	awaited  awaited
	draining bool
	patience time.Duration // for how long it drains; as a rule the constant drain
	clock    clock
}

// awaited counts what a loop awaits the result of.
type awaited struct {
	results int // requests, writes and reads
	queries int // of these, queries
}

// tenure is for how long the node of a worker owns its App ID. What is not safe for concurrent use in it never changes.
type tenure struct {
	seen, since time.Time          // when the owner before was last alive, and from when on this one is there
	spent       time.Time          // until then requests of the owner before count against the rate
	calls       context.Context    // of requests and reads; its end is that of the ownership
	cancel      context.CancelFunc // of calls
	fenced      atomic.Bool        // another process owns the App ID: nothing of it can be written here any more
	halting     sync.Once
	halted      chan struct{} // closed: the worker ends
}

// service is how a worker reaches the service, and what the service grants to the App ID.
type service struct {
	conn     *Connection // for what no plan holds any more
	apis     map[route]*agora.App
	breakers map[*Connection]*breaker
	quota    quota
	limits   plan.Limits
	qps      int // the rate of the budget
}

// memory is what a worker holds of the store.
type memory struct {
	near       map[string]*occurrence // what wakes soon or has sessions that are not over
	due        wakeHeap
	generation int64     // of the specs up to which near is known to be right
	loadAt     time.Time // when the store is read again; zero: at once, so that it is the first that a worker does
	loading    bool
	again      bool    // it is to be read again once it has been read
	heard      *recent // notifications that its occurrences were told of, whichever node they reached
}

// newWorker makes the worker of an App ID under a lease; startLoop begins it. Its calls do not end with the engine: those that are out are
// awaited when it ends (drain).
func newWorker(e *Engine, l store.Lease) *worker {
	seen, since := e.seenBefore(l)
	calls, cancel := context.WithCancel(context.WithoutCancel(e.ctx))
	return &worker{
		e: e, app: l.App, lease: l, patience: drain, log: e.log.With("app", l.App), budget: agora.NewBudget(0), ended: make(chan struct{}), inbox: mailbox{ready: make(chan struct{}, 1)},
		tenure:  tenure{seen: seen, since: since, spent: spentUntil(l), calls: calls, cancel: cancel, halted: make(chan struct{})},
		memory:  memory{near: map[string]*occurrence{}, heard: newRecent(rememberWorker)},
		service: service{apis: map[route]*agora.App{}, breakers: map[*Connection]*breaker{}},
	}
}

// connect sets the connection for what no plan holds any more, and the budget. What is known of the account that a
// plan's connection before it reached goes on to it. The budget belongs to the App ID, whoever asks. The caller holds the
// engine's lock.
func (w *worker) connect(conn, before *Connection, limits plan.Limits) {
	set := func() {
		w.conn = conn
		w.setLimits(limits)
		clear(w.apis) // those of an earlier connection would be kept for ever
		if a := w.breakers[before]; a != nil && before != conn {
			delete(w.breakers, before)
			a.soon(w.e.cfg.Now())
			w.breakers[conn] = a
		}
	}
	if w.running {
		w.post(set)
		return
	}
	set()
	w.budget.Spend(w.spent)
}

// setLimits sets what plans say that the service grants to the App ID, and the rate of the budget by it.
func (w *worker) setLimits(limits plan.Limits) {
	w.limits, w.qps = limits, limits.RequestRate()
	w.budget.SetRate(w.qps)
}

// Budget admits the requests about an App ID that this process works on; nil for another App ID. Who asks the service beside the
// worker, as the checks before classes do, asks through it, so that together they keep to the rate.
func (e *Engine) Budget(app string) *agora.Budget {
	e.mu.Lock()
	defer e.mu.Unlock()
	if w := e.workers[app]; w != nil {
		return w.budget
	}
	return nil
}

// api gives the calls for a connection, a region of servers and an area to be preferred.
func (w *worker) api(conn *Connection, region catalog.Region, near catalog.Area) (*agora.App, error) {
	key := route{conn, region, near}
	if api := w.apis[key]; api != nil {
		return api, nil
	}
	client, err := conn.Client(region)
	if err != nil {
		return nil, err
	}
	w.apis[key] = client.App(w.app, w.budget).Gated(w.e.gate.check).Near(near).Redacting(&w.e.secrets)
	return w.apis[key], nil
}

// route is what a client of the service is made for. The connection is part of it: a plan that is applied again has another one.
type route struct {
	conn   *Connection
	region catalog.Region
	near   catalog.Area
}

// startLoop starts the loop, once. The caller holds the engine's lock.
func (w *worker) startLoop() {
	if w.running {
		return
	}
	w.running = true
	w.writer = w.e.cfg.Store.NewWriter(w.app, w.lease.Term)
	w.e.wg.Add(1)
	go w.loop()
}

// mailbox hands functions to the loop. It is safe for concurrent use and never blocks. What is posted after the end is not run.
type mailbox struct {
	mu    sync.Mutex
	queue []func()
	ready chan struct{} // holds a token while the queue may hold something
}

// empty gives what was posted, and leaves nothing in the queue.
func (m *mailbox) empty() []func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	queue := m.queue
	m.queue = nil
	return queue
}

// post has the loop run f.
func (w *worker) post(f func()) {
	w.inbox.mu.Lock()
	w.inbox.queue = append(w.inbox.queue, f)
	w.inbox.mu.Unlock()
	select {
	case w.inbox.ready <- struct{}{}:
	default:
	}
}

// ask has the loop run f, and waits until that has answered; answered is false where the loop, or the engine, has ended before: then
// another node may have the App ID.
func (w *worker) ask(f func(answer func(bool))) (yes, answered bool) {
	answer := make(chan bool, 1)
	w.post(func() { f(func(yes bool) { answer <- yes }) })
	select {
	case yes := <-answer:
		return yes, true
	case <-w.ended:
	case <-w.e.ctx.Done():
	}
	return false, false
}

// read runs what was posted. It looks at the clock first, because answers may come from before a jump.
func (w *worker) read() {
	w.watchClock(w.e.cfg.Now())
	for _, f := range w.inbox.empty() {
		f()
	}
}

// background runs do in a goroutine, since it may wait for the store or the service, and then has the loop run what do returns.
// The end of the worker waits for it, and cancels ctx after a while.
func (w *worker) background(do func(ctx context.Context) (then func())) {
	w.awaited.results++
	w.callers.Add(1)
	ctx := w.calls
	go func() {
		defer w.callers.Done()
		then := do(ctx)
		w.post(func() {
			w.awaited.results--
			if ctx.Err() == nil {
				then()
			}
		})
	}()
}

// loop runs until the engine's context ends: it reads what is near, steps what is due, and then waits for the next wake time, the
// inbox, or TrustTimers. A crash in it leaves every row as it was committed last.
func (w *worker) loop() {
	defer w.e.wg.Done()
	defer w.e.workerEnded(w)
	defer w.writer.Close()
	defer close(w.ended)
	defer w.cancel()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		now := w.e.cfg.Now()
		w.watchClock(now)
		if !w.loadAt.After(now) {
			w.reload()
		}
		for len(w.due) > 0 && !w.due[0].wake.After(now) {
			w.step(w.due[0])
		}
		wait := min(session.TrustTimers, w.loadAt.Sub(now))
		if len(w.due) > 0 {
			wait = min(wait, w.due[0].wake.Sub(now))
		}
		timer.Reset(max(wait, 0))
		select {
		case <-w.inbox.ready:
			w.read()
		case <-timer.C:
		case <-w.e.ctx.Done():
			w.drain()
			return
		case <-w.halted:
			if w.isFenced() {
				w.callers.Wait() // they were cancelled
			} else {
				w.drain()
			}
			w.leave()
			return
		}
	}
}

// drain waits for answers and writes that are out, so that they are stored, but no longer than patience. What is still out then stays
// in the store as asked, and the next worker finds out what became of it.
func (w *worker) drain() {
	w.draining = true
	limit := time.NewTimer(w.patience)
	defer limit.Stop()
	w.storeSeen()
	for w.awaited.results > 0 {
		select {
		case <-w.inbox.ready:
			w.read()
			w.storeSeen()
		case <-limit.C:
			w.log.Warn("ended with requests unanswered or steps unwritten; the next start, or another node, settles them", "requests", w.awaited.results)
			w.cancel()
			w.callers.Wait()
			return
		case <-w.e.abandoned:
			w.cancel()
			w.callers.Wait()
			return
		}
	}
}

// storeSeen stores what queries have found since the rows were written.
func (w *worker) storeSeen() {
	for _, o := range w.near {
		if !o.blocked && o.pending == nil && len(o.events) == 0 && !sameSeen(o.state.Sessions, o.saved.Sessions) {
			w.commit(o, o.state, pendingCommit{}, "the answer to query")
		}
	}
}

// sameSeen says that queries have found nothing since that the stored sessions do not say.
func sameSeen(x, y []session.Session) bool {
	for i := range x {
		if i >= len(y) || !x[i].LastGood.Equal(y[i].LastGood) {
			return false
		}
	}
	return true
}

// schedule puts an occurrence into the heap by its wake time.
func (w *worker) schedule(o *occurrence) {
	w.unschedule(o)
	if o.wake.IsZero() {
		return
	}
	if o.state.Phase == session.Planned && o.placeable() && o.begin.Before(o.wake) { // it was placed earlier meanwhile
		o.wake = o.begin
	}
	heap.Push(&w.due, o)
}

// unschedule takes an occurrence out of the heap.
func (w *worker) unschedule(o *occurrence) {
	if o.index >= 0 {
		heap.Remove(&w.due, o.index)
	}
}

// wakeHeap orders occurrences by wake time.
type wakeHeap []*occurrence

func (h wakeHeap) Len() int           { return len(h) }
func (h wakeHeap) Less(i, j int) bool { return h[i].wake.Before(h[j].wake) }
func (h wakeHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push is for container/heap.
func (h *wakeHeap) Push(x any) {
	o := x.(*occurrence)
	o.index = len(*h)
	*h = append(*h, o)
}

// Pop is for container/heap.
func (h *wakeHeap) Pop() any {
	old := *h
	o := old[len(old)-1]
	old[len(old)-1], o.index = nil, -1
	*h = old[:len(old)-1]
	return o
}
