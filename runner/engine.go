package runner

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/robfig/cron/v3"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/internal/redact"
	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner/session"
	"rundown/runner/store"
)

// Config is what an engine needs. Store and Connect are required.
type Config struct {
	Store   *store.Store
	Connect func(*plan.Plan) (*Connection, error) // to the service, for a plan's account
	Logger  *slog.Logger                          // default: discarded
	Now     func() time.Time                      // default: time.Now
	Horizon time.Duration                         // how far ahead occurrences are written into the store; default 8 days
	Poll    time.Duration                         // how often operators' commands are looked for; default 1 s
	Beat    time.Duration                         // how often a sign of life is stored; default 15 s
	Watch   time.Duration                         // how often a healthy session is queried at most; default 10 s
	Who     string                                // who applies plans, for the event log
	// Revision says what the store is to keep of a plan; default: hash and path, from which no start can be made.
	Revision func(*plan.Plan) (store.Revision, error)
	// Vet judges a plan that comes from the store, before it is put to work; default: none is refused.
	Vet func(*plan.Plan) error
	// Keep is how long what is over is kept; 0: for ever.
	Keep time.Duration
	// OnChange hears of every stored step, in order for one occurrence. It must not block.
	OnChange func(session.State)
	// Failpoint is called at each named instant between commit, send and answer; a test crashes there. It may end the
	// goroutine that calls it. Nil outside tests.
	Failpoint func(point string)
	// OnLost hears of an occurrence that the engine had to let go, because its row is another's. It must not block.
	OnLost func(id string, err error)
}

// Connection is how a plan's recordings reach the service.
type Connection struct {
	Client func(catalog.Region) (*agora.Client, error) // the client that begins with the region's host
	Lookup plan.Lookup                                 // what the plan's references stand for
	// Issue fetches temporary storage credentials from the command or file of a plan, as JSON. nil: there are none.
	Issue func(context.Context, *plan.STS) ([]byte, error)
}

func (c Config) withDefaults() Config {
	c.Logger = cmp.Or(c.Logger, slog.New(slog.DiscardHandler))
	c.Horizon = cmp.Or(c.Horizon, 8*24*time.Hour)
	c.Poll, c.Beat = cmp.Or(c.Poll, time.Second), cmp.Or(c.Beat, 15*time.Second)
	c.Watch = cmp.Or(c.Watch, session.LeastInterval)
	if c.Now == nil {
		// Without the monotonic reading, which stands still while a machine sleeps and cannot be compared with the
		// times of plans.
		c.Now = func() time.Time { return time.Now().Round(0) }
	}
	if c.OnLost == nil {
		c.OnLost = func(string, error) {}
	}
	if c.OnChange == nil {
		c.OnChange = func(session.State) {}
	}
	if c.Failpoint == nil {
		c.Failpoint = func(string) {}
	}
	return c
}

// Engine makes plans happen. Its methods are safe for concurrent use.
type Engine struct {
	cfg        Config
	log        *slog.Logger
	beat       time.Time // the last sign of life of whoever worked on the store before
	started    time.Time
	scheduling bool      // the plans' classes are this engine's to record
	stopping   bool      // it only stops what runs: nothing is begun
	answerFrom time.Time // classes that ended before are nobody's any more: guarded by mu

	applying sync.Mutex           // held while a plan is put to work, and for pending
	pending  map[int64]*plan.Plan // revisions that wait for a confirmation

	mu         sync.Mutex
	ctx        context.Context // of the conductors' loops
	stop       context.CancelFunc
	plans      map[string]*applied // by plan name
	order      []string            // plan names as first applied
	conductors map[string]*conductor
	known      map[string]*conductor      // occurrence → who owns it
	orders     map[string][]store.Command // by occurrence that is not known yet
	taken      map[int64]bool             // commands that were read
	carriedOut map[string][]store.Command // orders that hold, by occurrence, also of those that no plan has now
	keys       keyring
	secrets    redact.Redactor  // those of the plans, which the service may quote
	notices    chan agora.Event // accepted and not yet looked at
	strangers  strangers        // of the goroutine that reads notices
	changes    int64
	clock      clock
	watched    time.Time // when watchClock looked last: its duty's own
	skew       skew
	reach      reach
	issues     map[issueKey]Issue      // health issues that are raised and cleared
	orphans    map[string]orphanage    // sessions that nothing here can stop, by resource id
	foreign    map[string]foreignIssue // occurrences whose requests something else than the service answers
	complaints map[string]time.Time    // when each was logged last
	cron       *cron.Cron
	wg         sync.WaitGroup
	forget     bool          // a test's negative control: a start without an answer is taken for never sent
	abandoned  chan struct{} // closed: an end waits for nothing
	abandon    sync.Once
	fenced     chan error  // see Fenced; holds one at most
	lost       atomic.Bool // an App ID has another owner, whose business the orders are
}

// applied is a plan at work.
type applied struct {
	plan     *plan.Plan
	conn     *Connection
	apps     map[*plan.App]string // App IDs
	revision int64
	until    time.Time // up to where its occurrences are written into the store
}

// Diff counts what an applied plan changed of the occurrences ahead.
type Diff struct {
	Added, Removed, Changed int
	Left                    int // of those that are being recorded, the ones that it no longer holds
}

// maxLength is the longest class that a start in the past is looked for: a class longer than this that began before
// the first start of the daemon is not picked up half-way.
const maxLength = 49 * time.Hour

// drain is how long an engine that ends waits for the answers to requests that are out.
const drain = 6 * time.Second

// lastWrite is how long it waits for the store after that.
const lastWrite = time.Second

// New returns an engine that does nothing yet.
func New(cfg Config) *Engine {
	cfg = cfg.withDefaults()
	return &Engine{
		cfg: cfg, log: cfg.Logger, abandoned: make(chan struct{}), fenced: make(chan error, 1),
		plans: map[string]*applied{}, conductors: map[string]*conductor{},
		known: map[string]*conductor{}, orders: map[string][]store.Command{}, taken: map[int64]bool{}, carriedOut: map[string][]store.Command{},
		pending: map[int64]*plan.Plan{}, issues: map[issueKey]Issue{}, orphans: map[string]orphanage{}, foreign: map[string]foreignIssue{}, complaints: map[string]time.Time{},
		notices: make(chan agora.Event, maxNotices),
	}
}

// Start adopts what the store holds unfinished and begins to work on the plans; without any, on those that were
// applied last.
func (e *Engine) Start(ctx context.Context, plans ...*plan.Plan) error {
	return e.start(ctx, true, plans)
}

// StartAside adopts only what has been begun, and schedules nothing: for who means to [Engine.Record] something of a
// plan on a store that may be a daemon's, or to end what runs. What was moved while it was recorded is stopped, and not
// begun again.
func (e *Engine) StartAside(ctx context.Context, plans ...*plan.Plan) error {
	return e.start(ctx, false, plans)
}

// StartToStop adopts only what has been begun, and carries out only the orders for classes that are ordered to stop. It
// begins nothing, whatever other orders wait.
func (e *Engine) StartToStop(ctx context.Context, plans ...*plan.Plan) error {
	e.stopping = true
	return e.start(ctx, false, plans)
}

func (e *Engine) start(ctx context.Context, scheduling bool, plans []*plan.Plan) error {
	beat, err := e.cfg.Store.LastBeat(ctx)
	if err != nil {
		return fmt.Errorf("read the store: %w", err)
	}
	e.beat, e.started, e.scheduling = beat, e.cfg.Now(), scheduling
	e.answerFrom = e.started
	if !beat.IsZero() {
		e.answerFrom = session.Left(beat, e.started)
	}
	e.ctx, e.stop = context.WithCancel(context.WithoutCancel(ctx))
	if err := e.open(ctx, plans); err != nil {
		e.stop()
		return err
	}
	if err := e.adopt(ctx, scheduling); err != nil {
		e.stop()
		return err
	}
	if scheduling { // what was planned while nobody scheduled is still to be answered for
		if err := e.cfg.Store.Beat(ctx, e.cfg.Now()); err != nil {
			e.stop()
			return fmt.Errorf("write the store: %w", err)
		}
	}
	if scheduling {
		if err := e.readOrders(ctx, slices.Collect(maps.Values(e.plans))...); err != nil {
			e.stop()
			return err
		}
	}
	if err := e.readCommands(ctx); err != nil {
		e.stop()
		return err
	}
	e.mu.Lock()
	for _, c := range e.conductors {
		c.begin()
	}
	e.mu.Unlock()
	if scheduling {
		for _, name := range e.order {
			diff := e.schedule(ctx, e.plans[name], e.lookBack())
			e.log.Info("plan at work", "plan", name, "revision", e.plans[name].revision, "added", diff.Added, "removed", diff.Removed, "changed", diff.Changed, "left_running", diff.Left)
		}
		e.dropOthers(ctx)
	}
	e.wg.Add(1)
	go e.readNotices()
	e.mu.Lock()
	e.answerFrom = e.started // what came before has been answered for
	e.mu.Unlock()
	e.duties(scheduling)
	return nil
}

// Close ends the engine's own work: nothing new is sent, answers to requests that are out are awaited for a few
// seconds, and recordings in the cloud go on. What stays unanswered stays written down as asked. A store that hangs is
// not waited for: what it has not taken is to a later start as if this one had been killed.
func (e *Engine) Close() {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		e.close()
	}()
	limit := time.NewTimer(drain + lastWrite)
	defer limit.Stop()
	select {
	case <-ended:
	case <-limit.C:
		e.log.Warn("ended without the store, which does not take what is to be written; the next start settles it")
	}
}

func (e *Engine) close() {
	e.mu.Lock()
	c := e.cron
	e.mu.Unlock()
	duties := context.Background()
	if c != nil {
		duties = c.Stop()
	}
	if e.stop != nil {
		e.stop() // before the duties have ended, since one may wait for what only comes of the loops
	}
	if c != nil {
		<-duties.Done()
	}
	e.wg.Wait()
	if !e.scheduling {
		return
	}
	if err := e.cfg.Store.Beat(context.Background(), e.cfg.Now()); err != nil {
		e.log.Warn("the last sign of life could not be written", "error", err)
	}
}

// Abandon makes [Engine.Close] wait for no answers.
func (e *Engine) Abandon() { e.abandon.Do(func() { close(e.abandoned) }) }

// duties are what the engine does at intervals, by robfig/cron.
func (e *Engine) duties(scheduling bool) {
	c := cron.New(cron.WithLogger(cron.DiscardLogger), cron.WithChain(cron.SkipIfStillRunning(cron.DiscardLogger)))
	if scheduling {
		c.Schedule(cron.Every(e.cfg.Beat), cron.FuncJob(func() {
			if err := e.cfg.Store.Beat(e.ctx, e.cfg.Now()); err == nil {
				e.written()
			} else if e.ctx.Err() == nil {
				e.unwritten(err)
			}
		}))
		c.Schedule(cron.Every(time.Hour), cron.FuncJob(e.extend))
		c.Schedule(cron.Every(max(checkpointEvery, e.cfg.Poll)), cron.FuncJob(e.checkpoint))
		if e.cfg.Keep > 0 {
			c.Schedule(pruneTimes{time.Now()}, cron.FuncJob(e.prune))
		}
	}
	c.Schedule(cron.Every(max(checkStoreEvery, e.cfg.Poll)), cron.FuncJob(e.checkStore))
	c.Schedule(cron.Every(warmEvery), cron.FuncJob(e.warm))
	c.Schedule(cron.Every(e.cfg.Poll), cron.FuncJob(e.watchClock))
	c.Schedule(cron.Every(e.cfg.Poll), cron.FuncJob(func() {
		if err := e.pollCommands(e.ctx); err != nil && e.ctx.Err() == nil {
			e.complain("operators' commands cannot be read", err)
		}
	}))
	e.mu.Lock()
	e.cron = c
	e.mu.Unlock()
	c.Start()
}

// open puts the plans of a start to work.
func (e *Engine) open(ctx context.Context, plans []*plan.Plan) error {
	e.applying.Lock()
	defer e.applying.Unlock()
	revisions := map[*plan.Plan]store.Revision{}
	given := len(plans) > 0
	if !given && e.scheduling {
		var err error
		if revisions, plans, err = e.atWork(ctx); err != nil {
			return err
		}
	}
	for _, p := range plans {
		r, known := revisions[p]
		if !known && e.scheduling {
			var err error
			if _, err = e.prepare(p); err != nil { // better known before it is written down
				return err
			}
			if p, r, err = e.begin(ctx, p); err != nil {
				return err
			}
		}
		if err := e.install(ctx, p, r.ID); err != nil {
			return err
		}
	}
	if !e.scheduling {
		return nil
	}
	if given {
		if err := e.withdraw(ctx); err != nil {
			return err
		}
	}
	return e.watchWaiting(ctx)
}

// prepare resolves what a plan needs before anything of it is recorded.
func (e *Engine) prepare(p *plan.Plan) (*applied, error) {
	conn, err := e.cfg.Connect(p)
	if err != nil {
		return nil, fmt.Errorf("plan %s: %w", p.Name, err)
	}
	a := &applied{plan: p, conn: conn, apps: map[*plan.App]string{}}
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

// install makes a plan the one at work, with the owners of its App IDs.
func (e *Engine) install(ctx context.Context, p *plan.Plan, revision int64) error {
	a, err := e.prepare(p)
	if err != nil {
		return err
	}
	a.revision = revision
	e.mu.Lock()
	defer e.mu.Unlock()
	var before *Connection
	ids := slices.Collect(maps.Values(a.apps))
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
		if _, err := e.conductor(ctx, id, a.conn, before); err != nil {
			return err
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

// conductor finds or makes the owner of an App ID. The caller holds the lock.
func (e *Engine) conductor(ctx context.Context, app string, conn, before *Connection) (*conductor, error) {
	c := e.conductors[app]
	if c == nil {
		term, err := e.cfg.Store.Lease(ctx, app, e.cfg.Now().Add(time.Minute))
		if err != nil {
			return nil, fmt.Errorf("own app %s: %w", app, err)
		}
		c = newConductor(e, app, term)
		e.conductors[app] = c
	}
	c.connect(conn, before, e.limits(app))
	return c, nil
}

// adopt takes up what the store holds unfinished.
func (e *Engine) adopt(ctx context.Context, planned bool) error {
	slots := map[string]slot{} // what the plans say of them, before anything is done about them
	for _, name := range e.order {
		for _, list := range e.wanted(e.plans[name], e.since(), e.lookBack(), e.cfg.Now().Add(e.cfg.Horizon)) {
			for _, s := range list {
				slots[s.id] = s
			}
		}
	}
	take := func(rows []store.Occurrence) error { return e.takeIn(ctx, rows, planned, slots) }
	if err := e.cfg.Store.EachPage(ctx, store.Filter{Open: true}, take); err != nil {
		return fmt.Errorf("read the store: %w", err)
	}
	if !planned {
		return nil
	}
	return e.adoptEnded(ctx, slots)
}

// slot is what the plans say of an occurrence of an App ID; empty where they say nothing.
func (e *Engine) slot(slots map[string]slot, id, app string) slot {
	if s, ok := slots[id]; ok && e.plans[s.brief.Plan()].apps[s.brief.App()] == app {
		return s
	}
	return slot{}
}

// takeIn makes tasks of some rows.
func (e *Engine) takeIn(ctx context.Context, rows []store.Occurrence, planned bool, slots map[string]slot) error {
	var ids []string
	for _, r := range rows {
		if r.State != string(session.Planned) || bytes.Contains(r.Doc, []byte(`"earlier":`)) { // one that was moved has sessions
			ids = append(ids, r.ID)
		}
	}
	sessions, err := e.cfg.Store.Sessions(ctx, ids...)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, row := range rows {
		if !planned && row.State == string(session.Planned) {
			continue
		}
		t, err := decodeTask(row, sessions[row.ID])
		if err != nil {
			return err
		}
		c, err := e.owner(ctx, row.ID, row.App, row.Revision)
		if err != nil {
			return err
		}
		if c == nil {
			continue
		}
		if t.state.Phase != session.Over && t.state.Phase != session.Planned {
			e.log.Info("adopted", "occurrence", row.ID, "state", row.State, "sessions", len(t.state.Sessions))
			t.told = append(t.told, e.adoption(&t.state))
		}
		t.said(e.slot(slots, row.ID, row.App), row.App)
		t.absent = t.absent || t.state.Phase == session.Over && t.id == ""
		e.noteIssues(&t.state)
		c.add(t)
		if c.rests(t) {
			c.rest(t)
		}
		e.known[row.ID] = c
	}
	return nil
}

// adoption tells of an occurrence that is adopted, and for how long nobody had watched it, as far as the store knows.
func (e *Engine) adoption(s *session.State) store.Event {
	text, last := "adopted by a new start", e.beat
	for i := range s.Sessions {
		last = session.Later(last, s.Sessions[i].LastGood)
	}
	if !last.IsZero() && last.Before(e.started) {
		d := session.Decision{S: *s}
		text += fmt.Sprintf("; nobody watched it from %s to %s", d.Clock(last), d.Clock(e.started))
	}
	return store.Event{Occurrence: s.ID, At: e.started, Kind: "decision", Text: text}
}

// dropOthers removes what is planned for plans that are not at work any more.
func (e *Engine) dropOthers(ctx context.Context) {
	e.mu.Lock()
	conductors := slices.Collect(maps.Values(e.conductors))
	e.mu.Unlock()
	for _, c := range conductors {
		for _, name := range c.planNames() {
			if e.plans[name] != nil {
				continue
			}
			removed, done := c.retire(name, nil, nil, e.cfg.Now().Add(1000*24*time.Hour))
			select {
			case <-done:
			case <-ctx.Done():
				return
			case <-e.ctx.Done():
				return
			}
			c.tellLeft(name)
			if *removed > 0 {
				e.log.Warn("planned classes of a plan that was not given are dropped", "plan", name, "classes", *removed)
			}
		}
	}
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

// lookBack is from where on occurrences are looked for, far enough to find the classes that have begun.
func (e *Engine) lookBack() time.Time { return e.since().Add(-maxLength) }

// wanted lists the occurrences of a plan that start in the window and that have not ended by alive, before which there
// was nothing to answer for. One that an operator extended has not ended before that.
func (e *Engine) wanted(a *applied, alive, from, until time.Time) map[string][]slot {
	out := map[string][]slot{}
	for b := range schedule.Briefs(a.plan, from, until) {
		if b.End().After(alive) || e.standing(b.ID()).lasts(&b, alive) {
			app := a.apps[b.App()]
			out[app] = append(out[app], slot{brief: b, id: b.ID(), revision: a.revision, conn: a.conn})
		}
	}
	return out
}

// schedule gives the conductors what a plan wants from now up to the horizon. An occurrence that has moved to another
// app is taken from its owner first. That waits for the store, but no longer than ctx.
func (e *Engine) schedule(ctx context.Context, a *applied, from time.Time) Diff {
	a.until = e.cfg.Now().Add(e.cfg.Horizon)
	wanted := e.wanted(a, e.since(), from, a.until)
	var diff Diff
	e.mu.Lock()
	conductors := make(map[string]*conductor, len(e.conductors))
	for app, c := range e.conductors {
		conductors[app] = c
	}
	e.mu.Unlock()
	finder := sync.OnceValue(func() *schedule.Finder { return schedule.NewFinder(a.plan) })
	held := func(id string) (slot, *conductor) {
		b, ok := finder().Find(id)
		if !ok {
			return slot{}, nil
		}
		return slot{brief: b, id: id, revision: a.revision, conn: a.conn}, conductors[a.apps[b.App()]]
	}
	for app, c := range conductors {
		removed, done := c.retire(a.plan.Name, wanted[app], held, a.until)
		select {
		case <-done:
			diff.Removed += *removed
		case <-ctx.Done():
			return diff
		case <-e.ctx.Done():
			return diff
		}
	}
	for app, c := range conductors {
		added, changed := c.want(wanted[app])
		diff.Added += added
		diff.Changed += changed
	}
	for _, c := range conductors {
		diff.Left += c.tellLeft(a.plan.Name)
	}
	return diff
}

// Apply replaces a plan that is at work, or adds one. Occurrences that have not begun become what the plan says; one
// that is being recorded takes over new times that contain the present and a new CDN target, is stopped and planned again
// where they do not or where the plan names another App ID, goes on to its end where the plan no longer holds it,
// and is stopped where the plan cancels it. [ErrHeld] is for a plan that removes so much that it waits for a
// confirmation, and changes nothing.
func (e *Engine) Apply(ctx context.Context, p *plan.Plan) (Diff, error) {
	if _, err := e.prepare(p); err != nil { // it may read files: nobody else waits for those
		return Diff{}, err
	}
	e.applying.Lock()
	defer e.applying.Unlock()
	r, err := e.keep(ctx, p)
	if err != nil {
		return Diff{}, err
	}
	return e.replace(ctx, p, r)
}

// extend writes the occurrences that have come within the horizon, also those that a machine slept through: nobody else
// answers for them. A clock that was set back takes nothing out of the horizon again.
func (e *Engine) extend() {
	if !e.scheduling {
		return
	}
	e.applying.Lock()
	defer e.applying.Unlock()
	e.mu.Lock()
	for _, c := range e.conductors {
		c.files()
	}
	plans := make([]*applied, 0, len(e.order))
	for _, name := range e.order {
		plans = append(plans, e.plans[name])
	}
	e.mu.Unlock()
	for _, a := range plans {
		from := a.until
		a.until = session.Later(from, e.cfg.Now().Add(e.cfg.Horizon))
		for app, wants := range e.wanted(a, from, from, a.until) {
			e.mu.Lock()
			c := e.conductors[app]
			e.mu.Unlock()
			c.want(wants)
		}
	}
}

// Record begins occurrences of a started plan outside its schedule, each at its instant in begin.
func (e *Engine) Record(p *plan.Plan, occurrences []plan.Occurrence, begin []time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	a := e.plans[p.Name]
	for i := range occurrences {
		o := &occurrences[i]
		app := a.apps[o.Settings.App]
		c := e.conductors[app]
		c.begin()
		t := &task{slot: slot{id: o.ID, revision: a.revision, conn: a.conn}, occ: o, now: true, state: session.State{Target: target(o, app), Begin: begin[i], Phase: session.Planned}}
		t.state.MinRemainder = 0 // it is recorded because somebody asked for it
		t.state.Exact, t.state.From = false, o.RecordFrom
		t.state.Account = accountRef(p)
		e.known[o.ID] = c
		c.post(func() { c.add(t); c.step(t, session.Observation{}) })
	}
}

func (e *Engine) pollCommands(ctx context.Context) error {
	n, err := e.cfg.Store.Changes(ctx)
	if err != nil || n == e.changes {
		return err
	}
	if err := e.checkOwnership(ctx); err != nil || e.lost.Load() {
		return err
	}
	if err := errors.Join(e.readCommands(ctx), e.takeUp(ctx)); err != nil {
		return err // they are read again: nothing but another write would wake us
	}
	e.changes = n
	return nil
}

// own records who owns an occurrence, and hands over a command that was waiting for it.
func (e *Engine) own(id string, c *conductor) {
	e.mu.Lock()
	e.known[id] = c
	orders := e.orders[id]
	delete(e.orders, id)
	e.mu.Unlock()
	e.obey(c, id, orders)
}

// disown records that a conductor does not have an occurrence any more, unless another one has it by now.
func (e *Engine) disown(id string, c *conductor) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.known[id] == c {
		delete(e.known, id)
		delete(e.foreign, id)
	}
}
