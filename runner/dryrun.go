package runner

import (
	"fmt"
	"net/url"
	"slices"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/internal/redact"
	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner/session"
)

// DryRunRequest is a request that the engine would send, with nothing secret in it.
type DryRunRequest struct {
	Occurrence string    // identity
	At         time.Time // when it is due, as placed within the request budget; in the zone of its class
	Op         agora.Op
	Method     string
	URL        string            // with <resourceid> and <sid>, which only answers tell
	Headers    map[string]string // Authorization is masked
	Body       any               // what JSON makes of it is the body; nil: none
}

// What stands in a rehearsed request for what only an answer or a secret tells.
const (
	unknownResource = "<resourceid>"
	unknownSID      = "<sid>"
)

// DryRun lists every acquire, start, update and stop of the occurrences that start in [from, until) and that wanted
// accepts, in order of time, placed among all of their app. Queries depend on answers and are left out. base gives
// the scheme and host of the service for a region and an area; nothing is resolved and nothing is sent.
func DryRun(p *plan.Plan, from, until time.Time, wanted func(*plan.Occurrence) bool, base func(catalog.Region, catalog.Area) string) ([]DryRunRequest, error) {
	// What begins a little later may push back what begins in the window.
	margin := 10 * time.Minute
	byApp := map[*plan.App][]plan.Occurrence{}
	for o := range schedule.All(p, from.Add(-margin), until.Add(margin)) {
		if !o.Cancelled() && o.Settings.App != nil {
			byApp[o.Settings.App] = append(byApp[o.Settings.App], o)
		}
	}
	var out []DryRunRequest
	for _, app := range p.Apps {
		occurrences := byApp[app]
		starts := make([]schedule.Start, len(occurrences))
		for i := range occurrences {
			starts[i] = schedule.Start{Writing: writingBy(&occurrences[i]), Sessions: occurrences[i].Settings.Redundancy}
		}
		for i, at := range schedule.Place(starts, schedule.Spacing(app.Limits.RequestRate())) {
			o := &occurrences[i]
			if o.Start.Before(from) || !o.Start.Before(until) || !wanted(o) {
				continue
			}
			requests, err := dryRun(o, at, base(o.Settings.Region, o.Settings.Near()))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", o.ID, err)
			}
			out = append(out, requests...)
		}
	}
	slices.SortStableFunc(out, func(a, b DryRunRequest) int { return a.At.Compare(b.At) })
	return out, nil
}

// dryRun lists the requests of one occurrence.
func dryRun(o *plan.Occurrence, at time.Time, base string) ([]DryRunRequest, error) {
	var out []DryRunRequest
	t := target(o, o.Settings.App.ID.String())
	reveal := func(t plan.Text) (string, error) { return t.String(), nil }
	add := func(at time.Time, op agora.Op, body any) error {
		method, path, err := agora.Route(op, t.App, unknownResource, unknownSID)
		if err != nil {
			return err
		}
		if path, err = url.PathUnescape(path); err != nil {
			return err
		}
		out = append(out, DryRunRequest{
			Occurrence: o.ID, At: at.In(o.Settings.Zone), Op: op, Method: method, URL: base + o.Settings.Near().Path() + path, Body: body,
			Headers: map[string]string{"Content-Type": agora.ContentType, "Authorization": redact.Mark},
		})
		return nil
	}
	s := session.State{Target: t}
	for replica, uids := range t.UIDs {
		uid := uids[0]
		x := session.Session{Replica: replica, Cname: t.Cname, UID: uid, Limits: session.Limits{MaxHour: t.MaxHour, ExpireHour: t.ExpireHour}, HoldFacts: session.HoldFacts{Held: t.Exact}, StartFacts: session.StartFacts{Near: t.Near}}
		var apart []string
		for range replica { // placed apart from those before it
			apart = append(apart, unknownResource)
		}
		acquire := AcquireRequest(o, x, apart...)
		keys := Keys{access: redact.Mark, secret: redact.Mark, token: redact.Mark}
		if storage := o.Settings.Storage; storage.STS == nil {
			keys = NewKeys(storage.AccessKey.String(), storage.SecretKey.String())
		}
		start, err := StartRequest(o, x, pushAddress(o, &s, replica), keys, reveal)
		if err != nil {
			return nil, err
		}
		if err := add(at, agora.OpAcquire, acquire); err != nil {
			return nil, err
		}
		if err := add(at, agora.OpStart, start); err != nil {
			return nil, err
		}
		if o.Settings.ExactStart {
			if err := add(o.Start, agora.OpUpdate, ResumeRequest(x)); err != nil {
				return nil, err
			}
		}
		if err := add(o.RecordUntil, agora.OpStop, StopRequest(t.Cname, uid)); err != nil {
			return nil, err
		}
	}
	return out, nil
}
