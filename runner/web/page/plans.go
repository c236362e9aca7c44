package page

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"rundown/runner/reason"
	"rundown/runner/view"
	"rundown/runner/web/access"
)

// plansPage lists the plans with their revisions.
type plansPage struct {
	Plans []planView
}

// shownRevisions is how many revisions of a plan are listed.
const shownRevisions = 12

// planView is a plan of the list.
type planView struct {
	Name      string
	State     string // Active, Withdrawn or Cannot be read
	Key       string // the look of the state
	Unread    string // why it cannot be read
	Waiting   *revisionView
	Refused   *revisionView
	Revisions []revisionView
	More      int
}

// revisionView is a revision of the list, or the one that a page is about.
type revisionView struct {
	view.PlanRevision
	When   When
	Ago    string
	Key    string // the look of its state
	Link   string
	State  string
	Short  string // of the commit
	Act    string // link to the confirmation
	Advice *advice
}

// plans builds the list of all plans.
func (s *site) plans(r *http.Request, sh *shell) (any, error) {
	plans, err := s.source.planList(r.Context())
	if err != nil {
		return nil, err
	}
	sh.Page, sh.Title, sh.Live = "plans", "Plans", true
	p := &plansPage{}
	for _, pl := range plans {
		p.Plans = append(p.Plans, sh.scribe.planOf(pl, sh.Caller.Can(access.Change, pl.Name, "")))
	}
	return p, nil
}

// planOf is a plan for the list. That a revision waits or was refused is said of the newest alone: an older one was overtaken.
func (s scribe) planOf(p Plan, canAct bool) planView {
	v := planView{Name: p.Name, State: "Active", Key: "recorded", Unread: p.Unread, More: max(0, len(p.Revisions)-shownRevisions)}
	switch {
	case p.Withdrawn:
		v.State, v.Key = "Withdrawn", "cancelled"
	case p.Unread != "":
		v.State, v.Key = "Cannot be read", "failed"
	}
	for i, r := range p.Revisions[:min(len(p.Revisions), shownRevisions)] {
		rv := s.revisionOf(p.Name, r)
		if i == 0 && r.Standing == view.StandingWaiting {
			if canAct {
				rv.Act = rv.Link + "/confirm"
			}
			v.Waiting = &rv
		}
		if i == 0 && r.Standing == view.StandingRefused {
			v.Refused = &rv
		}
		v.Revisions = append(v.Revisions, rv)
	}
	return v
}

// revisionKeys are the looks of the states of revisions, by the keys of classes: what waits has the colour of partial.
var revisionKeys = map[string]string{
	view.StandingActive: "recorded", view.StandingWaiting: "partial", view.StandingRefused: "failed", view.StandingWithdrawn: "cancelled",
}

// revisionOf is a revision of a plan for a list. Each state that has no look of its own looks like what is planned.
func (s scribe) revisionOf(plan string, r view.PlanRevision) revisionView {
	v := revisionView{
		PlanRevision: r, When: s.moment(r.At, s.day), Ago: s.ago(r.At), Key: "planned", Link: fmt.Sprintf("/plans/%s/%d", url.PathEscape(plan), r.ID),
		Short: r.Commit[:min(len(r.Commit), 10)], Advice: adviceOf(reason.Code(r.ReasonCode), ""),
	}
	v.State = r.Standing
	if key, ok := revisionKeys[r.Standing]; ok {
		v.Key = key
	}
	if r.Active() {
		v.State = "active"
	}
	return v
}

// changePage is what a revision changes.
type changePage struct {
	Plan     string
	Revision revisionView
	Against  *revisionView
	Why      string
	Kinds    []kindView
	Confirm  string // link, where it waits and can be confirmed
}

// kindView is the groups of one kind.
type kindView struct {
	Kind, Sign, Head string
	Groups           []Group
	More             int
}

// shownGroups is how many groups of a kind are shown.
const shownGroups = 100

// changeKinds are the kinds of changes with their signs, in the order of the page.
var changeKinds = []struct{ kind, sign string }{{"removed", "−"}, {"added", "+"}, {"moved", "→"}, {"changed", "~"}}

// change builds the page of a revision: what it changes of the classes ahead or, where it is past, of those that were ahead of it.
func (s *site) change(r *http.Request, sh *shell) (any, error) {
	id, err := strconv.ParseInt(r.PathValue("revision"), 10, 64)
	if err != nil {
		return nil, errNotFound
	}
	plan := r.PathValue("plan")
	c, err := s.source.changeIn(r.Context(), plan, id)
	if err != nil {
		return nil, err
	}
	sh.Page, sh.Title = "plans", fmt.Sprintf("%s, revision %d", plan, id)
	p := sh.scribe.changeOf(plan, c)
	if c.Revision.Standing == view.StandingWaiting && sh.Caller.Can(access.Change, plan, "") {
		p.Confirm = p.Revision.Link + "/confirm"
	}
	return p, nil
}

// changeOf sorts what a revision changes by kind, in the order of [changeKinds]. It is also a part of the page that asks for a confirmation.
func (s scribe) changeOf(plan string, c Change) *changePage {
	p := &changePage{Plan: plan, Revision: s.revisionOf(plan, c.Revision), Why: sentence(c.Why)}
	if c.Against.ID != 0 {
		against := s.revisionOf(plan, c.Against)
		p.Against = &against
	}
	for _, k := range changeKinds {
		groups := slices.DeleteFunc(slices.Clone(c.Groups), func(g Group) bool { return g.Kind != k.kind })
		if len(groups) == 0 {
			continue
		}
		classes := 0
		for _, g := range groups {
			classes += g.Classes
		}
		more := max(0, len(groups)-shownGroups)
		p.Kinds = append(p.Kinds, kindView{k.kind, k.sign, plural(classes, "class") + " " + k.kind, groups[:len(groups)-more], more})
	}
	return p
}
