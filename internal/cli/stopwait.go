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
	fmt.Fprintf(a.err, "process %d is using the store and carries out the orders; waiting for it\n", held.PID)
	open, err := a.awaitStops(ctx, s, orders, left, func() bool { return a.attended(ctx, s) })
	if err != nil || len(open) == 0 {
		return err
	}
	const ended = "the process that was using the store has ended"
	fmt.Fprintln(a.err, ended)
	return cmp.Or(left.report(a), unknownStops(ended, open))
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
		return true, err
	}
	apps, err := servedApps(ctx, s, a.clock())
	if err != nil {
		return false, err
	}
	free := func(o store.Occurrence) bool { return !apps[o.Owner()] }
	if slices.ContainsFunc(rows, free) {
		return false, nil
	}
	orders, err := a.orderStops(ctx, s, rows)
	if err != nil {
		return false, err
	}
	fmt.Fprintln(a.err, "daemons are using the store and carry out the orders; waiting for them")
	open, err := a.awaitStops(ctx, s, orders, left, func() bool {
		apps, err = servedApps(ctx, s, a.clock())
		return err != nil || !slices.ContainsFunc(rows, free)
	})
	if err == nil && len(open) > 0 {
		fmt.Fprintln(a.err, "no daemon works any more on some of what is to be stopped; stopping it from here")
	}
	return len(open) == 0, err
}

// awaitStops waits until daemons have carried out the orders, have ended, which attended tells, or make no progress for too
// long. Where they have ended it gives what is open. It fails if a session may still be running. A store that cannot be read for a
// while, such as a database that fails over, is waited for as long, and what it takes to be read again is no lack of progress.
func (a *app) awaitStops(ctx context.Context, s *store.Store, orders map[string]int64, left *leftover, attended func() bool) (map[string]session.Phase, error) {
	open := map[string]session.Phase{}
	for id := range orders {
		open[id] = ""
	}
	look := time.NewTicker(lookAtStore)
	defer look.Stop()
	progress := time.Now()
	var failing time.Time // when the first of the reads that failed in a row did
	for {
		changed, err := a.lookAtStops(ctx, s, open, left)
		switch {
		case err == nil && !failing.IsZero():
			progress, failing = time.Now(), time.Time{}
		case err != nil && failing.IsZero() && ctx.Err() == nil:
			fmt.Fprintf(a.err, "trying again: %s\n", oneLine(err.Error()))
			failing = time.Now()
		}
		switch {
		case ctx.Err() != nil:
			return nil, cmp.Or(left.report(a), unknownStops("interrupted", open))
		case err != nil && time.Since(failing) > a.stopPatience:
			return nil, errors.Join(err, cmp.Or(left.report(a), unknownStops("the store could not be read for "+a.stopPatience.String(), open)))
		case err != nil:
		case len(open) == 0:
			return nil, left.report(a)
		case changed:
			progress = time.Now()
		case !attended():
			return open, nil
		case time.Since(progress) > a.stopPatience:
			return nil, cmp.Or(left.report(a), unknownStops("no progress for "+a.stopPatience.String(), open))
		}
		select {
		case <-ctx.Done():
		case <-look.C:
		}
	}
}

// lookAtStops reads the progress of the open stops, prints what has changed, and removes from open the classes that have
// ended.
func (a *app) lookAtStops(ctx context.Context, s *store.Store, open map[string]session.Phase, left *leftover) (changed bool, err error) {
	rows, err := s.Occurrences(ctx, store.Filter{IDs: slices.Sorted(maps.Keys(open))})
	if err != nil {
		return false, fmt.Errorf("read the store: %w", err)
	}
	states, err := statesOf(ctx, s, rows)
	if err != nil {
		return false, err
	}
	for _, state := range states {
		left.note(state)
	}
	return a.tellStops(open, states), nil
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

// leftover reads what is to be stopped, and the ended classes of which a session may still run.
func (a *app) leftover(ctx context.Context, s *store.Store, rows []store.Occurrence) (*leftover, error) {
	ended, err := s.Ended(ctx, a.clock().Add(-orphansSince))
	if err != nil {
		return nil, fmt.Errorf("read the store: %w", err)
	}
	for _, e := range ended {
		if !e.Loose {
			continue
		}
		loose, err := s.Occurrences(ctx, store.Filter{IDs: []string{e.ID}})
		if err != nil {
			return nil, fmt.Errorf("read the store: %w", err)
		}
		rows = append(slices.Clone(rows), loose...)
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

func (l *leftover) note(s session.State) { l.states[s.ID] = s }

// report lists each session that may still be running. It returns nil if there is none.
func (l *leftover) report(a *app) error {
	left, known, given := 0, 0, 0
	for _, id := range l.ids {
		s := l.states[id]
		for _, x := range s.MayRun(a.clock()) {
			left++
			if s.Phase == session.Ended {
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
			fmt.Fprintf(a.err, "%s: session %d may still be running, until %s at the latest: %s, cname %s, uid %s%s\n", view.Line(id), x.Attempt,
				x.Deadline().In(s.Start.Location()).Format(time.RFC3339), view.Line(sid), view.Line(x.Cname), view.Line(x.UID), view.Line(resource))
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
