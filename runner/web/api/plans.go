package api

import (
	"context"
	"net/http"

	"rundown/runner/operate"
	"rundown/runner/store"
	"rundown/runner/view"
	"rundown/runner/web/access"
)

// Plans are the plans of the store.
type Plans struct {
	Plans []view.Plan `json:"plans"`
}

// Revisions are the revisions of a plan, newest first.
type Revisions struct {
	Revisions []view.Revision `json:"revisions"`
}

// PlanPath names a plan in a path.
type PlanPath struct {
	Name string `path:"name" pattern:"^[a-z0-9-]{1,40}$" doc:"Name of the plan" example:"lingua"`
}

// Confirmation is the body of a confirm.
type Confirmation struct {
	Revision int64  `json:"revision" minimum:"1" doc:"The revision that waits, so that no newer one is confirmed by mistake"`
	Reason   string `json:"reason,omitempty" maxLength:"500" doc:"Why, for the log"`
}

// Confirmed says what a confirmation did.
type Confirmed struct {
	Text string `json:"text"`
}

type confirmInput struct {
	PlanPath
	Body Confirmation
}

// registerPlans adds the plans, their revisions, and the confirmation of one that waits.
func (a *API) registerPlans() {
	registerRead(a, route(http.MethodGet, "/api/v1/plans", "listPlans", "Plans",
		"The plans of the store, each with the revision that is active and the newest one.", "Plans"),
		func(ctx context.Context, _ *struct{}) (Plans, error) {
			plans, err := view.ReadPlans(ctx, a.Store)
			return Plans{plans}, err
		})
	registerRead(a, route(http.MethodGet, "/api/v1/plans/{name}/revisions", "listRevisions", "Revisions of a plan",
		"The revisions of a plan, newest first: the JSON of `rundown history --plans`.", "Plans"),
		func(ctx context.Context, in *PlanPath) (Revisions, error) {
			list, err := a.revisions(ctx, in.Name)
			return Revisions{list}, err
		})
	op := route(http.MethodPost, "/api/v1/plans/{name}/confirm", "confirmPlan", "Confirm a plan that waits",
		"The revision becomes the active one, however much it removes. Needs the scope operate.", "Acts")
	op.Errors = append(op.Errors, http.StatusConflict)
	register(a, op, func(ctx context.Context, in *confirmInput) (*answer[Confirmed], error) {
		if err := access.CallerOf(ctx).Require(access.Change, "", ""); err != nil {
			return nil, err
		}
		if _, err := a.revisions(ctx, in.Name); err != nil {
			return nil, err
		}
		a.acts.Lock()
		defer a.acts.Unlock()
		by := a.operator(ctx, "", in.Body.Reason)
		text, err := operate.Confirm(ctx, a.Store, store.Revision{ID: in.Body.Revision, Plan: in.Name}, by)
		if err != nil {
			return nil, err
		}
		a.Log.Info("plan confirmed", "plan", in.Name, "revision", in.Body.Revision, "who", by.Who, "from", by.From, "reason", by.Why)
		return &answer[Confirmed]{Confirmed{text}}, nil
	})
}

// revisions are those of a plan; a problem where there is none of that name.
func (a *API) revisions(ctx context.Context, name string) ([]view.Revision, error) {
	found, err := view.ReadRevisions(ctx, a.Store, name)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, access.NewProblem(http.StatusNotFound, "no plan "+name+" was applied to this store")
	}
	list := []view.Revision{}
	for _, r := range found {
		list = append(list, r.JSON())
	}
	return list, nil
}
