package view

import (
	"context"
	"fmt"
	"slices"
	"time"

	"rundown/runner"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// StatusSpan is how far status looks ahead and back.
const StatusSpan = 24 * time.Hour

// zoneSpread is as far as the day of a zone may be behind that of UTC.
const zoneSpread = 12 * time.Hour

// Overview is what runs, is due within the span or ended within it, and what needs a person.
type Overview struct {
	Views
	Waiting, Refused []store.Revision // the newest of their plans, which are not active
	Daemon           DaemonState
	Simulated        bool            // the store belongs to a simulator: nothing is recorded
	Nodes            []Node          // the daemons of a store on which several may work
	Health           []runner.Issue  // of the daemon, while it runs
	Orders           []PendingOrder  // that no daemon has carried out yet
	Closures         []store.Closure // that hold for today or later
	Unread           []string        // why active plans could not be read; only where no daemon is using the store
}

// ReadOverview reads the state of a store at an instant. Where no daemon is using the store, classes that it has not
// planned yet are those of the active plans.
func ReadOverview(ctx context.Context, s *store.Store, now time.Time) (o Overview, err error) {
	if o.Daemon, err = ReadDaemon(ctx, s, now); err != nil {
		return o, err
	}
	if o.Simulated, err = Simulated(ctx, s); err != nil {
		return o, err
	}
	if s.Liveness().TTL > 0 {
		if o.Nodes, err = ReadNodes(ctx, s, now); err != nil {
			return o, err
		}
	}
	if o.Daemon.Running() {
		if o.Health, err = ReadHealth(ctx, s, now); err != nil {
			return o, err
		}
	}
	if o.Orders, err = ReadOrders(ctx, s); err != nil {
		return o, err
	}
	if o.Closures, err = s.OpenClosures(ctx, now.Add(-zoneSpread).Format(time.DateOnly)); err != nil {
		return o, err
	}
	rows, err := currentOccurrences(ctx, s, now)
	if err != nil {
		return o, err
	}
	f := NewFinder(s, now)
	attended := o.Daemon.attended()
	if o.Views, err = f.views(ctx, rows, now, now.Add(StatusSpan), attended); err != nil {
		return o, err
	}
	if !attended {
		o.Unread = f.Unread
	}
	if o.Waiting, err = HeldRevisions(ctx, s, store.RevisionWaiting); err != nil {
		return o, err
	}
	o.Refused, err = HeldRevisions(ctx, s, store.RevisionRefused)
	return o, err
}

// Status is the overview as scripts read it.
type Status struct {
	Occurrences []Occurrence   `json:"occurrences"`
	Waiting     []Held         `json:"waiting"` // revisions that wait for a confirmation
	Refused     []Held         `json:"refused"`
	Daemon      Daemon         `json:"daemon"`
	Nodes       []Node         `json:"nodes"`    // the daemons of a store on which several may work; else empty
	Health      []runner.Issue `json:"health"`   // of the daemon, while it runs
	Problems    []Alert        `json:"problems"` // what needs a person; empty: nothing does
	Orders      []PendingOrder `json:"orders"`   // that no daemon has carried out yet
	Closures    []Closure      `json:"closures"` // that hold for today or later
	Simulated   bool           `json:"simulated" doc:"The daemons work with a simulator: nothing is recorded at Agora"`
}

// JSON is the form that scripts read.
func (o Overview) JSON() Status {
	return Status{o.List(), heldOf(o.Waiting), heldOf(o.Refused), o.Daemon.JSON(), append([]Node{}, o.Nodes...), append([]runner.Issue{}, o.Health...), o.Problems(), o.Orders, ClosuresOf(o.Closures, time.Time{}), o.Simulated}
}

// currentOrders are the orders for classes that may be on now or later: a class that is shown as its plan has it has no row
// that tells of them.
func currentOrders(ctx context.Context, s *store.Store, now time.Time) ([]store.Command, error) {
	orders, err := s.Orders(ctx, now.Add(-LongAgo))
	if err != nil {
		return nil, fmt.Errorf("read operators' orders: %w", err)
	}
	return orders, nil
}

// currentOccurrences are those that run, are due or have ended within the span. One that should be over but is still
// open belongs to what runs, however old it is.
func currentOccurrences(ctx context.Context, s *store.Store, now time.Time) ([]store.Occurrence, error) {
	near, err := s.Occurrences(ctx, store.Filter{StartBefore: now.Add(StatusSpan), EndAfter: now.Add(-StatusSpan)})
	if err != nil {
		return nil, fmt.Errorf("read occurrences: %w", err)
	}
	open, err := s.Occurrences(ctx, store.Filter{Open: true, StartBefore: now.Add(StatusSpan)})
	if err != nil {
		return nil, fmt.Errorf("read occurrences: %w", err)
	}
	return merged(near, open), nil
}

// merged lists each class of two reads once, in the order of lists. A class that was moved in between is as the later read has it.
func merged(first, later []store.Occurrence) []store.Occurrence {
	known := map[string]bool{}
	for _, o := range later {
		known[o.ID] = true
	}
	rows := slices.DeleteFunc(first, func(o store.Occurrence) bool { return known[o.ID] })
	rows = append(rows, later...)
	sortByStart(rows)
	return rows
}

// overdue says of the classes that wait for somebody that nobody is there.
func overdue(rows []store.Occurrence, now time.Time) {
	for i := range rows {
		o := &rows[i]
		switch {
		case o.State == string(session.Ended), o.Reason != "", o.Start.After(now), ReadDoc[OccurrenceDoc](o.Doc).Cancel != nil:
			continue
		case o.State == string(session.Planned):
			o.Reason = "its start has passed and no daemon is running"
		case !o.End.After(now):
			o.Reason = "its end has passed and no daemon is running"
		default:
			o.Reason = "no daemon is running"
		}
		o.ReasonCode = string(reason.Unattended)
	}
}
