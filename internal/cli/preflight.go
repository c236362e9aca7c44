package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner"
	"rundown/runner/notify"
	"rundown/runner/preflight"
	"rundown/runner/reason"
)

// What the next classes of a plan need beside the service: the temporary credentials of their storages and, where pages and
// buckets are looked at, these. Nothing that is kept or given holds an address or a key.

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
	keys, err := l.d.engine.StorageKeys(ctx, l.conn, s)
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
