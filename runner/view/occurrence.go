package view

import (
	"context"
	"fmt"
	"maps"
	"time"

	"rundown/internal/redact"
	"rundown/plan"
	"rundown/runner/store"
)

// Occurrence is a class as now, status and history write it.
type Occurrence struct {
	ID        string            `json:"id"`
	Recording string            `json:"recording"`
	Title     *string           `json:"title"`   // of the recording in its active plan; null: it has none, or the plan is not at hand
	App       *string           `json:"app"`     // its name in the plan; null of classes of before it was kept
	Page      *string           `json:"page"`    // that its session records, else that of its plan; without what its query and fragment hold
	Storage   *string           `json:"storage"` // its name in the plan
	Bucket    *string           `json:"bucket"`
	Start     *string           `json:"start"`
	End       *string           `json:"end"`
	Timezone  *string           `json:"timezone"` // null of classes of before it was kept
	Labels    map[string]string `json:"labels"`   // null: the plan is not at hand
	Progress
}

// Progress is how far a class has come, how it ended, and what orders and plans have made of it.
type Progress struct {
	State      *string   `json:"state"`
	Outcome    *string   `json:"outcome"`
	Reason     *string   `json:"reason"`
	ReasonCode *string   `json:"reason_code"` // of every outcome but recorded
	Gaps       []Gap     `json:"gaps"`
	Extended   *Order    `json:"extended"`  // by an operator; null: not, or without effect
	Cancelled  *Order    `json:"cancelled"` // by an operator or by the plan; null: not
	LeftPlan   *Left     `json:"left_plan"` // it is being recorded, and no active plan holds it; null: it does not apply
	Moved      *Moved    `json:"moved"`     // the plan moved it after it had begun; null: not
	Sessions   []Session `json:"sessions"`
}

// Left tells of a class that is recorded to its end although no active plan holds it.
type Left struct {
	RecordedUntil *string `json:"recorded_until"`
}

// Moved tells of the sessions that were begun for a time or an App ID that the plan has left.
type Moved struct {
	Sessions  int     `json:"sessions"`
	StoppedAt *string `json:"stopped_at"` // of the last of them; null: it is being stopped, or wrote nothing
}

// Order is an order that holds for an occurrence.
type Order struct {
	Until      *string `json:"until,omitempty"` // of an extension: when the class ends
	Who        *string `json:"who"`
	Reason     *string `json:"reason"`
	ReasonCode *string `json:"reason_code,omitempty"` // of a cancellation: whether an operator or the plan gave it
	Pending    bool    `json:"pending,omitempty"`     // no daemon has carried it out yet
}

// Gap is a part of the class that was not recorded.
type Gap struct {
	From  *string `json:"from"`
	Until *string `json:"until"`
}

// Session is one acquire, start and stop at the service.
type Session struct {
	Attempt      int      `json:"attempt"`
	Cname        *string  `json:"cname"`
	UID          *string  `json:"uid"`
	ResourceID   *string  `json:"resource_id"`
	SID          *string  `json:"sid"`
	State        *string  `json:"state"`
	Reason       *string  `json:"reason"` // why it failed, was lost or is an orphan
	ReasonCode   *string  `json:"reason_code"`
	StartedAt    *string  `json:"started_at"`
	RecordingAt  *string  `json:"recording_at"`
	StoppedAt    *string  `json:"stopped_at"`
	UploadStatus *string  `json:"upload_status"`
	Files        []string `json:"files"` // null while unknown
}

// OccurrenceOf puts a row and its sessions into the form that scripts read.
func OccurrenceOf(o store.Occurrence, sessions []store.Session) Occurrence {
	zone := ZoneOf(o)
	d := AccountOf(o, sessions)
	v := Occurrence{
		ID: o.ID, Recording: o.Recording,
		App: OrNull(d.AppName), Page: OrNull(redact.Query(plan.MaskUser(d.RecordedPage()))), Storage: OrNull(d.Storage), Bucket: OrNull(d.Bucket),
		Start: PlanTime(InZone(o.Start, zone)), End: PlanTime(InZone(o.End, zone)), Timezone: OrNull(d.Zone),
		Progress: Progress{
			State: OrNull(o.State), Outcome: OrNull(o.Outcome), Reason: OrNull(o.Reason), ReasonCode: OrNull(o.ReasonCode), Gaps: []Gap{},
			Cancelled: d.Cancel.view(zone), Sessions: []Session{},
		},
	}
	if x, effective := ExtensionOf(o); effective {
		v.Extended = x.view(zone)
	}
	if d.LeftPlan() {
		v.LeftPlan = &Left{PlanTime(InZone(d.Until, zone))}
	}
	if d.EarlierSessions > 0 {
		at, _ := d.earlierStopped()
		v.Moved = &Moved{d.EarlierSessions, SessionTime(at)}
	}
	for _, g := range d.Gaps {
		v.Gaps = append(v.Gaps, Gap{SessionTime(g.From), SessionTime(g.Until)})
	}
	for _, x := range d.Sessions {
		v.Sessions = append(v.Sessions, Session{
			x.Attempt, OrNull(x.Cname), OrNull(x.UID), OrNull(x.ResourceID), OrNull(x.SID),
			OrNull(string(x.State)), OrNull(x.Reason), OrNull(string(x.ReasonCode)),
			SessionTime(x.StartedAt), SessionTime(x.RecordingAt), SessionTime(x.StoppedAt), OrNull(x.UploadStatus), x.Files,
		})
	}
	return v
}

// view puts an order into the form that scripts read; nil stays null.
func (d *OrderDoc) view(zone *time.Location) *Order {
	if d == nil {
		return nil
	}
	return &Order{
		Until: PlanTime(InZone(d.Until, zone)), Who: OrNull(d.Who), Reason: OrNull(d.Reason), ReasonCode: OrNull(string(d.ReasonCode)), Pending: d.Pending,
	}
}

// Views are rows of the store with their sessions.
type Views struct {
	Rows     []store.Occurrence
	Sessions map[string][]store.Session
	Names    map[string]string  // what people call them, by identity; one that has none goes by its identity
	Captions map[string]Caption // by identity; of those whose plan is at hand
}

// ReadViews adds the sessions to rows.
func ReadViews(ctx context.Context, s *store.Store, rows []store.Occurrence) (Views, error) {
	l := Views{Rows: rows}
	ids := make([]string, len(rows))
	for i, o := range rows {
		ids[i] = o.ID
	}
	if len(ids) == 0 {
		return l, nil
	}
	var err error
	if l.Sessions, err = s.Sessions(ctx, ids...); err != nil {
		return l, fmt.Errorf("read sessions: %w", err)
	}
	return l, nil
}

// AddOrders lays operators' orders over the rows for which they wait.
func (l Views) AddOrders(orders []store.Command) {
	byClass := map[string][]store.Command{}
	for _, c := range orders {
		byClass[c.Occurrence] = append(byClass[c.Occurrence], c)
	}
	for i := range l.Rows {
		if its := byClass[l.Rows[i].ID]; len(its) > 0 {
			l.Rows[i] = WithOrders(l.Rows[i], its)
		}
	}
}

// Of is one of them in the form that scripts read.
func (l Views) Of(o store.Occurrence) Occurrence {
	v := OccurrenceOf(o, l.Sessions[o.ID])
	if c, ok := l.Captions[o.ID]; ok {
		v.Title, v.Labels = OrNull(c.Title), c.Labels
	}
	return v
}

// Caption is what the active plan calls a class.
type Caption struct {
	Title  string
	Labels map[string]string // never nil
}

// captionOf is what a plan calls the classes with some settings. The labels are a copy: a plan may be kept and shown to many.
func captionOf(r *plan.Recording, s *plan.Settings) Caption {
	labels := map[string]string{}
	maps.Copy(labels, s.Labels)
	return Caption{r.Title, labels}
}

// List gives the rows in the form that scripts read.
func (l Views) List() []Occurrence {
	views := []Occurrence{}
	for _, o := range l.Rows {
		views = append(views, l.Of(o))
	}
	return views
}
