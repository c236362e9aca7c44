// Package closure gives and takes back the orders of closures: a snow day, a day on which classes last longer, a recording
// that is paused.
//
// A closure is a row of the store. What it does to a class is an order like any other, by package operate: it is
// effective, refused, shown and logged as an operator's own. It is announced once, with how many classes it covers, and
// not class by class. [Preview] lists the classes that a closure covers, [Give] stores it and orders at once what it covers
// now, [Undo] ends it. A daemon calls [Apply] when closures or plans have changed and each hour, so that a closure covers
// the classes that a later plan adds, and not those that a plan moves away.
//
// The store notes each class that a closure gives an order for: with the closure itself that it is to be given, with the
// order that it is, and a note is removed with the order that takes it back. So a crash leaves notes that say what is left
// to do, and the next Apply does it. Orders are given in transactions of at most [ordersAtOnce].
//
// Where an operator takes the cancellation of one class back, that class is exempt from all closures that hold by then. A
// closure that is given later covers it again.
package closure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"rundown/plan"
	"rundown/runner/operate"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/view"
)

// The periods that are looked at.
const (
	// PausedAhead is how far ahead a pause covers classes at once. What is further ahead comes nearer.
	PausedAhead = view.PlannedAhead + 24*time.Hour
	zoneSpread  = 26 * time.Hour // more than any zone is away from UTC
)

// Covers says that a closure covers a class, by its start and the labels that its plan gives it.
func Covers(c store.Closure, row store.Occurrence, labels map[string]string) bool {
	start := row.Start.In(view.ZoneOf(row))
	clock := start.Format("15:04")
	switch {
	case c.Kind == store.ClosurePause && row.Start.Before(c.At),
		c.Day != "" && start.Format(time.DateOnly) != c.Day,
		c.From != "" && clock < c.From,
		c.Until != "" && clock >= c.Until:
		return false
	}
	if !(view.Selection{Labels: c.Labels}).Matches(row.Plan, row.Recording, labels) {
		return false
	}
	return Matches(c, row.Plan, row.Recording)
}

// Matches says that the recordings of a closure, a glob, include one of a plan.
func Matches(c store.Closure, plan, recording string) bool {
	matched, err := path.Match(cmp.Or(c.Recording, "*"), Name(c, plan, recording))
	return err == nil && matched
}

// Name is the form of a recording's name that the glob of a closure is compared with: with its plan where the glob names plans.
func Name(c store.Closure, plan, recording string) string {
	if strings.Contains(c.Recording, "/") {
		return plan + "/" + recording
	}
	return recording
}

// Preview lists the classes that a closure covers and that have not ended, in order of their starts. Those that are
// cancelled already are left out.
func Preview(ctx context.Context, s *store.Store, c store.Closure, now time.Time) (view.Views, error) {
	l, err := covered(ctx, view.NewFinder(s, now), c)
	l.Rows = slices.DeleteFunc(l.Rows, func(row store.Occurrence) bool {
		return operate.Cancellable(view.Class{Row: row}, false, now) != nil
	})
	return l, err
}

// covered lists the classes that a closure covers, whatever became of them.
func covered(ctx context.Context, f *view.Finder, c store.Closure) (view.Views, error) {
	from, until := f.Now.Add(-view.LongAgo), f.Now.Add(PausedAhead)
	if c.Day != "" {
		day, err := time.Parse(time.DateOnly, c.Day)
		if err != nil {
			return view.Views{}, fmt.Errorf("closure %d: %w", c.ID, err)
		}
		from, until = day.Add(-zoneSpread), day.AddDate(0, 0, 1).Add(zoneSpread)
	}
	f.Only = only(c.Recording)
	l, err := f.Between(ctx, from, until)
	f.Only = view.Selection{}
	if err != nil {
		return l, err
	}
	l.Rows = slices.DeleteFunc(l.Rows, func(row store.Occurrence) bool { return !Covers(c, row, l.Captions[row.ID].Labels) })
	return l, nil
}

// only is the one recording that a glob without wildcards names, so that a pause of it reads its classes alone.
func only(glob string) view.Selection {
	if strings.ContainsAny(glob, `*?[\`) {
		return view.Selection{}
	}
	if of, recording, ok := strings.Cut(glob, "/"); ok {
		return view.Selection{Plan: of, Recording: recording}
	}
	return view.Selection{Recording: glob}
}

// Give stores a closure and gives its orders for the classes that it covers now; it returns their identities. With an error,
// the closure that is returned has a number where it was stored all the same.
func Give(ctx context.Context, s *store.Store, c store.Closure) (store.Closure, []string, error) {
	l, err := Preview(ctx, s, c, c.At)
	if err != nil {
		return c, nil, err
	}
	ids := make([]string, 0, len(l.Rows))
	for _, row := range l.Rows {
		ids = append(ids, row.ID)
	}
	c.ID, err = s.AddClosure(ctx, c, ids, func(id int64) store.Announcement {
		c.ID = id
		return announcement(c, given, ids, c.Who, c.Reason, c.At)
	})
	if err != nil {
		c.ID = 0 // the transaction may have failed after it had a number
		return c, nil, err
	}
	if err := apply(ctx, newFinder(s, c.At), c); err != nil {
		return c, nil, err
	}
	noted, err := s.ClosureClasses(ctx, c.ID)
	return c, slices.DeleteFunc(ids, func(id string) bool { return !noted[id] }), err
}

// Apply gives the orders of all closures that hold for the classes that have come since, and takes back those for classes
// that have been moved away, and those of closures that have ended and were not taken back yet.
func Apply(ctx context.Context, s *store.Store, now time.Time) error {
	open, err := s.OpenClosures(ctx, now.Add(-view.LongAgo).Format(time.DateOnly))
	if err != nil {
		return err
	}
	ended, err := s.EndedClosures(ctx)
	if err != nil {
		return err
	}
	f := newFinder(s, now)
	for _, c := range open {
		if err := apply(ctx, f, c); err != nil {
			return fmt.Errorf("closure %d: %w", c.ID, err)
		}
	}
	for _, c := range ended {
		if err := takeBack(ctx, f, c, operate.Operator{Who: c.EndedBy, Why: c.EndedReason, Now: now}); err != nil {
			return fmt.Errorf("closure %d, which has ended: %w", c.ID, err)
		}
	}
	return nil
}

// newFinder is for all orders of one call, so that the active plans are read once. It reads rows anew each time.
func newFinder(s *store.Store, now time.Time) *view.Finder {
	f := view.NewFinder(s, now)
	f.Bare = true
	return f
}

// apply gives the orders of a closure that holds, and takes back those for what has moved out of it.
func apply(ctx context.Context, f *view.Finder, c store.Closure) error {
	l, err := covered(ctx, f, c)
	if err != nil {
		return err
	}
	noted, err := f.Store.ClosureClasses(ctx, c.ID)
	if err != nil {
		return err
	}
	var steps []step
	var fresh []store.Occurrence // of which the closure has no note yet
	for _, row := range l.Rows {
		given, known := noted[row.ID]
		delete(noted, row.ID)
		if given || row.State == string(session.Ended) && !known {
			continue
		}
		x, needed := giving(c, row, known, f.Now)
		if x.order != nil && c.Kind != store.ClosureExtend {
			back, err := takenBackAt(ctx, f.Store, row.ID)
			if err != nil {
				return err
			}
			if exempt(c, back) {
				x.order, x.after, needed = nil, noteNone, known
			}
		}
		if needed {
			steps = append(steps, x)
		}
		if x.order != nil && !known {
			fresh = append(fresh, row)
		}
	}
	if err := noteFresh(ctx, f, c, fresh); err != nil {
		return err
	}
	if err := give(ctx, f.Store, c, steps); err != nil {
		return err
	}
	return release(ctx, f, c, noted)
}

// noteFresh notes the classes that have come since, and announces those that a plan has brought, all in one: a crash
// afterwards neither loses an order nor announces a class twice. What only has come near is no news: that the classes of a
// paused recording are not recorded was told with the pause.
func noteFresh(ctx context.Context, f *view.Finder, c store.Closure, fresh []store.Occurrence) error {
	if len(fresh) == 0 {
		return nil
	}
	active, err := f.Store.ActiveRevisions(ctx)
	if err != nil {
		return err
	}
	applied := map[string]time.Time{}
	for _, r := range active {
		applied[r.Plan] = r.At
	}
	return f.Store.WriteSpecs(ctx, func(t *store.SpecTx) error {
		open, err := t.ClosureOpen(c.ID)
		if err != nil || !open {
			return err
		}
		var ids, brought []string
		for _, row := range fresh {
			if noted, _, err := t.ClosureClass(c.ID, row.ID); err != nil {
				return err
			} else if noted { // another process was faster
				continue
			}
			ids = append(ids, row.ID)
			if c.Kind != store.ClosurePause || row.Start.Before(applied[row.Plan].Add(view.PlannedAhead)) { // it was near when the plan came
				brought = append(brought, row.ID)
			}
		}
		if len(ids) == 0 {
			return nil
		}
		if err := t.NoteClosureClasses(c.ID, ids); err != nil || len(brought) == 0 {
			return err
		}
		return t.Announce(announcement(c, added, brought, c.Who, c.Reason, f.Now))
	})
}

// giving is the step that gives the order of a closure for a class; false where the class needs none. known says that the
// closure has a note of it.
func giving(c store.Closure, row store.Occurrence, known bool, now time.Time) (step, bool) {
	x := step{id: row.ID, closure: c.ID}
	class, by := view.Class{Row: row}, operate.Operator{Who: c.Who, From: c.Address, Why: why(c.Reason, c), Now: now, Closure: c.ID}
	var order operate.Order
	var refused error
	if c.Kind == store.ClosureExtend {
		order, refused = operate.ExtendOrder(class, c.Length, by)
	} else {
		order, refused = operate.CancelOrder(class, by)
	}
	if refused == nil {
		x.order = &order
		return x, true
	}
	if cancelled, ok := class.Cancelled(); ok && cancelled.Closure == c.ID { // its order was given, and only the note is missing
		return x, true
	}
	x.after = noteNone
	return x, known
}

// takenBackAt is when an operator last took a cancellation of a class back; the zero Time where none did. It is read after the row of
// the class: a class that is not cancelled in the row has the order that took the cancellation back in the store already.
func takenBackAt(ctx context.Context, s *store.Store, id string) (at time.Time, err error) {
	orders, err := s.OrdersFor(ctx, id)
	for _, o := range orders {
		if o.Kind == session.CommandUncancel && o.Closure == 0 {
			at = o.At
		}
	}
	return at, err
}

// exempt says that a closure does not cancel a class whose cancellation an operator took back at an instant, because it was given
// before that. Whoever cancelled the class, the operator was told that it will be recorded.
func exempt(c store.Closure, takenBack time.Time) bool {
	return !takenBack.IsZero() && !takenBack.Before(c.At)
}

// why is the reason of an order that a closure gives, with the closure's number.
func why(reason string, c store.Closure) string {
	return strings.TrimPrefix(fmt.Sprintf("%s, closure %d", reason, c.ID), ", ")
}

// release takes back the cancellations of the classes that a plan has moved out of what a closure covers. A class that no
// plan has any more, or that has ended, is left as it is. A note of one that was over long ago is removed, so that a pause
// of months costs no more than one of a week; where a plan moves such a class ahead, it is noted again.
func release(ctx context.Context, f *view.Finder, c store.Closure, noted map[string]bool) error {
	by := operate.Operator{Who: c.Who, Why: fmt.Sprintf("moved out of closure %d", c.ID), Now: f.Now, Closure: c.ID}
	over, err := longOver(ctx, f, noted)
	if err != nil {
		return err
	}
	var steps []step
	for _, id := range slices.Sorted(maps.Keys(noted)) {
		if !noted[id] || over[id] && c.Kind == store.ClosurePause {
			steps = append(steps, step{id: id, closure: c.ID, after: noteNone})
			continue
		}
		if c.Kind == store.ClosureExtend {
			continue
		}
		class, err := find(ctx, f, id)
		switch cancelled, _ := class.Cancelled(); {
		case err != nil:
			return err
		case cancelled.Closure == 0: // it is not cancelled any more, or by an operator
			continue
		case class.Planned == nil || Covers(c, view.AsRow(class.Planned), class.Planned.Settings.Labels):
			continue
		}
		if order, refused := operate.UndoOrder(class, by); refused == nil {
			steps = append(steps, step{id: id, order: &order, after: noteNone, closure: c.ID})
		}
	}
	return undo(ctx, f.Store, steps)
}

// find finds a class by its identity; the zero Class where there is none any more.
func find(ctx context.Context, f *view.Finder, id string) (view.Class, error) {
	name, err := view.ParseID(id)
	if err != nil {
		return view.Class{}, err
	}
	class, err := f.Class(ctx, name)
	if errors.Is(err, view.ErrNoClass) {
		return view.Class{}, nil
	}
	return class, err
}

// What says which classes a closure covers, and what becomes of them: "campus=berlin on Mon 2031-12-15 cancelled".
func What(c store.Closure) string {
	text := map[string]string{store.ClosureCancel: "cancelled", store.ClosureExtend: "extended by " + plan.DurationText(c.Length), store.ClosurePause: "paused"}[c.Kind]
	var which []string
	if c.Recording != "" {
		which = append(which, c.Recording)
	}
	for _, key := range slices.Sorted(maps.Keys(c.Labels)) {
		which = append(which, key+"="+c.Labels[key])
	}
	what := cmp.Or(strings.Join(which, " "), "all classes")
	if day, err := time.Parse(time.DateOnly, c.Day); err == nil {
		what += " on " + day.Format("Mon 2006-01-02")
	}
	switch {
	case c.From != "" && c.Until != "":
		what += " " + c.From + "-" + c.Until
	case c.From != "":
		what += " from " + c.From
	case c.Until != "":
		what += " until " + c.Until
	}
	if c.Kind == store.ClosurePause {
		text += " since " + c.At.UTC().Format("Mon 2006-01-02 15:04 MST")
	}
	return what + " " + text
}

// Text says a closure in words, with who gave it and why.
func Text(c store.Closure) string {
	text := What(c) + " by " + c.Who
	if c.Reason != "" {
		text += ": " + c.Reason
	}
	return text
}
