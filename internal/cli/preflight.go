package cli

import (
	"context"
	"fmt"
	"time"

	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner"
	"rundown/runner/notify"
	"rundown/runner/preflight"
	"rundown/runner/reason"
)

// needs looks at what the next classes of a plan need beside the service: the temporary credentials of their storages and,
// where pages and buckets are looked at, these. Nothing that it gives holds an address or a key.
func (d *daemon) needs(ctx context.Context, p *plan.Plan, conn *runner.Connection) (issues []notify.Issue) {
	now := d.a.clock()
	lead := plan.DefaultLead
	for i := range p.Notify {
		lead = max(lead, p.Notify[i].Lead)
	}
	issue := func(id reason.Code, about, text, try string) {
		issues = append(issues, notify.Issue{ID: id, Severity: plan.NotifyCritical, Since: now, About: about, Text: text, Advice: try})
	}
	var ahead []plan.Occurrence
	storages := map[*plan.Storage]bool{}
	for _, o := range schedule.Occurrences(p, now, now.Add(lead)) {
		if o.Cancelled() || !o.Start.After(now) {
			continue
		}
		ahead = append(ahead, o)
		if s := o.Settings.Storage; s != nil && !storages[s] {
			storages[s] = true
			if id, text, try := d.lookAtStorage(ctx, conn, s, now); text != "" {
				issue(id, runner.StorageAbout(p.Name, s.Name), text, try)
			}
		}
	}
	if !d.preflight {
		return issues
	}
	addresses := make([]string, len(ahead))
	for i := range ahead {
		address, err := ahead[i].URL.Resolve(conn.Lookup)
		if err == nil { // else the references were told
			addresses[i] = address
		}
	}
	problems := preflight.Pages(ctx, nil, "rundown/"+versionOf().Version, addresses)
	for i := range ahead {
		if problem := problems[addresses[i]]; problem != "" {
			issue(reason.IssuePageFailing, ahead[i].ID, fmt.Sprintf("the page of %s does not answer as a page does, as seen from here: %s", ahead[i].Recording.ID, problem),
				"open it in a browser; correct its address in the plan, or see to its server")
		}
	}
	return issues
}

// lookAtStorage fetches the credentials of a storage and shows them to its bucket; "" where nothing is wrong.
func (d *daemon) lookAtStorage(ctx context.Context, conn *runner.Connection, s *plan.Storage, now time.Time) (id reason.Code, text, try string) {
	keys, err := runner.FetchKeys(ctx, conn, s, now)
	switch {
	case ctx.Err() != nil:
		return "", "", ""
	case err != nil:
		return reason.IssueCredentialsFailing, "the credentials of the next classes cannot be fetched: " + err.Error(), "check what issues them"
	case !d.preflight || !preflight.Checked(s):
		return "", "", ""
	}
	problem := ""
	keys.Show(func(access, secret, token string) { problem = preflight.Bucket(ctx, nil, s, access, secret, token) })
	if problem == "" {
		return "", "", ""
	}
	return reason.IssueStorageFailing, fmt.Sprintf("the bucket of storage %s cannot take recordings, as seen from here: %s", s.Name, problem),
		"check the bucket, its region and the keys of the storage in the plan"
}
