package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/agora/simulator"
	"rundown/internal/host"
	"rundown/internal/planfile"
	"rundown/plan"
	"rundown/plan/rules"
	"rundown/runner"
	"rundown/runner/metrics"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/view"
)

// serviceAgora is the name by which a store remembers the service itself; [view.ServiceSimulator] is the simulator's.
const serviceAgora = "agora"

// checkAPIURL rejects an invalid base URL before anything is opened.
func checkAPIURL(base string) error {
	if base == "" {
		return nil
	}
	nobody := func(context.Context) (id, secret string, err error) { return "", "", nil }
	if _, err := agora.New(nobody, agora.WithBaseURL(base)); err != nil {
		return fmt.Errorf("invalid --api-url: %w", errors.Unwrap(err))
	}
	return nil
}

// service is the service that the flags select, by the name by which a store remembers it.
func (a *app) service() string {
	switch {
	case a.flags.simulate:
		return view.ServiceSimulator
	case a.flags.apiURL != "":
		return strings.TrimSuffix(a.flags.apiURL, "/")
	}
	return serviceAgora
}

// environment is what now and run need: a store that is open for work, and access to the service. The goroutine that opened it
// closes it; connections may be made from any, and their clients are safe for concurrent use. doctor and addresses use one without
// a store, for its connections.
type environment struct {
	store   *store.Store
	sim     *simulator.Simulator // nil without --simulate
	ledger  string               // file to keep the ledger in; "": none
	folder  string               // temporary; "": none
	app     *app
	metrics *metrics.Metrics // nil: nothing is counted
	disk    diskWatch        // of the store; the daemon alone watches it
	closing []func() error   // what was opened, in order
}

// opener opens a store: [store.Open], or what copies one that cannot be written.
type opener func(ctx context.Context, dsn string, opts store.Options) (*store.Store, error)

// openEnvironment opens the store for work and sets up the service that the flags select. It does not create a store for
// plans with references that are not set. If the store exists, the caller decides, since classes may be running. Where it fails,
// what was opened until then is closed, and a temporary folder is removed.
func (a *app) openEnvironment(ctx context.Context, open opener, ledger string, plans ...planfile.Checked) (_ *environment, err error) {
	w := &environment{app: a, ledger: ledger, metrics: metrics.New(versionOf().Version, a.clock)}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if a.flags.simulate && a.flags.apiURL != "" {
		return nil, errors.New("--simulate and --api-url cannot be combined")
	}
	if ledger != "" && !a.flags.simulate {
		return nil, errors.New("--ledger requires --simulate")
	}
	opts := store.Options{Create: true, Work: true, Service: a.service(), OnCommit: w.metrics.Commit, Version: versionOf().Version}
	dsn, err := a.storeDSN()
	if err != nil {
		return nil, err
	}
	if a.flags.simulate {
		if w.sim, err = newSimulator(simulator.Config{Strict: true}); err != nil {
			return nil, err
		}
		w.closing = append(w.closing, w.sim.Close)
		if ledger != "" {
			if err := writeLedger(ledger, w.sim.Ledger()); err != nil {
				return nil, err // better known before the recordings than after
			}
		}
		if a.ownStore() {
			if w.folder, err = os.MkdirTemp("", "rundown-simulation-*"); err != nil {
				return nil, fmt.Errorf("create a folder for the simulation: %w", err)
			}
			w.closing = append(w.closing, func() error { return os.RemoveAll(w.folder) })
			dsn = "sqlite:" + filepath.Join(w.folder, "rundown.db")
		}
	}
	for _, c := range plans {
		unset := w.unresolved(c.Plan)
		if unset == nil {
			continue
		}
		there, err := store.Open(ctx, dsn, store.Options{})
		switch {
		case errors.Is(err, store.ErrNotExist):
			return nil, notStarted(unset)
		case err == nil:
			_ = there.Close()
		}
	}
	w.store, err = open(ctx, dsn, opts)
	if err != nil {
		return nil, err // the store's errors name it, without any password
	}
	w.closing = append(w.closing, w.store.Close)
	return w, nil
}

// close writes the ledger and closes everything in reverse order.
func (w *environment) close() error {
	var errs []error
	if w.sim != nil && w.ledger != "" && w.store != nil {
		errs = append(errs, writeLedger(w.ledger, w.sim.Ledger()))
	}
	for i := len(w.closing) - 1; i >= 0; i-- {
		errs = append(errs, w.closing[i]())
	}
	w.closing = nil
	return errors.Join(errs...)
}

// lookup resolves the references of a plan. In a simulation, unset references get a fallback value.
func (w *environment) lookup(p *plan.Plan) plan.Lookup {
	lookup := w.app.newLookup(p.Files[0].Path)
	if w.sim != nil {
		lookup = planfile.SimulatedLookup(p, lookup)
	}
	return lookup
}

// connect creates clients of the service for the account of a plan.
func (w *environment) connect(p *plan.Plan) (*runner.Connection, error) {
	lookup := w.lookup(p)
	log := w.app.logger(w.app.err, w.app.flags.logLevel)
	credentials := func(context.Context) (id, secret string, err error) {
		if id, err = p.Account.CustomerID.Resolve(lookup); err != nil {
			return "", "", fmt.Errorf("account.customer_id: %w", err)
		}
		if secret, err = p.Account.CustomerSecret.Resolve(lookup); err != nil {
			return "", "", fmt.Errorf("account.customer_secret: %w", err)
		}
		return id, secret, nil
	}
	issue := planfile.IssueSTS(p.Files[0].Path)
	opts := []agora.Option{agora.WithLogger(log), agora.WithUserAgent("rundown/" + versionOf().Version)}
	if w.metrics != nil {
		opts = append(opts, agora.WithObserver(w.metrics.Exchange))
	}
	if w.app.flags.apiURL != "" {
		opts = append(opts, agora.WithBaseURL(w.app.flags.apiURL))
	}
	if w.sim != nil {
		issue = planfile.SimulatedSTS(issue, time.Now)
		opts = append(opts, agora.WithTransport(w.sim.Transport()))
	}
	var mu sync.Mutex // guards clients: workers of several App IDs ask for one at the same time
	clients := map[catalog.Region]*agora.Client{}
	return &runner.Connection{Lookup: lookup, Issue: issue, Client: func(region catalog.Region) (*agora.Client, error) {
		mu.Lock()
		defer mu.Unlock()
		if c := clients[region]; c != nil {
			return c, nil
		}
		c, err := agora.New(credentials, slices.Concat(opts, []agora.Option{agora.WithRegion(region)})...)
		if err == nil {
			clients[region] = c
		}
		return c, err
	}}, nil
}

// unresolved reports the references that are not set: the plan would fail at its first class.
func (w *environment) unresolved(p *plan.Plan) error {
	missing := rules.NotChecked(p, w.lookup(p))
	if len(missing) == 0 {
		return nil
	}
	return reason.Refuse(reason.IssueReferencesUnset, "plan %s: not set: %s", p.Files[0].Path, view.JoinSome(missing, 8))
}

// notStarted is the error of a command that ends because a reference is not set.
func notStarted(unset error) error {
	return fmt.Errorf("not started: %w; give these variables or files their values and start again", unset)
}

// quietLevel is the log level of now: its progress is shown anyway, so it logs errors only, unless another level is given.
func (a *app) quietLevel() string {
	if a.flags.logLevel == "info" {
		return "error"
	}
	return a.flags.logLevel
}

// storeDSN names the store: --store, else RUNDOWN_STORE, else rundown/rundown.db in the user's state folder. The address of
// a PostgreSQL may hold references, whose values are filled in: it is never to be shown.
func (a *app) storeDSN() (string, error) {
	dsn := a.flags.store
	if dsn == "" {
		dsn, _ = a.env("RUNDOWN_STORE")
	}
	if dsn == "" {
		file, err := a.defaultStoreFile()
		if err != nil {
			return "", err
		}
		dsn = "sqlite:" + file
	}
	return a.fillIn(dsn)
}

// fillIn replaces the references in the address of a PostgreSQL by their values. Each byte of a value that could mean
// something in an address is encoded. Any other name of a store stays as it is.
func (a *app) fillIn(address string) (filled string, err error) {
	if !isPostgres(address) {
		return address, nil
	}
	lookup := a.newLookup("-")
	filled = someReference.ReplaceAllStringFunc(address, func(text string) string {
		r, _ := referenceOf(text)
		value, failed := lookup(r)
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("store: %w", failed))
			return ""
		}
		var b strings.Builder
		for i := range len(value) {
			if c := value[i]; 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' {
				b.WriteByte(c)
			} else {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		}
		return b.String()
	})
	return filled, err
}

// isPostgres says that the name of a store is the address of a PostgreSQL.
func isPostgres(name string) bool {
	return strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://")
}

// defaultStoreFile follows the XDG base directories: a relative XDG_STATE_HOME is as good as none.
func (a *app) defaultStoreFile() (string, error) {
	folder, _ := a.env("XDG_STATE_HOME")
	if !filepath.IsAbs(folder) {
		home, _ := a.env("HOME")
		if home == "" {
			return "", errors.New("no folder for the store: set --store, RUNDOWN_STORE or HOME")
		}
		folder = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(folder, "rundown", "rundown.db"), nil
}

// storeNamed says whether --store or RUNDOWN_STORE selects a store.
func (a *app) storeNamed() bool {
	name, _ := a.env("RUNDOWN_STORE")
	return a.flags.store != "" || name != ""
}

// ownStore says that the command works on a temporary store of its simulation, not on the user's.
func (a *app) ownStore() bool { return a.flags.simulate && !a.storeNamed() }

// openStore opens the store that the flags name.
func (a *app) openStore(ctx context.Context, opts store.Options) (*store.Store, error) {
	dsn, err := a.storeDSN()
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, dsn, opts)
	if pid := store.UsedBy(dsn); errors.Is(err, store.ErrNotExist) && pid > 0 {
		return nil, fmt.Errorf("%w: process %d works on it, and its files were deleted or moved away: what runs is stopped on time, and nothing begins; "+
			"move them back, or stop that process and put a copy in place with rundown store restore COPY", err, pid)
	}
	if errors.Is(err, store.ErrNotExist) {
		return nil, fmt.Errorf("%w: run, now and apply create it, but with --simulate only where --store names it; --store selects another", err)
	}
	if err != nil {
		return nil, err // the store's errors name it, without any password
	}
	switch to, err := s.CopiedTo(ctx); {
	case err != nil:
		return nil, errors.Join(err, s.Close())
	case to != "":
		a.printHanging(a.err, "", fmt.Sprintf("warning: store %s was copied to %s: no daemon uses it, and what is ordered here is not done there", view.Line(s.Path()), view.Line(to)), len("  "))
	}
	return s, nil
}

// config is what the engines of run, now and run --stop-all have in common: the store, the way to the service, the log
// and who works.
func (w *environment) config(log *slog.Logger) runner.Config {
	return runner.Config{Store: w.store, Connect: w.connect, Logger: log, Who: w.app.who(), Uptime: host.Uptime, Failpoint: failpoint}
}

// stateQueue passes on the changes of an engine without blocking it. It is safe for concurrent use.
type stateQueue struct {
	mu     sync.Mutex
	states []session.State // guarded by mu
	wake   chan struct{}   // holds a token while there may be some
}

// newStateQueue makes an empty queue.
func newStateQueue() *stateQueue { return &stateQueue{wake: make(chan struct{}, 1)} }

// add never blocks: the engine calls it between two steps. The wake channel holds one token, however many states wait.
func (q *stateQueue) add(s session.State) {
	q.mu.Lock()
	q.states = append(q.states, s)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take gives what was added since the last call, oldest first.
func (q *stateQueue) take() []session.State {
	q.mu.Lock()
	defer q.mu.Unlock()
	states := q.states
	q.states = nil
	return states
}
