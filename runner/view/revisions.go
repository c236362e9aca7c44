package view

import (
	"context"
	"maps"
	"slices"

	"rundown/runner/store"
)

// Revision is a plan revision as history --plans writes it.
type Revision struct {
	Revision   int64   `json:"revision"`
	Plan       string  `json:"plan"`
	Path       string  `json:"path"`
	At         *string `json:"at"`
	Who        *string `json:"who"`
	Commit     *string `json:"commit"`
	Hash       *string `json:"hash"` // null for the revision that withdraws the plan
	State      string  `json:"state"`
	Note       *string `json:"note"`
	ReasonCode *string `json:"reason_code"` // why it waits or was refused
}

// Where a revision stands, in a word.
const (
	StandingActive    = "at work" // daemons work on it
	StandingReplaced  = "replaced"
	StandingWaiting   = string(store.RevisionWaiting)
	StandingRefused   = string(store.RevisionRefused)
	StandingWithdrawn = "withdrawn" // it has no text: it takes the plan out
)

// standingOf says in a word where a revision stands.
func standingOf(r store.Revision, active map[int64]bool) string {
	switch {
	case r.Withdrawn():
		return StandingWithdrawn
	case !r.Usable():
		return string(r.State)
	case active[r.ID]:
		return StandingActive
	default:
		return StandingReplaced
	}
}

// PlanRevision is a revision of a plan as the store has it, and where it stands.
type PlanRevision struct {
	store.Revision
	Standing string // [StandingActive], …
}

// Active says that daemons work on the revision.
func (r PlanRevision) Active() bool { return r.Standing == StandingActive }

// ByPlan groups revisions by their plans, in order of the plans' names.
func ByPlan(revisions []PlanRevision) (groups [][]PlanRevision) {
	byName := map[string][]PlanRevision{}
	for _, r := range revisions {
		byName[r.Plan] = append(byName[r.Plan], r)
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		groups = append(groups, byName[name])
	}
	return groups
}

// JSON is the form that scripts read.
func (r PlanRevision) JSON() Revision {
	return Revision{
		r.ID, r.Plan, r.Path, SessionTime(r.At), OrNull(r.Who), OrNull(r.Commit), OrNull(r.Hash), r.Standing, OrNull(r.Note), OrNull(r.ReasonCode),
	}
}

// ReadRevisions lists the revisions of a plan, or of all for "", newest first, without their texts.
func ReadRevisions(ctx context.Context, s *store.Store, plan string) ([]PlanRevision, error) {
	all, err := s.Revisions(ctx, plan)
	if err != nil {
		return nil, err
	}
	rows, err := s.ActiveRevisions(ctx)
	if err != nil {
		return nil, err
	}
	active := map[int64]bool{}
	for _, r := range rows {
		active[r.ID] = true
	}
	revisions := []PlanRevision{}
	for _, r := range all {
		revisions = append(revisions, PlanRevision{r, standingOf(r, active)})
	}
	return revisions, nil
}

// ChangeDays is how many days ahead the classes of a revision are compared with those of the revision before it.
const ChangeDays = 366

// RevisionAndBefore gives a revision of a plan, and the one against which its change is told: the last usable one before
// it, which may be one that withdraws the plan. Each is zero where there is none.
func RevisionAndBefore(ctx context.Context, s *store.Store, plan string, id int64) (r, before PlanRevision, err error) {
	revisions, err := ReadRevisions(ctx, s, plan)
	for _, x := range revisions {
		switch {
		case x.ID == id:
			r = x
		case r.ID != 0 && x.Usable():
			return r, x, nil
		}
	}
	return r, before, err
}

// HeldRevisions are the newest revisions of their plans, where those are not active: waiting or refused.
func HeldRevisions(ctx context.Context, s *store.Store, state store.RevisionState) ([]store.Revision, error) {
	all, err := s.Revisions(ctx, "")
	if err != nil {
		return nil, err
	}
	var held []store.Revision
	seen := map[string]bool{}
	for _, r := range all {
		if !seen[r.Plan] && r.State == state {
			held = append(held, r)
		}
		seen[r.Plan] = true
	}
	return held, nil
}

// Held is the newest revision of a plan, where it is not active.
type Held struct {
	Revision   int64   `json:"revision"`
	Plan       string  `json:"plan"`
	Reason     string  `json:"reason"`
	ReasonCode *string `json:"reason_code"`
}

// heldOf puts revisions that are not active into the form that scripts read.
func heldOf(revisions []store.Revision) []Held {
	list := []Held{}
	for _, r := range revisions {
		list = append(list, Held{r.ID, r.Plan, r.Note, OrNull(r.ReasonCode)})
	}
	return list
}

// Plan is a plan that was applied to the store.
type Plan struct {
	Name   string    `json:"name"`
	Active *Revision `json:"active"` // null: withdrawn, or none was ever confirmed
	Newest Revision  `json:"newest"` // the active one, or one that waits, was refused or withdraws the plan
}

// ReadPlans lists the plans of a store by name.
func ReadPlans(ctx context.Context, s *store.Store) ([]Plan, error) {
	revisions, err := ReadRevisions(ctx, s, "")
	if err != nil {
		return nil, err
	}
	plans := []Plan{}
	for _, of := range ByPlan(revisions) {
		p := Plan{Name: of[0].Plan, Newest: of[0].JSON()}
		if k := slices.IndexFunc(of, PlanRevision.Active); k >= 0 {
			active := of[k].JSON()
			p.Active = &active
		}
		plans = append(plans, p)
	}
	return plans, nil
}
