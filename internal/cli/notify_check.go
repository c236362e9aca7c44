package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/runner/notify"
	"rundown/runner/reason"
)

// againAfter is how long after a query without an answer another one follows: a short fault is not told.
const againAfter = 10 * time.Second

// check finds out whether the next classes of a plan could begin and be stored, as doctor does: it looks its references up,
// asks the service for a recording that does not exist, once for each project, and looks at what the classes need beside it.
func (d *daemon) check(ctx context.Context, p *plan.Plan) (issues []notify.Issue) {
	issue := func(id reason.Code, about, text, try string) {
		issues = append(issues, notify.Issue{
			ID: id, Severity: plan.NotifyCritical, Since: d.a.clock(), About: about, Text: text, Advice: try, Blocking: true,
		})
	}
	if err := d.work.unresolved(p); err != nil {
		issue(reason.IssueReferencesUnset, p.Name, err.Error(), "set them where the daemon runs; files are read anew each time, variables at a restart")
		return issues
	}
	conn, err := d.work.connect(p)
	if err != nil {
		return nil // the engine could not run the plan either, and says so
	}
	for _, app := range p.Apps {
		id, err := app.ID.Resolve(conn.Lookup)
		region, near, used := wayOf(p, app)
		if err != nil || !used {
			continue
		}
		client, err := conn.Client(region)
		if err != nil {
			continue
		}
		failure := ask(ctx, client, id, near)
		if unreached(failure) && pause(ctx, againAfter) {
			failure = ask(ctx, client, id, near)
		}
		switch {
		case failure == nil || ctx.Err() != nil:
		case unreached(failure):
			what, try := agora.Unreached(failure.Err)
			issue(reason.IssueServiceUnreachable, id, fmt.Sprintf("the service cannot be reached at %s: %s", failure.Host, strings.Join(strings.Fields(what), " ")), try)
		case failure.CredentialsRefused():
			issue(reason.IssueAccountRefused, id, fmt.Sprintf("the service does not accept the credentials of app %s: HTTP %d", app.Name, failure.Status),
				"check customer_id and customer_secret, and that the App ID belongs to that account")
		}
	}
	return append(issues, d.needs(ctx, p, conn)...)
}

// ask sends a query for a recording that does not exist; nil: it was answered as such queries are.
func ask(ctx context.Context, client *agora.Client, app string, near catalog.Near) *agora.Error {
	_, err := probe(ctx, client, app, near, "rundown-check")
	failure, _ := errors.AsType[*agora.Error](err) // nil where it is none
	return failure
}

// unreached says that no host answered.
func unreached(failure *agora.Error) bool {
	return failure != nil && !failure.Answered() && !failure.Local && failure.Err != nil
}

// pause waits, and says that nothing has ended it.
func pause(ctx context.Context, length time.Duration) bool {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
