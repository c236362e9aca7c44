package view

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	ical "github.com/arran4/golang-ical"

	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner/session"
	"rundown/runner/store"
)

// Selection names classes by labels and by recordings. The zero Selection names all.
type Selection struct {
	Labels    map[string]string // all of them
	Plan      string
	Recording string
}

// Matches says whether a class is named, by its plan, its recording and its labels.
func (s Selection) Matches(of, recording string, labels map[string]string) bool {
	if s.Plan != "" && s.Plan != of || s.Recording != "" && s.Recording != recording {
		return false
	}
	for k, v := range s.Labels {
		if has, ok := labels[k]; !ok || has != v {
			return false
		}
	}
	return true
}

// Calendar gives the classes of the active plans that are named and start in a period as iCalendar (RFC 5545). What the
// store knows of them is part of it: an extended end, a cancellation, how they ended. No address of a page is.
func (f *Finder) Calendar(ctx context.Context, sel Selection, from, until time.Time) (string, error) {
	plans, err := f.Active(ctx, sel.Plan)
	if err != nil {
		return "", err
	}
	orders, err := currentOrders(ctx, f.Store, from)
	if err != nil {
		return "", err
	}
	var classes []plan.Occurrence
	rows := map[string]store.Occurrence{}
	for _, p := range plans {
		for _, r := range p.Recordings {
			before := len(classes)
			for _, o := range schedule.OccurrencesOf(r, p, from, until) {
				if sel.Matches(p.Name, r.ID, o.Settings.Labels) {
					classes = append(classes, o)
				}
			}
			if len(classes) == before {
				continue
			}
			found, err := f.Store.Occurrences(ctx, store.Filter{Plan: p.Name, Recording: r.ID, StartBefore: until, EndAfter: from})
			if err != nil {
				return "", fmt.Errorf("read occurrences: %w", err)
			}
			for _, row := range found {
				rows[row.ID] = row
			}
		}
	}
	return CalendarOf(classes, func(o *plan.Occurrence) store.Occurrence {
		row, ok := rows[o.ID]
		if !ok {
			row = AsRow(o)
		}
		return WithOrders(row, orders)
	}, f.stamp), nil
}

// CalendarOf writes classes of plans as iCalendar. row gives what is known of a class; stamp when its plan was applied.
func CalendarOf(classes []plan.Occurrence, row func(*plan.Occurrence) store.Occurrence, stamp func(of string) time.Time) string {
	slices.SortStableFunc(classes, func(x, y plan.Occurrence) int { return x.Start.Compare(y.Start) })
	c := ical.NewCalendarFor("rundown")
	c.SetProductId("-//rundown//rundown//EN")
	c.SetMethod(ical.MethodPublish)
	c.SetName("Recorded classes")
	c.SetXWRCalName("Recorded classes")
	c.SetRefreshInterval("PT1H")
	for i := range classes {
		o := &classes[i]
		addEvent(c, o, row(o), stamp(o.Plan))
	}
	return c.Serialize()
}

// addEvent adds a class. Its identity is the UID of the event, so that a calendar that is subscribed to follows a class that moves.
func addEvent(c *ical.Calendar, o *plan.Occurrence, row store.Occurrence, stamp time.Time) {
	class := Class{Row: row, Planned: o}
	e := c.AddEvent(o.ID)
	e.SetDtStampTime(stamp)
	e.SetStartAt(o.Start)
	e.SetEndAt(class.End())
	e.SetSummary(Line(cmp.Or(o.Recording.Title, o.Recording.ID)))
	if description := describe(o, row); description != "" {
		e.SetDescription(description)
	}
	for _, key := range slices.Sorted(maps.Keys(o.Settings.Labels)) {
		e.AddCategory(Line(key + "=" + o.Settings.Labels[key]))
	}
	e.SetStatus(ical.ObjectStatusConfirmed)
	if _, cancelled := class.Cancelled(); cancelled {
		e.SetStatus(ical.ObjectStatusCancelled)
	}
}

// describe says how a class stands, in a few lines.
func describe(o *plan.Occurrence, row store.Occurrence) string {
	lines := []string{row.ID}
	if o.Settings.Note != "" {
		lines = append(lines, Line(o.Settings.Note))
	}
	switch {
	case row.Outcome != "":
		lines = append(lines, row.Outcome)
	case row.State != string(session.Planned):
		lines = append(lines, row.State)
	}
	if text := ReasonText(row, nil, row.ID, ZoneOf(row)); text != "" {
		lines = append(lines, Line(text))
	}
	return strings.Join(lines, "\n")
}

// stamp is when the active revision of a plan was applied, which is when its calendar changed last.
func (f *Finder) stamp(of string) time.Time { return f.applied[of] }
