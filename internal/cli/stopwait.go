package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"rundown/internal/cli/render"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/view"
)

// leaveStops gives the orders to the daemon that is using the store, and waits until it has carried them out.
func (a *app) leaveStops(ctx context.Context, held *store.InUseError) error {
	s, err := a.openStore(ctx, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	rows, left, err := a.toStop(ctx, s)
	if err != nil || len(rows) == 0 {
		return err
	}
	orders, err := a.orderStops(ctx, s, rows)
	if err != nil {
		return err
	}
	a.say("process %d is using the store and carries out the orders; waiting for it", held.PID)
	a.tellNext(ctx, s)
	open, err := a.awaitStops(ctx, s, orders, left, func() bool { return a.attended(ctx, s) })
	if err != nil || open == nil {
		return err
	}
	const ended = "the process that was using the store has ended"
	a.say(ended)
	return open.giveUp(ended)
}

// tellNext says that the daemon goes on, with the class that it begins next: run --stop-all alone does not end it.
func (a *app) tellNext(ctx context.Context, s *store.Store) {
	text, now, goOn := "", a.now(), "the daemon goes on"
	if s.Remote() {
		goOn = "the daemons go on"
	}
	if o, err := view.ReadOverview(ctx, s, now); err == nil {
		for _, row := range o.Board().Next {
			if view.ReadDoc[view.OccurrenceDoc](row.Doc).Cancel == nil {
				text = fmt.Sprintf("; next is %s at %s", cmp.Or(o.Names[row.ID], row.ID), row.Start.In(view.ZoneOf(row)).Format("15:04 MST"))
				break
			}
		}
	}
	a.say("%s with the classes that are planned%s; rundown cancel --on DAY cancels them", goOn, text)
}

// stopByNodes leaves the orders to the daemons that share the store, and waits until they have carried them out. It is not
// done where they do not work on the App ID of each class, or have ended meanwhile: then this process stops what it can. It is
// not done on SQLite, whose file may be one that cannot be written.
func (a *app) stopByNodes(ctx context.Context) (done bool, err error) {
	if dsn, err := a.storeDSN(); err != nil || !isPostgres(dsn) {
		return false, err
	}
	s, err := a.openStore(ctx, store.Options{})
	if err != nil {
		return false, err
	}
	defer s.Close()
	rows, left, err := a.toStop(ctx, s)
	if err != nil || len(rows) == 0 { // it would join the daemons for nothing, and they would take it for dead
		if err == nil && a.attended(ctx, s) {
			a.tellNext(ctx, s)
		}
		return true, err
	}
	apps, err := servedApps(ctx, s, a.clock())
	if err != nil {
		return false, err
	}
	free := func(o store.Occurrence) bool { return !apps[o.WorkerApp()] }
	if slices.ContainsFunc(rows, free) {
		return false, nil
	}
	orders, err := a.orderStops(ctx, s, rows)
	if err != nil {
		return false, err
	}
	a.say("daemons are using the store and carry out the orders; waiting for them")
	open, err := a.awaitStops(ctx, s, orders, left, func() bool {
		apps, err = servedApps(ctx, s, a.clock())
		return err != nil || !slices.ContainsFunc(rows, free)
	})
	if open != nil {
		a.say("no daemon works any more on some of what is to be stopped; stopping it from here")
	} else if err == nil {
		a.tellNext(ctx, s)
	}
	return open == nil, err
}

// awaitStops waits until daemons have carried out the orders, have ended, which attended tells, or make no progress for too
// long. Where they have ended it gives what is open, else nil. It fails if a session may still be running. A store that cannot be
// read for a while, such as a database that fails over, is waited for as long, and what it takes to be read again is no lack of
// progress.
func (a *app) awaitStops(ctx context.Context, s *store.Store, orders map[string]int64, left *leftover, attended func() bool) (*stopping, error) {
	stops := newStopping(a, s, left)
	for id := range orders {
		stops.open[id] = ""
	}
	look := time.NewTicker(lookAtStore)
	defer look.Stop()
	var failing time.Time // when the first of the reads that failed in a row did
	for {
		changed, err := stops.read(ctx)
		switch {
		case err == nil && !failing.IsZero():
			stops.progress, failing = time.Now(), time.Time{}
		case err != nil && failing.IsZero() && ctx.Err() == nil:
			a.say("trying again: %s", oneLine(err.Error()))
			failing = time.Now()
		}
		switch {
		case ctx.Err() != nil:
			return nil, stops.giveUp("interrupted")
		case err != nil && time.Since(failing) > a.stopPatience:
			return nil, errors.Join(err, stops.giveUp("the store could not be read for "+a.stopPatience.String()))
		case err != nil, changed && len(stops.open) > 0:
		case len(stops.open) == 0:
			return nil, left.report(a)
		case !attended():
			return stops, nil
		case stops.stuck():
			return nil, stops.giveUp(stops.noProgress())
		}
		select {
		case <-ctx.Done():
		case <-look.C:
		}
	}
}

// stopping is the progress of the stops that run --stop-all has ordered, whoever carries them out. It belongs to the
// goroutine of the command.
type stopping struct {
	a        *app
	s        *store.Store
	left     *leftover
	open     map[string]session.Phase // what has not ended, with the phase that was shown last
	progress time.Time                // when one of them changed last, or the wait began
}

// newStopping has nothing open yet: the caller adds what was ordered.
func newStopping(a *app, s *store.Store, left *leftover) *stopping {
	return &stopping{a: a, s: s, left: left, open: map[string]session.Phase{}, progress: time.Now()}
}

// stuck says that nothing has changed for too long.
func (w *stopping) stuck() bool { return time.Since(w.progress) > w.a.stopPatience }

// noProgress is why a stop that is stuck is given up.
func (w *stopping) noProgress() string { return "no progress for " + w.a.stopPatience.String() }

// unknown is an end before all has been stopped.
func (w *stopping) unknown(why string) error {
	return fmt.Errorf("%s: %d classes may not be stopped; repeat run --stop-all", why, len(w.open))
}

// giveUp is an end before all has been stopped: the sessions that may still be running where there are any, else why.
func (w *stopping) giveUp(why string) error { return cmp.Or(w.left.report(w.a), w.unknown(why)) }

// read takes in what the store says of the open stops.
func (w *stopping) read(ctx context.Context) (changed bool, err error) {
	rows, err := w.s.Occurrences(ctx, store.Filter{IDs: slices.Sorted(maps.Keys(w.open))})
	if err != nil {
		return false, fmt.Errorf("read the store: %w", err)
	}
	states, err := statesOf(ctx, w.s, rows)
	if err != nil {
		return false, err
	}
	return w.take(states), nil
}

// take shows how far the stops are, and removes from open what has ended. A class that its plan has moved is planned again
// once what ran of it is stopped; beginning it is not the business of this command. It reports whether anything changed.
func (w *stopping) take(states []session.State) (changed bool) {
	for _, s := range states {
		w.left.note(s)
		was, ours := w.open[s.ID]
		if !ours || was == s.Phase {
			continue
		}
		w.open[s.ID], w.progress, changed = s.Phase, time.Now(), true
		w.a.say("%s: %s", s.ID, s.Phase)
		switch s.Phase {
		case session.Planned:
			delete(w.open, s.ID)
			fmt.Fprintf(w.a.out, "%s: stopped; its plan has moved it to %s\n", view.Line(s.ID), s.Start.Format(time.RFC3339))
		case session.Ended:
			delete(w.open, s.ID)
			fmt.Fprintf(w.a.out, "%s: %s: %s\n", view.Line(s.ID), s.Outcome, view.Line(s.Reason))
		}
	}
	return changed
}

// stopPatience is how long run --stop-all waits without progress. A stop that is answered 404 takes 90 s, since it may be a
// failover.
const stopPatience = 3 * time.Minute

// leftover is the state of what run --stop-all has to stop.
type leftover struct {
	ids    []string
	states map[string]session.State
}

// orphansSince is how far back classes with an orphan are looked for: a session lasts at most 720 hours.
const orphansSince = 720 * time.Hour

// leftover reads what is to be stopped, and the other classes of which a session may still run.
func (a *app) leftover(ctx context.Context, s *store.Store, rows []store.Occurrence) (*leftover, error) {
	loose, err := s.Loose(ctx, a.clock().Add(-orphansSince))
	if err != nil {
		return nil, fmt.Errorf("read the store: %w", err)
	}
	for _, x := range loose {
		its, err := s.Occurrences(ctx, store.Filter{IDs: []string{x.ID}})
		if err != nil {
			return nil, fmt.Errorf("read the store: %w", err)
		}
		rows = append(slices.Clone(rows), its...)
	}
	if len(rows) == 0 {
		return &leftover{}, nil
	}
	l := &leftover{states: map[string]session.State{}}
	states, err := statesOf(ctx, s, rows)
	if err != nil {
		return nil, err
	}
	for _, state := range states {
		l.ids = append(l.ids, state.ID)
		l.note(state)
	}
	return l, nil
}

// statesOf reads what the store knows of some occurrences.
func statesOf(ctx context.Context, s *store.Store, rows []store.Occurrence) (states []session.State, err error) {
	var ids []string
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	sessions, err := s.Sessions(ctx, ids...)
	if err != nil {
		return nil, fmt.Errorf("read the store: %w", err)
	}
	for _, row := range rows {
		state, err := runner.Decode(row, sessions[row.ID])
		if err != nil {
			return nil, err
		}
		states = append(states, state)
	}
	return states, nil
}

// note keeps the newest state of a class.
func (l *leftover) note(s session.State) { l.states[s.ID] = s }

// report lists each session that may still be running. It returns nil if there is none.
func (l *leftover) report(a *app) error {
	left, known, given := 0, 0, 0
	for _, id := range l.ids {
		s := l.states[id]
		for _, x := range s.MayRun(a.clock()) {
			left++
			if s.Phase == session.Ended || s.Phase == session.Planned {
				given++
			}
			sid := "sid unknown"
			if x.SID != "" {
				known++
				sid = "sid " + x.SID
			}
			resource := ""
			if x.ResourceID != "" {
				resource = ", resource id " + x.ResourceID
			}
			a.say("%s: session %d may still be running, until %s at the latest: %s, cname %s, uid %s%s", id, x.Attempt,
				x.Deadline().In(s.Start.Location()).Format(time.RFC3339), sid, x.Cname, x.UID, resource)
		}
	}
	sessions := render.Plural(left, "session")
	switch {
	case left == 0:
		return nil
	case known == 0:
		return &exitError{StatusFindings, fmt.Errorf("%s may still be running and be billed: without a sid it cannot be stopped; contact Agora support with the resource id", sessions)}
	case given == left:
		return &exitError{StatusFindings, fmt.Errorf("%s may still be running and be billed: rundown could not stop it and does not retry; contact Agora support with the sid", sessions)}
	}
	return &exitError{StatusFindings, fmt.Errorf("%s may still be running and be billed: check the service with rundown doctor PLAN, then repeat run --stop-all", sessions)}
}
