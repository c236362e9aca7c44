package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"rundown/internal/planfile"
	"rundown/plan"
	"rundown/plan/load"
	"rundown/plan/rules"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/view"
)

// stopAll stops every recording that the store shows begun and leaves the planned ones alone. It is for emergencies, so that it
// tries every way there is, in this order:
//
//   - On PostgreSQL, daemons that own the App IDs of all that runs are given orders, and their work is awaited (stopByNodes).
//   - On a store that nobody uses, the orders are written and carried out by an engine of this process (stopIn).
//   - On an SQLite store that a daemon uses, the orders are left for it (leaveStops).
//   - Where the store cannot be written, what runs is copied into memory and stopped from there (copyToStop).
//
// Orders come before requests: what a kill interrupts, a daemon or the next run --stop-all goes on with. Only the copy in memory is
// forgotten.
func (a *app) stopAll(ctx context.Context, plans []planfile.Checked, o runOptions) error {
	ctx, stop := untilSignal(ctx)
	defer stop()
	if done, err := a.stopByNodes(ctx); done || err != nil {
		return err
	}
	w, err := a.environmentToStop(ctx, o.ledger)
	if held, ok := errors.AsType[*store.InUseError](err); ok {
		if err = a.leaveStops(ctx, held); errors.Is(err, store.ErrUnwritable) {
			return fmt.Errorf("process %d is using the store, and the store is not writable: end that process, wait until it has ended, and repeat run --stop-all: %w", held.PID, err)
		}
		return err
	}
	if err == nil {
		err = a.stopIn(ctx, w, plans)
	}
	if !errors.Is(err, store.ErrUnwritable) {
		return err
	}
	if w, err = a.copyToStop(ctx, o.ledger, err); err != nil {
		return err
	}
	return a.stopIn(ctx, w, plans)
}

// stopIn stops what the environment's store shows begun, and closes the environment.
func (a *app) stopIn(ctx context.Context, w *environment, plans []planfile.Checked) (err error) {
	defer func() { err = errors.Join(err, w.close()) }()
	rows, left, err := a.toStop(ctx, w.store)
	if err != nil || len(rows) == 0 {
		return err
	}
	all, err := a.plansToStop(ctx, w.store, plans, rows)
	if err != nil {
		return err
	}
	for _, p := range all {
		if err := w.reachable(p); err != nil {
			return err
		}
	}
	if _, err := a.orderStops(ctx, w.store, rows); err != nil {
		return err
	}
	return a.carryOutStops(ctx, w, all, rows, left)
}

// carryOutStops waits until what was ordered to stop has ended, until nothing has changed for too long, or until the store
// cannot be written any more. It fails where a session may still run.
func (a *app) carryOutStops(ctx context.Context, w *environment, plans []*plan.Plan, rows []store.Occurrence, left *leftover) error {
	changes := newStateQueue()
	config := w.config(a.logger(a.err, a.quietLevel()))
	config.OnChange = changes.add
	engine := runner.New(config)
	if err := engine.StartToStop(ctx, plans...); err != nil {
		return err
	}
	defer engine.Close()
	stops := newStopping(a, w.store, left)
	for _, o := range rows {
		stops.open[o.ID] = ""
	}
	failing, told := 0, map[string]bool{}
	look := time.NewTicker(lookAtStore)
	defer look.Stop()
	for len(stops.open) > 0 {
		select {
		case <-ctx.Done():
			return errors.Join(stops.unknown("interrupted"), left.report(a))
		case err := <-engine.Fenced():
			return errors.Join(err, left.report(a))
		case <-look.C:
			if !engine.StoreFails() {
				failing = 0
			} else if failing++; failing == fewLooks {
				return fmt.Errorf("%w any more", store.ErrUnwritable)
			}
			for _, issue := range engine.Issues() {
				of, _, _ := strings.Cut(issue.Text, ": ") // the rest counts the requests
				if !told[of] {
					a.say("%s", issue.Text)
				}
				told[of] = true
			}
			if stops.stuck() {
				return stops.giveUp(stops.noProgress())
			}
			if w.store.Remote() { // a daemon that has started meanwhile may carry out some
				_, _ = stops.read(ctx) // what cannot be read now is read at the next look
			}
		case <-changes.wake:
		}
		stops.take(changes.take())
	}
	return left.report(a)
}

// While stops are carried out the store is looked at: what it cannot take is never told. It is given up once it was
// found to fail at a few looks in a row.
const (
	lookAtStore = time.Second
	fewLooks    = 3
)

// environmentToStop opens the store for work, where there is one.
func (a *app) environmentToStop(ctx context.Context, ledger string) (*environment, error) {
	there, err := a.openStore(ctx, store.Options{}) // never made for this
	if err != nil {
		return nil, err
	}
	if err := there.Close(); err != nil {
		return nil, err
	}
	return a.openEnvironment(ctx, store.Open, ledger)
}

// copyToStop copies what runs from a store that cannot be written, for the cause given.
func (a *app) copyToStop(ctx context.Context, ledger string, cause error) (*environment, error) {
	open := func(ctx context.Context, dsn string, opts store.Options) (*store.Store, error) {
		s, err := store.Open(ctx, dsn, store.Options{ReadOnly: true, Service: opts.Service})
		if err != nil {
			return nil, err
		}
		defer s.Close()
		rows, err := begun(ctx, s)
		if err != nil {
			return nil, err
		}
		return s.Rescue(ctx, rows, opts)
	}
	w, err := a.openEnvironment(ctx, open, ledger)
	if held, ok := errors.AsType[*store.InUseError](err); ok {
		return nil, fmt.Errorf("process %d is using the store, and the store is not writable: end that process, wait until it has ended, and repeat run --stop-all: %w", held.PID, cause)
	}
	if err != nil {
		return nil, errors.Join(cause, fmt.Errorf("and it is not readable: %w", err))
	}
	a.say("%s", oneLine(cause.Error()))
	a.say("running classes are stopped, but the stops are not stored: a daemon that starts before the end of a class records the rest of it, unless the class is cancelled first")
	return w, nil
}

// toStop lists what has begun, with what may still run beside it. Where nothing has begun, it says so, or names what may
// still run.
func (a *app) toStop(ctx context.Context, s *store.Store) ([]store.Occurrence, *leftover, error) {
	rows, err := begun(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	left, err := a.leftover(ctx, s, rows)
	if err != nil || len(rows) > 0 {
		return rows, left, err
	}
	if err := left.report(a); err != nil {
		return nil, nil, err
	}
	fmt.Fprintf(a.out, "nothing is running in the store %s; --store selects another\n", view.Line(s.Path()))
	return nil, left, nil
}

// orderStops leaves an order for each occurrence and gives the orders' numbers, by occurrence.
func (a *app) orderStops(ctx context.Context, s *store.Store, rows []store.Occurrence) (map[string]int64, error) {
	orders := map[string]int64{}
	for _, o := range rows {
		order := store.Command{At: a.clock(), Occurrence: o.ID, Kind: session.CommandStop, Who: a.who(), Reason: "run --stop-all"}
		order, err := runner.Give(ctx, s, order, session.Interval{})
		if err != nil {
			return nil, fmt.Errorf("store the order for %s: %w", o.ID, err)
		}
		if !order.CarriedOut() {
			fmt.Fprintf(a.out, "%s: not stopped: %s\n", view.Line(o.ID), view.Line(order.Result))
			continue
		}
		orders[o.ID] = order.ID
	}
	return orders, nil
}

// plansToStop are the plans by which the given classes can be stopped: those that the command names, else those that were
// applied last, and for a class of none of them what the store holds of its own plan.
func (a *app) plansToStop(ctx context.Context, s *store.Store, given []planfile.Checked, rows []store.Occurrence) ([]*plan.Plan, error) {
	plans := planfile.Parsed(given)
	if len(given) == 0 {
		applied, err := appliedPlans(ctx, s, rules.Options{Now: a.clock()})
		if err != nil && !errors.Is(err, errNoPlanApplied) {
			return nil, err
		}
		plans = applied
	}
	apps := map[session.AccountRef][]string{} // App IDs of classes that now began
	for _, row := range rows {
		if slices.ContainsFunc(plans, func(p *plan.Plan) bool { return p.Name == row.Plan }) {
			continue
		}
		account := view.ReadDoc[struct {
			Account *session.AccountRef `json:"account"`
		}](row.Doc).Account
		switch {
		case account != nil && !runner.CompleteAccount(account):
			return nil, fmt.Errorf("%s: the account secret is written out in its plan, and the store keeps no secrets: use rundown run --stop-all %s", row.ID, account.Plan)
		case account != nil && !slices.Contains(apps[*account], row.App):
			apps[*account] = append(apps[*account], row.App)
		case account != nil:
		default:
			p, err := a.planOf(ctx, s, row)
			if err != nil {
				return nil, fmt.Errorf("%s cannot be stopped without its plan %s; use rundown run --stop-all PLAN: %w", row.ID, row.Plan, err)
			}
			plans = append(plans, p)
		}
	}
	for account, ids := range apps {
		p, err := planOfAccount(len(plans), account, ids)
		if err != nil {
			return nil, err
		}
		plans = append(plans, p)
	}
	return plans, nil
}

// planOf reads the plan of a class from the revision that the class was recorded by.
func (a *app) planOf(ctx context.Context, s *store.Store, row store.Occurrence) (*plan.Plan, error) {
	if row.Revision == 0 {
		return nil, errors.New("the store does not hold it")
	}
	r, err := s.Revision(ctx, row.Revision)
	if err != nil {
		return nil, err
	}
	return runner.LoadRevision(r, rules.Options{Now: a.clock()})
}

// planOfAccount makes a plan without classes, by which what runs for an account's App IDs can be stopped. It stands in
// the place of the plan that it comes from, so that references to files stand for the same.
func planOfAccount(n int, account session.AccountRef, ids []string) (*plan.Plan, error) {
	apps := map[string]any{}
	for i, id := range ids {
		apps[fmt.Sprintf("app-%d", i+1)] = map[string]string{"id": id}
	}
	text, err := json.Marshal(map[string]any{ // which is YAML too
		"version": 1, "name": fmt.Sprintf("stop-all-%d", n+1), "apps": apps,
		"account": map[string]string{"customer_id": account.CustomerID, "customer_secret": account.CustomerSecret},
	})
	if err != nil {
		return nil, err
	}
	p, _, err := load.Load(plan.FileSetOf([]plan.File{{Path: account.Plan, Text: text}}), account.Plan)
	if err == nil && p == nil {
		err = errors.New("the stored account cannot be read")
	}
	if err != nil {
		return nil, fmt.Errorf("plan %s: %w; use rundown run --stop-all %s", account.Plan, err, account.Plan)
	}
	return p, nil
}
