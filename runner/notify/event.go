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

// Public says that everybody may follow the event: it is not made for one target.
func Public(event string) bool { return event != kindTest && event != kindDigest }

// Event gives an announcement as an event. Of one that cannot be read it tells the kind, the time and the subject.
func (n *Narrator) Event(ctx context.Context, a store.Announcement) (CloudEvent, error) {
	f, err := factOf(a)
	if err != nil {
		f = Fact{}
	}
	f.redact(n.Redact)
	plans := n.Plans()
	if f.Class == nil && aboutClass(a) {
		rows, err := n.Store.Occurrences(ctx, store.Filter{IDs: []string{a.Subject}})
		if err != nil {
			return CloudEvent{}, fmt.Errorf("event %s: %w", a.ID, err)
		}
		for _, o := range rows {
			f.Class = classIn(plans, store.Brief{ID: o.ID, Plan: o.Plan, Recording: o.Recording, Start: o.Start, End: o.End})
		}
	}
	v := viewIn(plans, a, f)
	v.link = linkOf(n.Link, a, f)
	return eventOf(a, f, v), nil
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

// aboutClass says that the subject of an announcement is an occurrence.
func aboutClass(a store.Announcement) bool { return strings.Count(a.Subject, "/") == 2 }

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

// viewIn is what the active plans say beside an announcement.
func viewIn(plans []Plan, a store.Announcement, f Fact) view {
	v := view{plan: planNamed(plans, a.Plan)}
	if c := f.named(); c != nil {
		if v.plan = planNamed(plans, c.Plan); v.plan != nil {
			v.recording = recordingOf(v.plan, c.Recording)
		}
	}
	if f.Closure != nil {
		v.count, v.classes = f.Closure.seenBy(func(string, string) bool { return true })
	}
	v.classes = append(v.classes, namesOf(f.Classes, func(string, string) bool { return true })...)
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
