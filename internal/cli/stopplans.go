package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"rundown/internal/planfile"
	"rundown/plan"
	"rundown/plan/load"
	"rundown/plan/rules"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/view"
)

// plansToStop are the plans by which the given classes can be stopped: those that the command names, else those that were
// applied last, and for a class of none of them what the store holds of its own plan.
func (a *app) plansToStop(ctx context.Context, s *store.Store, given []planfile.Checked, rows []store.Occurrence) ([]*plan.Plan, error) {
	plans := planfile.Parsed(given)
	if len(given) == 0 {
		applied, err := appliedPlans(ctx, s, rules.Options{Now: a.clock()})
		if err != nil && !errors.Is(err, errNoPlanApplied) {
			return nil, err
		}
		plans = applied
	}
	apps := map[session.AccountRef][]string{} // App IDs of classes that now began
	for _, row := range rows {
		if slices.ContainsFunc(plans, func(p *plan.Plan) bool { return p.Name == row.Plan }) {
			continue
		}
		account := view.ReadDoc[struct {
			Account *session.AccountRef `json:"account"`
		}](row.Doc).Account
		switch {
		case account != nil && !runner.CompleteAccount(account):
			return nil, fmt.Errorf("%s: the account secret is written out in its plan, and the store keeps no secrets: use rundown run --stop-all %s", row.ID, account.Plan)
		case account != nil && !slices.Contains(apps[*account], row.App):
			apps[*account] = append(apps[*account], row.App)
		case account != nil:
		default:
			p, err := a.planOf(ctx, s, row)
			if err != nil {
				return nil, fmt.Errorf("%s cannot be stopped without its plan %s; use rundown run --stop-all PLAN: %w", row.ID, row.Plan, err)
			}
			plans = append(plans, p)
		}
	}
	for account, ids := range apps {
		p, err := planOfAccount(len(plans), account, ids)
		if err != nil {
			return nil, err
		}
		plans = append(plans, p)
	}
	return plans, nil
}

// planOf reads the plan of a class from the revision that the class was recorded by.
func (a *app) planOf(ctx context.Context, s *store.Store, row store.Occurrence) (*plan.Plan, error) {
	if row.Revision == 0 {
		return nil, errors.New("the store does not hold it")
	}
	r, err := s.Revision(ctx, row.Revision)
	if err != nil {
		return nil, err
	}
	return runner.LoadRevision(r, rules.Options{Now: a.clock()})
}

// planOfAccount makes a plan without classes, by which what runs for an account's App IDs can be stopped. It stands in
// the place of the plan that it comes from, so that references to files stand for the same.
func planOfAccount(n int, account session.AccountRef, ids []string) (*plan.Plan, error) {
	apps := map[string]any{}
	for i, id := range ids {
		apps[fmt.Sprintf("app-%d", i+1)] = map[string]string{"id": id}
	}
	text, err := json.Marshal(map[string]any{ // which is YAML too
		"version": 1, "name": fmt.Sprintf("stop-all-%d", n+1), "apps": apps,
		"account": map[string]string{"customer_id": account.CustomerID, "customer_secret": account.CustomerSecret},
	})
	if err != nil {
		return nil, err
	}
	p, _, err := load.Load(oneFile(text), account.Plan)
	if err == nil && p == nil {
		err = errors.New("the stored account cannot be read")
	}
	if err != nil {
		return nil, fmt.Errorf("plan %s: %w; use rundown run --stop-all %s", account.Plan, err, account.Plan)
	}
	return p, nil
}

// oneFile is a plan of one file.
type oneFile []byte

func (f oneFile) ReadFile(string) ([]byte, error) { return f, nil }

// Glob finds nothing, since there is no other file.
func (f oneFile) Glob(string) ([]string, error) { return nil, nil }
