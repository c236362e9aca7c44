package runner

import (
	"strings"
	"time"

	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner/reason"
	"rundown/runner/session"
)

// planSpec is what a plan wants of a class, under an App ID.
func planSpec(o *plan.Occurrence, app string, now time.Time) session.Spec {
	spec := session.Spec{Target: target(o, app)}
	if o.Cancelled() {
		spec.CancelledByPlan = &session.Cancel{At: now, Who: PlanWho, Reason: o.Settings.Note, ReasonCode: reason.CancelledByPlan}
	}
	return spec
}

// target is what a plan's occurrence asks of the runner.
func target(o *plan.Occurrence, app string) session.Target {
	set := &o.Settings
	t := session.Target{
		URL: o.URL.String(), Cname: o.Cname, Attempts: set.Attempts, MinRemainder: set.MinRemainder.Of(o.End.Sub(o.Start)),
		Identity: session.Identity{ID: o.ID, Plan: o.Plan, Recording: o.Recording.ID, Zone: set.Zone.String(), Day: o.Planned.Format(time.DateOnly), Clock: session.ClockText(o.Planned)},
		Service:  session.Service{App: app, Region: set.Region, Near: set.Near(), StreamClass: catalog.StreamClassOf(set.Video.Width, set.Video.Height)},
		Interval: session.Interval{Start: o.Start, End: o.End, From: writingBy(o), Until: o.RecordUntil},
	}
	if set.App != nil {
		t.AppName = set.App.Name
	}
	if set.Storage != nil {
		t.Storage, t.Bucket = set.Storage.Name, set.Storage.Bucket
	}
	if len(o.Prefix) > 0 {
		t.Prefix = strings.Join(o.Prefix, "/") + "/"
	}
	t.Exact, t.Priority = set.ExactStart, set.Priority
	for replica := range max(set.Redundancy, 1) {
		t.UIDs = append(t.UIDs, o.UIDs(replica))
	}
	if set.MinRemainder.Never {
		t.MinRemainder = -1
	}
	if set.CDN != nil {
		t.CDN = set.CDN.Name + " " + set.CDN.URL.String()
		if !set.CDN.Fallback.IsZero() {
			t.Fallback = set.CDN.Name + " " + set.CDN.Fallback.String()
		}
	}
	if set.ReadyTimeout != nil {
		t.ReadyTimeout = *set.ReadyTimeout
	}
	t.MaxHour, t.ExpireHour = o.Hours(t.FirstRequest())
	return t
}

// writingBy is when an occurrence must be written, or its page be open on hold.
func writingBy(o *plan.Occurrence) time.Time {
	if o.Settings.ExactStart {
		return o.Start.Add(-schedule.HoldLead())
	}
	return o.RecordFrom
}
