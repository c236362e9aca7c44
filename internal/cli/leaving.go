package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/view"
)

// leavingClass is a running class that a plan no longer has. It is recorded to its end.
type leavingClass struct {
	id, name string // its identity, and what people call it
	until    time.Time
}

// leaving lists the classes that are being recorded and would leave with the plan. A class of the same recording that
// overlaps one takes its place, so that one is none of them.
func leaving(ctx context.Context, s *store.Store, p *plan.Plan, now time.Time) ([]leavingClass, error) {
	rows, err := s.Occurrences(ctx, store.Filter{Plan: p.Name, States: []string{string(session.Starting), string(session.Recording)}})
	if err != nil {
		return nil, fmt.Errorf("read occurrences: %w", err)
	}
	var left []store.Occurrence
	plans := schedule.NewFinder(p)
	for _, row := range rows {
		doc := view.ReadDoc[view.OccurrenceDoc](row.Doc)
		if doc.Absent || doc.Cancel != nil {
			continue
		}
		if _, held := plans.Find(row.ID); held {
			continue
		}
		if !followed(p, row, now) {
			left = append(left, row)
		}
	}
	names, err := view.NewFinder(s, now).ShortNames(ctx, left)
	if err != nil {
		return nil, err
	}
	var list []leavingClass
	for _, row := range left {
		until := cmp.Or(view.ReadDoc[view.OccurrenceDoc](row.Doc).Until, row.End)
		list = append(list, leavingClass{row.ID, names[row.ID], until.In(view.ZoneOf(row))})
	}
	return list, nil
}

// followed says that a class of the plan takes the place of the row, as the daemon will see it.
func followed(p *plan.Plan, row store.Occurrence, now time.Time) bool {
	left := session.Interval{Start: row.Start, End: row.End}
	for _, r := range p.Recordings {
		if r.ID != row.Recording {
			continue
		}
		for _, o := range schedule.OccurrencesOf(r, p, left.Start.Add(-view.LongAgo), left.End) {
			if !o.Cancelled() && runner.Follows(session.Interval{Start: o.Start, End: o.End}, left, now) {
				return true
			}
		}
	}
	return false
}

// leavingHead counts them.
func leavingHead(list []leavingClass) string {
	if len(list) == 1 {
		return "1 running class is no longer in the plan"
	}
	return fmt.Sprintf("%d running classes are no longer in the plan", len(list))
}

// text says how long it is still recorded, and how to stop it.
func (l leavingClass) text() string {
	return fmt.Sprintf("%s is recorded until %s; rundown cancel %s stops it", l.name, l.until.Format("15:04:05 MST"), l.name)
}

// shownLeaving is how many of them people are shown.
const shownLeaving = 8

// printLeaving writes how many there are, and the first of them.
func (a *app) printLeaving(w io.Writer, list []leavingClass) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintln(w, leavingHead(list)+":")
	for i, l := range list {
		if i == shownLeaving {
			fmt.Fprintf(w, "  %d more\n", len(list)-i)
			break
		}
		a.printHanging(w, "  ", view.Line(l.text()), len("    "))
	}
}

// leavingJSON is one of them as diff writes it.
type leavingJSON struct {
	ID            string  `json:"id"`
	RecordedUntil *string `json:"recorded_until"`
}

// leavingView is never null: scripts read a list.
func leavingView(list []leavingClass) []leavingJSON {
	views := []leavingJSON{}
	for _, l := range list {
		views = append(views, leavingJSON{l.id, view.PlanTime(l.until)})
	}
	return views
}
