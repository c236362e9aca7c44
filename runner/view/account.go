package view

import (
	"encoding/json"
	"time"

	"rundown/plan"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// OccurrenceDoc is what is read of the runner's own account of an occurrence, the JSON of its row. Whatever is absent is unknown.
type OccurrenceDoc struct {
	Timezone string `json:"timezone"`
	App      string `json:"app_name"`
	Storage  string `json:"storage"`
	Bucket   string `json:"bucket"`
	Gaps     []struct {
		From  *time.Time `json:"from"`
		Until *time.Time `json:"until"`
	} `json:"gaps,omitempty"`
	PlanEnd         time.Time  `json:"plan_end,omitzero"`          // where an extension lasts longer
	EarlierSessions int        `json:"earlier_sessions,omitempty"` // so many sessions are of a time or an App ID that the plan has left
	Extended        *OrderDoc  `json:"extended,omitempty"`
	Cancel          *OrderDoc  `json:"cancel,omitempty"`
	From            time.Time  `json:"from,omitzero"`    // when the recording begins
	Until           *time.Time `json:"until,omitempty"`  // when it ends
	Absent          bool       `json:"absent,omitempty"` // no active plan holds it
	Observed        struct {
		Generation int64 `json:"generation"`
	} `json:"observed"` // of what is wanted, as far as it was taken in
	AppID string `json:"app,omitempty"` // that is to record it: another may have it yet
}

// UnmarshalJSON reads the account. Its times are those of the plan: an extension, and what ends it sooner, are laid over
// them, and a cancellation by the plan counts as one.
func (d *OccurrenceDoc) UnmarshalJSON(text []byte) error {
	type plain OccurrenceDoc
	if err := json.Unmarshal(text, (*plain)(d)); err != nil {
		return err
	}
	var spec session.Spec
	var status session.Status
	if json.Unmarshal(text, &spec) != nil || json.Unmarshal(text, &status) != nil || spec.End.IsZero() {
		return nil // of a form of which only the fields above are known
	}
	s := session.View(spec, status)
	d.PlanEnd, d.Until = s.PlanEnd, &s.Until
	if c := spec.CancelledByPlan; d.Cancel == nil && c != nil {
		d.Cancel = &OrderDoc{Who: c.Who, Reason: c.Reason, ReasonCode: c.ReasonCode, Closure: c.Closure}
	}
	return nil
}

// OrderDoc is an order in the runner's account.
type OrderDoc struct {
	Until      *time.Time  `json:"until,omitempty"` // of an extension
	Start      time.Time   `json:"start,omitzero"`  // of the class that an extension was given for
	End        time.Time   `json:"end,omitzero"`    // of the same by its plan
	Who        string      `json:"who"`
	Reason     string      `json:"reason,omitempty"`
	ReasonCode reason.Code `json:"reason_code,omitempty"` // of a cancellation: whether an operator or the plan gave it
	Pending    bool        `json:"pending,omitempty"`     // no daemon has carried it out yet
	Closure    int64       `json:"closure,omitempty"`     // that gave it; 0: none
}

// SessionDoc is what is read of the runner's account of a session.
type SessionDoc struct {
	Reason       string     `json:"reason"`
	ReasonCode   string     `json:"reason_code"`
	StartedAt    *time.Time `json:"started_at"`
	RecordingAt  *time.Time `json:"recording_at"`
	StoppedAt    *time.Time `json:"stopped_at"`
	UploadStatus string     `json:"upload_status"`
	Files        []string   `json:"files"`
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
	if name := ReadDoc[OccurrenceDoc](o.Doc).Timezone; name != "" {
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
	doc := ReadDoc[OccurrenceDoc](o.Doc)
	if doc.Extended == nil || doc.Extended.Until == nil {
		return doc.Extended, doc.Extended != nil
	}
	own := PlanEnd(o)
	x = doc.Extended
	until := (&session.Extension{Until: *x.Until, Start: x.Start, End: x.End}).UntilFor(o.Start, own)
	x.Until = &until
	return x, until.After(own)
}
