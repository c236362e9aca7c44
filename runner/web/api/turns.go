package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"rundown/runner/web/access"
)

const (
	mostTurns  = 2               // answers about many classes at a time; one takes up to 100 MB, and a processor
	turnWithin = 5 * time.Second // a request waits for its turn
)

// turnsNote is for the document.
const turnsNote = "Two such requests are answered at a time; one that waits for longer than 5 seconds gets 503 with Retry-After."

// inTurn has a route that reads many classes take its turn, which lasts until the answer is encoded. A client that is slow
// to read it keeps no other waiting.
func (a *API) inTurn(op huma.Operation) huma.Operation {
	op.Middlewares = append(op.Middlewares, func(ctx huma.Context, next func(huma.Context)) {
		done, problem := a.turn(ctx.Context())
		if problem != nil {
			_, w := humago.Unwrap(ctx)
			problem.Write(w)
			return
		}
		defer done()
		next(ctx)
	})
	return op
}

// turn waits until a request may read many classes. Call done afterwards.
func (a *API) turn(ctx context.Context) (done func(), problem *access.Problem) {
	ctx, cancel := context.WithTimeout(ctx, turnWithin)
	defer cancel()
	select {
	case a.turns <- struct{}{}:
		return func() { <-a.turns }, nil
	case <-ctx.Done():
		return nil, access.Busy("too many requests for many classes are being answered: shorten the period, or try again later")
	}
}
