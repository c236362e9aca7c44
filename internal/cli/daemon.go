package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"rundown/agora"
	"rundown/internal/host"
	"rundown/internal/planfile"
	"rundown/plan"
	"rundown/plan/rules"
	"rundown/runner"
	"rundown/runner/closure"
	"rundown/runner/metrics"
	"rundown/runner/notify"
	"rundown/runner/reason"
	"rundown/runner/store"
	"rundown/runner/view"
	"rundown/runner/web"
)

// daemon is the state of the run command. The goroutine of [app.run] sets the fields before the engine starts. After that
// they are read-only: the engine, the HTTP server and the plan reader use them from their own goroutines, and what they
// point to is safe for concurrent use. What changes later, begun, notifier, unset, fleet and moved, is safe for concurrent use, too.
type daemon struct {
	a       *app
	log     *slog.Logger
	plans   []planfile.Checked // as they were given; the reader keeps its own copy of what became of them
	hangup  <-chan os.Signal
	quiet   func() // lets go of the signals: the next one ends the process
	work    *environment
	engine  *runner.Engine
	ready   *web.Readiness
	beat    *host.Supervised
	proxy   []runner.Issue
	hooked  bool // it takes the service's notifications
	started time.Time

	urls      urls
	preflight bool // pages and buckets are looked at before classes begin

	running []store.Occurrence // classes that had begun before this process did, and that no other daemon could finish

	begun atomic.Bool // the engine has started

	notifier atomic.Pointer[notify.Notifier] // nil before that
	unset    sync.Map                        // of each *plan.Plan that vet accepts though it lacks something: its runner.Issue
	fleet    fleetHealth
	moved    movedAddresses
}

// urls lead to the daemon.
type urls struct {
	server string // of its HTTP server
	public string // of the page, for people; "": not known
}

// run is the daemon. It takes its address before the store, so that a second daemon of a host fails before it touches that.
// Then it reads the files of --access and --tls-cert, opens the store, for which it waits where that is a database, and checks the
// references of the plans. Only then the engine starts, in engage; what it does, package runner says. At the end it goes the same way
// back, and leaves recordings running.
// Whatever an error or a kill interrupts, the next start finds in the store.
//
// It is idle most of the time and shares its host, so it prefers less memory over less garbage collection: it sets GOGC to 50
// unless the environment sets it.
func (a *app) run(ctx context.Context, plans []planfile.Checked, o runOptions) (err error) {
	if os.Getenv("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(50))
	}
	if err := distinctNames(plans); err != nil {
		return err
	}
	log := a.logger(a.err, a.flags.logLevel)
	ctx, stop := untilSignal(ctx)
	defer stop()
	context.AfterFunc(ctx, stop) // from then on a signal ends the process at once
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)

	secret, err := a.webhookSecret(o.secret)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w; --listen selects another address%s", o.listen, cause(err), a.alsoInUse(ctx))
	}
	defer listener.Close()
	if err := o.web.load(a, listener.Addr(), log); err != nil {
		return err
	}
	d := &daemon{a: a, log: log, plans: plans, hangup: hangup, quiet: stop, ready: &web.Readiness{}, urls: urls{public: o.web.publicURL}, preflight: o.looks}
	d.work, err = d.openStore(ctx, listener, o)
	switch {
	case err != nil && ctx.Err() != nil: // told to end before it began
		return nil
	case err != nil:
		return wayOut(err)
	}
	defer func() { err = errors.Join(err, d.work.close()) }()
	if err := d.prepare(ctx, o); err != nil {
		return err
	}
	return d.serve(ctx, listener, secret, &o.web)
}

// closuresWithin is how long the closures may hold up the start of the engine.
const closuresWithin = 10 * time.Second

// prepare creates the engine and checks the references of the plans, before any plan is applied.
func (d *daemon) prepare(ctx context.Context, o runOptions) (err error) {
	if d.running, err = d.unattended(ctx); err != nil {
		return err
	}
	for _, c := range d.plans {
		if err := d.vetGiven(ctx, c); err != nil {
			return err
		}
	}
	d.proxy = d.a.proxyIssue(d.log)
	d.started = d.a.clock()
	// Before the engine begins anything: a pause may not have covered what has come near since the last daemon. Running
	// classes wait for the engine meanwhile, so what takes longer is left to applyClosures.
	within, done := context.WithTimeout(ctx, closuresWithin)
	err = closure.Apply(within, d.work.store, d.a.clock())
	done()
	if err != nil {
		d.log.Error("closures not applied, retrying", "error", err) // no reason to lose other classes
	}
	config := d.work.config(d.log)
	config.Revision, config.Vet, config.Keep = planfile.Revision, d.vet, o.keep
	config.Finishes = d.finishes
	config.OnChange, config.OnHeartbeat = d.work.metrics.Step, d.work.metrics.Heartbeat
	d.engine = runner.New(config)
	return nil
}

// vetGiven is vet for a plan of the command line. Where several nodes share the store, and the file holds the active revision or an
// older one, the engine judges the active one: a node that lacks what that refers to waits for it, and others record the plan.
func (d *daemon) vetGiven(ctx context.Context, c planfile.Checked) error {
	if d.work.store.Remote() {
		given, err := planfile.Revision(c.Plan)
		if err != nil {
			return fmt.Errorf("plan %s: %w", c.Path, err)
		}
		if active, _, err := runner.Holding(ctx, d.work.store, given); err != nil || active.ID != 0 {
			return err
		}
	}
	if err := d.vet(ctx, c.Plan); err != nil {
		return notStarted(err)
	}
	return nil
}

// unattended are the classes that run and whose App IDs no living node owns, and no daemon could work on.
func (d *daemon) unattended(ctx context.Context) ([]store.Occurrence, error) {
	rows, err := begun(ctx, d.work.store)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	apps, err := attendedApps(ctx, d.work.store, d.a.clock())
	return slices.DeleteFunc(rows, func(o store.Occurrence) bool { return apps[o.WorkerApp()] }), err
}

// attendedApps are the App IDs that a living node, this one included, owns or could work on. See [store.AttendedApps].
func attendedApps(ctx context.Context, s *store.Store, now time.Time) (map[string]bool, error) {
	nodes, err := livingNodes(ctx, s, now)
	if err != nil {
		return nil, err
	}
	leases, err := s.Leases(ctx)
	if err != nil {
		return nil, fmt.Errorf("read leases: %w", err)
	}
	return store.AttendedApps(nodes, store.Owners(leases)), nil
}

// vet rejects a plan whose references are not set. If classes are running that no other daemon could finish, the daemon works on it
// anyway to finish them, as long as it can reach the service. The engine calls vet too, from its own goroutines, and again for a plan
// that was accepted so.
func (d *daemon) vet(ctx context.Context, p *plan.Plan) error {
	err := d.work.unresolved(p)
	if err == nil {
		d.unset.Delete(p)
		return nil
	}
	issue := runner.Issue{
		ID: reason.IssueReferencesUnset, Severity: runner.SeverityCritical, Since: d.a.clock(), Blocking: true, About: p.Name,
		Text: err.Error(), Advice: setReferences + "; running classes are watched and stopped on time meanwhile",
	}
	before, accepted := d.unset.Load(p)
	switch {
	case accepted:
		issue.Since = before.(runner.Issue).Since
	case d.work.reachable(p) != nil || !d.leftToFinish(ctx, p):
		return err
	default:
		d.log.Error("started to finish running classes: new classes need references that are not set", "reason_code", reason.IssueReferencesUnset, "error", err)
		d.forgetUnset(p.Name)
	}
	d.unset.Store(p, issue)
	return nil
}

// setReferences is the advice where references are not set. A process sees no change of its environment.
const setReferences = "set the variables and restart the daemon, or write the files, which are read again without a restart"

// finishes says that vet has accepted a plan only to finish what runs of it.
func (d *daemon) finishes(p *plan.Plan) bool {
	_, unset := d.unset.Load(p)
	return unset
}

// unsetIssues are the issues of plans at work whose references are not set. A plan that was vetted and did not become active, or was
// replaced or withdrawn after that, has none.
func (d *daemon) unsetIssues() (issues []runner.Issue) {
	for _, active := range d.engine.ActivePlans() {
		if issue, unset := d.unset.Load(active.Plan); unset {
			issues = append(issues, issue.(runner.Issue))
		}
	}
	return issues
}

// forgetUnset forgets what vet has accepted of a plan and is not at work: a plan that cannot become active may be read again and again.
// Those that a start was given may still become active.
func (d *daemon) forgetUnset(name string) {
	kept := planfile.Parsed(d.plans)
	if d.engine != nil {
		for _, active := range d.engine.ActivePlans() {
			kept = append(kept, active.Plan)
		}
	}
	for key := range d.unset.Range {
		if p := key.(*plan.Plan); p.Name == name && !slices.Contains(kept, p) {
			d.unset.Delete(p)
		}
	}
}

// vetWithin is how long the store is asked what is left to finish.
const vetWithin = 5 * time.Second

// leftToFinish says that classes run that this daemon is to finish: by its start those that no other daemon could finish. Where others
// share the store it learns later, too, that none of them lives any more. Where it has the revision before at work, that stays as long as
// it has all their App IDs.
func (d *daemon) leftToFinish(ctx context.Context, p *plan.Plan) bool {
	if !d.begun.Load() {
		return len(d.running) > 0
	}
	if !d.work.store.Remote() {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, vetWithin)
	defer cancel()
	rows, err := d.unattended(ctx)
	return err == nil && slices.ContainsFunc(rows, func(o store.Occurrence) bool { return o.Plan == p.Name })
}

// serve answers HTTP while the daemon works. Health checks and metrics are open to everybody who reaches the port, since
// supervisors and Prometheus have no tokens, and say nothing secret. The API and the page are behind the guard. Notifications of the
// service are signed. It begins before the engine, so that a slow start is seen as a start and not as a daemon that is gone.
func (d *daemon) serve(ctx context.Context, listener net.Listener, secret func() (string, error), o *webOptions) error {
	reader := newPlanReader(d)
	issues := func() []runner.Issue { return d.issues(reader) }
	handler := http.NewServeMux()
	health := web.Handler(d.ready, d.engine.Progress, issues)
	handler.Handle("/healthz", health)
	handler.Handle("/readyz", health)
	handler.Handle("GET /metrics", d.work.metrics.Handler(metrics.Sources{
		Store: d.work.store, Now: d.a.clock, Moves: func() error { return d.engine.Progress(web.MovesWithin) }, Issues: issues,
		Rejected: reader.rejectedPlans, LogDropped: d.a.log.Dropped,
		FreeBytes: d.work.disk.freeBytes, Targets: d.targets,
	}))
	if d.hooked = secret != nil; d.hooked {
		handler.Handle("/webhooks/agora", web.Notices(secret, d.engine.TakeNotice, d.log))
	}
	served, closeAPI, err := d.openAPI(ctx, issues)
	if err != nil {
		return err
	}
	defer closeAPI()
	guard := o.guard(d.log)
	handler.Handle("/api/", guard.Handler(served))
	handler.Handle("/openapi.json", guard.Handler(served))
	pages := &dutyPage{d: d, issues: func() []runner.Issue { return d.fleetIssues(reader) }}
	defer pages.close()
	handler.Handle("/", guard.Handler(pages))
	server := web.NewServer(handler, d.log)
	server.TLSConfig = o.tls()
	server.RegisterOnShutdown(served.Close)
	d.urls.server = o.scheme() + "://" + listener.Addr().String()
	ended := make(chan error, 1)
	go func() { ended <- web.Serve(server, web.Limit(listener, host.ConnectionLimit(), d.log)) }()
	go d.storeListen(ctx) // a store that another process holds must not hold up the answers
	defer shutDown(ctx, server, time.Second)
	go d.reportHealth(ctx, issues)
	go d.applyClosures(ctx)
	return d.engage(ctx, reader, ended)
}

// engage starts the engine and its companions, waits, and ends them in reverse order: plan files are read no more before the
// notifier ends, and the engine ends last of them.
func (d *daemon) engage(ctx context.Context, reader *planReader, served <-chan error) error {
	lastSeen, err := d.work.store.LastBeat(ctx)
	if err != nil {
		return wayOut(err)
	}
	switch err := d.engine.Start(ctx, planfile.Parsed(d.plans)...); {
	case err != nil && ctx.Err() != nil:
		return nil
	case reason.CodeOf(err) == reason.IssueReferencesUnset: // of a plan of the store
		return notStarted(err)
	case err != nil:
		return wayOut(err)
	}
	d.begun.Store(true)
	defer d.engine.Close()
	d.beat = host.NewSupervised(d.engine, d.log)
	defer d.beat.End()
	endNotifications, err := d.notifyOnDuty(ctx, reader, lastSeen)
	if err != nil {
		return err
	}
	defer endNotifications()
	reader.begin(ctx, d.beat, d.hangup)
	defer reader.end()
	d.ready.Set(true) // before it is told, since who reads that may ask at once
	d.log.Info("running", "store", d.work.store.Path(), "listen", d.urls.server, "plans", d.engine.Plans(), "version", versionOf().Version)
	d.tellUnset()
	if d.work.folder != "" {
		d.log.Info("the store of this simulation is removed at exit; use --store to keep it", "status", "rundown status --store sqlite:"+d.work.store.Path())
	}
	d.beat.Ready()
	if d.hooked {
		defer d.watchAddresses(ctx)()
	}
	return d.await(ctx, served)
}

// tellUnset says of a simulation which references are not set: a plan that works here may lack them where it is to record.
func (d *daemon) tellUnset() {
	if d.work.sim == nil {
		return
	}
	for _, active := range d.engine.ActivePlans() {
		p := active.Plan
		if unset := rules.NotChecked(p, d.a.newLookup(p.Files[0].Path)); len(unset) > 0 {
			d.log.Info("references are not set; the simulator needs none", "plan", p.Name, "references", view.JoinSome(unset, 8))
		}
	}
}

// await waits for the events that end the daemon, and for nothing else, so that each ends it at once.
func (d *daemon) await(ctx context.Context, served <-chan error) error {
	select {
	case <-ctx.Done():
		d.ready.Set(false)
		d.beat.Stopping()
		d.quiet() // before it is told
		switch {
		case d.work.sim != nil:
			d.log.Info("shutting down: simulated recordings end")
		case d.work.store.Remote():
			d.log.Info("shutting down: recordings go on, and other daemons on the store or the next start adopt them")
		default:
			d.log.Info("shutting down: recordings go on, and the next start adopts them")
		}
		return nil
	case err := <-d.engine.Fenced():
		d.ready.Set(false)
		d.beat.Stopping()
		return err
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	}
}

// proxyIssue logs an unusable proxy of the environment and returns it as a health issue.
func (a *app) proxyIssue(log *slog.Logger) []runner.Issue {
	if a.flags.simulate {
		return nil
	}
	err := agora.CheckProxy(a.env)
	if err == nil {
		return nil
	}
	log.Error("proxy unusable", "reason_code", reason.IssueServiceUnreachable, "error", err)
	return []runner.Issue{{ID: reason.IssueServiceUnreachable, Severity: runner.SeverityWarning, Since: a.clock(), Text: err.Error()}}
}

// healthInterval is how often the health issues of a daemon are compared with those in the store.
const healthInterval = 2 * time.Second

// reportHealth writes the daemon's health issues to the store whenever they or the node's number change, so that status and doctor
// show what /readyz does. It has a goroutine of its own: a store that is locked or full holds up nothing else. What cannot be written
// is tried again; the engine reports the store itself. The log has them too, also while the store cannot be written.
func (d *daemon) reportHealth(ctx context.Context, issues func() []runner.Issue) {
	var reported []byte
	var by int64 // the node: one that was taken for dead has joined under another number
	logged := issueLog{log: d.log}
	d.work.disk.look(d.work.store, d.a.clock())
	every(ctx, healthInterval, func() {
		d.work.disk.look(d.work.store, d.a.clock())
		logged.note(issues())
		if d.engine.StoreFails() { // a write that waits for a lock would hold up the end of the daemon
			return
		}
		d.fleet.refresh(ctx, d)
		node := d.work.store.NodeID()
		report, err := view.HealthJSON(issues())
		if err != nil || node == by && bytes.Equal(report, reported) {
			return
		}
		if d.work.store.SetHealth(ctx, d.a.clock(), report) == nil {
			by, reported = node, report
		}
	})
}
