package page

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/web/access"
)

// classPage is the life of one class.
type classPage struct {
	rowView
	ID       string
	When     Range
	Ago      string
	Code     reason.Code
	Reason   string
	Advice   *advice
	Lost     string
	Bar      *classBar
	Facts    []fact
	Sessions []sessionView
	Story    []storyDay
	Gaps     []Range
	Acts     []actLink
	Barred   bool // there would be more acts for somebody else
	Note     string
	Day      string // link
	DayText  string
	Done     string // what was just ordered
}

// fact is a line of what is known.
type fact struct {
	Name, Value, Link string
	Code              bool
}

// classBar is the class on a time axis of its own.
type classBar struct {
	Ticks      []tick
	Parts      []partView
	X, Width   percent // of the class, between its padding
	Now        percent
	HasNow     bool
	Said       string // the same in words
	Start, End string
}

// sessionView is a session as the page shows it.
type sessionView struct {
	session.Session
	From, Recorded, Until When
	Length                string
	Advice                *advice
	Bad                   bool
}

// storyDay is the entries of a story on one day.
type storyDay struct {
	Day     string
	Entries []entryView
}

// entryView is an entry of a story, or several alike.
type entryView struct {
	Entry
	Clock   string
	Here    string
	Request string // its id at the service, for its support
	Times   int    // how often, where that is more than once
	Until   string // the last of them
}

// actLink leads to the confirmation of an act.
type actLink struct {
	Kind   ActKind
	Word   string
	Link   string
	Strong bool
}

// class builds the page of a class. A cancelled one stays live: its cancellation can be taken back.
func (s *site) class(r *http.Request, sh *shell) (any, error) {
	c, entries, err := s.source.class(r.Context(), identityIn(r))
	if err != nil {
		return nil, err
	}
	zone, scribe := c.Zone, sh.scribe
	row := scribe.rowOf(&c, time.Time{})
	p := &classPage{
		rowView: row, ID: c.ID, When: scribe.rangeOf(c.Start, c.End, zone, time.Time{}), Code: c.ReasonCode, Reason: sentence(c.Reason),
		Advice: adviceOf(c.ReasonCode, "").aftermath(row.Look, c.ReasonCode), Note: c.Note,
		Day: "/day/" + c.Start.In(scribe.day).Format(time.DateOnly), DayText: c.Start.In(scribe.day).Format("Monday, 2 January"),
	}
	p.When.Zone = zoneAt(c.Start, zone)
	sh.Page, sh.Title, sh.Live = "day", c.Recording+", "+p.When.Text(), !row.Look.over() || row.Look == lookCancelled
	p.Lost = sentence(c.lostText(scribe.now))
	if row.Look.over() {
		p.Detail = "" // why has a part of its own
	}
	p.Bar = scribe.classBar(&c)
	p.Facts = scribe.facts(&c)
	for _, g := range c.Gaps {
		p.Gaps = append(p.Gaps, scribe.secondsOf(span(g), zone))
	}
	for _, x := range c.Sessions {
		p.Sessions = append(p.Sessions, scribe.sessionOf(x, zone))
	}
	p.Story = scribe.storyOf(entries, zone)
	p.Done = doneText[ActKind(r.URL.Query().Get("done"))]
	p.Acts, p.Barred = allowed(actsOf(&c, row.Look, scribe.now), sh.Caller, &c)
	return p, nil
}

// secondsOf is a gap with its seconds.
func (s scribe) secondsOf(g span, zone *time.Location) Range {
	until := g.Until
	if until.IsZero() {
		until = s.now
	}
	return Range{From: s.when(g.From, zone, "15:04:05"), Until: s.when(until, zone, "15:04:05"), Over: "(" + lengthText(until.Sub(g.From)) + ")"}
}

// classBar draws the class with 4 % of room on each side, and says the same in words for who does not see it.
func (s scribe) classBar(c *Class) *classBar {
	a := c.axis()
	room := max(a.until.Sub(a.from)/25, time.Second)
	a.from, a.until = a.from.Add(-room), a.until.Add(room)
	b := &classBar{Ticks: a.quarters(), Parts: s.partViews(c, a), X: a.at(c.Start), HasNow: a.has(s.now), Now: a.at(s.now)}
	b.Width = a.at(c.End) - b.X
	b.Start, b.End = c.Start.In(c.Zone).Format("15:04"), c.End.In(c.Zone).Format("15:04")
	var said []string
	for _, p := range c.parts(s.now) {
		said = append(said, partWords[p.Kind]+" from "+p.From.In(a.zone).Format("15:04:05")+" to "+p.Until.In(a.zone).Format("15:04:05"))
	}
	b.Said = strings.Join(said, ", ")
	return b
}

// partWords are the kinds of parts in words.
var partWords = map[partKind]string{
	partPlanned: "planned", partEarly: "recorded before the class", partRecorded: "recorded", partLate: "begun late, not recorded",
	partGap: "not recorded", partAfter: "recorded after the class", partDropped: "cancelled",
}

// quarters are the marks of a short axis: at most ten, each a full quarter of an hour or a multiple of it.
func (a axis) quarters() (list []tick) {
	if a.until.Sub(a.from) > 10*time.Hour {
		return a.ticks(10)
	}
	for _, step := range []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour} {
		if a.until.Sub(a.from)/step >= 9 {
			continue
		}
		offset := time.Duration(offsetOf(a.from.In(a.zone))) * time.Second
		for t := a.from.Add(offset).Truncate(step).Add(-offset); t.Before(a.until); t = t.Add(step) {
			if !t.Before(a.from) {
				list = append(list, tick{X: a.at(t), Label: t.In(a.zone).Format("15:04")})
			}
		}
		return list
	}
	return a.ticks(10)
}

// facts are what the plan and the store say of the class. What is not known is left out.
func (s scribe) facts(c *Class) (facts []fact) {
	add := func(name, value string) {
		if value != "" {
			facts = append(facts, fact{Name: name, Value: value})
		}
	}
	add("Page", c.Page)
	facts = append(facts, fact{Name: "Plan", Value: c.Plan, Link: "/plans#" + c.Plan})
	add("App", c.AppName)
	add("Storage", c.Storage)
	add("Bucket", c.Bucket)
	if !c.PlanEnd.IsZero() && !c.PlanEnd.Equal(c.End) {
		add("End by the plan", c.PlanEnd.In(c.Zone).Format("15:04:05"))
	}
	if !c.From.IsZero() {
		zone := c.Zone
		add("Recorded from", c.From.In(zone).Format("15:04:05")+" to "+c.Until.In(zone).Format("15:04:05")+", with padding")
	}
	add("Labels", labelsText(c.Labels))
	return facts
}

// sessionOf is a session with its times in the zone of the class.
func (s scribe) sessionOf(x session.Session, zone *time.Location) sessionView {
	v := sessionView{
		Session: x, Advice: adviceOf(x.ReasonCode, ""), From: s.when(x.StartedAt, zone, "15:04:05"),
		Recorded: s.when(x.RecordingAt, zone, "15:04:05"), Until: s.when(x.StoppedAt, zone, "15:04:05"),
	}
	switch x.State {
	case session.SessionFailed, session.SessionLost, session.SessionOrphan, session.SessionSuspect:
		v.Bad = true
	}
	if !x.RecordingAt.IsZero() {
		until := x.StoppedAt
		if until.IsZero() && x.State == session.SessionRunning {
			until = s.now
		}
		if until.After(x.RecordingAt) {
			v.Length = lengthText(until.Sub(x.RecordingAt))
		}
	}
	return v
}

// requestID is what a sentence of the log has at its end.
var requestID = regexp.MustCompile(` \(request id ([0-9A-Za-z-]+)\)$`)

// storyOf puts the entries of a log under their days. What follows itself without anything in between, such as a query
// that is answered alike again and again, is one entry.
func (s scribe) storyOf(entries []Entry, zone *time.Location) (days []storyDay) {
	for _, e := range entries {
		day := e.At.In(zone).Format("Monday, 2 January 2006") + ", " + zoneAt(e.At, zone)
		if n := len(days); n == 0 || days[n-1].Day != day {
			days = append(days, storyDay{Day: day})
		}
		v := entryView{Entry: e, Clock: e.At.In(zone).Format("15:04:05")}
		if m := requestID.FindStringSubmatch(v.Text); m != nil {
			v.Text, v.Request = strings.TrimSuffix(v.Text, m[0]), m[1]
		}
		v.Text = sentence(v.Text)
		if s.differs(e.At, zone) {
			v.Here = e.At.In(s.viewer).Format("15:04:05")
		}
		d := &days[len(days)-1]
		if n := len(d.Entries); n > 0 && d.Entries[n-1].Text == v.Text && d.Entries[n-1].Who == v.Who {
			last := &d.Entries[n-1]
			last.Times, last.Until, last.Request = max(last.Times, 1)+1, v.Clock, ""
			continue
		}
		d.Entries = append(d.Entries, v)
	}
	return days
}

// allowed are those of the acts that the caller may do.
func allowed(acts []actLink, caller access.Caller, c *Class) (may []actLink, barred bool) {
	for _, a := range acts {
		if caller.Can(a.Kind.access(), c.Plan, c.Recording) {
			may = append(may, a)
		}
	}
	return may, len(may) < len(acts)
}

// actsOf are the acts that make sense for a class now.
func actsOf(c *Class, l look, now time.Time) (acts []actLink) {
	add := func(kind ActKind, word string, strong bool) {
		acts = append(acts, actLink{kind, word, LinkOf(c.ID) + "/" + string(kind), strong})
	}
	ahead := c.End.After(now)
	switch {
	case c.Cancel != nil || c.Outcome == session.Cancelled:
		if byPlan := c.Cancel != nil && c.Cancel.ReasonCode == reason.CancelledByPlan; !byPlan && ahead {
			add(ActUndo, "Take the cancellation back", false)
		}
	case c.Phase == session.Ended || !ahead && !l.live():
	case c.Phase == session.Planned:
		add(ActCancel, "Cancel", false)
		add(ActExtend, "Extend", false)
	case c.Phase == session.Stopping:
	default:
		add(ActStop, "Stop now", true)
		add(ActExtend, "Extend", false)
	}
	if x := c.Extended; x != nil && x.Closure == 0 && slices.ContainsFunc(acts, func(a actLink) bool { return a.Kind == ActExtend }) {
		add(ActShorten, "Take the extension back", false)
	}
	return acts
}
