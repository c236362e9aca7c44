package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"rundown/internal/cli/render"
	"rundown/plan"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/view"
)

// runningClass is a class that is being recorded, and what a plan makes of it.
type runningClass struct {
	runner.RunningChange
	name string // what people call it
}

// runningChanges are what a plan makes of the classes that are being recorded.
type runningChanges []runningClass

// runningRows reads what is being recorded of a plan, with its sessions.
func runningRows(ctx context.Context, s *store.Store, planName string) ([]store.Row, error) {
	found, err := s.Occurrences(ctx, store.Filter{Plan: planName, States: []string{string(session.Starting), string(session.Recording)}})
	if err != nil {
		return nil, fmt.Errorf("read occurrences: %w", err)
	}
	l, err := view.ReadViews(ctx, s, found)
	if err != nil {
		return nil, err
	}
	var rows []store.Row
	for _, row := range found {
		rows = append(rows, store.Row{Occurrence: row, Sessions: l.Sessions[row.ID]})
	}
	return rows, nil
}

// idsOf are the ids of rows, for the options of a comparison.
func idsOf(rows []store.Row) map[string]bool {
	ids := map[string]bool{}
	for _, row := range rows {
		ids[row.ID] = true
	}
	return ids
}

// readRunningChanges says what a plan makes of the classes that are being recorded, in place of another plan; nil where that is not
// known. What that one makes of them is not told again: the daemon has done it already, or is about to.
func readRunningChanges(ctx context.Context, s *store.Store, rows []store.Row, before, after *plan.Plan, now time.Time) (runningChanges, error) {
	list := runner.RunningChanges(before, after, rows, now)
	if before != nil {
		told := map[string]string{}
		for _, r := range runner.RunningChanges(before, before, rows, now) {
			told[r.ID] = r.Text("")
		}
		list = slices.DeleteFunc(list, func(r runner.RunningChange) bool { return told[r.ID] == r.Text("") })
	}
	var changed []store.Occurrence
	for _, row := range rows {
		if slices.ContainsFunc(list, func(r runner.RunningChange) bool { return r.ID == row.ID }) {
			changed = append(changed, row.Occurrence)
		}
	}
	names, err := view.NewFinder(s, now).ShortNames(ctx, changed)
	if err != nil {
		return nil, err
	}
	var classes runningChanges
	for _, r := range list {
		classes = append(classes, runningClass{r, cmp.Or(names[r.ID], r.ID)})
	}
	return classes, nil
}

// split tells those that the plan no longer has, and that nothing takes the place of, from the others.
func (l runningChanges) split() (leaving, others runningChanges) {
	for _, r := range l {
		if r.Kind == runner.RunningLeft {
			leaving = append(leaving, r)
		} else {
			others = append(others, r)
		}
	}
	return leaving, others
}

// leavingHead counts the classes that a plan no longer has.
func leavingHead(n int) string {
	if n == 1 {
		return "1 running class is no longer in the plan"
	}
	return fmt.Sprintf("%d running classes are no longer in the plan", n)
}

// changingHead counts the running classes that a plan changes otherwise.
func changingHead(n int) string {
	if n == 1 {
		return "1 running class changes"
	}
	return render.Plural(n, "running class") + " change"
}

// text says what becomes of the class, and how an operator has it otherwise.
func (r *runningClass) text() string {
	switch {
	case r.Kind == runner.RunningLeft:
		return fmt.Sprintf("%s is recorded until %s; rundown cancel %s stops it", r.name, r.Until().Format("15:04:05 MST"), r.name)
	case r.NewPage:
		hint := fmt.Sprintf("rundown cancel %s and then rundown cancel --undo %s begin a session with it now", r.name, r.name)
		return fmt.Sprintf("%s: %s; %s", r.name, r.Text("the plan"), hint)
	}
	return r.name + ": " + r.Text("the plan")
}

// shownRunning is how many of them people are shown.
const shownRunning = 8

// printRunning writes how many running classes leave with a plan and how many it changes otherwise, and the first of both.
func (a *app) printRunning(w io.Writer, l runningChanges) {
	leaving, others := l.split()
	for _, part := range []struct {
		head func(int) string
		list runningChanges
	}{{leavingHead, leaving}, {changingHead, others}} {
		if len(part.list) == 0 {
			continue
		}
		fmt.Fprintln(w, part.head(len(part.list))+":")
		for i, r := range part.list {
			if i == shownRunning {
				fmt.Fprintf(w, "  %d more\n", len(part.list)-i)
				break
			}
			a.printHanging(w, "  ", view.Line(r.text()), len("    "))
		}
	}
}

// leavingJSON is a class that leaves as diff writes it.
type leavingJSON struct {
	ID            string  `json:"id"`
	RecordedUntil *string `json:"recorded_until"`
}

// runningJSON is a class that is being recorded, and what the plan makes of it, as diff writes it.
type runningJSON struct {
	ID            string             `json:"id"`
	Effect        runner.RunningKind `json:"effect"`
	RecordedUntil *string            `json:"recorded_until"` // null: its recording stops at once
	NewPage       bool               `json:"new_page"`       // it has another page, which its session does not use
	Text          string             `json:"text"`
}

// leavingView is never null: scripts read a list.
func (l runningChanges) leavingView() []leavingJSON {
	leaving, _ := l.split()
	views := []leavingJSON{}
	for _, r := range leaving {
		views = append(views, leavingJSON{r.ID, view.PlanTime(r.Until())})
	}
	return views
}

// view is never null.
func (l runningChanges) view() []runningJSON {
	views := []runningJSON{}
	for _, r := range l {
		views = append(views, runningJSON{r.ID, r.Kind, view.PlanTime(r.Until()), r.NewPage, r.Text("the plan")})
	}
	return views
}
