package notify

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"rundown/plan"
	"rundown/runner/reason"
	"rundown/runner/store"
)

// Store is what the package needs of a store. The methods of [store.Store] say what each promises; what the package relies on most: an
// announcement and its marks are written together, [store.Store.Post] makes no second message of an id for a target, and messages of one
// subject come in their order.
type Store interface {
	Announce(ctx context.Context, marks []store.Mark, announcements ...store.Announcement) error
	Marks(ctx context.Context) (map[string]string, error)
	Unrouted(ctx context.Context, limit int) ([]store.Announcement, error)
	Post(ctx context.Context, routed ...store.Routed) error
	DueMessages(ctx context.Context, target string, now time.Time, limit int) ([]store.Message, error)
	NextDue(ctx context.Context, target string) (time.Time, error)
	Settle(ctx context.Context, messages []store.Message, target string, hurry time.Time) error
	DropFor(ctx context.Context, target string, made time.Time, why string, at time.Time) (int64, error)
	Backlogs(ctx context.Context, now time.Time) ([]store.Backlog, error)
	Briefs(ctx context.Context, from, until time.Time) ([]store.Brief, error)
	Occurrences(ctx context.Context, f store.Filter) ([]store.Occurrence, error)
	Rows(ctx context.Context, ids ...string) ([]store.Row, error)
	Revisions(ctx context.Context, plan string) ([]store.Revision, error)
	DutiesLease(ctx context.Context) (store.Lease, error)
	NodeID() int64
}

// Plan is an active plan.
type Plan struct {
	Plan     *plan.Plan
	Revision int64
}

// Issue is a health issue.
type Issue struct {
	ID       reason.Code
	Code     reason.Code // more precise than the id, or ""
	Severity plan.NotifySeverity
	Since    time.Time
	Text     string
	Advice   string
	About    string // the App ID, plan, PLAN/STORAGE, occurrence or target that it is about; "": none of them
	Blocking bool   // classes cannot begin while it lasts
	// Spares says that classes of an App ID can begin all the same, since it is about one node only; nil: of none.
	Spares func(app string) bool
}

// Config is what a [Notifier] needs. Store, Plans and Lookup are required. The functions are called from goroutines of the notifier.
type Config struct {
	Store  Store
	Plans  func() []Plan                    // the active plans, as the engine has them now
	Unfit  func() []Plan                    // the active plans that this process cannot work on: their targets hear of them all the same
	Lookup func(*plan.Plan) plan.Lookup     // what the references of a plan's targets stand for
	Issues func() []Issue                   // all health issues, those of the notifier included; default: none
	Moves  func(within time.Duration) error // why the engine does not move; default: it does
	// Check finds out whether the next classes of a plan could begin, and gives the health issues where they could not;
	// default: they could. It is called every 30 s while a class is near or something was found, looks at what is due, and may
	// take its time.
	Check func(context.Context, Look) []Issue
	// Nodes are the daemons that work on the store, and of the given ones those that do not any more; nil where there can be none but
	// this one.
	Nodes  func(ctx context.Context, known []int64) ([]Node, error)
	Redact func(string) string // takes the secrets of the plans out of a text
	// Change is what a revision of a plan changes of the classes ahead; nil where that cannot be told. Default: it cannot.
	Change func(ctx context.Context, plan string, revision int64) (*PlanChange, error)
	// Link is the page of a class, of a change of a plan as PLAN/REVISION, or of "" the first page; it gives "" where nobody said where.
	Link      func(subject string) string
	Simulated bool      // the daemon works with a simulator, so that messages are marked
	Node      string    // names this process
	LastSeen  time.Time // the last heartbeat of the process before
	Again     bool      // this process has sent before, and stopped while the store was out of reach or another sent
	UserAgent string
	Logger    *slog.Logger
	Now       func() time.Time
	Transport http.RoundTripper // of webhooks and ping; default: http.DefaultTransport
	// Failpoint is called at each named instant between what is written and what is sent; a test crashes there.
	Failpoint func(point string)
}

// withDefaults gives a copy in which each optional function can be called, but for Nodes and Link, whose absence says something.
func (c Config) withDefaults() Config {
	c.Logger = cmp.Or(c.Logger, slog.New(slog.DiscardHandler))
	if c.Now == nil {
		c.Now = func() time.Time { return time.Now().Round(0) }
	}
	if c.Unfit == nil {
		c.Unfit = func() []Plan { return nil }
	}
	if c.Issues == nil {
		c.Issues = func() []Issue { return nil }
	}
	if c.Moves == nil {
		c.Moves = func(time.Duration) error { return nil }
	}
	if c.Check == nil {
		c.Check = func(context.Context, Look) []Issue { return nil }
	}
	if c.Change == nil {
		c.Change = func(context.Context, string, int64) (*PlanChange, error) { return nil, nil }
	}
	if c.Redact == nil {
		c.Redact = func(text string) string { return text }
	}
	if c.Failpoint == nil {
		c.Failpoint = func(string) {}
	}
	return c
}

const (
	// routeEvery is how often announcements are looked for, and observeEvery how often what lasts is looked at.
	routeEvery   = time.Second
	observeEvery = 5 * time.Second
	// routeAtOnce is how many announcements are routed in a transaction.
	routeAtOnce = 100
	// complainEvery is how often the log repeats what fails again and again.
	complainEvery = time.Minute
)

// Notifier sends notifications while a daemon works. Its goroutines are one that routes and observes, one for each target,
// one that checks what the next classes need, one that calls the addresses of ping, and while the store cannot be written one for each
// critical message. [Notifier.Close] waits for all of them.
type Notifier struct {
	cfg    Config
	log    *slog.Logger
	client *http.Client

	cancel  context.CancelFunc
	running sync.WaitGroup

	// Of the goroutine that routes.
	plans    []Plan // the active ones
	targets  []target
	workers  map[string]*worker
	observer observer
	direct   direct

	mu         sync.Mutex           // guards what is below; never held during a call of the store or of a target
	found      map[string][]Issue   // what the checks found last, by plan
	closed     map[string]string    // targets that answered 410, with when
	issues     []Issue              // of targets that are stuck
	complaints map[string]time.Time // when each was logged last
}

// Start begins to send what the store holds and what comes, until [Notifier.Close]. The end of ctx does not end it.
func Start(ctx context.Context, cfg Config) (*Notifier, error) {
	n := newNotifier(cfg)
	marks, err := n.cfg.Store.Marks(ctx)
	if err != nil {
		return nil, err
	}
	for name, value := range marks {
		if key, ok := strings.CutPrefix(name, closedMark); ok {
			n.closed[key] = value
		}
	}
	n.observer = newObserver(marks)
	ctx, n.cancel = context.WithCancel(context.WithoutCancel(ctx))
	n.running.Add(3)
	go n.run(ctx)
	go n.check(ctx)
	go n.pings(ctx)
	return n, nil
}

// newNotifier makes a notifier that has begun nothing. A test of one target (try.go) needs no more.
func newNotifier(cfg Config) *Notifier {
	cfg = cfg.withDefaults()
	return &Notifier{
		cfg: cfg, log: cfg.Logger, client: newHTTPClient(cfg.Transport), workers: map[string]*worker{}, closed: map[string]string{},
		complaints: map[string]time.Time{}, direct: direct{attempts: map[string]*attempt{}}, found: map[string][]Issue{},
	}
}

// EndsWithin is how long [Notifier.Close] takes as a rule at most: for the answers to what is out, and for the store to take them.
const EndsWithin = writeWithin

// Close ends the sending. It waits for what is out, some seconds at most: what gets no answer by then is cut off, and sent again
// at the next start under the same id.
func (n *Notifier) Close() {
	n.cancel()
	n.running.Wait()
	if n.cfg.Nodes == nil {
		n.left()
	}
}

// Issues are the health issues of targets that do not take what they are sent, and what the checks of the next classes
// found.
func (n *Notifier) Issues() []Issue {
	n.mu.Lock()
	defer n.mu.Unlock()
	issues := slices.Clone(n.issues)
	for _, name := range slices.Sorted(maps.Keys(n.found)) {
		issues = append(issues, n.found[name]...)
	}
	return issues
}

// run routes and observes until ctx ends, and then ends the workers, which it alone makes and ends. Plans are asked for every second, so
// that a plan that is applied has its targets heard within that.
func (n *Notifier) run(ctx context.Context) {
	defer n.running.Done()
	defer func() {
		for _, w := range n.workers {
			w.cancel()
			<-w.done
		}
	}()
	n.refresh(ctx)
	if n.cfg.Nodes == nil {
		n.joined(ctx)
	}
	ticks := time.NewTicker(routeEvery)
	defer ticks.Stop()
	var observed time.Time
	for {
		n.refresh(ctx)
		if n.mine(ctx) {
			if now := n.cfg.Now(); now.Sub(observed).Abs() >= observeEvery {
				observed = now
				n.observe(ctx)
			}
			n.routeAll(ctx)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}

// mine says that no other node has the duties by the store, as far as the store says. A node that was frozen learns by it that another
// one has taken over, before it looks or sends again: its engine learns that some moments later, and ends the notifier.
func (n *Notifier) mine(ctx context.Context) bool {
	if n.cfg.Nodes == nil { // there can be no other
		return true
	}
	l, err := n.cfg.Store.DutiesLease(ctx)
	return err != nil || l.Node == 0 || l.Node == n.cfg.Store.NodeID()
}

// refresh takes the targets of the active plans, each with its worker, also of those that this process cannot work on: other nodes may
// record them, and if none does that is to be told. What waits for one that no plan has any more stays
// in the outbox until it is too old, or the target comes back.
func (n *Notifier) refresh(ctx context.Context) {
	n.targets = n.targets[:0]
	wanted := map[string]bool{}
	unfit := n.cfg.Unfit() // first: a plan that becomes active meanwhile is then in both, not in neither
	n.plans = slices.Concat(n.cfg.Plans(), unfit)
	for _, p := range n.plans {
		for _, t := range targetsOf(p.Plan, n.cfg.Lookup(p.Plan)) {
			if wanted[t.key] {
				continue // two entries with one address
			}
			wanted[t.key] = true
			n.targets = append(n.targets, t)
			switch w := n.workers[t.key]; {
			case w == nil:
				n.workers[t.key] = n.newWorker(ctx, t)
			case !w.ending: // else it is back too early: another one is begun once that has ended
				w.set(t)
			}
		}
	}
	for key, w := range n.workers {
		if !wanted[key] {
			w.cancel()
			w.ending = true
		}
		select { // nobody waits for it here: it may be out
		case <-w.done:
			delete(n.workers, key)
		default:
		}
	}
}

// routeAll makes messages of all announcements that were not routed yet.
func (n *Notifier) routeAll(ctx context.Context) {
	for ctx.Err() == nil {
		some, err := n.cfg.Store.Unrouted(ctx, routeAtOnce)
		all := false
		if err == nil && len(some) > 0 {
			all, err = n.routeSome(ctx, some)
		}
		if err != nil && ctx.Err() == nil {
			n.complain("announcements cannot be made messages; it is tried again", err)
		}
		if err != nil || !all || len(some) < routeAtOnce {
			return
		}
	}
}

// routeSome posts the messages of announcements and marks these as routed, in one transaction: after a crash before it they are routed
// again, and after it they are not. The workers are woken behind it. Not all are routed where a message of one is being sent directly: it
// waits, and so does what comes after it about the same subject.
func (n *Notifier) routeSome(ctx context.Context, some []store.Announcement) (all bool, err error) {
	var messages []store.Message
	var routed []store.Routed
	waits := map[string]bool{}
	for _, a := range some {
		if waits[a.Subject] {
			continue
		}
		r, err := n.routed(ctx, a)
		if err != nil {
			return false, err
		}
		if !n.handOver(r.Messages, n.cfg.Now()) {
			waits[a.Subject] = true
			continue
		}
		messages = append(messages, r.Messages...)
		routed = append(routed, r)
	}
	if len(messages) > 0 {
		n.cfg.Failpoint("before posting messages")
	}
	if len(routed) > 0 {
		err = n.cfg.Store.Post(ctx, routed...)
	}
	if err != nil || len(messages) == 0 {
		return len(waits) == 0, err
	}
	n.forgetDirect(messages)
	n.cfg.Failpoint("after posting messages")
	n.wake(messages)
	return len(waits) == 0, nil
}

// wake has the workers of messages look for them.
func (n *Notifier) wake(messages []store.Message) {
	for _, m := range messages {
		if w := n.workers[m.Target]; w != nil {
			w.poke()
		}
	}
}

// routed makes the messages of an announcement. What tells that a class is at risk no more takes back what was not told of the risk yet:
// the store knows best what that is, and does so in the transaction in which it takes the messages.
func (n *Notifier) routed(ctx context.Context, a store.Announcement) (store.Routed, error) {
	r, now := store.Routed{Seq: a.Seq}, n.cfg.Now()
	f, err := factOf(a)
	if err != nil {
		n.complain("an announcement cannot be read and is left out", err)
		return r, nil
	}
	switch a.Kind {
	case kindWithdrawn:
		r.Withdrawn = store.Withdrawal{Kind: kindAtRisk, Subject: a.Subject, Why: "the class was moved or is not ahead any more", At: now}
		return r, nil
	case kindRecovered:
		r.Withdrawn = store.Withdrawal{Kind: kindAtRisk, Subject: a.Subject, Over: kindRecovered, Why: "resolved before it was due", At: now}
	}
	if err := f.complete(ctx, a, n.cfg.Store, n.plans, n.cfg.Redact); err != nil {
		return r, err
	}
	r.Messages = n.cfg.route(a, f, n.openTargets(a.Kind), now)
	return r, nil
}

// classOf is a stored occurrence with the time zone that the active plan gives it.
func (n *Notifier) classOf(b store.Brief) *Class { return classIn(n.plans, b) }

// storageOf is the storage of a class as health issues name it; "" where no active plan with targets says.
func (n *Notifier) storageOf(b store.Brief) string {
	for _, t := range n.targets {
		if r := recordingOf(t.plan, b.Recording); t.plan.Name == b.Plan && r != nil && r.Storage != nil {
			return b.Plan + "/" + r.Storage.Name
		}
	}
	return ""
}

// closedMark begins the names of the marks of targets that answered 410. A mark is removed where no plan has the target any more.
const closedMark = "closed/"

// openTargets are those that are sent to: a test goes to the others too.
func (n *Notifier) openTargets(kind string) []target {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(n.targets), func(t target) bool {
		_, closed := n.closed[t.key]
		return closed && kind != kindTest
	})
}

// closeTarget stops sending to a target that wants no more.
func (n *Notifier) closeTarget(ctx context.Context, key string) error {
	now := n.cfg.Now()
	at := now.UTC().Format(time.RFC3339)
	if err := n.cfg.Store.Announce(ctx, []store.Mark{{Name: closedMark + key, Value: at}}); err != nil {
		return err
	}
	n.mu.Lock()
	n.closed[key] = at
	n.mu.Unlock()
	dropped, err := n.cfg.Store.DropFor(ctx, key, time.Time{}, errGone.Error(), now)
	n.log.Error("notification target closed: it answered 410 Gone", "target", key, "dropped", dropped, "reason_code", reason.IssueOutboxStuck)
	return err
}

// openTarget sends to a target again, since it took a test.
func (n *Notifier) openTarget(ctx context.Context, key string) error {
	n.mu.Lock()
	_, closed := n.closed[key]
	n.mu.Unlock()
	if !closed {
		return nil
	}
	if err := n.cfg.Store.Announce(ctx, []store.Mark{{Name: closedMark + key}}); err != nil {
		return err
	}
	n.mu.Lock()
	delete(n.closed, key)
	n.mu.Unlock()
	n.log.Info("notification target opened again: it took a test", "target", key)
	return nil
}

// report logs a try to send.
func (n *Notifier) report(t *target, m *store.Message, a answer) {
	switch {
	case a.tooOld:
		n.log.Debug("notification dropped: it was not taken in time", "target", t.key, "id", m.ID, "kind", m.Kind, "occurrence", m.Subject)
		return
	case a.err == nil:
		n.log.Debug("notification sent", "target", t.key, "id", m.ID, "kind", m.Kind, "occurrence", m.Subject)
		return
	}
	n.complain("notification not taken by target "+t.key, a.err, "id", m.ID, "kind", m.Kind, "tries", m.Tries+1)
}

// complain logs what fails again and again, once a minute.
func (n *Notifier) complain(what string, err error, attrs ...any) {
	n.mu.Lock()
	now, last := n.cfg.Now(), n.complaints[what]
	tell := last.IsZero() || now.Sub(last).Abs() >= complainEvery
	if tell {
		n.complaints[what] = now
	}
	n.mu.Unlock()
	if tell {
		n.log.Warn(what, append(attrs, "error", clean(err.Error()))...)
	}
}
