package notify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"rundown/plan"
	"rundown/runner/store"
)

// Narrator puts announcements into the words in which targets hear of them, for a reader that follows all of them. It is
// safe for concurrent use where its functions are.
type Narrator struct {
	Store  ClassReader
	Plans  func() []Plan               // the active ones
	Redact func(text string) string    // takes the secrets of the plans out of a text
	Link   func(subject string) string // as in [Config]; nil: none
}

// ClassReader reads classes from the store.
type ClassReader interface {
	Occurrences(ctx context.Context, f store.Filter) ([]store.Occurrence, error)
}

// PublicEvents are the events that everybody may follow: all but those that are made for one target.
func PublicEvents() []plan.EventInfo {
	return slices.DeleteFunc(slices.Clone(plan.Events), func(e plan.EventInfo) bool { return !Public(e.ID) })
}

// Public says that an announcement is of an event that everybody may follow: one that is not made for one target.
func Public(kind string) bool { return kind != kindTest && kind != kindDigest && kind != kindWithdrawn }

// Event gives an announcement as an event. Of one that cannot be read it tells the kind, the time and the subject.
func (n *Narrator) Event(ctx context.Context, a store.Announcement) (CloudEvent, error) {
	f, err := factOf(a)
	if err != nil {
		f = Fact{}
	}
	plans := n.Plans()
	if err := f.complete(ctx, a, n.Store, plans, n.Redact); err != nil {
		return CloudEvent{}, fmt.Errorf("event %s: %w", a.ID, err)
	}
	about := planNamed(plans, a.Plan)
	if c := f.named(); c != nil {
		about = planNamed(plans, c.Plan)
	}
	v := viewOf(f, about, func(string, string) bool { return true })
	v.link = linkOf(n.Link, a, f)
	return eventOf(a, f, v), nil
}

// complete adds the class that the announcement of a fact is about, as the store has it, and takes secrets out of the fact.
func (f *Fact) complete(ctx context.Context, a store.Announcement, s ClassReader, plans []Plan, redact func(string) string) error {
	f.redact(redact)
	if f.Class != nil || strings.Count(a.Subject, "/") != 2 { // its subject is no class
		return nil
	}
	rows, err := s.Occurrences(ctx, store.Filter{IDs: []string{a.Subject}})
	for _, o := range rows {
		f.Class = classIn(plans, store.Brief{ID: o.ID, Plan: o.Plan, Recording: o.Recording, Start: o.Start, End: o.End})
	}
	return err
}

// redact takes secrets out of what the service said.
func (f *Fact) redact(redact func(string) string) {
	f.Reason, f.Folder, f.Path = redact(f.Reason), redact(f.Folder), redact(f.Path)
	for i := range f.Causes {
		f.Causes[i].Text = redact(f.Causes[i].Text)
	}
	if i := f.Interruption; i != nil {
		i.Answer, i.GivenUp = redact(i.Answer), redact(i.GivenUp)
	}
}

// classIn is a stored class with the time zone that its active plan gives it.
func classIn(plans []Plan, b store.Brief) *Class {
	c := &Class{ID: b.ID, Plan: b.Plan, Recording: b.Recording, Start: b.Start, End: b.End, Zone: "UTC"}
	if p := planNamed(plans, b.Plan); p != nil {
		if r := recordingOf(p, b.Recording); r != nil && r.Zone != nil {
			c.Zone = r.Zone.String()
		}
	}
	return c
}

// viewOf is what a plan, nil for none, says beside a fact to somebody who hears of some classes.
func viewOf(f Fact, p *plan.Plan, hears func(planName, recording string) bool) view {
	v := view{plan: p}
	if c := f.named(); c != nil && p != nil {
		v.recording = recordingOf(p, c.Recording)
	}
	if f.Closure != nil {
		v.count, v.classes = f.Closure.seenBy(hears)
	}
	v.classes = append(v.classes, namesOf(f.Classes, hears)...)
	return v
}

// planNamed is the active plan of that name; nil: there is none.
func planNamed(plans []Plan, name string) *plan.Plan {
	for _, p := range plans {
		if p.Plan.Name == name {
			return p.Plan
		}
	}
	return nil
}
