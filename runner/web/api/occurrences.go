package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"rundown/internal/redact"
	"rundown/plan/forecast"
	"rundown/runner/store"
	"rundown/runner/view"
	"rundown/runner/web/access"
)

const (
	defaultPeriod = 7 * 24 * time.Hour
	maxPeriod     = 366 * 24 * time.Hour
	maxListed     = 20000 // classes of one period
)

// Occurrences are the classes of a period.
type Occurrences struct {
	Occurrences []view.Occurrence `json:"occurrences"`
}

// Period are the bounds of a list, as list takes them.
type Period struct {
	From  string `query:"from" doc:"First start: RFC 3339, or a day in the zone of each class. Default: the present" example:"2031-09-15"`
	Until string `query:"until" doc:"End of the starts: RFC 3339, or a day, which is included. Default: 7 days after from" example:"2031-09-21"`

	from, until forecast.Bound // as resolve has read them
}

// readBound reads one bound, a day or an instant.
func readBound(text string) (b forecast.Bound, err error) {
	if b.At, err = time.Parse(time.DateOnly, text); err == nil {
		b.Day = true
		return b, nil
	}
	if b.At, err = time.Parse(time.RFC3339, text); err != nil {
		return b, fmt.Errorf("must be RFC 3339 or a day, such as 2031-09-15T08:00:00Z or 2031-09-15")
	}
	return b, nil
}

// passed says that a start, in the zone of its class, is not before a bound.
func passed(b forecast.Bound, start time.Time) bool {
	if !b.Day {
		return !start.Before(b.At)
	}
	return start.Format(time.DateOnly) >= b.At.Format(time.DateOnly)
}

// resolve reads the bounds. The error is a [access.Problem] that names what is wrong.
func (p *Period) resolve(now time.Time) error {
	problem := access.Invalid("the period is invalid")
	wrong := func(name, why string) {
		problem.Errors = append(problem.Errors, access.ProblemDetail{Message: why, Location: "query." + name})
	}
	var err error
	p.from = forecast.Bound{At: now}
	if p.From != "" {
		if p.from, err = readBound(p.From); err != nil {
			wrong("from", err.Error())
		}
	}
	p.until = forecast.Bound{At: p.from.At.Add(defaultPeriod)}
	if p.Until != "" {
		if p.until, err = readBound(p.Until); err != nil {
			wrong("until", err.Error())
		}
		if p.until.Day { // which is included
			p.until.At = p.until.At.AddDate(0, 0, 1)
		}
	}
	switch length := p.until.At.Sub(p.from.At); {
	case len(problem.Errors) > 0:
	case length <= 0:
		wrong("until", "must be after from")
	case length > maxPeriod:
		wrong("until", "must be at most 366 days after from")
	}
	if len(problem.Errors) > 0 {
		return problem
	}
	return nil
}

// instants are bounds between which all classes of the period start. No zone is further off than a day.
func (p *Period) instants() (from, until time.Time) {
	from, until = p.from.At, p.until.At
	if p.from.Day {
		from = from.AddDate(0, 0, -1)
	}
	if p.until.Day {
		until = until.AddDate(0, 0, 1)
	}
	return from, until
}

// contains says that a class starts in the period.
func (p *Period) contains(start time.Time) bool {
	return passed(p.from, start) && !passed(p.until, start)
}

// LabelFilter are filters of the form K=V.
type LabelFilter struct {
	Label []string `query:"label,explode" doc:"K=V: only classes with this label; may be repeated, and all must hold" example:"[\"campus=berlin\"]" maxItems:"8"`
}

func (l LabelFilter) read() (map[string]string, error) {
	found := map[string]string{}
	for _, text := range l.Label {
		k, v, ok := strings.Cut(text, "=")
		if !ok || k == "" {
			return nil, access.Invalid("a label is given as K=V", access.ProblemDetail{Message: "must be K=V", Location: "query.label"})
		}
		found[k] = v
	}
	return found, nil
}

type listInput struct {
	Period
	LabelFilter
	Plan      string   `query:"plan" doc:"Only classes of this plan" maxLength:"40"`
	Recording string   `query:"recording" doc:"Only classes of this recording" maxLength:"40"`
	State     []string `query:"state,explode" doc:"Only classes in one of these states; may be repeated" enum:"planned,starting,recording,stopping,ended"`
	Outcome   []string `query:"outcome,explode" doc:"Only classes with one of these outcomes; may be repeated" enum:"recorded,partial,missed,failed,cancelled"`
}

// ClassPath names a class in a path.
type ClassPath struct {
	Plan      string `path:"plan" pattern:"^[a-z0-9-]{1,40}$" doc:"Name of the plan" example:"lingua"`
	Recording string `path:"recording" pattern:"^[a-z0-9-]{1,40}$" doc:"Id of the recording" example:"german-a1"`
	Start     string `path:"start" pattern:"^([0-9]{8}T[0-9]{6}Z|current)$" doc:"The start as first planned, in UTC, which ends the identity; or current: the class that runs, else the next" example:"20310917T170000Z"`
}

// find looks the class up for a caller who may act on it.
func (p ClassPath) find(ctx context.Context, a *API, act access.Act) (view.Class, error) {
	if err := access.CallerOf(ctx).Require(act, p.Plan, p.Recording); err != nil {
		return view.Class{}, err
	}
	name := p.Plan + "/" + p.Recording
	if p.Start != "current" {
		name += "/" + p.Start
	}
	id, err := view.ParseID(name)
	if err != nil {
		return view.Class{}, access.Invalid(err.Error())
	}
	return view.NewFinder(a.Store, a.Now()).Class(ctx, id)
}

// Details are all that is known of a class.
type Details struct {
	ID       string           `json:"id"`
	Planned  *view.Planned    `json:"planned" doc:"As the active plan has it; null: no active plan has it"`
	Settings []view.Setting   `json:"settings" doc:"Effective settings and where each comes from; null: no active plan has it"`
	Life     *view.Occurrence `json:"life" doc:"What happened; null: the store does not know the class yet"`
	Log      []LogEntry       `json:"log"`
}

// LogEntry is an entry of the log of a class.
type LogEntry struct {
	view.LogEntry
	Sentence string `json:"sentence" doc:"The entry in words"`
}

func (a *API) registerOccurrences() {
	registerRead(a, a.inTurn(route(http.MethodGet, "/api/v1/occurrences", "listOccurrences", "Classes of a period",
		"The classes that start in a period, with what became of them: those of the store, and those of the active plans that it does not have yet. "+
			"A period may have 20000 classes; plan and recording narrow it. "+turnsNote, "Occurrences")),
		func(ctx context.Context, in *listInput) (Occurrences, error) {
			list, err := a.list(ctx, in)
			return Occurrences{list}, err
		})
	register(a, route(http.MethodGet, "/api/v1/occurrences/{plan}/{recording}/{start}", "getOccurrence", "One class",
		"All that is known of a class: its settings and where each comes from, what happened, and its log in words.", "Occurrences"),
		func(ctx context.Context, in *struct{ ClassPath }) (*answer[Details], error) {
			c, err := in.find(ctx, a, access.Look)
			if err != nil {
				return nil, err
			}
			d, err := view.ReadDetails(ctx, a.Store, c)
			if err != nil {
				return nil, err
			}
			return &answer[Details]{detailsOf(c, d)}, nil
		})
}

// list gives the classes of a period that pass all filters. The store is asked for a day more on each side, since the days of a period
// are those of each class.
func (a *API) list(ctx context.Context, in *listInput) ([]view.Occurrence, error) {
	if err := in.resolve(a.Now()); err != nil {
		return nil, err
	}
	wanted, err := in.read()
	if err != nil {
		return nil, err
	}
	from, until := in.instants()
	sel := view.Selection{Labels: wanted, Plan: in.Plan, Recording: in.Recording}
	f := view.NewFinder(a.Store, a.Now())
	f.Only, f.Most, f.Bare = sel, maxListed, true
	l, err := f.Between(ctx, from, until)
	switch {
	case errors.Is(err, view.ErrTooMany):
		return nil, access.Invalid(fmt.Sprintf("the period has more than %d classes: shorten it, or name a plan or a recording", maxListed))
	case err != nil:
		return nil, err
	}
	l.Rows = slices.DeleteFunc(l.Rows, func(o store.Occurrence) bool {
		return !in.contains(o.Start.In(view.ZoneOf(o))) || !sel.Matches(o.Plan, o.Recording, l.Captions[o.ID].Labels) ||
			len(in.State) > 0 && !slices.Contains(in.State, o.State) || len(in.Outcome) > 0 && !slices.Contains(in.Outcome, o.Outcome)
	})
	return l.List(), nil
}

// detailsOf is the form of the answer. Addresses are shown without their queries.
func detailsOf(c view.Class, d view.Details) Details {
	v := Details{ID: c.Row.ID, Life: d.Life(), Log: []LogEntry{}}
	if d.Planned != nil {
		p := view.PlannedOf(*d.Planned)
		p.URL = withoutQuery(p.URL)
		v.Planned, v.Settings = &p, view.SettingsOf(d.Planned.Settings)
		for i, setting := range v.Settings {
			if setting.Key == "url" {
				v.Settings[i].Value = withoutQuery(setting.Value)
			}
		}
	}
	if d.Row == nil {
		return v
	}
	story := view.Story(*d.Row, d.Events)
	for i, e := range view.LogOf(d.Events) {
		v.Log = append(v.Log, LogEntry{e, story[i].Text})
	}
	return v
}

// withoutQuery is an address without what its query may hold: a plan may have a token there, which readers are not shown.
func withoutQuery(address *string) *string {
	if address == nil {
		return nil
	}
	text := redact.Query(*address)
	return &text
}
