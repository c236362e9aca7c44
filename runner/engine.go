package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"rundown/agora"
	"rundown/internal/redact"
	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner/session"
	"rundown/runner/store"
)

// Engine makes plans happen: it writes what they want into the store, and has a worker for each App ID that makes it so.
// Its methods are safe for concurrent use. Start and Close are in lifecycle.go, the map of the package is in doc.go.
//
// There are two locks. Whoever takes both takes applying first.
//
//   - applying is held while plans are put to work or their specs are written, and while the store is waited for meanwhile. It
//     guards pending, and [applied.until] of each plan. A large plan is written for minutes, so no poll waits for it: syncPlans runs in
//     a goroutine of its own, and all that looks again later takes it by TryLock.
//   - mu is held for moments only, and never while the store or a worker is waited for. It guards seen, active, health and
//     membership, and of clocks and process the fields that say so.
//
// plans and order are written with both locks held, so whoever holds one of them may read them.
type Engine struct {
	// Set by New and Start before anything else runs, and never changed after that.
	cfg        Config
	log        *slog.Logger
	beatBefore time.Time // the last sign of life of whoever worked on the store before
	started    time.Time
	scheduling bool // the plans' classes are this engine's to record
	stopping   bool // it only stops what runs: nothing is begun
	forget     bool // a test's negative control: a start without an answer is taken for never sent

	applying sync.Mutex
	pending  map[int64]*plan.Plan // revisions that wait for a confirmation

	mu          sync.Mutex
	seen        seenStore
	active      // plans and workers: this file
	health      // health.go
	clocks      // clock.go
	noticeInbox // notices.go
	process     // lifecycle.go
	membership  // of a node: node.go

	keys    credentialCache // has a lock of its own
	secrets redact.Redactor // those of the plans, which the service may quote; safe for concurrent use
}

// active is what an engine works on. The engine's lock guards it.
type active struct {
	plans          map[string]*applied     // by plan name
	order          []string                // plan names as first applied
	workers        map[string]*worker      // by App ID
	extra          map[string]*extra       // recorded because somebody asked for it now, by identity
	runningClasses map[string]runningClass // classes of active plans that are being recorded, by identity
	answerFrom     time.Time               // classes that ended before are nobody's any more
}

// extra is an occurrence outside of the schedule of its plan.
type extra struct {
	planned *plan.Occurrence
	conn    *Connection
}

// seenStore is up to where the engine knows what others wrote into the store. The engine's lock guards it, but for plans, which
// syncPlans alone touches.
type seenStore struct {
	plans      int64 // by [store.Store.Changes]: what was applied up to it is active
	generation int64 // of specs
	command    int64 // of operators
}

// health is what a person should know while the engine works on. The engine's lock guards it.
type health struct {
	issues     map[issueKey]Issue      // that are raised and cleared
	orphans    map[string]orphanage    // sessions that nothing here can stop, by resource id
	foreign    map[string]foreignIssue // occurrences whose requests something else than the service answers
	complaints map[string]time.Time    // when each was logged last
	reach      reach
}

// clocks compare the machine's clock with the time that passes, and with the service's.
type clocks struct {
	clock   clock     // watchClocks alone touches it, which cron never runs twice at once
	watched time.Time // when watchClocks looked last; as clock
	skew    skew      // guarded by the engine's lock
}

// noticeInbox holds the notifications of the service that have arrived.
type noticeInbox struct {
	notices   chan agora.Event // accepted and not yet looked at
	strangers strangers        // of the goroutine that reads notices
}

// process is what runs and how it ends. Start sets ctx and stop before anything else runs.
type process struct {
	ctx       context.Context // of the workers' loops
	stop      context.CancelFunc
	cron      *cron.Cron // guarded by the engine's lock
	wg        sync.WaitGroup
	plansDue  chan struct{} // holds a token: workOnPlans is to look for plans
	abandoned chan struct{} // closed: an end waits for nothing
	abandon   sync.Once
	fenced    chan error // see Fenced; holds one at most
}

// applied is a plan at work. Only until and written change once it is one of the engine's plans.
type applied struct {
	plan     *plan.Plan
	conn     *Connection
	apps     map[*plan.App]string // App IDs
	revision int64
	finder   *schedule.Finder
	until    time.Time // up to where its specs are written; guarded by the engine's applying
	written  bool      // this node has written its specs since it owns the first of its App IDs; guarded by the engine's lock
}

// Diff counts what an applied plan changed of the occurrences ahead.
type Diff struct {
	Added, Removed, Changed int
	Left                    int // of those that are being recorded, the ones that it no longer holds; they are in none of the others
	Stopped                 int // of the others, those that were being recorded, and whose recording it stops
}

func (d Diff) plus(more Diff) Diff {
	return Diff{d.Added + more.Added, d.Removed + more.Removed, d.Changed + more.Changed, d.Left + more.Left, d.Stopped + more.Stopped}
}

// attrs are the counts for the log.
func (d Diff) attrs() []any {
	return []any{"added", d.Added, "removed", d.Removed, "changed", d.Changed, "left_running", d.Left, "stopped_running", d.Stopped}
}

// New returns an engine that does nothing yet.
func New(cfg Config) *Engine {
	cfg = cfg.withDefaults()
	return &Engine{
		cfg: cfg, log: cfg.Logger, pending: map[int64]*plan.Plan{},
		active:      active{plans: map[string]*applied{}, workers: map[string]*worker{}, extra: map[string]*extra{}, runningClasses: map[string]runningClass{}},
		health:      health{issues: map[issueKey]Issue{}, orphans: map[string]orphanage{}, foreign: map[string]foreignIssue{}, complaints: map[string]time.Time{}},
		noticeInbox: noticeInbox{notices: make(chan agora.Event, maxNotices)},
		process:     process{plansDue: make(chan struct{}, 1), abandoned: make(chan struct{}), fenced: make(chan error, 1)},
		membership:  newMembership(cfg),
	}
}

// activateAtStart makes the plans of a start active: those that it is given, and those of the store where they count. The caller holds
// applying.
func (e *Engine) activateAtStart(ctx context.Context, plans []*plan.Plan) error {
	revisions := map[*plan.Plan]store.Revision{}
	given := len(plans) > 0
	if e.scheduling && (!given || e.shared()) {
		stored, more, err := e.activePlans(ctx, plans)
		if err != nil {
			return err
		}
		revisions, plans = stored, append(plans, more...)
	}
	for _, p := range plans {
		r, known := revisions[p]
		if !known && e.scheduling {
			var err error
			if p, r, err = e.given(ctx, p); err != nil {
				return err
			}
			if p == nil { // this node cannot work on what is active
				continue
			}
		}
		if err := e.setActive(ctx, p, r.ID); err != nil {
			return err
		}
	}
	if !e.scheduling {
		return nil
	}
	if given && !e.shared() {
		if err := e.withdraw(ctx); err != nil {
			return err
		}
	}
	return e.watchWaiting(ctx)
}

// resolve resolves what a plan needs before anything of it is recorded.
func (e *Engine) resolve(p *plan.Plan) (*applied, error) {
	conn, err := e.cfg.Connect(p)
	if err != nil {
		return nil, fmt.Errorf("plan %s: %w", p.Name, err)
	}
	a := &applied{plan: p, conn: conn, apps: map[*plan.App]string{}, finder: schedule.NewFinder(p)}
	for _, app := range p.Apps {
		id, err := app.ID.Resolve(conn.Lookup)
		if err != nil {
			return nil, fmt.Errorf("plan %s: apps.%s.id: %w", p.Name, app.Name, err)
		}
		a.apps[app] = id
	}
	e.learnSecrets(p, conn.Lookup)
	return a, nil
}

// setActive makes a plan the one at work, with the workers of those of its App IDs that are this node's. Its specs are written after
// that. The caller holds applying.
func (e *Engine) setActive(ctx context.Context, p *plan.Plan, revision int64) error {
	a, err := e.resolve(p)
	if err != nil {
		return err
	}
	a.revision = revision
	ids := slices.Collect(maps.Values(a.apps))
	leases, err := e.claim(ctx, ids...)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	var before *Connection
	if old := e.plans[p.Name]; old == nil {
		e.order = append(e.order, p.Name)
	} else { // the apps that it leaves, too: what it said of their limits holds no more
		before = old.conn
		ids = slices.AppendSeq(ids, maps.Values(old.apps))
	}
	e.plans[p.Name] = a
	used := map[*plan.STS]bool{}
	for _, at := range e.plans {
		for _, storage := range at.plan.Storages {
			used[storage.STS] = true
		}
	}
	e.keys.drop(used)
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		if lease, claimed := leases[id]; claimed || e.workers[id] != nil { // else it is another node's
			e.worker(id, lease, a.conn, before)
		}
	}
	return nil
}

// limits are those of an App ID by the plans at work: of two that state one, the first counts. The caller holds the lock.
func (e *Engine) limits(app string) plan.Limits {
	var l plan.Limits
	for _, name := range e.order {
		for _, a := range e.plans[name].plan.Apps {
			if e.plans[name].apps[a] == app {
				l = l.Or(a.Limits)
			}
		}
	}
	return l
}

// errLease says that an App ID could not be owned, since the store could not be written.
var errLease = errors.New("the lease cannot be written")

// worker finds the worker of an App ID, or makes it under a lease, and connects it. The caller holds the lock.
func (e *Engine) worker(app string, lease store.Lease, conn, before *Connection) {
	w := e.workers[app]
	if w == nil {
		w = newWorker(e, lease)
		e.workers[app] = w
	}
	w.connect(conn, before, e.limits(app))
}

// allWorkers are those whose loops run.
func (e *Engine) allWorkers() []*worker {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.DeleteFunc(slices.Collect(maps.Values(e.workers)), func(w *worker) bool { return !w.running })
}

// nudge has the worker of an App ID read the store, where it has one.
func (e *Engine) nudge(app string) {
	if w := e.workerOf(app); w != nil {
		w.post(w.reload)
	}
}

// planned is an occurrence as the plan at work has it, and how to reach the service for it; nil where no plan holds it.
// now says that somebody asked for it outside of the schedule.
func (e *Engine) planned(spec *session.Spec, now bool) (*plan.Occurrence, *Connection) {
	e.mu.Lock()
	a, x := e.plans[spec.Plan], e.extra[spec.ID]
	e.mu.Unlock()
	if x != nil {
		return x.planned, x.conn
	}
	if a == nil {
		return nil, nil
	}
	if now {
		return a.plannedNow(spec), a.conn
	}
	b, ok := a.find(spec.ID)
	if !ok {
		return nil, nil
	}
	o := b.Occurrence()
	return &o, a.conn
}

// extraOf is an occurrence that is recorded because somebody asked for it now; nil for another.
func (e *Engine) extraOf(id string) *extra {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.extra[id]
}

// since is from when on the engine answers for classes: at its start since the last sign of life, later from now on,
// since a plan that is applied says nothing of the past.
func (e *Engine) since() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.answerFrom.Before(e.started) {
		return e.answerFrom
	}
	return e.cfg.Now()
}

// Apply replaces a plan that is at work, or adds one. Occurrences that have not begun become what the plan says; one
// that is being recorded takes over new times that contain the present and a new CDN target, is stopped and planned again
// where they do not or where the plan names another App ID, goes on to its end where the plan no longer holds it,
// and is stopped where the plan cancels it. [ErrNeedsConfirmation] is for a plan that removes so much that it waits for a
// confirmation, and changes nothing.
//
// It is for a plan whose file was changed. The command rundown apply only stores a revision, which syncPlans activates.
func (e *Engine) Apply(ctx context.Context, p *plan.Plan) (Diff, error) {
	if _, err := e.resolve(p); err != nil { // it may read files: nobody else waits for those
		return Diff{}, err
	}
	e.applying.Lock()
	defer e.applying.Unlock()
	e.mu.Lock()
	var before *plan.Plan
	if old := e.plans[p.Name]; old != nil {
		before = old.plan
	}
	e.mu.Unlock()
	r, err := e.keepRevision(ctx, p, before)
	if err != nil {
		return Diff{}, err
	}
	return e.replace(ctx, p, r, true)
}

// extendHorizon writes the specs of what has come within the horizon, also of what a machine slept through: nobody else answers
// for that. A clock that was set back takes nothing out of the horizon again.
func (e *Engine) extendHorizon() {
	if !e.scheduling {
		return
	}
	for !e.applying.TryLock() { // a plan is put to work, which may take minutes
		again := time.NewTimer(storeEvery)
		select {
		case <-again.C:
		case <-e.ctx.Done():
			again.Stop()
			return
		}
	}
	defer e.applying.Unlock()
	for _, a := range e.applied() {
		if !e.writesSpecsOf(a) {
			continue
		}
		now := e.cfg.Now()
		if _, err := e.writeWindow(e.ctx, a, session.Earlier(now, a.until), session.Later(a.until, now.Add(e.cfg.Horizon))); err != nil && !errors.Is(err, errSuperseded) && e.ctx.Err() == nil {
			e.logThrottled("cannot write the specs of a plan", err, "plan", a.plan.Name)
		}
	}
	if err := e.reloadWorkers(e.ctx); err != nil && e.ctx.Err() == nil {
		e.logThrottled("cannot read the store", err)
	}
}

// pollStore looks at who owns what (updateOwnership), and takes up what others wrote into the store: orders and specs. Plans it leaves
// to workOnPlans, which it wakes. What one of them cannot do holds up none of the others.
func (e *Engine) pollStore(ctx context.Context) error {
	defer e.lookForPlans()
	err := e.updateOwnership(ctx)
	return errors.Join(err, e.reloadWorkers(ctx))
}

// lookForPlans wakes workOnPlans. Where that is at work, it looks again after that.
func (e *Engine) lookForPlans() {
	select {
	case e.plansDue <- struct{}{}:
	default:
	}
}

// workOnPlans activates and writes plans until the engine ends. It runs beside the polls, which go on while a plan is written.
func (e *Engine) workOnPlans() {
	defer e.wg.Done()
	for {
		select {
		case <-e.ctx.Done():
			return
		case <-e.plansDue:
			if err := e.syncPlans(e.ctx); err != nil && e.ctx.Err() == nil {
				e.logThrottled("cannot read the store", err)
			}
		}
	}
}

// syncPlans writes the plans that are this node's to write, and activates what a command has applied.
func (e *Engine) syncPlans(ctx context.Context) error {
	if !e.applying.TryLock() { // a plan is put to work at this moment: the next poll has it look again
		return nil
	}
	defer e.applying.Unlock()
	var err error
	switch {
	case !e.shared():
		err = e.retryUnfit(ctx)
	case e.gate.check() == nil: // else what it reads may be old
		err = errors.Join(e.writeOwnPlans(ctx), e.retryUnfit(ctx)) // what one of them cannot do does not hold up the other
	}
	n, failed := e.cfg.Store.Changes(ctx) // before what it tells of: what is applied meanwhile is looked at again
	if failed != nil || n == e.seen.plans {
		return errors.Join(err, failed)
	}
	if err := errors.Join(err, e.activateStored(ctx, false)); err != nil {
		return err
	}
	e.seen.plans = n
	return nil
}

// reloadWorkers has the workers read the specs that have changed. Those that do not run yet begin, also where nothing has changed: a plan
// may claim an App ID whose specs are all written.
func (e *Engine) reloadWorkers(ctx context.Context) error {
	n, err := e.cfg.Store.Generation(ctx)
	if err != nil {
		return err
	}
	e.mu.Lock()
	changed := n != e.seen.generation
	e.mu.Unlock()
	if changed {
		if err := errors.Join(e.ensureWorkers(ctx), e.logOrders(ctx)); err != nil {
			return err // it stays the last generation that was seen, so that they are read again
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, w := range e.workers {
		w.startLoop()
		if changed {
			w.post(w.reload)
		}
	}
	e.seen.generation = n
	return nil
}

// Plans is how many plans are at work.
func (e *Engine) Plans() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.plans)
}
