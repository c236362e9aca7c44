package runner

import (
	"fmt"
	"slices"
	"time"

	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner/session"
	"rundown/runner/store"
)

// RunningKind is what a plan makes of a class that is being recorded.
type RunningKind string

// What a plan makes of a class that is being recorded. Scripts read these.
const (
	RunningLeft      RunningKind = "left"        // the plan does not hold it: it is recorded to its end
	RunningReplaced  RunningKind = "replaced"    // the plan does not hold it, and another class of the recording takes its place
	RunningHeld      RunningKind = "held"        // the plan holds it again
	RunningCancelled RunningKind = "cancelled"   // its recording stops
	RunningMoved     RunningKind = "moved"       // its recording stops, and it is recorded again at its new time or under its new App ID
	RunningRetimed   RunningKind = "retimed"     // it has another time, until whose end its recording goes on
	RunningEndPast   RunningKind = "end-refused" // its new end is past: it is recorded as before
	RunningNewPage   RunningKind = "new-page"    // nothing but its page is another, which its session does not use
)

// RunningChange is what a plan makes of one class that is being recorded.
type RunningChange struct {
	ID      string
	Kind    RunningKind
	NewPage bool // it has another page, and its session goes on with the one that it was begun with

	was, is  session.Interval // as it was recorded, and as the plan wants it, with what operators ordered
	until    time.Time        // when its recording ends; zero: now
	otherApp bool             // it moves to another App ID
	zone     *time.Location
}

// Stops says that the recording stops for it.
func (r *RunningChange) Stops() bool { return r.Kind == RunningCancelled || r.Kind == RunningMoved }

// Until is when the recording ends, in the zone of the class; zero where it stops now.
func (r *RunningChange) Until() time.Time {
	if r.until.IsZero() {
		return r.until
	}
	return r.until.In(r.zone)
}

// Text says what somebody makes of the class, such as "revision 15 of the plan", and what becomes of its recording.
func (r *RunningChange) Text(who string) string {
	text := who
	switch r.Kind {
	case RunningLeft:
		return text + " no longer holds it: it is recorded until " + r.clock(r.until) + ", unless it is cancelled"
	case RunningReplaced:
		return text + " has another class of the recording in its place: it ends once that one is being recorded"
	case RunningCancelled:
		return text + " cancels it: its recording stops"
	case RunningMoved:
		if r.otherApp {
			text += " gives it to another App ID"
		}
		if r.is.Start.Equal(r.was.Start) {
			return text + ": its recording stops, and another session records what is left"
		} else if r.otherApp {
			text += " and"
		}
		return text + " moves it to " + r.is.Start.In(r.zone).Format("Mon 2006-01-02 15:04 MST") + ": its recording stops, and it is recorded again then"
	case RunningEndPast:
		return text + " ends it at " + r.clock(r.is.End) + ", which is past: that is refused, and it is recorded until " + r.clock(r.until)
	case RunningHeld:
		text += " holds it again"
	case RunningRetimed:
		if !r.is.Start.Equal(r.was.Start) {
			text += " has it begin at " + r.clock(r.is.Start) + ","
		}
		switch {
		case !r.is.End.Equal(r.was.End):
			text += " ends it at " + r.clock(r.is.End) + " instead of " + r.clock(r.was.End)
		case r.is.Start.Equal(r.was.Start):
			text += " changes its padding"
		}
		text += ": it is recorded until " + r.clock(r.until)
	}
	if r.NewPage {
		if r.Kind != RunningNewPage {
			text += ", and"
		}
		text += " gives it another page: it is recorded from the old page, and the new one is used from its next class on"
	}
	return text
}

// clock is an instant in the zone of the class, with its day where the class was to begin on another.
func (r *RunningChange) clock(at time.Time) string {
	return session.ClockOn(r.was.Start.In(r.zone), at)
}

// RunningChanges says what a plan makes of the classes that are being recorded, in order of the rows; those that stay as they are are left
// out, and so are those that something else than a plan asked for. It is what the daemon would do with the plan now. before is the plan
// that it replaces, which tells whether an App ID is another one by its reference; nil: it is told by its name alone. A row that cannot
// be read is left out.
func RunningChanges(before, after *plan.Plan, rows []store.Row, now time.Time) (list []RunningChange) {
	finder := schedule.NewFinder(after)
	for i := range rows {
		row := &rows[i]
		d, err := decodeRow(row)
		if err != nil || row.Origin != "" || row.Absent && d.Cancel != nil {
			continue
		}
		var want []desired
		spec := d.Spec
		if b, held := finder.Find(row.ID); held {
			o := b.Occurrence()
			spec = planSpec(&o, appIn(before, after, &d.Spec, o.Settings.App), now)
			want = append(want, desired{
				Brief: b, id: row.ID, recording: row.Recording, hash: "new",
				interval: spec.Lasting(d.Extended).Interval, cancelledByPlan: spec.CancelledByPlan != nil,
			})
		}
		known := store.Known{
			ID: row.ID, Recording: row.Recording, Start: row.Start, End: row.End, State: row.State, Outcome: row.Outcome,
			Absent: row.Absent, CancelledByPlan: d.CancelledByPlan != nil,
		}
		changes := reconcile(want, []store.Known{known}, time.Time{}, row.Start, now)
		if len(changes) == 0 {
			continue
		}
		c := changes[0]
		c.follows = c.verb == remove && reliever(after, row.Recording, d.Interval, now) != nil
		if r := changeOfRunning(&d, spec, row.WorkerApp(), &c, now); r != nil {
			list = append(list, *r)
		}
	}
	return list
}

// appIn is the App ID that a class is to have by a plan, as far as it can be told without the daemon's variables: that of its spec where
// the plan before names it by the same reference, else a made-up one.
func appIn(before, after *plan.Plan, spec *session.Spec, app *plan.App) string {
	if app == nil || spec.AppName == "" {
		return spec.App
	}
	same := app.Name == spec.AppName
	if before != nil {
		if i := slices.IndexFunc(before.Apps, func(a *plan.App) bool { return a.Name == spec.AppName }); i >= 0 {
			same = plan.AppKey(before, before.Apps[i]) == plan.AppKey(after, app)
		}
	}
	if same {
		return spec.App
	}
	return "another App ID"
}

// changeOfRunning says what a change of its spec makes of a class that is being recorded: nil where it is not, or where nothing of it
// shows. after is what the plan wants of it, without orders, and app the App ID whose worker has it.
func changeOfRunning(before *document, after session.Spec, app string, c *specChange, now time.Time) *RunningChange {
	was := session.View(before.Spec, before.Status)
	if was.Phase != session.Starting && was.Phase != session.Recording || was.Cancel != nil {
		return nil
	}
	zone, known := plan.Zone(before.Zone)
	if !known {
		zone = before.Start.Location()
	}
	r := &RunningChange{ID: c.row.ID, was: was.Interval, is: was.Interval, until: was.Until, zone: zone}
	if c.verb == remove {
		if r.Kind = RunningLeft; c.follows {
			r.Kind = RunningReplaced
		}
		return r
	}
	after.Orders, after.Generation, after.OtherApp = before.Orders, before.Generation, after.App != app
	r.is = after.Lasting(after.Extended).Interval
	if c.verb == keepEnd {
		if r.Kind = RunningEndPast; r.is.End.Equal(r.was.End) {
			return nil
		}
		return r
	}
	next, _, _, _ := session.Decide(after, before.Status, session.TimePassed{}, now)
	is := session.View(after, next)
	r.until, r.otherApp = is.Until, after.OtherApp && !before.OtherApp
	page := before.PageOfRecording()
	r.NewPage = after.URL != before.URL && page != after.URL
	switch {
	case is.Cancel != nil:
		r.Kind, r.until, r.NewPage = RunningCancelled, time.Time{}, false
	case next.EarlierSessions > before.EarlierSessions:
		r.Kind, r.until, r.NewPage = RunningMoved, time.Time{}, false
	case before.Absent:
		r.Kind = RunningHeld
	case !is.Start.Equal(was.Start), !is.End.Equal(was.End), !is.Until.Equal(was.Until):
		r.Kind = RunningRetimed
	case r.NewPage:
		r.Kind = RunningNewPage
	default:
		return nil
	}
	return r
}

// count counts a class whose spec is another one. One that the plan cancels is removed, and one that it holds again is added, as for those
// who compare two plans.
func (w *specWriter) count(before *document, spec session.Spec) {
	was, is := !before.Absent && before.CancelledByPlan == nil, spec.CancelledByPlan == nil
	switch {
	case was && !is:
		w.diff.Removed++
	case !was && is:
		w.diff.Added++
	case !before.Spec.Same(spec):
		w.diff.Changed++
	}
}

// tellRunning has the history of a class that is being recorded tell what the plan makes of it, and by which revision.
func (w *specWriter) tellRunning(t *store.SpecTx, change *RunningChange) error {
	if change.Stops() {
		w.diff.Stopped++
	}
	return t.Log(store.Event{Occurrence: change.ID, At: w.now, Kind: "plan", Who: w.e.cfg.Who, Text: change.Text(w.subject())})
}

// subject is who changes a class, for its history: the revision of its plan, where there is one.
func (w *specWriter) subject() string {
	if w.a == nil || w.a.revision == 0 {
		return PlanWho
	}
	return fmt.Sprintf("revision %d of the plan", w.a.revision)
}
