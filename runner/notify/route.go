package notify

import (
	"encoding/json"
	"fmt"
	"time"

	"rundown/plan"
	"rundown/runner/reason"
	"rundown/runner/store"
)

// route makes the messages of an announcement: one for each target that hears of it. It is pure.
func (c Config) route(a store.Announcement, f Fact, targets []target, now time.Time) (messages []store.Message) {
	for _, t := range targets {
		if !t.hears(a, f) {
			continue
		}
		v := viewOf(f, t.plan, t.hearsOf)
		v.zone, v.simulated, v.link = t.entry.Zone, c.Simulated, linkOf(c.Link, a, f)
		e := eventOf(a, f, v)
		messages = append(messages, store.Message{
			ID: a.ID, Target: t.key, Kind: a.Kind, Plan: a.Plan, Subject: a.Subject, Severity: string(e.Data.Severity),
			At: now, Due: t.due(a, f, now), State: store.MessageWaiting, Body: e.body(),
		})
	}
	return messages
}

// hearsOf says that classes of a recording concern the target.
func (t *target) hearsOf(planName, recording string) bool {
	if planName != t.plan.Name {
		return false
	}
	var labels map[string]string
	if r := recordingOf(t.plan, recording); r != nil {
		labels = r.Labels
	}
	return t.entry.WantsClass(recording, labels)
}

// linkOf is the page that an event leads to: that of its class, or of the change of a plan that waits, else the first one;
// "" where nobody said where it is.
func linkOf(link func(subject string) string, a store.Announcement, f Fact) string {
	switch {
	case link == nil:
		return ""
	case a.Kind == kindPlanWaiting && f.Count > 0:
		return link(fmt.Sprintf("%s/%d", a.Plan, f.Count))
	case f.Class == nil:
		return link("")
	}
	return link(f.Class.ID)
}

// begins are the events that tell the beginning of what another event tells to be over.
var begins = map[string][]string{
	kindRecovered: {kindAtRisk, kindLate}, kindOrphanResolved: {kindOrphan}, kindCleared: {kindRaised, kindPlanRejected, kindPlanWaiting},
	kindUploadLate: {kindUploadFailed},
}

// hears says whether a target is to get a message of an announcement.
func (t *target) hears(a store.Announcement, f Fact) bool {
	switch {
	case f.Target != "": // a test or a digest
		return f.Target == t.key
	case a.Plan != "" && a.Plan != t.plan.Name:
		return false
	case f.Code == reason.IssueOutboxStuck && a.Subject == t.key: // it would only wait behind the others
		return false
	}
	if f.Closure != nil && !t.hearsClosure(f) || f.Closure == nil && f.Class == nil && t.entry.OnlyClasses() {
		return false
	}
	if f.Class != nil && !t.hearsOf(f.Class.Plan, f.Class.Recording) {
		return false
	}
	severity := routedAs(a.Kind, f)
	wants := t.entry.Wants(a.Kind, severity)
	for _, begin := range begins[a.Kind] {
		wants = wants || len(t.entry.Events) > 0 && t.entry.Wants(begin, severity)
	}
	return wants
}

// hearsClosure says whether a target is to hear of a closure, or of a class that one has cancelled. A closure is told once:
// of the classes it cancels, only who names that event by events hears each time.
func (t *target) hearsClosure(f Fact) bool {
	if f.Class != nil {
		return len(t.entry.Events) > 0
	}
	count, _ := f.Closure.seenBy(t.hearsOf)
	return count > 0 || len(f.Closure.Recordings) == 0 && !t.entry.OnlyClasses()
}

// routedAs is the severity by which targets are chosen.
func routedAs(kind string, f Fact) plan.NotifySeverity {
	if f.As != "" {
		return f.As
	}
	return severityOf(kind)
}

// due is when a message may first be sent: at once, but for what is told by the lead of the target, and for what is not
// critical in its quiet hours.
func (t *target) due(a store.Announcement, f Fact, now time.Time) time.Time {
	due := now
	if a.Kind == kindAtRisk && f.Class != nil {
		if from := f.Class.Start.Add(-t.entry.Lead); from.After(due) {
			due = from
		}
	}
	if a.Kind == kindTest || t.entry.Quiet == nil || routedAs(a.Kind, f) == plan.NotifyCritical {
		return due
	}
	return afterQuiet(due, *t.entry.Quiet, t.entry.Zone)
}

// firstDue is when a message was due first. The store holds when one that was tried is due next: of one that waited for the lead of the
// target its class says.
func (t *target) firstDue(m *store.Message) time.Time {
	var e CloudEvent
	switch {
	case m.Tries == 0:
		return m.Due
	case m.Kind != kindAtRisk || json.Unmarshal(m.Body, &e) != nil || e.Data.Occurrence == nil:
		return m.At
	}
	if from := e.Data.Occurrence.Start.Add(-t.entry.Lead); from.After(m.At) {
		return from
	}
	return m.At
}

// afterQuiet is the end of the quiet hours that an instant lies in, else the instant.
func afterQuiet(at time.Time, quiet plan.ClockRange, zone *time.Location) time.Time {
	if zone == nil {
		zone = time.UTC
	}
	local := at.In(zone)
	clock := plan.Clock(local.Hour()*3600 + local.Minute()*60 + local.Second())
	day := 0
	switch overnight := quiet.Until <= quiet.From; {
	case overnight && clock >= quiet.From:
		day = 1
	case overnight && clock < quiet.Until, !overnight && clock >= quiet.From && clock < quiet.Until:
	default:
		return at
	}
	year, month, date := local.Date()
	return time.Date(year, month, date+day, 0, 0, int(quiet.Until), 0, zone)
}
