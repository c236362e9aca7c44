package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/runner"
	"rundown/runner/notify"
	"rundown/runner/preflight"
	"rundown/runner/reason"
)

// againAfter is how long after a query without an answer another one follows: a short fault is not told.
const againAfter = 10 * time.Second

// lookout finds out whether the next classes of plans could begin and be stored, as doctor does, and remembers what it saw.
// It belongs to the goroutine of the notifier that checks.
type lookout struct {
	d     *daemon
	plans map[string]*planLookout // by name
}

// planLookout is what was seen for one plan.
type planLookout struct {
	d     *daemon
	plan  *plan.Plan
	conn  *runner.Connection
	turns preflight.Turns
	seen  map[string]notify.Issue // by the key of the turn: the issue where it has a problem
}

// check looks at what is due of a plan: it looks its references up, asks the service for a recording that does not exist, once
// for each project, and looks at what the classes need beside it. What was seen for a plan that is not active any more is forgotten.
func (l *lookout) check(ctx context.Context, look notify.Look) []notify.Issue {
	p := look.Plan
	l.keep(l.d.notifiedPlans(), p)
	if err := l.d.work.unresolved(p); err != nil {
		return []notify.Issue{{
			ID: reason.IssueReferencesUnset, Severity: plan.NotifyCritical, Since: l.d.a.clock(), About: p.Name, Text: err.Error(),
			Advice: "set them where the daemon runs; files are read anew each time, variables at a restart", Blocking: true,
		}}
	}
	at := l.plans[p.Name]
	if at == nil || at.plan != p {
		conn, err := l.d.work.connect(p)
		if err != nil {
			return nil // the engine could not run the plan either, and says so
		}
		next := &planLookout{d: l.d, plan: p, conn: conn, seen: map[string]notify.Issue{}}
		if at != nil {
			next.turns, next.seen = at.turns, at.seen
		}
		if l.plans == nil {
			l.plans = map[string]*planLookout{}
		}
		l.plans[p.Name], at = next, next
	}
	return at.check(ctx, look)
}

// keep forgets what was seen for other plans than the active ones and one more.
func (l *lookout) keep(active []notify.Plan, and *plan.Plan) {
	maps.DeleteFunc(l.plans, func(name string, _ *planLookout) bool {
		return name != and.Name && !slices.ContainsFunc(active, func(p notify.Plan) bool { return p.Plan.Name == name })
	})
}

// check looks at what is due and gives what is wrong, by what was seen last.
func (l *planLookout) check(ctx context.Context, look notify.Look) (issues []notify.Issue) {
	var wanted []string // the keys, in order
	ahead := l.planned(look)
	wanted = append(wanted, l.apps(ctx, look)...)
	wanted = append(wanted, l.storages(ctx, look, ahead)...)
	keep := map[string]bool{}
	for _, key := range wanted {
		keep[key] = true
		if !l.turns.Problem(key).None() {
			issues = append(issues, l.seen[key])
		}
	}
	issues = append(issues, l.pages(ctx, look, ahead, keep)...)
	l.forgetBut(keep)
	return issues
}

// forgetBut forgets what was seen under other keys than some: projects, storages and pages that no class needs any more.
func (l *planLookout) forgetBut(keep map[string]bool) {
	l.turns.Keep(keep)
	maps.DeleteFunc(l.seen, func(key string, _ notify.Issue) bool { return !keep[key] })
}

// due says that a key is to be looked at now.
func (l *planLookout) due(key string, look notify.Look) bool {
	begins := l.d.a.clock()
	if len(look.Classes) > 0 {
		begins = look.Classes[0].Start
	} else if l.turns.Problem(key).None() { // no class is near
		return false
	}
	return l.turns.Due(key, begins, look.Bell, l.d.a.clock())
}

// note remembers an issue, or that there is none.
func (l *planLookout) note(key string, found *notify.Issue) {
	if found == nil {
		l.turns.Note(key, preflight.Problem{}, l.d.a.clock())
		return
	}
	l.turns.Note(key, preflight.Problem{Text: found.Text}, l.d.a.clock())
	l.seen[key] = *found
}

// look has what a key stands for looked at where it is due. find gives nil where nothing is wrong.
func (l *planLookout) look(ctx context.Context, key string, look notify.Look, find func() *notify.Issue) {
	if !l.due(key, look) {
		return
	}
	if found := find(); ctx.Err() == nil { // else it was broken off
		l.note(key, found)
	}
}

// apps asks the service with the credentials of each project that is used.
func (l *planLookout) apps(ctx context.Context, look notify.Look) (keys []string) {
	for _, app := range l.plan.Apps {
		id, err := app.ID.Resolve(l.conn.Lookup)
		region, near, used := wayOf(l.plan, app)
		if err != nil || !used {
			continue
		}
		key := "app/" + id
		keys = append(keys, key)
		if client, err := l.conn.Client(region); err == nil {
			l.look(ctx, key, look, func() *notify.Issue { return l.app(ctx, client, app, id, near) })
		}
	}
	return keys
}

// app asks the service for one project.
func (l *planLookout) app(ctx context.Context, client *agora.Client, app *plan.App, id string, near catalog.Near) *notify.Issue {
	failure := ask(ctx, client, id, near)
	if unreached(failure) && pause(ctx, againAfter) {
		failure = ask(ctx, client, id, near)
	}
	issue := notify.Issue{Severity: plan.NotifyCritical, Since: l.d.a.clock(), About: id, Blocking: true}
	switch {
	case failure == nil:
		return nil
	case unreached(failure):
		what, try := agora.Unreached(failure.Err)
		issue.ID, issue.Advice = reason.IssueServiceUnreachable, try
		issue.Text = fmt.Sprintf("the service cannot be reached at %s: %s", failure.Host, strings.Join(strings.Fields(what), " "))
	case failure.CredentialsRefused():
		issue.ID, issue.Advice = reason.IssueAccountRefused, "check customer_id and customer_secret under account in the plan, and in Agora's console that the App ID belongs to that account"
		issue.Text = fmt.Sprintf("the service does not accept the credentials of app %s: HTTP %d", app.Name, failure.Status)
	default:
		return nil
	}
	return &issue
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
	select {
	case <-time.After(length):
		return true
	case <-ctx.Done():
		return false
	}
}
