package runner

import (
	"container/heap"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// conductor owns the occurrences of one App ID. All fields below the inbox belong to its loop.
type conductor struct {
	e    *Engine
	app  string
	term int64
	log  *slog.Logger

	running bool          // guarded by the engine's lock
	ended   chan struct{} // closed when the loop is: what is posted then is not run
	inbox   mailbox
	pulse   pulse
	callers sync.WaitGroup

	conn       *Connection
	apis       map[route]*agora.App
	accounts   map[*Connection]*account
	budget     *agora.Budget
	concurrent int // sessions at once that are granted; 0: not known
	limits     plan.Limits
	qps        int
	writer     *store.Writer
	tasks      map[string]*task
	filed      map[string]*filed   // over
	resting    map[string]*resting // planned for later, and as the plan has it
	unwritten  []string            // of these, in the order of the plan
	restless   time.Time           // when the first of these is to be a task again; zero: there is none
	due        wakeHeap
	turns      int // given to what is begun
	out        int // calls and writes that are awaited
	draining   bool
	calls      context.Context
	clock      clock
	leapt      session.Gap // the last time that the clock leapt over
	pace       pace
	seen       []*task   // of which a session was seen running, which is still to be stored
	seenAt     time.Time // when what was seen of these is to be stored; zero: nothing is
}

func newConductor(e *Engine, app string, term int64) *conductor {
	return &conductor{
		e: e, app: app, term: term, log: e.log.With("app", app),
		ended: make(chan struct{}),
		inbox: mailbox{ready: make(chan struct{}, 1)}, tasks: map[string]*task{}, filed: map[string]*filed{}, resting: map[string]*resting{}, apis: map[route]*agora.App{}, accounts: map[*Connection]*account{},
	}
}

// connect sets the connection for what no plan holds any more, and the budget. What is known of the account that a
// plan's connection before it reached goes on to it. The budget belongs to the App ID, whoever asks. The caller holds the
// engine's lock.
func (c *conductor) connect(conn, before *Connection, limits plan.Limits) {
	set := func() {
		c.conn = conn
		c.limits, c.concurrent = limits, limits.MaxConcurrent()
		if qps := limits.RequestRate(); c.budget == nil || qps != c.qps {
			c.qps, c.budget = qps, agora.NewBudget(qps)
		}
		clear(c.apis) // those of an earlier connection would be kept for ever
		if a := c.accounts[before]; a != nil && before != conn {
			delete(c.accounts, before)
			a.soon(c.e.cfg.Now())
			c.accounts[conn] = a
		}
	}
	if c.running {
		c.post(set)
		return
	}
	set()
}

// api gives the calls for a connection, a region of servers and an area to be preferred.
func (c *conductor) api(conn *Connection, region catalog.Region, near catalog.Near) (*agora.App, error) {
	key := route{conn, region, near}
	if api := c.apis[key]; api != nil {
		return api, nil
	}
	client, err := conn.Client(region)
	if err != nil {
		return nil, err
	}
	c.apis[key] = client.App(c.app, c.budget).Near(near).Redacting(&c.e.secrets)
	return c.apis[key], nil
}

type route struct {
	conn   *Connection
	region catalog.Region
	near   catalog.Near
}

// begin starts the loop, once. The caller holds the engine's lock.
func (c *conductor) begin() {
	if c.running {
		return
	}
	c.running = true
	c.writer = c.e.cfg.Store.NewWriter(c.app, c.term)
	c.e.wg.Add(1)
	go c.loop()
}

// mailbox hands functions to the loop. It never blocks who posts, and what is posted after the end is not run.
type mailbox struct {
	mu    sync.Mutex
	queue []func()
	ready chan struct{} // holds a token while the queue may hold something
}

func (m *mailbox) take() []func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	queue := m.queue
	m.queue = nil
	return queue
}

// post has the loop run f.
func (c *conductor) post(f func()) {
	c.inbox.mu.Lock()
	c.inbox.queue = append(c.inbox.queue, f)
	c.inbox.mu.Unlock()
	select {
	case c.inbox.ready <- struct{}{}:
	default:
	}
}

// read runs what was posted, which may be about what the clock leapt over.
func (c *conductor) read() {
	c.watchClock(c.e.cfg.Now())
	for _, f := range c.inbox.take() {
		f()
	}
}

func (c *conductor) loop() {
	defer c.e.wg.Done()
	defer c.writer.Close()
	defer close(c.ended)
	calls, cancel := context.WithCancel(context.WithoutCancel(c.e.ctx))
	defer cancel()
	c.calls = calls
	c.read()                    // orders come before what a session would do next
	for _, t := range c.tasks { // adopted: what was asked and never answered comes first
		for i, x := range t.state.Sessions {
			if x.Asked == agora.OpStart && c.e.forget {
				t.state.Sessions[i].Asked, t.state.Sessions[i].State = "", session.SessionFailed
			} else if x.Asked != "" {
				t.waiting = append(t.waiting, unansweredAsk(x, "rundown ended meanwhile"))
			}
		}
		if len(t.state.Sessions) > 0 && t.state.Phase != session.Planned { // the others wait until the plan has said what it wants of them now
			c.step(t, session.Observation{})
		}
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		now := c.e.cfg.Now()
		c.watchClock(now)
		c.wakeResting(now)
		c.admit()
		if c.seenLate(now) {
			c.storeSeen()
		}
		for len(c.due) > 0 && !c.due[0].wake.After(now) {
			c.step(c.due[0], session.Observation{})
		}
		wait := session.TrustTimers
		if len(c.due) > 0 {
			wait = min(wait, c.due[0].wake.Sub(now))
		}
		if !c.restless.IsZero() {
			wait = min(wait, c.restless.Sub(now))
		}
		if !c.seenAt.IsZero() {
			wait = min(wait, c.seenAt.Sub(now))
		}
		timer.Reset(wait)
		select {
		case <-c.inbox.ready:
			c.read()
		case <-timer.C:
		case <-c.e.ctx.Done():
			c.drain(cancel)
			return
		}
	}
}

// drain waits a little for the answers that are out, so that they are stored; what stays out stays written down as
// asked, and is settled at the next start.
func (c *conductor) drain(cancel context.CancelFunc) {
	c.draining = true
	limit := time.NewTimer(drain)
	defer limit.Stop()
	c.storeSeen()
	for c.out > 0 {
		select {
		case <-c.inbox.ready:
			c.read()
			c.storeSeen()
		case <-limit.C:
			c.log.Warn("ended with requests unanswered or steps unwritten; they are settled at the next start", "requests", c.out)
			cancel()
			c.callers.Wait()
			return
		case <-c.e.abandoned:
			cancel()
			c.callers.Wait()
			return
		}
	}
}

// step asks decide, stores what it says and then does it. What only looks at a recording is done at once: it has no
// effect that a crash could leave behind, and it is most of what there is to do.
func (c *conductor) step(t *task, o session.Observation) {
	if o.Op != "" || o.Notice != nil {
		t.waiting = append(t.waiting, o)
	}
	c.shelve(t)
	if t.busy {
		return
	}
	now := c.e.cfg.Now()
	c.lapse(t, now)
	if c.endTail(t, now); t.busy { // its own padding gave way
		return
	}
	c.giveWay(t, now)
	t.state.Begin, t.state.DownSince = t.begin, c.asleep(t)
	t.state.Aside, t.state.OnlyStops = !c.e.scheduling && !t.now, c.e.stopping
	if t.state.Turn == 0 && !t.begin.After(now) {
		c.turns++
		t.state.Turn = c.turns
	}
	t.state.QueryEvery = session.QueryInterval(c.e.cfg.Watch, c.liveSessions(now), c.qps)
	next := t.state.Clone()
	for _, change := range t.changes {
		change(&next)
	}
	moved := c.tellMoved(&t.state, &next, now)
	if !next.Begin.Equal(t.state.Begin) {
		t.begin = next.Begin
	}
	changes := t.changes
	t.changes = nil
	calls, events := []session.Action(nil), slices.Concat(t.told, moved)
	told := t.told
	t.told = nil
	observations := t.waiting
	observed := t.waiting
	t.waiting = nil
	if len(observations) == 0 {
		observations = []session.Observation{{}}
	}
	heard := false // what notifications say is kept, also where it changes nothing
	for len(observations) > 0 {
		heard = heard || observations[0].Notice != nil
		o, observations = observations[0], observations[1:]
		var act session.Action
		var why string
		before := next
		next, act, why = session.Decide(next, o, now)
		events = append(events, c.record(before, next, o, act, why, now)...)
		switch {
		case act.Op != "":
			calls = append(calls, act)
			observations = append(observations, session.Observation{})
		case len(observations) == 0:
			t.wake = act.Wake
			if at := c.tailFrom(t, &next, now); !at.IsZero() {
				t.wake = session.Left(t.wake, at)
			}
		}
	}
	if t.version > 0 && t.owed == nil && len(events) == 0 && !heard && len(t.settled) == 0 && t.routine(next, calls) {
		t.state = next
		c.noteSeen(t)
		if !c.draining {
			for _, act := range calls {
				c.call(t, next, act)
			}
		}
		c.settle(t)
		return
	}
	c.persist(t, next, events, calls, failpoint(t, next, observed, calls), func(err error) {
		t.waiting, t.changes, t.told = slices.Concat(observed, t.waiting), slices.Concat(changes, t.changes), slices.Concat(told, t.told)
		c.anew(t, err)
	})
}

// anew steps a task again from its rows as they are now, since a write that counted on others was refused.
func (c *conductor) anew(t *task, refused error) {
	unknown := t.version == 0
	c.reread(t, refused, func(moved bool) {
		if !moved {
			c.letGo(t, refused)
			return
		}
		if unknown && t.occ != nil { // it was thought to be new: what the plan wants of it is still to be laid over it
			c.revise(t, t.slot.want(c.app), c.e.cfg.Now())
			c.place()
		}
		c.step(t, session.Observation{})
	})
}

// store writes a step and goes on when it is durable; failing is called where the store cannot be written, stale where
// the rows are others than those that the step counts on.
func (c *conductor) store(t *task, step store.Step, failing, then func(), stale func(error)) {
	c.out++
	c.writer.Submit(step, func(err error) {
		c.post(func() {
			c.out--
			switch {
			case err == nil:
				c.e.written()
				then()
			case errors.Is(err, store.ErrStale):
				stale(err)
			case errors.Is(err, store.ErrFenced):
				c.e.fence(c.app)
				c.letGo(t, err)
			default:
				c.e.unwritten(err)
				failing()
			}
		})
	})
}

// stored goes on after a step is durable: the calls are made, and what arrived meanwhile is looked at.
func (c *conductor) stored(t *task, next session.State, calls []session.Action) {
	before := t.asStored()
	c.watchHours(before, next)
	c.watchOrphans(before, next)
	c.watchKeys(before, next)
	c.watchForeign(&next)
	c.watchUploads(before, next)
	t.state, t.saved, t.busy, t.cut, t.owed = next, next.Sessions, false, false, nil
	t.version++
	for _, tell := range t.settled {
		tell(carriedOut)
	}
	t.settled = nil
	if next.Phase != before.Phase {
		if next.Phase == session.Planned && len(next.Sessions) > 0 { // it was moved, and begins beside others
			c.place()
		}
		c.announce(next)
		if next.Phase == session.Over {
			c.e.keys.forget(next.Sessions)
		}
	}
	c.e.cfg.OnChange(next)
	for _, act := range calls {
		// An engine that ends sends nothing new but the start that belongs to an acquire.
		if !c.draining || act.Op == agora.OpStart {
			c.call(t, next, act)
		}
	}
	idle := t.idle
	t.idle = nil
	for _, f := range idle {
		f()
	}
	if len(t.waiting)+len(t.changes)+len(t.told) > 0 {
		c.step(t, session.Observation{})
	} else if !t.busy {
		c.settle(t)
	}
}

// watchOrphans tells a person at once of each session that may run although its sid is unknown: only they can end it
// before its hours do.
func (c *conductor) watchOrphans(before, after session.State) {
	changed := before.ID != after.ID
	for _, x := range after.Sessions {
		was := before.Session(x.Attempt)
		is, before := x.State == session.SessionOrphan, was != nil && was.State == session.SessionOrphan
		if is && !before {
			c.log.Error(x.Reason, "occurrence", after.ID, "reason_code", x.ReasonCode, "resource_id", x.ResourceID)
		}
		changed = changed || is != before
	}
	if changed {
		c.e.mu.Lock()
		c.e.noteOrphans(&after)
		c.e.mu.Unlock()
	}
}

// announce logs what a person would want to know.
func (c *conductor) announce(s session.State) {
	level := slog.LevelInfo
	if s.Phase == session.Over && s.Outcome != session.Recorded && s.Outcome != session.Cancelled {
		level = slog.LevelWarn
	}
	attrs := []any{"occurrence", s.ID, "state", s.Phase}
	if s.Phase == session.Over {
		attrs = append(attrs, "outcome", s.Outcome, "reason", s.Reason)
		if s.ReasonCode != "" {
			attrs = append(attrs, "reason_code", s.ReasonCode)
		}
	}
	c.log.Log(context.Background(), level, "occurrence", attrs...)
}

// add takes a task in. It is called before the loop begins, or from it.
func (c *conductor) add(t *task) {
	t.index, t.begin = -1, t.state.Begin
	c.tasks[t.state.ID] = t
}

// forget drops a task.
func (c *conductor) forget(t *task) {
	c.shelve(t)
	delete(c.tasks, t.state.ID)
	c.e.disown(t.state.ID, c)
	for _, tell := range t.settled {
		tell(reason.Because(reason.NotActive, "the occurrence is not at work any more"))
	}
	for _, f := range append(t.idle, t.lost...) {
		f()
	}
	t.settled, t.idle, t.lost = nil, nil, nil
}

// schedule puts a task into the heap by its wake time.
func (c *conductor) schedule(t *task) {
	c.shelve(t)
	if t.wake.IsZero() {
		return
	}
	if t.state.Phase == session.Planned && t.begin.Before(t.wake) { // it was placed earlier meanwhile
		t.wake = t.begin
	}
	heap.Push(&c.due, t)
}

// shelve takes a task out of the heap.
func (c *conductor) shelve(t *task) {
	if t.index >= 0 {
		heap.Remove(&c.due, t.index)
	}
}

// wakeHeap orders tasks by wake time.
type wakeHeap []*task

func (h wakeHeap) Len() int           { return len(h) }
func (h wakeHeap) Less(i, j int) bool { return h[i].wake.Before(h[j].wake) }
func (h wakeHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push is for container/heap.
func (h *wakeHeap) Push(x any) {
	t := x.(*task)
	t.index = len(*h)
	*h = append(*h, t)
}

// Pop is for container/heap.
func (h *wakeHeap) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1], t.index = nil, -1
	*h = old[:len(old)-1]
	return t
}

// planNames lists the plans of the tasks.
func (c *conductor) planNames() []string {
	names := make(chan []string, 1)
	c.post(func() {
		seen := map[string]bool{}
		for _, t := range c.tasks {
			seen[t.state.Plan] = true
		}
		for _, r := range c.resting {
			seen[r.plan()] = true
		}
		names <- slices.Sorted(maps.Keys(seen))
	})
	return <-names
}
