package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rundown/runner/view"
	"rundown/runner/web/access"
)

// The period of a calendar where none is asked for: calendars show the past weeks too.
const (
	calendarPast  = 14 * 24 * time.Hour
	calendarAhead = 90 * 24 * time.Hour
)

type calendarInput struct {
	LabelFilter
	Plan      string `query:"plan" maxLength:"40" doc:"Only classes of this plan"`
	Recording string `query:"recording" maxLength:"40" doc:"Only classes of this recording"`
}

type calendarOutput struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

// registerCalendar adds the feed, which needs a filter: a calendar subscribes to one label, recording or plan.
func (a *API) registerCalendar() {
	op := route(http.MethodGet, "/api/v1/calendar.ics", "getCalendar", "Classes as iCalendar",
		"The classes of a label, a recording or a plan, from two weeks ago to 90 days ahead, as a feed that calendars subscribe to. "+turnsNote, "Occurrences")
	op = a.inTurn(op)
	op.Responses = map[string]*huma.Response{"200": {
		Description: "OK", Content: map[string]*huma.MediaType{"text/calendar": {Schema: &huma.Schema{Type: huma.TypeString}}},
	}}
	register(a, op, func(ctx context.Context, in *calendarInput) (*calendarOutput, error) {
		if err := lookAt(ctx); err != nil {
			return nil, err
		}
		wanted, err := in.read()
		if err != nil {
			return nil, err
		}
		if len(wanted) == 0 && in.Recording == "" && in.Plan == "" {
			return nil, access.Invalid("give label=K=V, recording=ID or plan=NAME")
		}
		now := a.Now().Truncate(24 * time.Hour)
		sel := view.Selection{Labels: wanted, Plan: in.Plan, Recording: in.Recording}
		text, err := view.NewFinder(a.Store, a.Now()).Calendar(ctx, sel, now.Add(-calendarPast), now.Add(calendarAhead))
		if err != nil {
			return nil, err
		}
		return &calendarOutput{"text/calendar; charset=utf-8", []byte(text)}, nil
	})
}
