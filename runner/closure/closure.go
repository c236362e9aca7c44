// Package closure gives and takes back the orders of closures: a snow day, a day on which classes last longer, a recording
// that is paused.
//
// A closure is a row of the store. What it does to a class is an order like any other, by package operate: it is
// effective, refused, shown and logged as an operator's own. [Preview] lists the classes that a closure covers, [Give]
// stores it and orders at once what it covers now, [Undo] ends it. A daemon calls [Apply] when closures or plans have
// changed and each hour, so that a closure covers the classes that a later plan adds, and not those that a plan moves away.
//
// A crash between two steps leaves the note of an order that was not given; the next Apply gives it.
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
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/view"
)

// The periods that are looked at.
const (
	pausedAhead = view.PlannedAhead + 24*time.Hour // what is further ahead comes nearer
	zoneSpread  = 26 * time.Hour                   // more than any zone is away from UTC
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
	name := row.Recording
	if strings.Contains(c.Recording, "/") {
		name = row.Plan + "/" + row.Recording
	}
	matched, err := path.Match(cmp.Or(c.Recording, "*"), name)
	return err == nil && matched
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
	from, until := f.Now.Add(-view.LongAgo), f.Now.Add(pausedAhead)
	if c.Day != "" {
		day, err := time.Parse(time.DateOnly, c.Day)
		if err != nil {
			return view.Views{}, fmt.Errorf("closure %d: %w", c.ID, err)
		}
		from, until = day.Add(-zoneSpread), day.AddDate(0, 0, 1).Add(zoneSpread)
	}
	l, err := f.Between(ctx, from, until)
	if err != nil {
		return l, err
	}
	l.Rows = slices.DeleteFunc(l.Rows, func(row store.Occurrence) bool { return !Covers(c, row, l.Captions[row.ID].Labels) })
	return l, nil
}

// Give stores a closure and gives its orders for the classes that it covers now; it returns their identities.
func Give(ctx context.Context, s *store.Store, c store.Closure) (store.Closure, []string, error) {
	var err error
	if c.ID, err = s.AddClosure(ctx, c); err != nil {
		return c, nil, err
	}
	ids, err := apply(ctx, newFinder(s, c.At), c)
	return c, ids, err
}

// Apply gives the orders of all closures that hold for the classes that have come since, and takes back those for classes
// that have been moved away. It returns how many orders it gave.
func Apply(ctx context.Context, s *store.Store, now time.Time) (given int, err error) {
	open, err := s.OpenClosures(ctx, now.Add(-view.LongAgo).Format(time.DateOnly))
	f := newFinder(s, now)
	for _, c := range open {
		var ids []string
		ids, err = apply(ctx, f, c)
		if given += len(ids); err != nil {
			return given, fmt.Errorf("closure %d: %w", c.ID, err)
		}
	}
	return given, err
}

// newFinder is for all orders of one call, so that the active plans are read once. It reads rows anew each time.
func newFinder(s *store.Store, now time.Time) *view.Finder {
	f := view.NewFinder(s, now)
	f.Bare = true
	return f
}

func apply(ctx context.Context, f *view.Finder, c store.Closure) (ids []string, err error) {
	l, err := covered(ctx, f, c)
	if err != nil {
		return nil, err
	}
	noted, err := f.Store.ClosureClasses(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	for _, row := range l.Rows {
		given, known := noted[row.ID]
		delete(noted, row.ID)
		if given || row.State == string(session.Over) {
			continue
		}
		ordered, err := order(ctx, f, c, row, known)
		if err != nil {
			return ids, err
		}
		if ordered {
			ids = append(ids, row.ID)
		}
	}
	for id := range noted {
		if err := release(ctx, f, c, id); err != nil {
			return ids, err
		}
	}
	return ids, nil
}

// order gives the order of a closure for a class; false where the class needs none. known says that it was begun before.
func order(ctx context.Context, f *view.Finder, c store.Closure, row store.Occurrence, known bool) (bool, error) {
	s, class, by := f.Store, view.Class{Row: row}, operate.Operator{Who: c.Who, Why: why(c.Reason, c), Now: f.Now}
	if refused := operate.Cancellable(class, false, f.Now); refused != nil {
		if known && reason.CodeOf(refused) == reason.IsCancelled { // it was given, and the note of it was lost
			return false, s.SetClosureClass(ctx, c.ID, row.ID, true)
		}
		return false, nil
	}
	if err := s.SetClosureClass(ctx, c.ID, row.ID, false); err != nil {
		return false, err
	}
	var err error
	if c.Kind == store.ClosureExtend {
		_, err = operate.Extend(ctx, s, class, c.Length, by)
	} else {
		_, err = operate.Cancel(ctx, s, class, by)
	}
	switch {
	case err != nil && reason.CodeOf(err) != "": // it ends just now
		return false, s.ForgetClosureClass(ctx, c.ID, row.ID)
	case err != nil:
		return false, err
	}
	return true, s.SetClosureClass(ctx, c.ID, row.ID, true)
}

// why is the reason of an order that a closure gives, with the closure's number.
func why(reason string, c store.Closure) string {
	return strings.TrimPrefix(fmt.Sprintf("%s, closure %d", reason, c.ID), ", ")
}

// release takes back the order for a class that a plan has moved out of what a closure covers. One that no plan has any
// more, or that has ended, is left as it is.
func release(ctx context.Context, f *view.Finder, c store.Closure, id string) error {
	if c.Kind == store.ClosureExtend {
		return nil
	}
	by := operate.Operator{Who: c.Who, Why: fmt.Sprintf("moved out of closure %d", c.ID), Now: f.Now}
	_, err := takeBack(ctx, f, c, id, by, func(class view.Class) bool {
		return class.Planned != nil && !Covers(c, view.AsRow(class.Planned), class.Planned.Settings.Labels)
	})
	return err
}

// takeBack takes the cancellation of a class back where holds says so; false where there is nothing to take back.
func takeBack(ctx context.Context, f *view.Finder, c store.Closure, id string, by operate.Operator, holds func(view.Class) bool) (bool, error) {
	name, err := view.ParseID(id)
	if err != nil {
		return false, err
	}
	class, err := f.Class(ctx, name)
	switch {
	case errors.Is(err, view.ErrNoClass):
		return false, nil
	case err != nil:
		return false, err
	case !holds(class) || operate.Cancellable(class, true, by.Now) != nil: // it is not cancelled any more, or has ended
		return false, nil
	}
	if _, err := operate.Undo(ctx, f.Store, class, by); err != nil {
		return false, err
	}
	return true, f.Store.ForgetClosureClass(ctx, c.ID, id)
}

// Undo ends a closure that cancels classes and takes its orders back, for the classes that can still be recorded; it
// returns their identities.
func Undo(ctx context.Context, s *store.Store, c store.Closure, by operate.Operator) (ids []string, err error) {
	if err := s.EndClosure(ctx, c.ID, by.Now, by.Who, by.Why); err != nil {
		return nil, err
	}
	noted, err := s.ClosureClasses(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	by.Why = why(by.Why, c)
	others, err := s.OpenClosures(ctx, by.Now.Add(-view.LongAgo).Format(time.DateOnly))
	if err != nil {
		return nil, err
	}
	f := newFinder(s, by.Now)
	for _, id := range slices.Sorted(maps.Keys(noted)) {
		var other *store.Closure
		back, err := takeBack(ctx, f, c, id, by, func(class view.Class) bool {
			other = coveredBy(others, class)
			return other == nil
		})
		switch {
		case err == nil && other != nil: // its order holds for that one
			err = s.SetClosureClass(ctx, other.ID, id, true)
		case back:
			ids = append(ids, id)
		}
		if err != nil {
			return ids, err
		}
	}
	return ids, nil
}

// coveredBy gives a closure that cancels a class; nil for none.
func coveredBy(closures []store.Closure, class view.Class) *store.Closure {
	for i, c := range closures {
		row, labels := class.Row, map[string]string(nil)
		if class.Planned != nil {
			row, labels = view.AsRow(class.Planned), class.Planned.Settings.Labels
		}
		if c.Kind != store.ClosureExtend && Covers(c, row, labels) {
			return &closures[i]
		}
	}
	return nil
}

// Text says a closure in words.
func Text(c store.Closure) string {
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
	text = what + " " + text + " by " + c.Who
	if c.Reason != "" {
		text += ": " + c.Reason
	}
	return text
}
