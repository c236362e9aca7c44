package runner

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner/reason"
	"rundown/runner/store"
)

// A plan may remove a fifth of the classes of the next seven days, or five, without a confirmation.
const (
	confirmSpan  = 7 * 24 * time.Hour
	confirmShare = 5 // one part in
	confirmLeast = 5 // classes
)

// ErrNeedsConfirmation says that a plan removes so much that it waits for a confirmation; the active plan stays as it is until then.
var ErrNeedsConfirmation = errors.New("the plan waits for a confirmation")

// Removal is what a plan removes of the classes that are to be recorded in the next seven days, those that run now included.
type Removal struct {
	Removed, Of int
	Emptied     bool // all of them are removed, and the plan holds no class that is not over, not even a cancelled one
}

// ExceedsLimit reports whether a confirmation is needed: more than a fifth and more than five are removed, or nothing is left of the
// plan, however small it was, as with a file that was truncated.
func (r Removal) ExceedsLimit() bool { return r.Emptied || r.share() && r.Removed > confirmLeast }

// Code is the reason code of a plan that removes so much.
func (r Removal) Code() reason.Code {
	if r.Emptied {
		return reason.PlanEmptied
	}
	return reason.PlanRemovesMany
}

// share reports whether more than a fifth is removed.
func (r Removal) share() bool { return r.Removed*confirmShare > r.Of }

// String is a sentence about the plan, which goes on after its name.
func (r Removal) String() string {
	if r.Emptied {
		return fmt.Sprintf("it removes all %d classes of the next seven days and has none after them", r.Of)
	}
	return fmt.Sprintf("it removes %d of the %d classes of the next seven days", r.Removed, r.Of)
}

// RemovalOf compares the classes that start within seven days or are on now. A cancelled one is removed; one that has another time on
// the same day is not.
func RemovalOf(before, after *plan.Plan, now time.Time) Removal {
	type day struct{ recording, date string }
	dayOf := func(o *plan.Occurrence) day { return day{o.Recording.ID, o.Start.Format(time.DateOnly)} }
	old := map[string]day{}
	for o := range schedule.All(before, now.Add(-maxLength), now.Add(confirmSpan)) {
		if !o.Cancelled() && (o.End.After(now) || !o.Start.Before(now)) {
			old[o.ID] = dayOf(&o)
		}
	}
	r := Removal{Of: len(old)}
	moved := map[day]int{}
	// A class at the window's edge may have moved out of it, which removes nothing.
	for o := range schedule.All(after, now.Add(-maxLength-confirmSpan), now.Add(2*confirmSpan)) {
		if o.Cancelled() {
			continue
		}
		if _, kept := old[o.ID]; kept {
			delete(old, o.ID)
		} else {
			moved[dayOf(&o)]++
		}
	}
	for _, d := range old {
		if moved[d] > 0 {
			moved[d]--
			continue
		}
		r.Removed++
	}
	r.Emptied = r.Of > 0 && r.Removed == r.Of && !anyAhead(after, now)
	return r
}

// aheadSpan is how far ahead a plan's next class is looked for.
const aheadSpan = 2 * 366 * 24 * time.Hour

// anyAhead reports whether the plan has a class that is not over, cancelled ones included.
func anyAhead(p *plan.Plan, now time.Time) bool {
	for o := range schedule.All(p, now.Add(-maxLength), now.Add(aheadSpan)) {
		if o.End.After(now) {
			return true
		}
	}
	return false
}

// waitForConfirmation has a revision that removes too much wait for a confirmation, and says whether it waits. The active plan stays meanwhile.
func (e *Engine) waitForConfirmation(ctx context.Context, before *plan.Plan, active int64, p *plan.Plan, r store.Revision) (bool, error) {
	removal := RemovalOf(before, p, e.cfg.Now())
	if r.State != store.RevisionWaiting && !removal.ExceedsLimit() {
		return false, nil
	}
	e.pending[r.ID] = p
	if r.State != store.RevisionWaiting {
		if err := e.cfg.Store.SetRevision(ctx, r.ID, store.RevisionWaiting, string(removal.Code()), NoteOf(r, removal.String())); err != nil {
			return false, err
		}
		e.tellWaiting(ctx, p, r, removal)
	}
	e.raiseWaiting(p.Name, r.ID, removal.Code(), removal.String())
	e.log.Warn("plan waits for a confirmation, the active plan stays: run rundown apply --confirm",
		"plan", p.Name, "revision", r.ID, "active", active, "removed", removal.Removed, "of", removal.Of, "reason_code", removal.Code())
	return true, nil
}

func (e *Engine) raiseWaiting(plan string, revision int64, code reason.Code, why string) {
	e.raise(plan, Issue{
		ID: reason.IssuePlanWaiting, ReasonCode: code, Severity: SeverityWarning, Advice: "rundown apply --confirm takes it over",
		Text: fmt.Sprintf("plan %s, revision %d waits for a confirmation, the active revision stays: %s", plan, revision, why),
	})
}

// watchWaiting raises a health issue for each plan that waits for a confirmation by the store, and clears those of the
// others: apply may have left it, or an earlier process may have had it wait.
func (e *Engine) watchWaiting(ctx context.Context) error {
	waiting, err := e.cfg.Store.Waiting(ctx)
	if err != nil {
		return fmt.Errorf("read plan revisions: %w", err)
	}
	waits := map[string]bool{}
	for _, r := range waiting {
		waits[r.Plan] = true
		e.raiseWaiting(r.Plan, r.ID, reason.Code(r.ReasonCode), r.Note)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	maps.DeleteFunc(e.issues, func(key issueKey, _ Issue) bool { return key.id == reason.IssuePlanWaiting && !waits[key.about] })
	return nil
}

// tellWaiting logs that a revision waits.
func (e *Engine) tellWaiting(ctx context.Context, p *plan.Plan, r store.Revision, removal Removal) {
	e.logPlan(ctx, removal.Code(), fmt.Sprintf("plan %s, revision %d: waits for a confirmation: %s", p.Name, r.ID, removal))
}
