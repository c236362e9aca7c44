package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"rundown/internal/planfile"
	"rundown/plan"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/view"
)

// Where daemons work on the store, now does not record by itself: it writes what is wanted as an order, which the owner of
// the App ID carries out, and follows the progress in the store. The order is one transaction: all recordings of a command are ordered
// or none. A now that is killed after it changes nothing: the daemon records to the end.

// orderMargin is nowMargin with the time that a daemon takes to find the order.
const orderMargin = nowMargin + 2*time.Second

// nowOrder is an order to daemons in the making.
type nowOrder struct {
	a        *app
	s        *store.Store
	revision store.Revision // the active one of the plan
	apps     map[*plan.App]string
	daemons  map[string]bool // the App IDs on which daemons work
	ids      []string        // of the occurrences
}

// nowOrderFor opens the store where daemons are to record, and the caller closes it. It is nil where no daemon works on the
// store, or none could work on this plan: then now records by itself.
func (a *app) nowOrderFor(ctx context.Context, c planfile.Checked, recordings []*plan.Recording) (_ *nowOrder, err error) {
	if a.ownStore() {
		return nil, nil
	}
	s, err := a.openStore(ctx, store.Options{Service: a.service()})
	if errors.Is(err, store.ErrNotExist) || errors.Is(err, store.ErrTooOld) { // who works on the store makes it, or brings it up to date
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	n := &nowOrder{a: a, s: s, apps: map[*plan.App]string{}}
	ordered := false
	defer func() {
		if !ordered {
			err = errors.Join(err, s.Close())
		}
	}()
	daemon, err := view.ReadDaemon(ctx, s, a.clock())
	if err != nil {
		return nil, err
	}
	if !daemon.Running() && !s.Remote() {
		return nil, nil
	}
	if n.daemons, err = servedApps(ctx, s, a.clock()); err != nil {
		return nil, err
	}
	if err := n.findApps(ctx, c, recordings); err != nil {
		return nil, err
	}
	if served, err := n.served(recordings); err != nil || !served {
		return nil, err
	}
	if err := n.findRevision(ctx, c); err != nil {
		return nil, err
	}
	ordered = true
	return n, nil
}

// findApps finds the App IDs of the recordings: as the plan has them here, unless the daemons have others. Then, and where the
// variables are set for the daemons alone, they are as the store has them.
func (n *nowOrder) findApps(ctx context.Context, c planfile.Checked, recordings []*plan.Recording) error {
	lookup := n.a.newLookup(c.Plan.Files[0].Path)
	if n.a.flags.simulate {
		lookup = planfile.SimulatedLookup(c.Plan, lookup)
	}
	for _, r := range recordings {
		if n.apps[r.App] != "" {
			continue
		}
		id, unset := r.App.ID.Resolve(lookup)
		if unset != nil || !n.daemons[id] {
			stored, err := n.storedApp(ctx, c.Plan, r.App, unset)
			switch {
			case err == nil && (unset != nil || n.daemons[stored]):
				id = stored
			case unset != nil:
				return err
			}
		}
		n.apps[r.App] = id
	}
	return nil
}

// storedApp is the App ID that the classes of a plan's app have in the store.
func (n *nowOrder) storedApp(ctx context.Context, p *plan.Plan, app *plan.App, unset error) (string, error) {
	rows, err := n.s.Occurrences(ctx, store.Filter{Plan: p.Name, EndAfter: n.a.clock(), Limit: 1000})
	if err != nil {
		return "", fmt.Errorf("read the store: %w", err)
	}
	for _, row := range rows {
		if view.ReadDoc[session.Target](row.Doc).AppName == app.Name {
			return row.App, nil
		}
	}
	if unset == nil {
		unset = errors.New("the store has no class of it")
	}
	return "", fmt.Errorf("plan %s: apps.%s.id: %w", p.Name, app.Name, unset)
}

// served says that daemons record the App IDs. On SQLite nobody else could.
func (n *nowOrder) served(recordings []*plan.Recording) (bool, error) {
	var served, free []string
	for _, r := range recordings {
		if n.daemons[n.apps[r.App]] {
			served = append(served, r.ID)
		} else {
			free = append(free, r.ID)
		}
	}
	switch {
	case len(free) > 0 && !n.s.Remote():
		return false, fmt.Errorf("a daemon is using the store, and does not work on the App ID of %s: check the variables here and those of the daemon, and that it is not starting just now", view.JoinSome(free, 5))
	case len(served) > 0 && len(free) > 0:
		return false, fmt.Errorf("daemons record %s, but none of them works on the App ID of %s: record them by two commands", view.JoinSome(served, 5), view.JoinSome(free, 5))
	}
	return len(served) > 0, nil
}

// livingNodes are the nodes that give heartbeats. now is by this machine's clock, which counts only where the store has none.
func livingNodes(ctx context.Context, s *store.Store, now time.Time) ([]store.Node, error) {
	now, err := s.Time(ctx, now)
	if err != nil {
		return nil, fmt.Errorf("read nodes: %w", err)
	}
	nodes, err := s.Nodes(ctx)
	if err != nil {
		return nil, fmt.Errorf("read nodes: %w", err)
	}
	return slices.DeleteFunc(nodes, func(n store.Node) bool {
		return s.Remote() && now.After(n.AliveUntil) // a file has one at most, whose lock says that it lives
	}), nil
}

// servedApps are the App IDs on which a daemon works, or could. A command that works on the store names none.
func servedApps(ctx context.Context, s *store.Store, now time.Time) (map[string]bool, error) {
	nodes, err := livingNodes(ctx, s, now)
	if err != nil {
		return nil, err
	}
	apps := map[string]bool{}
	for _, node := range nodes {
		if node.ID == s.NodeID() {
			continue
		}
		for _, app := range node.Offers() {
			apps[app] = true
		}
	}
	return apps, nil
}

// findRevision finds the active revision of the plan, which must be that of the file: a daemon records by what it has.
func (n *nowOrder) findRevision(ctx context.Context, c planfile.Checked) error {
	given, err := planfile.Revision(c.Plan)
	if err != nil {
		return fmt.Errorf("plan %s: %w", c.Path, err)
	}
	rows, err := activeRevisions(ctx, n.s)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rows, func(r store.Revision) bool { return r.Plan == c.Plan.Name })
	switch {
	case i < 0:
		return fmt.Errorf("a daemon works on the store, and plan %s is not active in it: apply it first (rundown apply %s)", c.Plan.Name, c.Path)
	case rows[i].Hash != given.Hash && rows[i].Path != given.Path: // two files of one plan that may hold the same
		way := ": give that file, or"
		if _, err := os.Stat(filepath.FromSlash(rows[i].Path)); errors.Is(err, fs.ErrNotExist) {
			way = ", a file that this machine does not have:"
		}
		return fmt.Errorf("a daemon works on the store, and records by revision %d of plan %s, which was applied from %s%s apply this one first (rundown apply %s)",
			rows[i].ID, c.Plan.Name, rows[i].Path, way, c.Path)
	case rows[i].Hash != given.Hash:
		return fmt.Errorf("a daemon works on the store, and records by revision %d of plan %s, which is not what %s holds: apply the file first (rundown apply %s), or give the active plan",
			rows[i].ID, c.Plan.Name, c.Path, c.Path)
	}
	n.revision = rows[i]
	return nil
}

// record gives the order and follows it until all recordings have ended.
func (n *nowOrder) record(ctx context.Context, p *plan.Plan, recordings []*plan.Recording, o nowOptions) error {
	if o.ledger != "" {
		return errors.New("--ledger requires a simulator of this command: a daemon is using the store, and has its own")
	}
	rows, err := n.a.takenRows(ctx, n.s)
	if err != nil {
		return err
	}
	occurrences, begin, err := n.a.occurrencesNow(p, recordings, o.length, orderMargin, rows)
	if err != nil {
		return err
	}
	for _, o := range occurrences {
		n.ids = append(n.ids, o.ID)
	}
	signals, endSignals := stopSignals()
	defer endSignals()
	run := n.a.newNowRun(occurrences)
	defer run.show.Close()
	f := &nowFollower{nowOrder: n, run: run, apps: map[string]bool{}, until: n.a.clock(), told: map[string]session.Phase{}}
	for i := range occurrences {
		f.apps[n.apps[occurrences[i].Settings.App]] = true
		f.until = session.Later(f.until, occurrences[i].End)
	}
	if f.owners, err = f.readOwners(ctx); err != nil {
		return err
	}
	doubts, err := ownersInDoubt(ctx, n.s, f.apps)
	if err != nil {
		return err
	}
	order := runner.NowOrder{Plan: p, Revision: n.revision.ID, Apps: n.apps, Occurrences: occurrences, Begin: begin, Who: n.a.who(), At: n.a.clock()}
	if err := runner.RecordNow(ctx, n.s, order); err != nil {
		return err
	}
	run.by = f
	run.show.Say("the order was given to " + f.text(f.owners))
	for _, doubt := range doubts {
		run.show.Say(doubt)
	}
	look := time.NewTicker(followEvery)
	defer look.Stop()
	return run.await(ctx, signals, look.C)
}

// ownersInDoubt says of which owners of App IDs an order may not be carried out in time, or at all, and why.
func ownersInDoubt(ctx context.Context, s *store.Store, apps map[string]bool) (doubts []string, err error) {
	nodes, err := s.Nodes(ctx)
	if err != nil {
		return nil, fmt.Errorf("read nodes: %w", err)
	}
	leases, err := s.Leases(ctx)
	if err != nil {
		return nil, fmt.Errorf("read leases: %w", err)
	}
	for _, node := range nodes {
		owns := func(app string) bool {
			return apps[app] && slices.ContainsFunc(leases, func(l store.Lease) bool { return l.App == app && l.Node == node.ID })
		}
		if slices.ContainsFunc(node.ClockOff, owns) {
			doubts = append(doubts, fmt.Sprintf("the clock of node %d (%s) is wrong: its recordings begin and end as much too early or too late", node.ID, view.Line(node.Name)))
		}
		if slices.ContainsFunc(node.Reserve, owns) {
			doubts = append(doubts, fmt.Sprintf("node %d (%s) lacks something that its plans refer to: it may be unable to begin the recordings; its health issues say what", node.ID, view.Line(node.Name)))
		}
	}
	return doubts, nil
}

// followEvery is how often the store is read for the progress of an order.
const followEvery = 500 * time.Millisecond

// nowFollower follows an order in the store. It belongs to the goroutine of [nowRun.await].
type nowFollower struct {
	*nowOrder
	run      *nowRun
	apps     map[string]bool
	owners   []string                 // the daemons that record, as people know them
	until    time.Time                // the end of the last recording, or when they were stopped, or when something changed last
	told     map[string]session.Phase // of each occurrence
	failing  bool                     // the store cannot be read
	owed     []string                 // recordings whose order to cancel the store did not take
	deserted bool                     // no daemon works on the store
}

// look passes on what has changed in the store, and says who goes on where a daemon has ended. It fails where nobody carries
// out the order any more.
func (f *nowFollower) look(ctx context.Context) error {
	f.cancelOwed(ctx)
	err := f.read(ctx)
	if err != nil && !f.failing {
		f.run.show.Say(fmt.Sprintf("cannot read the store, trying again: %s", oneLine(err.Error())))
	}
	f.failing = err != nil
	if f.a.clock().Sub(f.until) > f.a.stopPatience {
		who := "the daemon does not carry out the order"
		if f.deserted {
			who = "no daemon works on the store"
		}
		return &exitError{StatusFindings, fmt.Errorf("%s: %d recordings have not ended; %s", who, len(f.run.open), whatRuns)}
	}
	return nil
}

// whatRuns says what becomes of recordings that nobody stops.
const whatRuns = "running recordings go on until their maxRecordingHour; rundown run --stop-all on this store stops them"

// read passes on the states of the recordings, and says once when others than before record them.
func (f *nowFollower) read(ctx context.Context) error {
	rows, err := f.s.Occurrences(ctx, store.Filter{IDs: f.ids})
	if err != nil {
		return err
	}
	states, err := statesOf(ctx, f.s, rows)
	if err != nil {
		return err
	}
	for _, s := range states {
		if f.told[s.ID] != s.Phase {
			f.told[s.ID], f.until = s.Phase, session.Later(f.until, f.a.clock())
		}
		f.run.changes.add(s)
	}
	owners, err := f.readOwners(ctx)
	if err != nil || slices.Equal(owners, f.owners) {
		return err
	}
	switch {
	case len(owners) == 0:
		f.run.show.Say(fmt.Sprintf("%s has ended, and no other daemon works on the store yet: running recordings go on, and the next daemon takes over", f.text(f.owners)))
	default:
		f.run.show.Say(fmt.Sprintf("%s goes on with the recordings", f.text(owners)))
	}
	f.owners, f.deserted = owners, len(owners) == 0
	return nil
}

// text names those who record.
func (f *nowFollower) text(owners []string) string {
	if len(owners) == 0 {
		return "the next daemon that starts"
	}
	return view.JoinSome(owners, 5)
}

// readOwners names the daemons that record.
func (f *nowFollower) readOwners(ctx context.Context) (owners []string, err error) {
	if !f.s.Remote() {
		d, err := view.ReadDaemon(ctx, f.s, f.a.clock())
		switch {
		case err != nil || !d.Running():
			return nil, err
		case d.PID > 0:
			return []string{fmt.Sprintf("the daemon (pid %d)", d.PID)}, nil
		}
		return []string{"the daemon on host " + view.Line(d.Host)}, nil
	}
	nodes, err := view.ReadNodes(ctx, f.s, f.a.clock())
	for _, n := range nodes {
		if n.Alive && slices.ContainsFunc(n.Apps, func(app string) bool { return f.apps[app] }) {
			owners = append(owners, fmt.Sprintf("node %d (%s)", n.ID, n.Name))
		}
	}
	return owners, err
}

// cancel leaves an order to stop a recording. One that the store does not take is given again at each look.
func (f *nowFollower) cancel(ctx context.Context, id string) error {
	f.until = f.a.clock()
	if len(f.owed) > 0 { // the store has just failed
		f.owed = append(f.owed, id)
		return nil
	}
	cmd, err := f.order(ctx, id)
	switch {
	case err != nil:
		f.owed = append(f.owed, id)
		f.run.show.Say(fmt.Sprintf("cannot write the store, trying again: %s", oneLine(err.Error())))
	case !cmd.CarriedOut():
		return errors.New(cmd.Result)
	}
	return nil
}

// order is the order to cancel that an operator would give: whoever owns the App ID then carries it out.
func (f *nowFollower) order(ctx context.Context, id string) (store.Command, error) {
	cmd := store.Command{At: f.a.clock(), Occurrence: id, Kind: session.CommandCancel, Who: f.a.who(), Reason: "interrupted"}
	return runner.Give(ctx, f.s, cmd, session.Interval{})
}

// cancelOwed gives the orders to cancel that the store did not take. One that is refused now is about what has ended.
func (f *nowFollower) cancelOwed(ctx context.Context) {
	for len(f.owed) > 0 {
		if _, err := f.order(ctx, f.owed[0]); err != nil {
			return
		}
		f.owed = f.owed[1:]
	}
}

// leave says what becomes of the recordings: orders that the store has taken are carried out without this process.
func (f *nowFollower) leave() string {
	if len(f.owed) > 0 {
		return "exited at once: " + whatRuns
	}
	return "exited at once: the daemon stops the recordings"
}
