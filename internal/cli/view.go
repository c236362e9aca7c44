package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"rundown/internal/cli/render"
	"rundown/internal/redact"
	"rundown/plan"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// occurrenceJSON is an occurrence as now, status and history write it.
type occurrenceJSON struct {
	ID         string        `json:"id"`
	Recording  string        `json:"recording"`
	App        *string       `json:"app"`     // its name in the plan; null of classes of before it was kept
	Page       *string       `json:"page"`    // without what its query and fragment hold
	Storage    *string       `json:"storage"` // its name in the plan
	Bucket     *string       `json:"bucket"`
	Start      *string       `json:"start"`
	End        *string       `json:"end"`
	State      *string       `json:"state"`
	Outcome    *string       `json:"outcome"`
	Reason     *string       `json:"reason"`
	ReasonCode *string       `json:"reason_code"` // of every outcome but recorded
	Gaps       []gapJSON     `json:"gaps"`
	Extended   *orderJSON    `json:"extended"`  // by an operator; null: not, or without effect
	Cancelled  *orderJSON    `json:"cancelled"` // by an operator or by the plan; null: not
	LeftPlan   *leftJSON     `json:"left_plan"` // it is being recorded, and no active plan holds it; null: it does not apply
	Moved      *movedJSON    `json:"moved"`     // the plan moved it after it had begun; null: not
	Sessions   []sessionJSON `json:"sessions"`
}

// leftJSON tells of a class that is recorded to its end although no active plan holds it.
type leftJSON struct {
	RecordedUntil *string `json:"recorded_until"`
}

// movedJSON tells of the sessions that were begun for a time or an App ID that the plan has left.
type movedJSON struct {
	Sessions  int     `json:"sessions"`
	StoppedAt *string `json:"stopped_at"` // of the last of them; null: it is being stopped, or wrote nothing
}

// orderJSON is an order that holds for an occurrence.
type orderJSON struct {
	Until      *string `json:"until,omitempty"` // of an extension: when the class ends
	Who        *string `json:"who"`
	Reason     *string `json:"reason"`
	ReasonCode *string `json:"reason_code,omitempty"` // of a cancellation: whether an operator or the plan gave it
	Pending    bool    `json:"pending,omitempty"`     // no daemon has carried it out yet
}

type gapJSON struct {
	From  *string `json:"from"`
	Until *string `json:"until"`
}

type sessionJSON struct {
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

// occurrenceDoc is what the runner's own account of an occurrence tells the commands. Whatever is absent is unknown.
type occurrenceDoc struct {
	Timezone string `json:"timezone"`
	App      string `json:"app_name"`
	Storage  string `json:"storage"`
	Bucket   string `json:"bucket"`
	Gaps     []struct {
		From  *time.Time `json:"from"`
		Until *time.Time `json:"until"`
	} `json:"gaps,omitempty"`
	PlanEnd  time.Time  `json:"plan_end,omitzero"` // where an extension lasts longer
	Earlier  int        `json:"earlier,omitempty"` // so many sessions are of a time or an App ID that the plan has left
	Extended *orderDoc  `json:"extended,omitempty"`
	Cancel   *orderDoc  `json:"cancel,omitempty"`
	Until    *time.Time `json:"until,omitempty"`    // when the recording ends
	Absent   bool       `json:"absent,omitempty"`   // no active plan holds it
	MovedTo  string     `json:"moved_to,omitempty"` // another App ID
}

// orderDoc is an order in the runner's account.
type orderDoc struct {
	Until      *time.Time  `json:"until,omitempty"` // of an extension
	Start      time.Time   `json:"start,omitzero"`  // of the class that an extension was given for
	End        time.Time   `json:"end,omitzero"`    // of the same by its plan
	Who        string      `json:"who"`
	Reason     string      `json:"reason,omitempty"`
	ReasonCode reason.Code `json:"reason_code,omitempty"` // of a cancellation: whether an operator or the plan gave it
	Pending    bool        `json:"pending,omitempty"`     // no daemon has carried it out yet
}

// extensionOf is the extension of a class with the end that it gives the class now. It has no effect where the class ends
// then or later by its plan.
func extensionOf(o store.Occurrence) (x *orderDoc, effective bool) {
	doc := readDoc[occurrenceDoc](o.Doc)
	if doc.Extended == nil || doc.Extended.Until == nil {
		return doc.Extended, doc.Extended != nil
	}
	own := planEndOf(o)
	x = doc.Extended
	until := (&session.Extension{Until: *x.Until, Start: x.Start, End: x.End}).UntilFor(o.Start, own)
	x.Until = &until
	return x, until.After(own)
}

// extendedText says in words how a class was extended; "" where it was not.
func extendedText(o store.Occurrence, zone *time.Location) string {
	x, effective := extensionOf(o)
	text := x.text(zone)
	if x != nil && !effective {
		text += "; without effect, since the plan has the class end at " + o.End.In(zone).Format(classForm)
	}
	return text
}

func (d *orderDoc) view(zone *time.Location) *orderJSON {
	if d == nil {
		return nil
	}
	v := &orderJSON{Who: render.OrNull(d.Who), Reason: render.OrNull(d.Reason), ReasonCode: render.OrNull(string(d.ReasonCode)), Pending: d.Pending}
	if d.Until != nil {
		v.Until = render.PlanTime(d.Until.In(zone))
	}
	return v
}

// text says the order in words; "" for none.
func (d *orderDoc) text(zone *time.Location) string {
	if d == nil {
		return ""
	}
	text := "by " + d.Who
	if d.Until != nil {
		text = "to " + d.Until.In(zone).Format(classForm) + " " + text
	}
	if d.Reason != "" {
		text += ": " + d.Reason
	}
	if d.Pending {
		text += orderPending
	}
	return text
}

// sessionDoc is the same of a session.
type sessionDoc struct {
	Reason       string     `json:"reason"`
	ReasonCode   string     `json:"reason_code"`
	StartedAt    *time.Time `json:"started_at"`
	RecordingAt  *time.Time `json:"recording_at"`
	StoppedAt    *time.Time `json:"stopped_at"`
	UploadStatus string     `json:"upload_status"`
	Files        []string   `json:"files"`
}

// readDoc reads an account that may be absent. One that cannot be read leaves everything unknown: what the columns
// say is worth more than an error.
func readDoc[T any](doc []byte) T {
	var v T
	if len(doc) == 0 || json.Unmarshal(doc, &v) != nil {
		return *new(T)
	}
	return v
}

// zoneOf is the zone in which an occurrence's times are shown: the recording's where the account names it, else the
// offset between the planned start in the identity, which is in UTC, and the planned local time.
func zoneOf(o store.Occurrence) *time.Location {
	if name := readDoc[occurrenceDoc](o.Doc).Timezone; name != "" {
		if zone, ok := plan.Zone(name); ok {
			return zone
		}
	}
	planned, err := time.Parse(identityForm, o.ID[strings.LastIndexByte(o.ID, '/')+1:])
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

// occurrenceView puts a row and its sessions into the form that scripts read.
func occurrenceView(o store.Occurrence, sessions []store.Session) occurrenceJSON {
	zone := zoneOf(o)
	d := readDoc[occurrenceDoc](o.Doc)
	v := occurrenceJSON{
		ID: o.ID, Recording: o.Recording,
		App: render.OrNull(d.App), Page: render.OrNull(redact.Query(plan.MaskUser(o.URL))), Storage: render.OrNull(d.Storage), Bucket: render.OrNull(d.Bucket),
		Start: render.PlanTime(inZone(o.Start, zone)), End: render.PlanTime(inZone(o.End, zone)),
		State: render.OrNull(o.State), Outcome: render.OrNull(o.Outcome), Reason: render.OrNull(o.Reason), ReasonCode: render.OrNull(o.ReasonCode),
		Gaps: []gapJSON{}, Sessions: []sessionJSON{},
	}
	v.Cancelled = d.Cancel.view(zone)
	if x, effective := extensionOf(o); effective {
		v.Extended = x.view(zone)
	}
	if leftPlan(o, d) {
		v.LeftPlan = &leftJSON{}
		if d.Until != nil {
			v.LeftPlan.RecordedUntil = render.PlanTime(inZone(*d.Until, zone))
		}
	}
	if d.Earlier > 0 {
		at, _ := stoppedAt(d.Earlier, sessions)
		v.Moved = &movedJSON{d.Earlier, render.SessionTime(at)}
	}
	for _, g := range d.Gaps {
		v.Gaps = append(v.Gaps, gapJSON{render.SessionTime(g.From), render.SessionTime(g.Until)})
	}
	for _, s := range sessions {
		d := readDoc[sessionDoc](s.Doc)
		v.Sessions = append(v.Sessions, sessionJSON{
			s.Attempt, render.OrNull(s.Cname), render.OrNull(s.UID), render.OrNull(s.ResourceID), render.OrNull(s.SID), render.OrNull(s.State), render.OrNull(d.Reason), render.OrNull(d.ReasonCode),
			render.SessionTime(d.StartedAt), render.SessionTime(d.RecordingAt), render.SessionTime(d.StoppedAt), render.OrNull(d.UploadStatus), d.Files,
		})
	}
	return v
}

// inZone moves an instant to a zone and leaves the unknown one as it is.
func inZone(t time.Time, zone *time.Location) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(zone)
}

// lives are rows of the store with their sessions.
type lives struct {
	occurrences []store.Occurrence
	sessions    map[string][]store.Session
	names       map[string]string // what people call them, by identity; one that has none goes by its identity
}

// livesOf adds the sessions to rows.
func livesOf(ctx context.Context, s *store.Store, rows []store.Occurrence) (lives, error) {
	l := lives{occurrences: rows}
	ids := make([]string, len(rows))
	for i, o := range rows {
		ids[i] = o.ID
	}
	if len(ids) == 0 {
		return l, nil
	}
	var err error
	if l.sessions, err = s.Sessions(ctx, ids...); err != nil {
		return l, fmt.Errorf("read sessions: %w", err)
	}
	return l, nil
}

// lay lays operators' orders over the rows for which they wait.
func (l lives) lay(orders []store.Command) {
	for i := range l.occurrences {
		l.occurrences[i] = withOrders(l.occurrences[i], orders)
	}
}

// views are the occurrences in the form that scripts read.
func (l lives) views() []occurrenceJSON {
	views := []occurrenceJSON{}
	for _, o := range l.occurrences {
		views = append(views, occurrenceView(o, l.sessions[o.ID]))
	}
	return views
}

// writeJSON writes them in the form of now, status and history.
func (l lives) writeJSON(a *app) error {
	return render.JSON(a.out, struct {
		Occurrences []occurrenceJSON `json:"occurrences"`
	}{l.views()})
}

// writeText writes them as a table, with the reason of each below it. Where long names make it too wide, the day has no
// year, which the name has, and the sessions are not counted.
func (l lives) writeText(a *app) {
	t := l.table("Mon 2006-01-02")
	if !t.Fits(a.width()) {
		t = l.table("Mon 02 Jan")
	}
	t.Print(a.out, a.width())
}

func (l lives) table(day string) *render.Table {
	t := render.Table{Header: []any{"DAY", "CLASS", "ID", "STATE", "SESSIONS"}, Spare: "SESSIONS"}
	for _, o := range l.occurrences {
		zone := zoneOf(o)
		start, end := inZone(o.Start, zone), inZone(o.End, zone)
		name := cmp.Or(l.names[o.ID], o.ID)
		t.Add(render.Line(reasonOf(o, l.sessions[o.ID], name, zone)), start.Format(day), zonedClock(start, end),
			render.Line(name), render.Line(cmp.Or(o.Outcome, o.State)), len(l.sessions[o.ID]))
	}
	return &t
}

// reasonOf is why an occurrence is as it is: while it is open, that the plan has left or moved it, and that it is to be
// cancelled or was extended.
func reasonOf(o store.Occurrence, sessions []store.Session, name string, zone *time.Location) string {
	doc := readDoc[occurrenceDoc](o.Doc)
	var parts []string
	if o.Reason != "" {
		parts = append(parts, o.Reason)
	}
	switch {
	case leftPlan(o, doc):
		parts = append(parts, leftText(doc, name, zone))
	case o.State != string(session.Over):
		if text := movedText(o, doc, sessions, zone); text != "" {
			parts = append(parts, text)
		}
	}
	switch {
	case o.Reason != "":
	case doc.Cancel != nil:
		parts = append(parts, "cancelled "+doc.Cancel.text(zone))
	default:
		if x, effective := extensionOf(o); effective {
			parts = append(parts, "extended "+x.text(zone))
		}
	}
	return strings.Join(parts, "; ")
}

// leftPlan says that a class is recorded to its end although no active plan holds it.
func leftPlan(o store.Occurrence, doc occurrenceDoc) bool {
	begun := o.State == string(session.Starting) || o.State == string(session.Recording)
	return doc.Absent && begun && doc.Cancel == nil
}

// leftText tells of it, and how to end it.
func leftText(doc occurrenceDoc, name string, zone *time.Location) string {
	text := "not in the active plan; recorded"
	if doc.Until != nil {
		text += " until " + doc.Until.In(zone).Format("15:04:05 MST")
	}
	return text + "; rundown cancel " + name + " stops it"
}

// movedText tells of a class that the plan moved after it had begun; "" for another.
func movedText(o store.Occurrence, doc occurrenceDoc, sessions []store.Session, zone *time.Location) string {
	if doc.Earlier == 0 {
		return ""
	}
	what := "moved after its recording had begun: "
	if doc.MovedTo != "" {
		what = "moved to another App ID after its recording had begun: "
	}
	switch at, over := stoppedAt(doc.Earlier, sessions); {
	case !over:
		what += "the earlier session is being stopped"
	case at == nil:
		what += "the earlier session has ended"
	default:
		what += "the earlier session stopped at " + at.In(zone).Format("Mon 2006-01-02 15:04:05 MST")
	}
	if len(sessions) > doc.Earlier || o.State == string(session.Over) {
		return what
	}
	return what + ", the class is planned again for " + o.Start.In(zone).Format("Mon 2006-01-02 15:04 MST")
}

// stoppedAt is when the last of the first so many sessions stopped, nil where that is unknown; over says that all have
// ended.
func stoppedAt(earlier int, sessions []store.Session) (last *time.Time, over bool) {
	for _, s := range sessions[:min(earlier, len(sessions))] {
		if !session.SessionState(s.State).Final() {
			return nil, false
		}
		if at := readDoc[sessionDoc](s.Doc).StoppedAt; at != nil && !at.IsZero() && (last == nil || at.After(*last)) {
			last = at
		}
	}
	return last, true
}

// writeSessions writes them as a table with a row a session, and the reason of each occurrence below.
func (l lives) writeSessions(a *app) {
	t := render.Table{Header: []any{"RECORDING", "OUTCOME", "SESSION", "UID", "WRITTEN", "UPLOAD", "FILES"}}
	for _, o := range l.occurrences {
		zone := zoneOf(o)
		name, outcome := render.Line(o.Recording), render.Line(o.Outcome)
		if len(l.sessions[o.ID]) == 0 {
			t.Add("", name, outcome, "none", "", "", "", "")
		}
		for _, s := range l.sessions[o.ID] {
			d := readDoc[sessionDoc](s.Doc)
			note := ""
			if s.SID != "" {
				note = "sid " + s.SID
			}
			t.Add(note, name, outcome, fmt.Sprintf("%d %s", s.Attempt, s.State), s.UID,
				clockIn(d.RecordingAt, zone)+"-"+clockIn(d.StoppedAt, zone), d.UploadStatus, len(d.Files))
			name, outcome = "", ""
		}
	}
	t.Print(a.out, a.width())
	for _, o := range l.occurrences {
		a.printHanging(a.out, render.Line(o.ID)+": ", render.Line(o.Reason), len("  "))
	}
}

func clockIn(t *time.Time, zone *time.Location) string {
	if t == nil || t.IsZero() {
		return "?"
	}
	return t.In(zone).Format("15:04:05")
}
