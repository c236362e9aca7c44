package cli

import (
	"cmp"
	"fmt"
	"time"

	"rundown/internal/cli/render"
	"rundown/runner/view"
)

// writeViews writes classes in the JSON form of now, status and history.
func (a *app) writeViews(l view.Views) error {
	return render.JSON(a.out, struct {
		Occurrences []view.Occurrence `json:"occurrences"`
	}{l.List()})
}

// printViews writes classes as a table, with the reason of each below it. Where long names make it too wide, the day has no
// year, which the name has, and the sessions are not counted.
func (a *app) printViews(l view.Views) {
	t := tableOf(l, "Mon 2006-01-02")
	if !t.Fits(a.width()) {
		t = tableOf(l, "Mon 02 Jan")
	}
	t.Print(a.out, a.width())
}

func tableOf(l view.Views, day string) *render.Table {
	t := render.Table{Header: []any{"DAY", "CLASS", "ID", "STATE", "SESSIONS"}, Spare: "SESSIONS"}
	for _, o := range l.Rows {
		zone := view.ZoneOf(o)
		start, end := view.InZone(o.Start, zone), view.InZone(o.End, zone)
		name := cmp.Or(l.Names[o.ID], o.ID)
		t.Add(render.Line(view.ReasonText(o, l.Sessions[o.ID], name, zone)), start.Format(day), view.ZonedClock(start, end),
			render.Line(name), render.Line(cmp.Or(o.Outcome, o.State)), len(l.Sessions[o.ID]))
	}
	return &t
}

// printSessions writes classes as a table with a row a session, and the reason of each occurrence below.
func (a *app) printSessions(l view.Views) {
	t := render.Table{Header: []any{"RECORDING", "OUTCOME", "SESSION", "UID", "RECORDED", "UPLOAD", "FILES"}}
	for _, o := range l.Rows {
		zone := view.ZoneOf(o)
		name, outcome := render.Line(o.Recording), render.Line(o.Outcome)
		if len(l.Sessions[o.ID]) == 0 {
			t.Add("", name, outcome, "none", "", "", "", "")
		}
		for _, s := range l.Sessions[o.ID] {
			d := view.ReadDoc[view.SessionDoc](s.Doc)
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
	for _, o := range l.Rows {
		a.printHanging(a.out, render.Line(o.ID)+": ", render.Line(o.Reason), len("  "))
	}
}

func clockIn(t *time.Time, zone *time.Location) string {
	if t == nil || t.IsZero() {
		return "?"
	}
	return t.In(zone).Format("15:04:05")
}
