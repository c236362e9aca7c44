package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rundown/runner/operate"
	"rundown/runner/reason"
	"rundown/runner/store"
	"rundown/runner/view"
	"rundown/runner/web/access"
)

// Given says what an order does.
type Given struct {
	Order      int64  `json:"order" doc:"The number of the order"`
	Occurrence string `json:"occurrence"`
	Effect     string `json:"effect" doc:"What the order does, as the rest of a sentence"`
	Text       string `json:"text" doc:"The same as a whole sentence, with when it is carried out"`
	Daemon     bool   `json:"daemon" doc:"Whether a daemon is using the store that can carry it out"`
	Repeated   bool   `json:"repeated" doc:"The order was given before with the same Idempotency-Key"`
}

// Why is the body of an act.
type Why struct {
	Reason string `json:"reason,omitempty" maxLength:"500" doc:"Why, for the log" example:"the room is empty"`
}

// Keyed is the header that makes an act safe to repeat.
type Keyed struct {
	Key string `header:"Idempotency-Key" maxLength:"64" pattern:"^[A-Za-z0-9._:-]*$" doc:"A request that is repeated with the same key does not give a second order"`
}

// reason is why; "" where no body came.
func (w *Why) reason() string {
	if w == nil {
		return ""
	}
	return w.Reason
}

// actInput is what cancel, undo and stop take. The body may be left out.
type actInput struct {
	ClassPath
	Keyed
	Body *Why `required:"false"`
}

// Extension is the body of an extend: by a length, or until an instant.
type Extension struct {
	Why
	By    string     `json:"by,omitempty" maxLength:"16" doc:"So much later than the class would end now, from 1s to 24h" example:"15m"`
	Until *time.Time `json:"until,omitempty" doc:"The new end. Unlike by it can be repeated without effect"`
}

// extendInput is what extend takes.
type extendInput struct {
	ClassPath
	Keyed
	Body Extension
}

// operator is the caller as the log names it.
func (a *API) operator(ctx context.Context, key, why string) operate.Operator {
	caller := access.CallerOf(ctx)
	return operate.Operator{Who: caller.Name, From: caller.Address, Why: view.Line(why), Key: key, Now: a.Now()}
}

// act does something about a class; those of package operate that need no more than these are acts.
type act func(context.Context, *store.Store, view.Class, operate.Operator) (operate.Answer, error)

// give looks the class up and has the act done, one at a time.
func (a *API) give(ctx context.Context, class ClassPath, needs access.Act, by operate.Operator, do act) (*accepted[Given], error) {
	a.acts.Lock()
	defer a.acts.Unlock()
	c, err := class.find(ctx, a, needs)
	if err != nil {
		return nil, err
	}
	answer, err := do(ctx, a.Store, c, by)
	if err != nil {
		return nil, err
	}
	a.Log.Info("order given", "occurrence", answer.ID, "order", answer.Order, "effect", answer.Effect, "who", by.Who, "from", by.From, "reason", by.Why, "repeated", answer.Before)
	return &accepted[Given]{http.StatusAccepted, Given{
		answer.Order, answer.ID, answer.Effect, answer.Text(c.Meant()), answer.Daemon, answer.Before,
	}}, nil
}

// registerActs adds the acts for one class. Each answers 202: the order is in the store, and a daemon carries it out.
func (a *API) registerActs() {
	const class = "/api/v1/occurrences/{plan}/{recording}/{start}/"
	for _, one := range []struct {
		name, summary, description string
		needs                      access.Act
		do                         act
	}{
		{"cancel", "Cancel a class", "The class is not recorded, or is stopped where it runs. Needs the scope operate.", access.Change, operate.Cancel},
		{
			"undo", "Take a cancellation or an extension back", "A cancelled class is recorded after all. One that is not cancelled ends as before its last extension, unless a cancellation was taken back last. Needs the scope operate.", access.Change,
			operate.UndoLast,
		},
		{
			"stop", "Stop a class that runs", "Ends the recording, such as when the room is empty. Needs the scope operate or recording:ID.", access.Signal,
			operate.Stop,
		},
	} {
		op := actRoute(class+one.name, one.name, one.summary, one.description)
		register(a, op, func(ctx context.Context, in *actInput) (*accepted[Given], error) {
			return a.give(ctx, in.ClassPath, one.needs, a.operator(ctx, in.Key, in.Body.reason()), one.do)
		})
	}
	op := actRoute(class+"extend", "extend", "Extend the end of a class", "The class ends later. Needs the scope operate or recording:ID.")
	register(a, op, func(ctx context.Context, in *extendInput) (*accepted[Given], error) {
		do, err := in.Body.act()
		if err != nil {
			return nil, err
		}
		return a.give(ctx, in.ClassPath, access.Signal, a.operator(ctx, in.Key, in.Body.Reason), do)
	})
}

// actRoute describes an act for the document.
func actRoute(path, id, summary, description string) huma.Operation {
	op := route(http.MethodPost, path, id+"Occurrence", summary, description, "Acts")
	op.DefaultStatus = http.StatusAccepted
	op.Errors = append(op.Errors, http.StatusConflict)
	return op
}

// act reads how a class is to be extended.
func (x Extension) act() (act, error) {
	switch {
	case (x.By == "") == (x.Until == nil):
		return nil, reason.Refuse(reason.OrderInvalid, "give either by, such as 15m, or until, an instant")
	case x.Until != nil:
		return func(ctx context.Context, s *store.Store, c view.Class, by operate.Operator) (operate.Answer, error) {
			return operate.ExtendTo(ctx, s, c, *x.Until, by)
		}, nil
	}
	length, err := time.ParseDuration(x.By)
	if err != nil {
		return nil, reason.Refuse(reason.OrderInvalid, "%s", fmt.Sprintf("by must be a length such as 15m or 1h30m, not %q", x.By))
	}
	return func(ctx context.Context, s *store.Store, c view.Class, by operate.Operator) (operate.Answer, error) {
		return operate.Extend(ctx, s, c, length, by)
	}, nil
}
