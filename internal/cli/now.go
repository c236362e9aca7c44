package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rundown/agora/catalog"
	"rundown/agora/simulator"
	"rundown/internal/cli/render"
	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/view"
)

// nowMargin is the time for the requests themselves, in addition to the documented latency.
const nowMargin = 1500 * time.Millisecond

// maxNowLength bounds --for, in the service's own terms (restriction max-recording-hour-range).
const maxNowLength = 700 * time.Hour

// nowOptions are the flags of now.
type nowOptions struct {
	all    bool
	length time.Duration
	ledger string
	format *formatFlag
}

// newNowCommand makes now. It is used in two ways: with an engine of this process, or by an order to the daemons that work on the
// store (now_order.go), since one owner alone may spend the request budget of an App ID. It reads a plan and the store, which it
// makes where there is none, and writes its recordings there. Progress goes to standard error, the report to standard output.
// Status 1 means that something was not recorded whole, a second Ctrl-C included; 2 that nothing was begun, or that the store failed.
func newNowCommand(a *app) *cobra.Command {
	var o nowOptions
	cmd := &cobra.Command{
		Use:   "now PLAN NAME...",
		Short: "Record pages now",
		Long: `Record pages now, regardless of the timetable.

Calendars, changes, padding and exact_start do not apply. The length is --for,
else that of the recording's next class, else that of its last. A page that the
store shows as being recorded is refused.

If a daemon is using the store, now gives it an order and follows its work: PLAN
must then be the plan that the daemon uses, without changes. Otherwise now
records by itself.

The command ends when all recordings have ended. The exit status is 0 if
everything was recorded. Ctrl-C stops the recordings; a second Ctrl-C, a second
later or more, exits at once and leaves them running.`,
		Example: `  rundown now plan.yaml german-a1
  rundown now plan.yaml german-a1 english-b2 --for 45m
  rundown now examples/quickstart.yaml --all --simulate --for 15s`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return &usageError{cmd.CommandPath(), errors.New("PLAN missing")}
			case o.all && len(args) > 1:
				return &usageError{cmd.CommandPath(), errors.New("--all and NAME cannot be combined")}
			case !o.all && len(args) == 1:
				return &usageError{cmd.CommandPath(), errors.New("NAME missing: name recordings, or give --all")}
			}
			return nil
		},
		ValidArgsFunction: a.completeRecordings,
	}
	f := cmd.Flags()
	f.BoolVar(&o.all, "all", false, "record all recordings of the plan")
	f.DurationVar(&o.length, "for", 0, "length of the recordings, such as 45m (default: that of the next class)")
	f.StringVar(&o.ledger, "ledger", "", "write the simulator's ledger to `FILE` (with --simulate)")
	o.format = addFormat(cmd, "text", "json")
	addIncludeDir(a, cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if cmd.Flags().Changed("for") && (o.length < time.Second || o.length > maxNowLength) {
			return &usageError{cmd.CommandPath(), fmt.Errorf("invalid --for %v: must be from 1s to %v", o.length, maxNowLength)}
		}
		if _, ok := terminalOf(a.err); !ok { // the end of who reads the progress must not leave a recording behind
			a.queueLog()
		}
		return a.recordNow(cmd.Context(), args[0], args[1:], o)
	}
	return cmd
}

// recordNow starts the recordings, waits until all have ended, and reports the outcomes.
//
// By an order or by itself, what it records are occurrences like those of a timetable, under identities that no other class has:
// they are in the store before the first request, so that a now that is killed leaves nothing that history, status and run
// --stop-all do not know. The report reads the store, not what was shown on the way.
func (a *app) recordNow(ctx context.Context, path string, names []string, o nowOptions) (err error) {
	plans, err := a.soundPlans([]string{path})
	if err != nil {
		return err
	}
	p := plans[0].Plan
	recordings, err := named(p, names)
	if err != nil {
		return err
	}
	order, err := a.nowOrderFor(ctx, plans[0], recordings)
	if err != nil {
		return err
	}
	if order != nil {
		defer func() { err = errors.Join(err, order.s.Close()) }()
		if err := order.record(ctx, p, recordings, o); err != nil {
			return err
		}
		return a.reportNow(ctx, order.s, nil, order.ids, o.format.value)
	}
	w, err := a.openEnvironment(ctx, store.Open, o.ledger, plans...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.unresolved(p); err != nil {
		return notStarted(err)
	}
	rows, err := a.takenRows(ctx, w.store)
	if err != nil {
		return err
	}
	occurrences, begin, err := a.occurrencesNow(p, recordings, o.length, nowMargin, rows)
	if err != nil {
		return err
	}
	if err := a.driveNow(ctx, w, p, occurrences, begin); err != nil {
		return err
	}
	ids := make([]string, len(occurrences))
	for i, o := range occurrences {
		ids[i] = o.ID
	}
	return a.reportNow(ctx, w.store, w.sim, ids, o.format.value)
}

// takenRows are the classes whose pages may be in use, and all others whose ids a recording of now could get: also those far
// ahead, since a class that was moved keeps its id.
func (a *app) takenRows(ctx context.Context, s *store.Store) ([]store.Occurrence, error) {
	rows, err := s.Occurrences(ctx, store.Filter{EndAfter: a.clock().Add(-time.Hour)})
	if err != nil {
		return nil, fmt.Errorf("read the store: %w", err)
	}
	return rows, nil
}

// nowWorker records what now asks for: an engine of this process, or the daemons that work on the store.
type nowWorker interface {
	cancel(ctx context.Context, id string) error
	look(ctx context.Context) error // at what has changed, where that is not told
	leave() string                  // at once; says what becomes of the recordings
}

// nowRun is the work of now between the first request and the end of the last recording. It belongs to the goroutine of
// [nowRun.await]; an engine only adds to changes and lost.
type nowRun struct {
	a       *app
	by      nowWorker
	log     *slog.Logger
	show    *render.Progress
	changes *stateQueue
	lost    chan error
	open    map[string]bool // what has not ended
}

// newNowRun shows the occurrences from here on; the caller sets by and closes show.
func (a *app) newNowRun(occurrences []plan.Occurrence) *nowRun {
	n := &nowRun{a: a, show: render.NewProgress(a.err, a.bars(), occurrences), changes: newStateQueue(), lost: make(chan error, len(occurrences)), open: map[string]bool{}}
	for _, o := range occurrences {
		n.open[o.ID] = true
	}
	n.log = a.logger(n.show.Log(), a.quietLevel())
	return n
}

// ownEngine is an engine of this process.
type ownEngine struct {
	*runner.Engine
	who string
}

// cancel stops a recording that was begun, or leaves out one that was not.
func (e ownEngine) cancel(_ context.Context, id string) error {
	return e.Cancel(id, e.who, "interrupted")
}

// look has nothing to do: the engine tells of each change.
func (e ownEngine) look(context.Context) error { return nil }

// leave has the end of the engine wait for no answers. What runs goes on, and the store tells run --stop-all how to stop it.
func (e ownEngine) leave() string {
	e.Abandon()
	return "exited at once: " + whatRuns
}

// driveNow records the occurrences, each from its instant of begin on, and returns when all have ended.
func (a *app) driveNow(ctx context.Context, w *environment, p *plan.Plan, occurrences []plan.Occurrence, begin []time.Time) error {
	signals, end := stopSignals() // what is started from here on is stopped by the first
	defer end()
	n := a.newNowRun(occurrences)
	defer n.show.Close()
	config := w.config(n.log)
	config.OnChange = n.changes.add
	config.OnNowReleased = func(id string, err error) {
		if n.show.Shows(id) {
			n.lost <- fmt.Errorf("%s: %w", id, err)
		}
	}
	engine := runner.New(config)
	n.by = ownEngine{engine, a.who()}
	if err := engine.StartAside(ctx, p); err != nil {
		return err
	}
	defer engine.Close()
	if err := engine.Record(ctx, p, occurrences, begin); err != nil {
		return err
	}
	return n.await(ctx, signals, nil)
}

// await waits until all have ended, and looks at each tick. The first signal stops what was started. A later one leaves at
// once, but for those that are part of the first, see [sameRequest].
func (n *nowRun) await(ctx context.Context, signals <-chan os.Signal, tick <-chan time.Time) error {
	defer n.show.Close()      // before the engine is closed, which takes a while
	var interrupted time.Time // zero: it was not
	for len(n.open) > 0 {
		select {
		case <-n.changes.wake:
			for _, s := range n.changes.take() {
				n.show.Update(s)
				if s.Phase == session.Ended {
					delete(n.open, s.ID)
				}
			}
		case <-tick:
			if err := n.by.look(ctx); err != nil {
				return err
			}
		case err := <-n.lost:
			return fmt.Errorf("cannot go on: %w", err)
		case <-signals:
			switch {
			case interrupted.IsZero():
				interrupted = time.Now()
			case time.Since(interrupted) < sameRequest:
				continue
			default:
				return &exitError{StatusFindings, errors.New(n.by.leave())}
			}
			n.show.Say("stopping the recordings; press Ctrl-C again to exit at once")
			n.cancel(ctx)
		}
	}
	return nil
}

// cancel cancels what has not ended. What cannot be cancelled is not waited for.
func (n *nowRun) cancel(ctx context.Context) {
	for _, id := range slices.Sorted(maps.Keys(n.open)) {
		if err := n.by.cancel(ctx, id); err != nil {
			n.log.Error("cancel failed", "occurrence", id, "error", err)
			delete(n.open, id)
		}
	}
}

// named picks the recordings, all of them for no names, in the plan's order.
func named(p *plan.Plan, names []string) ([]*plan.Recording, error) {
	if len(names) == 0 {
		if len(p.Recordings) == 0 {
			return nil, fmt.Errorf("plan %s has no recordings", p.Name)
		}
		return p.Recordings, nil
	}
	known := map[string]*plan.Recording{}
	var ids []string
	for _, r := range p.Recordings {
		known[r.ID] = r
		ids = append(ids, r.ID)
	}
	var out []*plan.Recording
	for _, name := range names {
		r := known[name]
		switch {
		case r == nil:
			hint := cmp.Or(didYouMean(name, ids), "; it has "+view.JoinSome(ids, 10))
			return nil, fmt.Errorf("plan %s has no recording %q%s", p.Name, view.Line(name), hint)
		case !slices.Contains(out, r):
			out = append(out, r)
		}
	}
	return out, nil
}

// occurrencesNow makes an occurrence of each recording that begins as soon as it can be written, spaced so that the
// request budget of each app suffices. margin is what the requests take beside the documented latency. Pages that the store
// shows being recorded, or to be recorded now, are refused.
func (a *app) occurrencesNow(p *plan.Plan, recordings []*plan.Recording, length, margin time.Duration, rows []store.Occurrence) ([]plan.Occurrence, []time.Time, error) {
	now := a.clock()
	taken := map[string]bool{}
	busy := map[string]store.Occurrence{}
	for _, row := range rows {
		taken[row.ID] = true
		if runner.HoldsPage(row, now) {
			busy[row.URL] = row
		}
	}
	ofApp := map[*plan.App]int{}
	var out []plan.Occurrence
	var begin []time.Time
	for _, r := range recordings {
		length := length
		if length == 0 {
			if length = usualLength(p, r, now); length == 0 {
				return nil, nil, fmt.Errorf("%s has no class to take the length from; use --for", r.ID)
			}
		}
		at := now.Add(time.Duration(ofApp[r.App]) * schedule.Spacing(r.App.Limits.RequestRate()))
		ofApp[r.App]++
		start := at.Add(catalog.StartLead() + margin).Truncate(time.Second).Add(time.Second).In(r.Zone)
		o := schedule.At(p, r, start, start.Add(length))
		for taken[o.ID] {
			start = start.Add(time.Second)
			o = schedule.At(p, r, start, start.Add(length))
		}
		taken[o.ID] = true
		if row, ok := busy[o.URL.String()]; ok {
			return nil, nil, runner.PageBusy(r, row)
		}
		out, begin = append(out, o), append(begin, at)
	}
	return out, begin, nil
}

// usualLength is that of the recording's next class, else of its last; 0 for none.
func usualLength(p *plan.Plan, r *plan.Recording, now time.Time) time.Duration {
	const twoYears = 2 * 366 * 24 * time.Hour
	only := *p
	only.Recordings = []*plan.Recording{r}
	var length time.Duration
	for o := range schedule.All(&only, now.Add(-twoYears), now.Add(twoYears)) {
		if o.Cancelled() {
			continue
		}
		length = o.End.Sub(o.Start)
		if !o.Start.Before(now) {
			break
		}
	}
	return length
}

// reportNow prints how it ended, holds a simulator's ledger against it, and turns it into the exit status.
func (a *app) reportNow(ctx context.Context, s *store.Store, sim *simulator.Simulator, ids []string, format string) error {
	var rows []store.Occurrence
	for _, id := range ids {
		found, err := s.Occurrences(ctx, store.Filter{ID: id})
		if err != nil {
			return fmt.Errorf("read the store: %w", err)
		}
		rows = append(rows, found...)
	}
	l, err := view.ReadViews(ctx, s, rows)
	if err != nil {
		return err
	}
	if format == "json" {
		if err := a.writeViews(l); err != nil {
			return err
		}
	} else {
		a.printSessions(l)
	}
	var wrong []string
	for _, o := range rows {
		if o.Outcome != string(session.Recorded) {
			wrong = append(wrong, fmt.Sprintf("%s %s", o.Recording, o.Outcome))
		}
	}
	if sim != nil {
		account, differences := audit(sim.Ledger(), l)
		out := a.err
		if format != "json" {
			out = a.out
		}
		fmt.Fprintln(out, account)
		for _, d := range differences {
			a.say("rundown: ledger: %s", d)
		}
		if !a.storeNamed() {
			a.say("this was a simulation, and its store is deleted; --store sqlite:FILE keeps it")
		}
		if len(differences) > 0 {
			wrong = append(wrong, "the ledger differs")
		}
	}
	if len(wrong) > 0 {
		return &exitError{StatusFindings, errors.New("not everything was recorded: " + strings.Join(wrong, ", "))}
	}
	return nil
}

// auditTolerance is how much the times of store and ledger may differ: the service may report whole seconds.
const auditTolerance = time.Second

// audit compares the ledger of the simulator with the store, session by session.
func audit(ledger simulator.Ledger, l view.Views) (account string, differences []string) {
	sessions := map[string]session.Session{} // those of the store, by sid
	for _, o := range l.Rows {
		for _, s := range l.Sessions[o.ID] {
			if s.SID != "" {
				sessions[s.SID] = view.ReadSession(s)
			}
		}
	}
	differ := func(format string, args ...any) { differences = append(differences, fmt.Sprintf(format, args...)) }
	var billed float64
	for _, s := range ledger.Sessions {
		billed += s.BilledSeconds
		ours, ok := sessions[s.SID]
		delete(sessions, s.SID)
		switch {
		case !ok:
			differ("session %s of %s (uid %s) ran, but is not in the store", s.SID, s.Cname, s.UID)
		case s.StoppedAt == nil:
			differ("session %s of %s is still running, but the store says %s", s.SID, s.Cname, ours.State)
		case apart(s.StoppedAt, ours.StoppedAt):
			differ("session %s of %s ended at %s, the store says %s", s.SID, s.Cname, instantText(s.StoppedAt), instantText(&ours.StoppedAt))
		case apart(s.RecordingAt, ours.RecordingAt):
			differ("session %s of %s was recorded from %s, the store says %s", s.SID, s.Cname, instantText(s.RecordingAt), instantText(&ours.RecordingAt))
		}
	}
	for sid := range sessions {
		differ("session %s is in the store, but never ran", sid)
	}
	account = fmt.Sprintf("simulator: %s, %.1f s billed", render.Plural(len(ledger.Sessions), "session"), billed)
	if len(differences) == 0 {
		account += "; ledger and store agree"
	}
	return account, differences
}

// apart says that a time of the ledger, nil for none, and one of the store differ by more than the tolerance. One that is missing on one
// side differs, too.
func apart(ledger *time.Time, stored time.Time) bool {
	if ledger == nil || stored.IsZero() {
		return (ledger == nil) != stored.IsZero()
	}
	return ledger.Sub(stored).Abs() > auditTolerance
}

// instantText is a time of a session, nil or zero for none.
func instantText(t *time.Time) string {
	if t == nil || t.IsZero() {
		return "never"
	}
	return *view.SessionTime(*t)
}
