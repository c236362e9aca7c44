package page

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"rundown/runner/web/access"
)

// How many classes a page shows at once.
const (
	shownTroubles = 6   // that need a person
	shownLive     = 24  // that are being recorded
	shownNext     = 6   // that begin next
	perPage       = 100 // of the list below
)

// dayPage is what the template of a day shows.
type dayPage struct {
	Head          string
	IsToday       bool
	Before, After string // links
	Verdict       verdict
	Issues        []Issue
	Change        string // of the clock on this day
	Timeline      *timelineView
	Busy          *busyView
	Troubles      []trouble
	MoreTroubles  int
	Live          []rowView
	MoreLive      int
	Next          []rowView
	NextHead      string
	Total         int
	List          listView
	CloseLink     string // to a closure of the day, for who may act
}

// verdict is the day in one sentence.
type verdict struct {
	Key  string // ok, look, act, none
	Text string
	Sub  string
}

// today is the day on the clock of the zone of the pages, whoever looks.
func (s *site) today(r *http.Request, sh *shell) (any, error) {
	return s.dayAt(r, sh, sh.scribe.now)
}

// day is the page of the day in the address, as its calendar day in the zone of the pages.
func (s *site) day(r *http.Request, sh *shell) (any, error) {
	day, err := time.ParseInLocation(time.DateOnly, r.PathValue("day"), sh.scribe.day)
	if err != nil {
		return nil, &badRequest{fmt.Sprintf("%q is not a day, such as 2031-09-15", r.PathValue("day"))}
	}
	y, m, d := day.Date()
	return s.dayAt(r, sh, time.Date(y, m, d, 12, 0, 0, 0, sh.scribe.day))
}

// dayAt builds the page of the day of an instant.
func (s *site) dayAt(r *http.Request, sh *shell, at time.Time) (any, error) {
	scribe := sh.scribe
	from, until := dayIn(at, scribe.day)
	classes, err := s.source.classes(r.Context(), from, until)
	if err != nil {
		return nil, err
	}
	p := &dayPage{
		Head: from.Format("Monday, 2 January 2006"), IsToday: axis{from: from, until: until}.has(scribe.now),
		Before: "/day/" + from.AddDate(0, 0, -1).Format(time.DateOnly), After: "/day/" + until.Format(time.DateOnly),
		Issues: sh.System.Issues, Total: len(classes), Change: clockChange(from, until, scribe.day),
	}
	if until.After(scribe.now) && sh.Caller.Can(access.Change, "", "") {
		p.CloseLink = "/closures?day=" + from.Format(time.DateOnly) + "#new"
	}
	sh.Page, sh.Live, sh.Title = "day", true, from.Format("Mon 2 Jan 2006")
	if p.IsToday {
		sh.Title = "Today"
	}
	day := span{from, until}
	switch {
	case len(classes) >= busyFrom:
		p.Busy = scribe.busyOf(classes, day)
	case len(classes) > 0:
		p.Timeline = scribe.timelineOf(classes, day)
	}
	p.divide(scribe, classes, day)
	p.Verdict = p.judge(scribe, sh.System, classes)
	if p.List, err = listOf(scribe, r, classes, day, p.IsToday); err != nil {
		return nil, err
	}
	if p.Busy != nil {
		p.Busy.HourList = hoursOf(scribe, r, classes, day)
	}
	return p, nil
}

// clockChange says what the clock does on a day; "" for nothing.
func clockChange(from, until time.Time, zone *time.Location) string {
	_, end := from.In(zone).ZoneBounds()
	if end.IsZero() || !end.Before(until) {
		return ""
	}
	before, after := end.Add(-time.Second).In(zone), end.In(zone)
	shift := time.Duration(offsetOf(after)-offsetOf(before)) * time.Second
	if shift == 0 { // package time ends a stretch where 31 December of a leap year begins in UTC, or earlier than from on that day
		return ""
	}
	way := "forward"
	if shift < 0 {
		way = "back"
	}
	return fmt.Sprintf("The clock goes %s by %s at %s, from %s to %s: this day has %s.",
		way, lengthText(shift.Abs()), end.In(time.FixedZone("", offsetOf(before))).Format("15:04"), zoneAt(before, zone), zoneAt(after, zone), hoursText(until.Sub(from)))
}

func hoursText(d time.Duration) string {
	return strconv.FormatFloat(d.Hours(), 'f', -1, 64) + " hours"
}

// divide finds what needs a person, what is being recorded and what is next.
func (p *dayPage) divide(s scribe, classes []Class, day span) {
	type ranked struct {
		*Class
		look
	}
	var needs []ranked
	var soon []*Class
	for i := range classes {
		c := &classes[i]
		l := lookOf(c, s.now)
		if l.Rank > 0 {
			needs = append(needs, ranked{c, l})
		}
		if l.live() && l != lookOverdue {
			if p.MoreLive++; len(p.Live) < shownLive {
				p.Live = append(p.Live, s.rowOf(c, day.From))
			}
		}
		if l == lookPlanned && c.Start.After(s.now) {
			soon = append(soon, c)
		}
	}
	p.MoreLive -= len(p.Live)
	slices.SortStableFunc(needs, func(a, b ranked) int { // what can still be saved first, then the newest
		return cmp.Or(cmp.Compare(b.Rank, a.Rank), b.Class.Start.Compare(a.Class.Start))
	})
	for _, n := range needs[:min(len(needs), shownTroubles)] {
		p.Troubles = append(p.Troubles, s.troubleOf(n.Class, day.From))
	}
	p.MoreTroubles = len(needs) - len(p.Troubles)
	for _, c := range soon[:min(len(soon), shownNext)] {
		p.Next = append(p.Next, s.rowOf(c, day.From))
	}
	p.NextHead = "Next"
	if !p.IsToday {
		p.NextHead = "First"
	}
}

// judge puts the day into one sentence.
func (p *dayPage) judge(s scribe, system System, classes []Class) verdict {
	needs := len(p.Troubles) + p.MoreTroubles
	v := verdict{Sub: p.sums(s, classes)}
	critical := slices.ContainsFunc(system.Issues, func(i Issue) bool { return i.Severity == "critical" })
	blocking := slices.ContainsFunc(system.Issues, func(i Issue) bool { return i.Blocking })
	var urgent []string
	for _, t := range p.Troubles {
		if t.Look.Rank >= 3 || t.Look == lookLate {
			urgent = append(urgent, t.Name)
		}
	}
	switch {
	case p.IsToday && !system.Running:
		v.Key, v.Text = "act", "The daemon does not work"
		v.Sub = strings.Trim(system.Text+"; see its log, and start it again if it has ended", "; ")
	case p.IsToday && blocking:
		v.Key, v.Text = "act", "No class can begin"
	case len(urgent) == 1:
		v.Key, v.Text = "act", urgent[0]+" is being lost now"
	case len(urgent) > 1:
		v.Key, v.Text = "act", fmt.Sprintf("%d classes are being lost now", len(urgent))
	case p.IsToday && critical:
		v.Key, v.Text = "act", "Something needs you now"
	case needs > 0:
		v.Key, v.Text = "look", plural(needs, "class")+verb(needs, " was", " were")+" not recorded whole"
	case p.IsToday && len(system.Issues) > 0:
		v.Key, v.Text = "look", "Something wants a look"
	case len(classes) == 0:
		v.Key, v.Text = "none", "No classes on this day"
		if p.IsToday {
			v.Text = "No classes today"
		}
	case s.now.Before(classes[0].Start) && !p.IsToday:
		v.Key, v.Text = "ok", plural(len(classes), "class")+verb(len(classes), " is", " are")+" planned"
	default:
		v.Key, v.Text = "ok", "All is well"
	}
	return v
}

// verb is the form of a verb that fits behind so many.
func verb(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// sums says how far the day is.
func (p *dayPage) sums(s scribe, classes []Class) string {
	var parts []string
	live, over := 0, 0
	for i := range classes {
		l := lookOf(&classes[i], s.now)
		if l == lookRecording {
			live++
		}
		if l.over() {
			over++
		}
	}
	if live > 0 {
		parts = append(parts, fmt.Sprintf("%d recording", live))
	}
	if len(p.Next) > 0 && p.IsToday {
		n := p.Next[0]
		parts = append(parts, fmt.Sprintf("next %s at %s (%s)", n.Name, n.Range.From.Text, strings.TrimPrefix(n.Detail, "begins ")))
	}
	if len(classes) > 0 {
		parts = append(parts, fmt.Sprintf("%d of %s done", over, plural(len(classes), "class")))
	}
	return strings.Join(parts, " · ")
}

// listView is the list of a day's classes, of which a part is shown.
type listView struct {
	Tabs          []tabView
	Rows          []rowView
	Search, Hour  string
	Show          string
	HourText      string
	Found         int
	First, Last   int // of the rows that are shown, from 1
	Before, After string
	Path          string
}

// tabView is a choice of what is listed.
type tabView struct {
	Word, Link string
	Count      int
	Current    bool
}

// tabs are what can be listed. The key is the value of "show".
var tabs = []kind{
	{"", "All", func(look) bool { return true }},
	{"needs", "Needs a look", func(l look) bool { return l.Rank > 0 }},
	{"live", "Recording", func(l look) bool { return l.live() }},
	{"planned", "Planned", func(l look) bool { return l == lookPlanned }},
	{"recorded", "Recorded", func(l look) bool { return l == lookRecorded }},
	{"cancelled", "Cancelled", func(l look) bool { return l == lookCancelled }},
}

// listOf chooses the classes that a request asks for.
func listOf(s scribe, r *http.Request, classes []Class, day span, today bool) (listView, error) {
	q := r.URL.Query()
	v := listView{Search: q.Get("q"), Hour: q.Get("hour"), Show: q.Get("show"), Path: r.URL.Path}
	chosen := slices.IndexFunc(tabs, func(t kind) bool { return t.key == v.Show })
	if chosen < 0 {
		return v, &badRequest{fmt.Sprintf("%q is not something that can be shown", v.Show)}
	}
	hour, err := hourOf(v.Hour, day, s.day)
	if err != nil {
		return v, err
	}
	if v.Hour != "" {
		v.HourText = hour.From.In(s.day).Format("15:04") + "–" + hour.Until.In(s.day).Format("15:04")
	}
	counts := make([]int, len(tabs))
	var found []*Class
	for i := range classes {
		c := &classes[i]
		if v.Hour != "" && (span{c.Start, c.End}).within(hour).length() <= 0 || !c.matches(v.Search) {
			continue
		}
		l := lookOf(c, s.now)
		for k, t := range tabs {
			if t.has(l) {
				counts[k]++
			}
		}
		if tabs[chosen].has(l) {
			found = append(found, c)
		}
	}
	for k, t := range tabs {
		if k == 0 || counts[k] > 0 || k == chosen {
			v.Tabs = append(v.Tabs, tabView{t.word, v.link("show", t.key), counts[k], k == chosen})
		}
	}
	return v, v.turn(s, q.Get("page"), found, day, today)
}

// turn shows one page of what was found. Without a number that is the first; of a busy today the one with what is on now.
func (v *listView) turn(s scribe, number string, found []*Class, day span, today bool) error {
	pages := max(1, (len(found)+perPage-1)/perPage)
	page := 1
	if number != "" {
		var err error
		if page, err = strconv.Atoi(number); err != nil || page < 1 || page > pages {
			return &badRequest{fmt.Sprintf("there is no page %q of this list", number)}
		}
	} else if today && v.Show == "" {
		if i := slices.IndexFunc(found, func(c *Class) bool { return c.End.After(s.now) }); i > 0 {
			page = i/perPage + 1
		}
	}
	first := (page - 1) * perPage
	shown := found[first:min(first+perPage, len(found))]
	for _, c := range shown {
		v.Rows = append(v.Rows, s.rowOf(c, day.From))
	}
	v.Found, v.First, v.Last = len(found), first+1, first+len(shown)
	if page > 1 {
		v.Before = v.link("page", strconv.Itoa(page-1))
	}
	if page < pages {
		v.After = v.link("page", strconv.Itoa(page+1))
	}
	return nil
}

// link is the address of the list with one value set. Another choice begins at its first page.
func (v *listView) link(key, value string) string {
	q := url.Values{}
	for k, old := range map[string]string{"q": v.Search, "hour": v.Hour, "show": v.Show} {
		if old != "" {
			q.Set(k, old)
		}
	}
	q.Set(key, value)
	if value == "" {
		q.Del(key)
	}
	if len(q) == 0 {
		return v.Path + "#classes"
	}
	return v.Path + "?" + q.Encode() + "#classes"
}

// hourOf is the hour of a day that begins at a time of the wall clock; the zero span for none.
func hourOf(text string, day span, zone *time.Location) (span, error) {
	if text == "" {
		return span{}, nil
	}
	at, err := time.Parse("2006-01-02T15Z0700", text)
	if err != nil || at.Before(day.From.Add(-time.Hour)) || !at.Before(day.Until) {
		return span{}, &badRequest{fmt.Sprintf("%q is not an hour of this day", text)}
	}
	a := axis{day.From, day.Until, zone}
	return span{at, a.fullHour(at.Add(time.Second))}, nil
}

// hoursOf counts the classes of each hour.
func hoursOf(s scribe, r *http.Request, classes []Class, day span) (list []hourView) {
	a := axis{day.From, day.Until, s.day}
	current := r.URL.Query().Get("hour")
	for from := day.From; from.Before(day.Until); {
		until := a.fullHour(from.Add(time.Second))
		h := hourView{Label: from.In(s.day).Format("15:04")}
		for i := range classes {
			c := &classes[i]
			if c.Start.Before(until) && c.End.After(from) {
				h.Classes++
				if lookOf(c, s.now).Rank > 0 {
					h.Needs++
				}
			}
		}
		key := from.In(s.day).Format("2006-01-02T15Z0700")
		h.Current = key == current
		h.Link = r.URL.Path + "?hour=" + url.QueryEscape(key) + "#classes"
		if h.Current {
			h.Link = r.URL.Path + "#classes"
		}
		if h.Classes > 0 {
			list = append(list, h)
		}
		from = until
	}
	return list
}

// matches says that a class has all words of a search, in its name, title, plan or labels.
func (c *Class) matches(search string) bool {
	if search == "" {
		return true
	}
	text := strings.ToLower(c.Recording + "\n" + c.Title + "\n" + c.Plan)
	for k, v := range c.Labels {
		text += "\n" + strings.ToLower(k+"="+v)
	}
	for word := range strings.FieldsSeq(strings.ToLower(search)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}
