package page

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// weekPage is a week: its days in sum, and its recordings day by day.
type weekPage struct {
	Head, Sub     string
	Before, After string
	Days          []weekDay
	Rows          []weekRow
	Hidden        int // recordings that are left out; those without trouble first
	Search        string
	Path          string
}

// shownCells is how many classes the table of a week has at most, by whole recordings.
const shownCells = 1000

// weekDay is a day of a week in sum.
type weekDay struct {
	Name, Date, Link string
	Today            bool
	Classes          int
	Counts           []countView
	Bars             []partView // share of each look
	Hours            string     // first start to last end
	Change           string     // of the clock
}

// countView is how many classes look alike.
type countView struct {
	Look  look
	Count int
}

// weekRow is a recording with its classes, day by day.
type weekRow struct {
	Name, Title, Plan string
	Cells             [][]cellView
	needs             int // the worst of its looks
}

// cellView is a class in the table of a week.
type cellView struct {
	Look look
	Link string
	Text string // its start
	Said string
}

func (s *site) thisWeek(r *http.Request, sh *shell) (any, error) {
	return s.weekAt(r, sh, sh.scribe.now)
}

// week builds the page of a week by ISO 8601: it begins on Monday, and the first of a year has the 4th of January.
func (s *site) week(r *http.Request, sh *shell) (any, error) {
	var year, week int
	if n, err := fmt.Sscanf(r.PathValue("week"), "%4d-W%2d", &year, &week); n != 2 || err != nil || year < 1970 || week < 1 || week > 53 {
		return nil, &badRequest{fmt.Sprintf("%q is not a week, such as 2031-W38", r.PathValue("week"))}
	}
	at := time.Date(year, 1, 4+7*(week-1), 12, 0, 0, 0, sh.scribe.day) // the 4th of January is in the first week
	if y, w := at.ISOWeek(); y != year || w != week {
		return nil, &badRequest{fmt.Sprintf("%d has no week %d", year, week)}
	}
	return s.weekAt(r, sh, at)
}

// weekLink is the page of the week of an instant, in its own zone.
func weekLink(t time.Time) string {
	y, w := t.ISOWeek()
	return fmt.Sprintf("/week/%04d-W%02d", y, w)
}

// weekAt builds the page of the week of an instant.
func (s *site) weekAt(r *http.Request, sh *shell, at time.Time) (any, error) {
	zone := sh.scribe.day
	local := at.In(zone)
	y, m, d := local.Date()
	monday := d - (int(local.Weekday())+6)%7
	var days []span
	for i := range 7 {
		from, until := dayIn(time.Date(y, m, monday+i, 12, 0, 0, 0, zone), zone)
		days = append(days, span{from, until})
	}
	classes, err := s.source.classes(r.Context(), days[0].From, days[6].Until)
	if err != nil {
		return nil, err
	}
	_, number := local.ISOWeek()
	p := &weekPage{
		Head: fmt.Sprintf("Week %d", number), Sub: weekSpan(days[0].From, days[6].From), Search: r.URL.Query().Get("q"), Path: r.URL.Path,
		Before: weekLink(days[0].From.AddDate(0, 0, -3)), After: weekLink(days[6].From.AddDate(0, 0, 4)),
	}
	sh.Page, sh.Title, sh.Live = "week", p.Head, true
	byDay := make([][]*Class, 7)
	for i := range classes {
		c := &classes[i]
		if k := slices.IndexFunc(days, func(d span) bool { return !c.Start.Before(d.From) && c.Start.Before(d.Until) }); k >= 0 {
			byDay[k] = append(byDay[k], c)
		}
	}
	for k, d := range days {
		p.Days = append(p.Days, sh.scribe.weekDay(d, byDay[k]))
	}
	p.rows(sh.scribe, byDay)
	return p, nil
}

func weekSpan(first, last time.Time) string {
	if first.Month() == last.Month() {
		return first.Format("2") + " to " + last.Format("2 January 2006")
	}
	return first.Format("2 January") + " to " + last.Format("2 January 2006")
}

// weekDay sums up the classes that start on a day, which come in order of their starts.
func (s scribe) weekDay(d span, classes []*Class) weekDay {
	v := weekDay{
		Name: d.From.Format("Mon"), Date: d.From.Format("2 Jan"), Link: "/day/" + d.From.Format(time.DateOnly),
		Today: axis{from: d.From, until: d.Until}.has(s.now), Classes: len(classes), Change: clockChange(d.From, d.Until, s.day),
	}
	counts := map[look]int{}
	var last time.Time
	for _, c := range classes {
		counts[lookOf(c, s.now)]++
		if c.End.After(last) {
			last = c.End
		}
	}
	if len(classes) > 0 {
		v.Hours = classes[0].Start.In(s.day).Format("15:04") + "–" + last.In(s.day).Format("15:04")
	}
	at := percent(0)
	for _, l := range looks {
		if n := counts[l]; n > 0 {
			width := percent(100 * float64(n) / float64(len(classes)))
			v.Counts = append(v.Counts, countView{l, n})
			v.Bars = append(v.Bars, partView{partKind(l.Key), at, width})
			at += width
		}
	}
	return v
}

// rows puts the classes into the table: of a recording in one row, those that need a person first where not all fit.
func (p *weekPage) rows(s scribe, byDay [][]*Class) {
	all := map[string]*weekRow{}
	for day, classes := range byDay {
		for _, c := range classes {
			if !c.matches(p.Search) {
				continue
			}
			key := c.Plan + "/" + c.Recording
			row := all[key]
			if row == nil {
				row = &weekRow{Name: c.Recording, Title: c.Title, Plan: c.Plan, Cells: make([][]cellView, 7)}
				all[key] = row
			}
			l := lookOf(c, s.now)
			start := c.Start.In(c.Zone).Format("15:04")
			row.needs = max(row.needs, l.Rank)
			row.Cells[day] = append(row.Cells[day], cellView{
				Look: l, Link: LinkOf(c.ID), Text: start,
				Said: fmt.Sprintf("%s at %s, %s", c.Recording, start, strings.ToLower(l.Word)),
			})
		}
	}
	rows := slices.Collect(maps.Values(all))
	byName := func(a, b *weekRow) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Plan, b.Plan)) }
	slices.SortFunc(rows, func(a, b *weekRow) int { return cmp.Or(cmp.Compare(min(b.needs, 1), min(a.needs, 1)), byName(a, b)) })
	shown, cells := 0, 0
	for ; shown < len(rows) && cells < shownCells; shown++ {
		for _, day := range rows[shown].Cells {
			cells += len(day)
		}
	}
	p.Hidden = len(rows) - shown
	rows = rows[:shown]
	slices.SortFunc(rows, byName)
	for _, row := range rows {
		p.Rows = append(p.Rows, *row)
	}
}

// labelsText is a class's labels in order.
func labelsText(labels map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, k+"="+labels[k])
	}
	return strings.Join(parts, ", ")
}
