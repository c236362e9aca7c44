package runner

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/robfig/cron/v3"

	"rundown/plan"
	"rundown/runner/session"
	"rundown/runner/store"
)

// maxLength is how far back starts are looked for: a class longer than this that began before the first start of the daemon is not
// picked up half-way.
const maxLength = 49 * time.Hour

// drain is how long an engine that ends waits for the answers to requests that are out.
const drain = 6 * time.Second

// lastWrite is how long it waits for the store after that.
const lastWrite = time.Second

// Start adopts what the store holds unfinished and works on the plans; without any, on those that were applied last.
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

// start is the one beginning of an engine. The order matters: where others share the store heartbeats come first, since only a node that
// is alive can own App IDs; plans and workers come before the timers, whose polls would look for them. Where it fails, nothing of it goes on.
func (e *Engine) start(ctx context.Context, scheduling bool, plans []*plan.Plan) error {
	beat, err := e.cfg.Store.LastBeat(ctx)
	if err != nil {
		return fmt.Errorf("read the store: %w", err)
	}
	e.beatBefore, e.started, e.scheduling = beat, e.cfg.Now(), scheduling
	e.answerFrom = e.started
	if !beat.IsZero() {
		e.answerFrom = session.Earlier(beat, e.started)
	}
	e.ctx, e.stop = context.WithCancel(context.WithoutCancel(ctx))
	if e.shared() {
		if err := e.beatOnce(ctx); err != nil {
			e.stop()
			return fmt.Errorf("write the store: %w", err)
		}
		e.beginHeartbeats()
	}
	if err := e.beginWork(ctx, plans); err != nil {
		e.Close()
		return err
	}
	return nil
}

// nearWithin bounds for how long a start writes what is near before its workers begin: other nodes may write at the same time, and a
// database may hang.
const nearWithin = 10 * time.Second

// restWithin is for how long a start waits until its plans are written. After that the rest is written beside whatever comes after it.
const restWithin = 10 * time.Second

// beginWork has the plans be worked on. What is near of all of them is written before any worker begins, as far as nearWithin allows: by the
// spec of an earlier plan a worker would stop a class that was extended while no daemon ran, and begin one that was removed. The rest,
// which may take minutes, is written beside the workers, the timers and the polls, as in a reload.
func (e *Engine) beginWork(ctx context.Context, plans []*plan.Plan) error {
	e.applying.Lock()
	unlock := e.applying.Unlock
	defer func() { unlock() }()
	var err error
	if e.seen.command, err = e.cfg.Store.LastCommand(ctx); err != nil {
		return fmt.Errorf("read the store: %w", err)
	}
	if err := e.activateAtStart(ctx, plans); err != nil {
		return err
	}
	near := nearWritten{all: true}
	if e.scheduling {
		if near, err = e.writeNear(ctx); err != nil {
			return err
		}
	}
	if err := e.ensureWorkers(ctx); err != nil {
		return err
	}
	if err := e.noteLeft(ctx); err != nil {
		return err
	}
	e.wg.Add(1)
	go e.readNotices()
	e.mu.Lock()
	for _, w := range e.workers {
		w.startLoop()
	}
	e.mu.Unlock()
	if near.all {
		e.answerFromStart()
	}
	e.startTimers()
	if !e.scheduling {
		return nil
	}
	unlock = func() {} // writeRest does
	rest := make(chan struct{})
	e.wg.Add(1)
	go func() {
		defer close(rest)
		e.writeRest(near)
	}()
	limit := time.NewTimer(restWithin)
	defer limit.Stop()
	select {
	case <-rest:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-limit.C:
		e.log.Info("the plans are large, or the store is slow: classes that are far ahead are written beside the work")
		return nil
	}
}

// answerFromStart says that what came before this start has been answered for.
func (e *Engine) answerFromStart() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.answerFrom = e.started
}

// nearWritten is what a start has written before its workers begin.
type nearWritten struct {
	all   bool // that is near
	diffs map[*applied]Diff
}

// writeNear writes what the plans of a start want of what is near, and removes what is planned for others. Where nearWithin is over, that
// is no error. The caller holds applying.
func (e *Engine) writeNear(ctx context.Context) (near nearWritten, err error) {
	bounded, cancel := context.WithTimeout(ctx, nearWithin)
	defer cancel()
	near.diffs, err = e.writeNearWithin(bounded)
	switch {
	case err != nil && bounded.Err() != nil && ctx.Err() == nil:
		e.log.Warn("the next classes of the plans are not written yet; until they are, classes are recorded as planned before this start", "error", err)
		return near, nil
	case err != nil:
		return near, err
	}
	near.all = true
	// From this heartbeat on the next start answers for classes (since). It follows the write, so that after a crash in between the next
	// start still writes what was planned since the one before. The rest begins hours from now, and that start writes it, too.
	if _, err := e.cfg.Store.Heartbeat(ctx, e.cfg.Now(), e.offers()); err != nil {
		return near, fmt.Errorf("write the store: %w", err)
	}
	return near, nil
}

// writeNearWithin is writeNear as far as a context allows.
func (e *Engine) writeNearWithin(ctx context.Context) (diffs map[*applied]Diff, err error) {
	if err := e.removeOthers(ctx); err != nil {
		return nil, err
	}
	diffs = map[*applied]Diff{}
	for _, a := range e.applied() {
		if !e.writesSpecsOf(a) {
			continue
		}
		diffs[a], err = e.writeNearOf(ctx, a)
		if err != nil && !errors.Is(err, errSuperseded) { // writeRest tells of that
			return diffs, err
		}
	}
	return diffs, nil
}

// writeRest writes what the plans of a start want up to the horizon, beyond what is written of them, until the store has taken it or the
// engine ends. It releases applying, which the start holds.
func (e *Engine) writeRest(near nearWritten) {
	defer e.wg.Done()
	defer e.applying.Unlock()
	if !near.all && e.insist(e.ctx, func() error { return e.removeOthers(e.ctx) }) != nil {
		return // the engine ends
	}
	for _, a := range e.applied() {
		diff, done, err := e.writeActive(e.ctx, a)
		if err != nil {
			return // the engine ends
		}
		if done {
			diff = diff.plus(near.diffs[a])
			e.log.Info("plan active", append([]any{"plan", a.plan.Name, "revision", a.revision}, diff.attrs()...)...)
		}
	}
	e.answerFromStart()
}

// ensureWorkers gives a worker to each App ID that has something to do.
func (e *Engine) ensureWorkers(ctx context.Context) error {
	owners, err := e.cfg.Store.AppsWithWork(ctx)
	if err != nil {
		return fmt.Errorf("read the store: %w", err)
	}
	e.mu.Lock()
	maps.DeleteFunc(e.strays, func(app string, _ store.AppWork) bool { // nothing is left to do for it
		return !slices.ContainsFunc(owners, func(o store.AppWork) bool { return o.App == app })
	})
	e.mu.Unlock()
	for _, o := range owners {
		if err := e.ensureWorker(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// begunStates are those of a class that has begun and has not ended.
var begunStates = []string{string(session.Starting), string(session.Recording), string(session.Stopping)}

// noteLeft raises the health issues of what an earlier process began, and of what left a session that may run although nobody looks at the
// class. Of what has begun it leaves out what another node works on, which notes that.
func (e *Engine) noteLeft(ctx context.Context) error {
	begun, err := e.cfg.Store.Occurrences(ctx, store.Filter{Open: true, States: begunStates})
	if err != nil {
		return fmt.Errorf("read the store: %w", err)
	}
	var ids []string
	for _, o := range begun {
		if !e.shared() || e.workerOf(o.WorkerApp()) != nil {
			ids = append(ids, o.ID)
		}
	}
	if err := e.noteRows(ctx, ids); err != nil {
		return err
	}
	return e.noteLoose(ctx, func(string) bool { return true })
}

// noteLoose raises the health issues of what left a session that may run, of some App IDs: it has ended, or was moved ahead. No worker reads
// it before it is near again, if ever: so a start notes it of all App IDs, whoever owns them, and a node that takes over an App ID notes
// what others have left there since.
func (e *Engine) noteLoose(ctx context.Context, of func(app string) bool) error {
	loose, err := e.cfg.Store.Loose(ctx, e.cfg.Now().Add(-2*maxLength))
	if err != nil {
		return fmt.Errorf("read the store: %w", err)
	}
	var ids []string
	for _, x := range loose {
		if of(x.App) {
			ids = append(ids, x.ID)
		}
	}
	return e.noteRows(ctx, ids)
}

// noteRows raises the health issues that follow from rows of the store. One that cannot be read keeps nothing else from being worked on.
func (e *Engine) noteRows(ctx context.Context, ids []string) error {
	for some := range slices.Chunk(ids, rowsAtOnce) {
		rows, err := e.cfg.Store.Rows(ctx, some...)
		if err != nil {
			return fmt.Errorf("read the store: %w", err)
		}
		for i := range rows {
			d, err := decodeRow(&rows[i])
			if err != nil {
				e.log.Error("cannot read an occurrence; it is left as it is", "occurrence", rows[i].ID, "error", err)
				continue
			}
			state := session.View(d.Spec, d.Status)
			e.noteIssues(nil, &state)
		}
	}
	return nil
}

// Close ends the engine's own work: nothing new is sent, answers to requests that are out are awaited for a few
// seconds, and recordings in the cloud go on. What stays unanswered stays written down as asked. A store that hangs is
// not waited for: what it has not taken is to a later start as if this one had been killed.
func (e *Engine) Close() {
	if !endsInTime(e.close) {
		e.log.Warn("shut down without writing the store; the next start, or another node, settles what is left")
	}
}

// endsInTime waits until a function has ended, but no longer than workers drain and a last write takes; false: it goes on.
func endsInTime(do func()) bool {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		do()
	}()
	limit := time.NewTimer(drain + lastWrite)
	defer limit.Stop()
	select {
	case <-ended:
		return true
	case <-limit.C:
		return false
	}
}

// close ends everything in the order in which one needs the other: no timer begins anything new, then the loops store what they know, and
// last the node leaves, so that others take over only what nothing is written for any more.
func (e *Engine) close() {
	e.mu.Lock()
	c := e.cron
	e.mu.Unlock()
	timers := context.Background()
	if c != nil {
		timers = c.Stop()
	}
	if e.stop != nil {
		e.stop() // before the timers have ended, since one may wait for what only comes of the loops
	}
	if c != nil {
		<-timers.Done()
	}
	e.wg.Wait()
	e.endHeartbeats() // others take over what a node owns that gives none, while its last answers come
	// A start that failed before it wrote what is near leaves the heartbeat from which the next one answers for classes.
	if !e.shared() && (!e.scheduling || c == nil) {
		return
	}
	if err := e.cfg.Store.Leave(context.Background(), e.cfg.Now()); err != nil {
		e.log.Warn("cannot write the last heartbeat", "error", err)
	}
}

// Abandon makes [Engine.Close] wait for no answers.
func (e *Engine) Abandon() { e.abandon.Do(func() { close(e.abandoned) }) }

// startTimers starts what the engine does at intervals, by robfig/cron.
func (e *Engine) startTimers() {
	c := cron.New(cron.WithLogger(cron.DiscardLogger), cron.WithChain(cron.SkipIfStillRunning(cron.DiscardLogger)))
	if e.scheduling && !e.shared() {
		c.Schedule(cron.Every(e.cfg.Beat), cron.FuncJob(func() { e.heartbeat(e.ctx) }))
	}
	if e.scheduling {
		c.Schedule(cron.Every(time.Hour), cron.FuncJob(e.extendHorizon))
		c.Schedule(cron.Every(max(checkpointEvery, e.cfg.Poll)), cron.FuncJob(e.checkpoint))
		if e.cfg.Keep > 0 {
			c.Schedule(pruneTimes{time.Now()}, cron.FuncJob(e.prune))
		}
	}
	c.Schedule(cron.Every(max(checkStoreEvery, e.cfg.Poll)), cron.FuncJob(e.checkStore))
	c.Schedule(cron.Every(warmEvery), cron.FuncJob(e.warmKeys))
	c.Schedule(cron.Every(e.cfg.Poll), cron.FuncJob(e.watchClocks))
	poll := cron.NewChain(cron.SkipIfStillRunning(cron.DiscardLogger)).Then(cron.FuncJob(func() {
		if err := e.pollStore(e.ctx); err != nil && e.ctx.Err() == nil {
			e.logThrottled("cannot read the store", err)
		}
	}))
	c.Schedule(cron.Every(e.cfg.Poll), poll)
	if e.scheduling {
		e.wg.Add(1)
		go e.workOnPlans()
	}
	if e.shared() {
		e.wg.Add(1)
		go e.pollAtExpiry(poll.Run)
		c.Schedule(cron.Every(probeEvery), cron.FuncJob(e.probe))
	}
	e.mu.Lock()
	e.cron = c
	e.mu.Unlock()
	c.Start()
}

// beginHeartbeats gives the heartbeats of a node from its start to the end of its last worker. They begin when the process
// does, not at whole seconds, at which all nodes of a store would send theirs at once.
func (e *Engine) beginHeartbeats() {
	ctx, cancel := context.WithCancel(context.WithoutCancel(e.ctx))
	e.beats = ending{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(e.beats.done)
		tick := time.NewTicker(e.cfg.Store.Liveness().Every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				e.heartbeat(ctx)
			}
		}
	}()
}

// endHeartbeats ends them, where they have begun.
func (e *Engine) endHeartbeats() {
	if e.beats.cancel != nil {
		e.beats.cancel()
		<-e.beats.done
	}
}
