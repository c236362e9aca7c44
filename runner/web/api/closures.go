package api

import (
	"context"
	"fmt"
	"net/http"
	"path"
	"reflect"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rundown/runner/closure"
	"rundown/runner/operate"
	"rundown/runner/store"
	"rundown/runner/view"
	"rundown/runner/web/access"
)

// Closures are orders for all classes that match, newest first.
type Closures struct {
	Closures []view.Closure `json:"closures"`
}

// NewClosure is the body that gives a closure.
type NewClosure struct {
	Kind      string            `json:"kind" enum:"cancel,extend,pause" doc:"cancel and extend are for the classes of a day, pause for those of a recording from now on"`
	Day       string            `json:"day,omitempty" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$" doc:"The day, in the zone of each class; not of a pause" example:"2031-12-17"`
	From      string            `json:"from,omitempty" pattern:"^(([01][0-9]|2[0-3]):[0-5][0-9])?$" doc:"First start, in the zone of each class" example:"09:00"`
	Until     string            `json:"until,omitempty" pattern:"^(([01][0-9]|2[0-3]):[0-5][0-9])?$" doc:"End of the starts, not included" example:"13:00"`
	Labels    map[string]string `json:"labels,omitempty" maxProperties:"8" doc:"Labels that a class must have" example:"{\"campus\":\"berlin\"}"`
	Recording string            `json:"recording,omitempty" maxLength:"100" doc:"A glob over recordings, or over PLAN/ID; of a pause the recording" example:"german-*"`
	By        string            `json:"by,omitempty" maxLength:"16" doc:"Of extend: so much later" example:"15m"`
	Reason    string            `json:"reason,omitempty" maxLength:"500" doc:"Why, for the log"`
	Preview   bool              `json:"preview,omitempty" doc:"Only list the classes that it would cover"`
}

// GivenClosure says what a closure does.
type GivenClosure struct {
	Closure     *view.Closure     `json:"closure" doc:"null of a preview"`
	Text        string            `json:"text" doc:"The closure in words"`
	Occurrences []view.Occurrence `json:"occurrences" doc:"The classes that it covers now"`
	Daemon      bool              `json:"daemon" doc:"Whether a daemon is using the store that can carry it out"`
}

type closureInput struct{ Body NewClosure }

type closurePath struct {
	Closure int64 `path:"closure" minimum:"1" doc:"Number of the closure"`
	Body    *Why  `required:"false"`
}

const closuresPath = "/api/v1/closures"

// registerClosures adds the orders for all classes that match.
func (a *API) registerClosures() {
	registerRead(a, route(http.MethodGet, closuresPath, "listClosures", "Closures",
		"Orders for all classes that match: snow days, days on which classes last longer, recordings that are paused. Newest first.", "Acts"),
		func(ctx context.Context, _ *struct{}) (Closures, error) {
			all, err := a.Store.Closures(ctx)
			return Closures{view.ClosuresOf(all, a.Now())}, err
		})
	op := route(http.MethodPost, closuresPath, "giveClosure", "Cancel or extend the classes of a day, or pause a recording",
		"Covers also the classes that a later plan adds. With preview it lists the classes and changes nothing, in turn with the lists of classes (503 with Retry-After). Needs the scope operate.", "Acts")
	op.DefaultStatus = http.StatusAccepted
	op.Errors = append(op.Errors, http.StatusConflict)
	op.Responses = map[string]*huma.Response{"200": a.response("A preview", GivenClosure{})}
	register(a, op, a.giveClosure)
	op = route(http.MethodPost, closuresPath+"/{closure}/undo", "undoClosure", "End a closure",
		"The classes that it cancelled and that have not ended are recorded after all; those that it extended end as before. Needs the scope operate.", "Acts")
	op.DefaultStatus = http.StatusAccepted
	op.Errors = append(op.Errors, http.StatusConflict)
	register(a, op, a.undoClosure)
}

// response describes an answer with another status.
func (a *API) response(description string, body any) *huma.Response {
	schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(body), true, "")
	return &huma.Response{Description: description, Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}
}

// read judges the fields of a closure together.
func (c *NewClosure) read(now time.Time) (store.Closure, error) {
	read := store.Closure{At: now, Kind: c.Kind, Day: c.Day, From: c.From, Until: c.Until, Labels: c.Labels, Recording: c.Recording, Reason: view.Line(c.Reason)}
	p := access.Invalid("the closure is invalid")
	wrong := func(bad bool, field, why string) {
		if bad {
			p.Errors = append(p.Errors, access.ProblemDetail{Message: why, Location: "body." + field})
		}
	}
	pause, extend := c.Kind == store.ClosurePause, c.Kind == store.ClosureExtend
	_, day := time.Parse(time.DateOnly, c.Day)
	wrong(!pause && day != nil, "day", "must be a day such as 2031-12-17")
	wrong(pause && (c.Day != "" || c.From != "" || c.Until != "" || len(c.Labels) > 0), "kind", "a pause has a recording alone")
	wrong(pause && c.Recording == "", "recording", "a pause needs a recording")
	wrong(c.From != "" && c.Until != "" && c.From >= c.Until, "until", "must be after from")
	_, glob := path.Match(c.Recording, "")
	wrong(glob != nil, "recording", "must be a glob such as german-*")
	wrong(!extend && c.By != "", "by", "only extend has a length")
	if extend {
		var err error
		read.Length, err = time.ParseDuration(c.By)
		wrong(err != nil || read.Length < time.Second || read.Length > operate.MaxExtension, "by", "must be a length from 1s to 24h, such as 15m")
	}
	if len(p.Errors) > 0 {
		return read, p
	}
	return read, nil
}

// giveClosure previews or gives a closure. A preview needs no more than the right to read, and has status 200 since nothing follows.
func (a *API) giveClosure(ctx context.Context, in *closureInput) (*accepted[GivenClosure], error) {
	body, needs := in.Body, access.Change
	if body.Preview {
		needs = access.LookAt
	}
	if err := access.CallerOf(ctx).Require(needs, "", ""); err != nil {
		return nil, err
	}
	by := a.operator(ctx, "", body.Reason)
	c, err := body.read(by.Now)
	if err != nil {
		return nil, err
	}
	c.Who, c.Address = by.Who, by.From
	if body.Preview { // an order waits for no reader
		done, problem := a.turn(ctx)
		if problem != nil {
			return nil, problem
		}
		defer done()
	}
	a.acts.Lock()
	defer a.acts.Unlock()
	if err := a.closable(ctx, c); err != nil {
		return nil, err
	}
	l, err := closure.Preview(ctx, a.Store, c, by.Now)
	if err != nil {
		return nil, err
	}
	given := &accepted[GivenClosure]{Status: http.StatusOK, Body: GivenClosure{
		Text: view.Line(closure.Text(c)), Occurrences: l.List(), Daemon: view.Attended(ctx, a.Store, by.Now),
	}}
	if body.Preview {
		return given, nil
	}
	c, ids, err := closure.Give(ctx, a.Store, c)
	if err != nil {
		return nil, err
	}
	given.Status, given.Body.Closure = http.StatusAccepted, &view.ClosuresOf([]store.Closure{c}, by.Now)[0]
	a.Log.Info("closure given", "closure", c.ID, "who", by.Who, "from", by.From, "reason", by.Why, "classes", len(ids))
	return given, nil
}

// closable refuses a closure that holds already and leaves nothing to do, as where a request is repeated, and the pause of a
// recording that there is not. Extensions of a day add up for the command alone: a request that was sent twice is meant once.
func (a *API) closable(ctx context.Context, c store.Closure) error {
	switch held, found, err := closure.Holding(ctx, a.Store, c); {
	case err != nil:
		return err
	case found:
		return access.NewProblem(http.StatusConflict, fmt.Sprintf("closure %d holds already: %s", held.ID, view.Line(closure.Text(held))))
	case c.Kind != store.ClosurePause:
		return nil
	}
	plans, err := view.NewFinder(a.Store, c.At).Active(ctx, "")
	if err != nil {
		return err
	}
	for _, p := range plans {
		for _, r := range p.Recordings {
			if c.Recording == r.ID || c.Recording == p.Name+"/"+r.ID {
				return nil
			}
		}
	}
	return access.NewProblem(http.StatusNotFound, "no recording "+view.Line(c.Recording)+" in the active plans")
}

// undoClosure ends a closure and lists at most 400 of the classes that it frees.
func (a *API) undoClosure(ctx context.Context, in *closurePath) (*accepted[GivenClosure], error) {
	if err := access.CallerOf(ctx).Require(access.Change, "", ""); err != nil {
		return nil, err
	}
	by := a.operator(ctx, "", in.Body.reason())
	a.acts.Lock()
	defer a.acts.Unlock()
	all, err := a.Store.Closures(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(c store.Closure) bool { return c.ID == in.Closure })
	if i < 0 {
		return nil, access.NewProblem(http.StatusNotFound, fmt.Sprintf("there is no closure %d", in.Closure))
	}
	c := all[i]
	if !c.EndedAt.IsZero() { // where its day is past, a class of it may have been moved ahead, or run
		return nil, access.NewProblem(http.StatusConflict, fmt.Sprintf("closure %d has ended already", in.Closure))
	}
	ids, err := closure.Undo(ctx, a.Store, c, by)
	if err != nil {
		return nil, err
	}
	c.EndedAt, c.EndedBy, c.EndedReason = by.Now, by.Who, by.Why
	given := GivenClosure{Closure: &view.ClosuresOf([]store.Closure{c}, by.Now)[0], Text: view.Line(closure.Text(c)), Occurrences: []view.Occurrence{}, Daemon: view.Attended(ctx, a.Store, by.Now)}
	if len(ids) > 0 {
		rows, err := a.Store.Occurrences(ctx, store.Filter{IDs: ids[:min(len(ids), 400)]})
		if err != nil {
			return nil, err
		}
		l, err := view.ReadViews(ctx, a.Store, rows)
		if err != nil {
			return nil, err
		}
		given.Occurrences = l.List()
	}
	a.Log.Info("closure ended", "closure", c.ID, "who", by.Who, "from", by.From, "reason", by.Why, "classes", len(ids))
	return &accepted[GivenClosure]{http.StatusAccepted, given}, nil
}
