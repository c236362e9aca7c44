package api

import (
	"context"
	"net/http"

	"rundown/plan"
	"rundown/plan/forecast"
	"rundown/runner/view"
	"rundown/runner/web/access"
)

type forecastInput struct {
	From  string `query:"from" doc:"First start: RFC 3339, or a day in the zone of each class. Default: the present, or the first class if that is later" example:"2031-09-15"`
	Until string `query:"until" doc:"End of the starts: RFC 3339, or a day, which is included. Default: the last bound of the plans, 366 days at most" example:"2031-12-19"`
	Plan  string `query:"plan" maxLength:"40" doc:"Only this plan"`
}

func (a *API) registerForecast() {
	registerRead(a, a.inTurn(route(http.MethodGet, "/api/v1/forecast", "getForecast", "Sessions, requests, minutes and cost",
		"What the active plans need in a period: the JSON of `rundown forecast`, at documented prices. "+turnsNote, "Plans")),
		func(ctx context.Context, in *forecastInput) (view.Forecast, error) {
			opts, err := in.options(a)
			if err != nil {
				return view.Forecast{}, err
			}
			plans, err := a.activePlans(ctx, in.Plan)
			if err != nil {
				return view.Forecast{}, err
			}
			return view.ForecastOf(forecast.Of(plans, opts)), nil
		})
}

// options are the period and the documented prices: those of an account are in no plan.
func (in *forecastInput) options(a *API) (forecast.Options, error) {
	prices := forecast.DocumentedPrices()
	opts := forecast.Options{Now: a.Now(), Prices: &prices}
	if in.From == "" && in.Until == "" {
		return opts, nil
	}
	p := Period{From: in.From, Until: in.Until}
	if err := p.resolve(a.Now()); err != nil {
		return opts, err
	}
	if in.From != "" {
		opts.From = p.from
	}
	if in.Until != "" {
		opts.Until = p.until
	}
	return opts, nil
}

// activePlans are the active plans, or the one of a name.
func (a *API) activePlans(ctx context.Context, name string) ([]*plan.Plan, error) {
	f := view.NewFinder(a.Store, a.Now())
	plans, err := f.Active(ctx, name)
	switch {
	case err != nil:
		return nil, err
	case len(f.Unread) > 0:
		return nil, access.NewProblem(http.StatusServiceUnavailable, "an active plan cannot be read: "+f.Unread[0])
	case name != "" && len(plans) == 0:
		return nil, access.NewProblem(http.StatusNotFound, "plan "+view.Line(name)+" is not active")
	}
	return plans, nil
}
