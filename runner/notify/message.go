package notify

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"rundown/plan"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// CloudEvent is the body of a message, a CloudEvent 1.0 in its structured mode.
type CloudEvent struct {
	SpecVersion string    `json:"specversion"`
	ID          string    `json:"id"`
	Source      string    `json:"source"`
	Type        string    `json:"type"`
	Subject     string    `json:"subject,omitempty"`
	Time        time.Time `json:"time"`
	ContentType string    `json:"datacontenttype"`
	Data        EventData `json:"data"`
}

// EventData is what a message says.
type EventData struct {
	Severity   plan.NotifySeverity `json:"severity"`
	Title      string              `json:"title"`  // in a few words
	Text       string              `json:"text"`   // what happened to which class, when, and what it means
	Advice     string              `json:"advice"` // what to do next
	ReasonCode *reason.Code        `json:"reason_code"`
	Occurrence *EventClass         `json:"occurrence"`
	Link       string              `json:"link,omitempty"`
	Simulated  bool                `json:"simulated,omitempty"` // of a daemon that only simulates
}

// EventClass is the class that a message is about. Plan times have the zone's offset.
type EventClass struct {
	ID        string            `json:"id"`
	Recording string            `json:"recording"`
	Title     *string           `json:"title"`
	Start     time.Time         `json:"start"`
	End       time.Time         `json:"end"`
	Timezone  string            `json:"timezone"`
	Labels    map[string]string `json:"labels"`
	Outcome   *string           `json:"outcome"`
	Gaps      []session.Gap     `json:"gaps"`
}

// view is what the plans say beside an announcement.
type view struct {
	plan      *plan.Plan // nil: not active
	recording *plan.Recording
	zone      *time.Location // for times that are about no class
	link      string         // of the duty page, "" for none
	count     int            // of the classes of a closure that the target hears of
	classes   []string       // those of them, or of a loss, by name

	simulated bool // no service records anything
}

// severityOf is the severity of a kind.
func severityOf(kind string) plan.NotifySeverity {
	info, ok := plan.EventByID(kind)
	if !ok {
		return plan.NotifyWarning
	}
	return info.Severity
}

// eventOf puts an announcement into words.
func eventOf(a store.Announcement, f Fact, c view) CloudEvent {
	e := CloudEvent{
		SpecVersion: "1.0", ID: a.ID, Source: "rundown", Type: "rundown." + a.Kind, Subject: a.Subject, Time: a.At.UTC(),
		ContentType: "application/json", Data: EventData{Severity: severityOf(a.Kind), Link: c.link},
	}
	if a.Plan != "" {
		e.Source += "/" + a.Plan
	}
	switch a.Kind {
	case kindRaised, kindPlanWaiting, kindPlanRejected, kindNodeLost, kindPartial: // which are as bad as what they tell of
		e.Data.Severity = routedAs(a.Kind, f)
	}
	if f.Code != "" {
		e.Data.ReasonCode = &f.Code
	}
	if f.Class != nil {
		e.Data.Occurrence = eventClass(f.Class, c.recording)
	}
	w := wordsOf(a, f, c)
	if c.simulated {
		e.Data.Simulated = true
		w.title, w.text = "[simulation] "+w.title, "This is a simulation: nothing is recorded. "+w.text
	}
	e.Data.Title, e.Data.Text, e.Data.Advice = clean(w.title), clean(w.text), clean(w.advice())
	return e
}

// eventClass is a class with what its active plan says of it; r is nil where no active plan has the recording. Gaps are told only of a
// class that has ended: before, they are not settled.
func eventClass(c *Class, r *plan.Recording) *EventClass {
	e := &EventClass{
		ID: c.ID, Recording: c.Recording, Start: in(c.Start, c.Zone), End: in(c.End, c.Zone), Timezone: c.Zone,
		Labels: map[string]string{}, Gaps: []session.Gap{},
	}
	if r != nil && r.Title != "" {
		e.Title = &r.Title
	}
	if r != nil && r.Labels != nil {
		e.Labels = r.Labels
	}
	if c.Outcome != "" {
		e.Outcome = &c.Outcome
		if c.Gaps != nil {
			e.Gaps = c.Gaps
		}
	}
	return e
}

// in gives an instant in a zone of the embedded database, or in UTC.
func in(t time.Time, zone string) time.Time {
	if at, ok := plan.Zone(zone); ok {
		return t.In(at)
	}
	return t.UTC()
}

// body is the event as it is sent.
func (e *CloudEvent) body() []byte {
	b, err := json.Marshal(e)
	if err != nil { // texts, times and lists of them
		return nil
	}
	return b
}

// What may hold a secret in an address: the query and fragment, and user and password.
var (
	addressQuery = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://[^\s?#"'<>]*)[?#][^\s"'<>]*`)
	addressUser  = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://)[^\s/?#"'<>@]*@`)
)

// clean leaves out of a text what may be a secret: users and queries of addresses. It stays on one line.
func clean(text string) string {
	text = addressUser.ReplaceAllString(addressQuery.ReplaceAllString(text, "$1"), "$1")
	return strings.Join(strings.Fields(text), " ")
}
