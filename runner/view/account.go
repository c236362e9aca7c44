package view

import (
	"cmp"
	"encoding/json"
	"time"

	"rundown/plan"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// OccurrenceDoc is the runner's own account of an occurrence, the JSON of its row. Its times are those that hold: an extension, and
// what ends the class sooner, are laid over those of the plan. Whatever the row does not hold is unknown, and zero here.
type OccurrenceDoc struct {
	session.Target
	session.Status
	HeldBy   string // the App ID that has its sessions, as long as they are not over; see [AccountOf]
	Absent   bool   // no active plan holds it
	Cancel   *OrderDoc
	Extended *OrderDoc
}

// UnmarshalJSON reads the account. A cancellation by the plan counts as one.
func (d *OccurrenceDoc) UnmarshalJSON(text []byte) error {
	var orders struct {
		Cancel   *OrderDoc `json:"cancel"`
		Extended *OrderDoc `json:"extended"`
	}
	if err := json.Unmarshal(text, &orders); err != nil {
		return err
	}
	spec, status, _ := session.Decode(text, nil) // of a form of another version, what can be read
	d.Target, d.Status, d.Absent, d.Cancel, d.Extended = spec.Target, status, spec.Absent, orders.Cancel, orders.Extended
	if c := spec.CancelledByPlan; d.Cancel == nil && c != nil {
		d.Cancel = &OrderDoc{Who: c.Who, Reason: c.Reason, ReasonCode: c.ReasonCode, Closure: c.Closure}
	}
	if !spec.End.IsZero() {
		d.Target = session.View(spec, status).Target
	}
	return nil
}

// AccountOf is what the store knows of a class: the columns of its row, and the runner's own account of it and of its sessions.
func AccountOf(row store.Occurrence, sessions []store.Session) OccurrenceDoc {
	d := ReadDoc[OccurrenceDoc](row.Doc)
	d.ID, d.Plan, d.Recording, d.Start, d.End = row.ID, row.Plan, row.Recording, row.Start, row.End
	d.HeldBy, d.URL = row.App, row.URL
	d.Phase, d.Outcome, d.Reason, d.ReasonCode = session.Phase(row.State), session.Outcome(row.Outcome), row.Reason, reason.Code(row.ReasonCode)
	for _, x := range sessions {
		d.Sessions = append(d.Sessions, ReadSession(x))
	}
	return d
}

// RecordedPage is the page that a class is being recorded from, or was; of one that was not, the page of its plan. The plan may name another
// one since its session began, which counts for sessions that are begun later.
func (d *OccurrenceDoc) RecordedPage() string { return cmp.Or(d.PageOfRecording(), d.URL) }

// NewPage is the page that the plan has for a class whose session records another one; "" for none.
func (d *OccurrenceDoc) NewPage() string {
	open := d.Phase == session.Starting || d.Phase == session.Recording
	if !open || d.RecordedPage() == d.URL {
		return ""
	}
	return d.URL
}

// OrderDoc is an order in the runner's account: a [session.Cancel] or a [session.Extension], and whether it waits.
type OrderDoc struct {
	Until      time.Time   `json:"until,omitzero"` // of an extension
	Start      time.Time   `json:"start,omitzero"` // of the class that an extension was given for
	End        time.Time   `json:"end,omitzero"`   // of the same by its plan
	Who        string      `json:"who"`
	Reason     string      `json:"reason,omitempty"`
	ReasonCode reason.Code `json:"reason_code,omitempty"` // of a cancellation: whether an operator or the plan gave it
	Pending    bool        `json:"pending,omitempty"`     // no daemon has carried it out yet
	Closure    int64       `json:"closure,omitempty"`     // that gave it; 0: none
}

// ReadSession gives what the store knows of a session: the columns of its row, and the runner's own account of it.
func ReadSession(row store.Session) session.Session {
	x := ReadDoc[session.Session](row.Doc)
	x.Attempt, x.Cname, x.UID, x.ResourceID, x.SID, x.State = row.Attempt, row.Cname, row.UID, row.ResourceID, row.SID, session.SessionState(row.State)
	return x
}

// ReadDoc reads an account that may be absent. One that cannot be read leaves everything unknown: what the columns
// say is worth more than an error.
func ReadDoc[T any](doc []byte) T {
	var v T
	if len(doc) == 0 || json.Unmarshal(doc, &v) != nil {
		return *new(T)
	}
	return v
}

// ZoneOf is the zone in which an occurrence's times are shown: the recording's where the account names it, else the
// offset between the planned start in the identity, which is in UTC, and the planned local time.
func ZoneOf(o store.Occurrence) *time.Location {
	if name := ReadDoc[OccurrenceDoc](o.Doc).Zone; name != "" {
		if zone, ok := plan.Zone(name); ok {
			return zone
		}
	}
	planned, err := plannedAt(o.ID)
	if err != nil {
		return o.Start.Location()
	}
	for _, form := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if local, err := time.Parse(form, o.Day+"T"+o.Clock); err == nil {
			return time.FixedZone("", int(local.Sub(planned).Seconds()))
		}
	}
	return o.Start.Location()
}

// ExtensionOf is the extension of a class with the end that it gives the class now. It has no effect where the class ends
// then or later by its plan.
func ExtensionOf(o store.Occurrence) (x *OrderDoc, effective bool) {
	x = ReadDoc[OccurrenceDoc](o.Doc).Extended
	if x == nil || x.Until.IsZero() {
		return x, x != nil
	}
	own := PlanEnd(o)
	x.Until = (&session.Extension{Until: x.Until, Start: x.Start, End: x.End}).UntilFor(o.Start, own)
	return x, x.Until.After(own)
}
