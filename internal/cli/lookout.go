package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner"
	"rundown/runner/notify"
	"rundown/runner/preflight"
	"rundown/runner/reason"
)

// lookout finds out whether the next classes of plans could begin and be stored, as doctor does, and remembers what it saw: whether
// the service accepts the credentials, the temporary credentials of storages and, where that is wanted, pages and buckets. Nothing
// that is kept or given holds an address or a key. It belongs to the goroutine of the notifier that checks.
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
			Advice: setReferences, Blocking: true,
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
	ahead := l.planned(look)
	keep := map[string]bool{}
	for _, key := range append(l.apps(ctx, look), l.storages(ctx, look, ahead)...) {
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

// look has what a key stands for looked at where it is due, and remembers what was found. find gives nil where nothing is wrong.
func (l *planLookout) look(ctx context.Context, key string, look notify.Look, find func() *notify.Issue) {
	begins := l.d.a.clock()
	switch {
	case len(look.Classes) > 0:
		begins = look.Classes[0].Start
	case l.turns.Problem(key).None(): // no class is near
		return
	}
	if !l.turns.Due(key, begins, look.Bell, l.d.a.clock()) {
		return
	}
	found := find()
	if ctx.Err() != nil { // it was broken off
		return
	}
	var problem preflight.Problem
	if found != nil {
		problem.Text, l.seen[key] = found.Text, *found
	}
	l.turns.Note(key, problem, l.d.a.clock())
}

// apps asks the service with the credentials of each project that is used.
func (l *planLookout) apps(ctx context.Context, look notify.Look) (keys []string) {
	for _, app := range l.plan.Apps {
		id, err := app.ID.Resolve(l.conn.Lookup)
		region, near, used := wayOf(l.plan, app)
		if err != nil || !used {
			continue
		}
		key := appKey(id)
		keys = append(keys, key)
		if client, err := l.conn.Client(region); err == nil {
			l.look(ctx, key, look, func() *notify.Issue { return l.app(ctx, client, app, id, near) })
		}
	}
	return keys
}

func appKey(id string) string { return "app/" + id }

// app asks the service for one project. The query keeps to the rate of the App ID together with what its worker sends, and comes
// after all of that. Where another node has the worker, the query has no budget: it is one a minute at most, and what goes beyond
// the rate is answered 429 and repeated, by the other node as by this one.
func (l *planLookout) app(ctx context.Context, client *agora.Client, app *plan.App, id string, near catalog.Area) *notify.Issue {
	calls := client.App(id, l.d.engine.Budget(id)).Near(near)
	failure := ask(ctx, calls)
	if unreached(failure) && preflight.Pause(ctx) {
		failure = ask(ctx, calls)
	}
	issue := notify.Issue{Severity: plan.NotifyCritical, Since: l.d.a.clock(), About: id, Blocking: true}
	switch {
	case failure == nil:
		return nil
	case failure.Local && !l.turns.Problem(appKey(id)).None(): // it was not sent, as where the budget had no room for it
		before := l.seen[appKey(id)]
		return &before
	case unreached(failure):
		what, try := agora.Unreached(failure.Err)
		issue.ID, issue.Advice = reason.IssueServiceUnreachable, try
		issue.Text = fmt.Sprintf("the service cannot be reached at %s: %s", failure.Host, oneLine(what))
	case failure.CredentialsRefused():
		issue.ID, issue.Advice = reason.IssueAccountRefused, "check customer_id and customer_secret under account in the plan, and in Agora's console that the App ID belongs to that account"
		issue.Text = fmt.Sprintf("the service does not accept the credentials of app %s: HTTP %d", app.Name, failure.Status)
	default:
		return nil
	}
	return &issue
}

// ask sends a query for a recording that does not exist; nil: it was answered as such queries are.
func ask(ctx context.Context, calls *agora.App) *agora.Error {
	_, err := probe(ctx, calls, "rundown-check")
	failure, _ := errors.AsType[*agora.Error](err) // nil where it is none
	return failure
}

// wayOf gives the region and the area by which the classes of an app are recorded: those of its first recording, if any
// uses it.
func wayOf(p *plan.Plan, app *plan.App) (region catalog.Region, near catalog.Area, used bool) {
	i := slices.IndexFunc(p.Recordings, func(r *plan.Recording) bool { return r.App == app })
	if i < 0 {
		return "", "", false
	}
	return p.Recordings[i].Region, p.Recordings[i].Near(), true
}

// probe queries a recording that does not exist, which is free of charge. name stands for its resource id and its sid.
func probe(ctx context.Context, calls *agora.App, name string) (agora.QueryResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, probeWithin)
	defer cancel()
	return calls.Query(ctx, name, name)
}

// unreached says that no host answered.
func unreached(failure *agora.Error) bool {
	return failure != nil && !failure.Answered() && !failure.Local && failure.Err != nil
}

// planned are the occurrences of a look: those that the store has as planned, so that none is looked at that somebody cancelled.
func (l *planLookout) planned(look notify.Look) (ahead []plan.Occurrence) {
	if len(look.Classes) == 0 {
		return nil
	}
	waits := map[string]bool{}
	for _, b := range look.Classes {
		waits[b.ID] = true
	}
	last := look.Classes[len(look.Classes)-1].Start
	for _, o := range schedule.Occurrences(l.plan, l.d.a.clock(), last.Add(time.Second)) {
		if waits[o.ID] {
			ahead = append(ahead, o)
		}
	}
	return ahead
}

// storages looks at the storages of the next classes.
func (l *planLookout) storages(ctx context.Context, look notify.Look, ahead []plan.Occurrence) (keys []string) {
	for _, o := range ahead {
		s := o.Settings.Storage
		if s == nil {
			continue
		}
		key := "storage/" + s.Name
		if slices.Contains(keys, key) {
			continue
		}
		keys = append(keys, key)
		l.look(ctx, key, look, func() *notify.Issue { return l.storage(ctx, s) })
	}
	return keys
}

// storage fetches the credentials of a storage and shows them to its bucket; nil where nothing is wrong.
func (l *planLookout) storage(ctx context.Context, s *plan.Storage) *notify.Issue {
	issue := notify.Issue{Severity: plan.NotifyCritical, Since: l.d.a.clock(), About: runner.StorageAbout(l.plan.Name, s.Name)}
	keys, err := l.d.engine.StorageCredentials(ctx, l.conn, s)
	if err != nil {
		issue.ID, issue.Advice = reason.IssueCredentialsFailing, "check the command or file that issues the credentials (sts in the plan)"
		issue.Text = "the credentials of the next classes cannot be fetched: " + err.Error()
		return &issue
	}
	if !l.d.preflight || !preflight.Checked(s) {
		return nil
	}
	problem := ""
	keys.Show(func(access, secret, token string) { problem = preflight.Bucket(ctx, nil, s, access, secret, token) })
	if problem == "" {
		return nil
	}
	issue.ID, issue.Advice = reason.IssueStorageFailing, "check the bucket at its vendor, and its name, region and keys under storage in the plan"
	issue.Text = fmt.Sprintf("the bucket of storage %s failed a check from the daemon's machine: %s", s.Name, problem)
	return &issue
}

// pages looks at the pages that are due, of classes that begin first first, and adds their keys to those that are needed.
func (l *planLookout) pages(ctx context.Context, look notify.Look, ahead []plan.Occurrence, keep map[string]bool) (issues []notify.Issue) {
	if !l.d.preflight {
		return nil
	}
	keys := make([]string, len(ahead))
	var due []string
	for i := range ahead {
		address, err := ahead[i].URL.Resolve(l.conn.Lookup)
		if err != nil || !ahead[i].Settings.Preflight {
			continue
		}
		keys[i] = pageKey(address)
		keep[keys[i]] = true
		if len(due) < preflight.MostPages && !slices.Contains(due, address) && l.turns.Due(keys[i], ahead[i].Start, look.Bell, l.d.a.clock()) {
			due = append(due, address)
		}
	}
	if len(due) > 0 {
		for address, problem := range preflight.Pages(ctx, nil, "rundown/"+versionOf().Version, due) {
			l.turns.Note(pageKey(address), problem, l.d.a.clock())
		}
	}
	for i, key := range keys {
		if problem := l.turns.Problem(key); !problem.None() {
			issues = append(issues, l.page(&ahead[i], problem))
		}
	}
	return issues
}

// pageKey tells pages apart without their addresses, which may be secret.
func pageKey(address string) string {
	sum := sha256.Sum256([]byte(address))
	return "page/" + hex.EncodeToString(sum[:16])
}

// pageHost is the host of a class's page in brackets, "" where it comes out of a secret: the rest of the address is not shown.
func (l *planLookout) pageHost(o *plan.Occurrence) string {
	shown, err := o.URL.ResolveMasked(l.conn.Lookup)
	if err != nil {
		return ""
	}
	address, err := url.Parse(shown)
	if err != nil || address.Hostname() == "" || strings.ContainsAny(address.Hostname(), "[]") {
		return ""
	}
	return " (" + address.Hostname() + ")"
}

// page is the health issue of a class whose page has a problem. One that may not matter is about the recording: it is told once,
// however many classes there are.
func (l *planLookout) page(o *plan.Occurrence, problem preflight.Problem) notify.Issue {
	issue := notify.Issue{
		ID: reason.IssuePageFailing, Severity: plan.NotifyCritical, Since: l.d.a.clock(), About: o.ID, Advice: problem.Advice,
		Text: fmt.Sprintf("the page of %s%s failed a check from the daemon's machine: %s", o.Recording.ID, l.pageHost(o), problem.Text),
	}
	if issue.Advice == "" {
		issue.Advice = "open the page in a browser; correct its address in the plan, or see to its server"
	}
	if problem.Doubt {
		issue.Severity, issue.About = plan.NotifyWarning, l.plan.Name+"/"+o.Recording.ID
	}
	return issue
}
