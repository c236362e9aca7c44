package schedule

import (
	"time"

	"rundown/plan"
)

// Schedule is a plan prepared for counting its classes. It is for one goroutine, since recordings share wall clocks
// and a buffer.
type Schedule struct {
	Plan       *plan.Plan
	Timetables []*Timetable // of the recordings that have a zone, in document order
	buffer     []Instance   // of one group

	MaxBefore, MaxAfter, MaxLength int64 // s, of any class

	groups [][]*Timetable // by [Schedule.PageGroups]
}

// New prepares a plan. Recordings without a zone, which the loader reports, have no timetable.
func New(p *plan.Plan) *Schedule {
	e := &Schedule{Plan: p}
	sets := make(map[calendarList]daySet)
	walls := make(map[string]*WallClock)
	for i, r := range p.Recordings {
		if r.Zone == nil {
			continue // reported where it is missing
		}
		s := newTimetable(r, i, daysOf(sets, r.Only), daysOf(sets, r.Skip))
		zone := r.Zone.String()
		if walls[zone] == nil {
			walls[zone] = s.Wall
		}
		s.Wall = walls[zone]
		e.Timetables = append(e.Timetables, s)
		for j := range r.When {
			e.MaxLength = max(e.MaxLength, int64(r.When[j].Length/time.Second))
		}
		e.widen(&r.Settings)
		for j := range r.Changes {
			e.widen(s.Changed[j])
			if to := r.Changes[j].To; to != nil {
				e.MaxLength = max(e.MaxLength, int64(to.Length/time.Second))
			}
		}
	}
	return e
}

// widen raises the largest padding of any class.
func (e *Schedule) widen(s *plan.Settings) {
	e.MaxBefore = max(e.MaxBefore, int64(s.Padding.Before/time.Second))
	e.MaxAfter = max(e.MaxAfter, int64(s.Padding.After/time.Second))
}

// calendarList identifies a list of calendars without comparing it: by the single calendar, or by the address of the
// list, which recordings share with their defaults.
type calendarList struct {
	single *plan.Calendar
	first  **plan.Calendar
	n      int
}

// daysOf gives the days of calendars, cached.
func daysOf(sets map[calendarList]daySet, calendars []*plan.Calendar) daySet {
	if len(calendars) == 0 {
		return nil
	}
	key := calendarList{single: calendars[0]}
	if len(calendars) > 1 {
		key = calendarList{first: &calendars[0], n: len(calendars)}
	}
	set, ok := sets[key]
	if !ok {
		set = UnionDays(calendars)
		sets[key] = set
	}
	return set
}

// URL is the page of a class, with placeholders replaced and references as written.
func (e *Schedule) URL(c *Instance) plan.Text {
	url, _ := c.Settings().URL.ExpandBy(e.Values(c))
	return url
}

// Values gives the values of the placeholders of a class.
func (e *Schedule) Values(c *Instance) func(name string) (string, bool) {
	settings := c.Settings()
	return func(name string) (string, bool) {
		switch name {
		case "plan":
			return e.Plan.Name, true
		case "id":
			return c.Timetable.Recording.ID, true
		case "date":
			return time.Unix(c.Start, 0).In(settings.Zone).Format("20060102"), true
		case "time":
			return time.Unix(c.Start, 0).In(settings.Zone).Format("1504"), true
		default:
			value, ok := settings.Labels[name]
			return value, ok
		}
	}
}

// ExpandUntimed replaces the placeholders of a text that mean the same for every class of a recording under a change, -1
// for none. {date} and {time} stay as written.
func (e *Schedule) ExpandUntimed(t plan.Text, s *Timetable, change int) string {
	value := e.Values(&Instance{Timetable: s, Change: change})
	expanded, _ := t.ExpandBy(func(name string) (string, bool) {
		if name == "date" || name == "time" {
			return "", false
		}
		return value(name)
	})
	return expanded.String()
}

// prefix expands the elements of a storage's prefix. Characters that Agora forbids there are dropped from the values
// of placeholders, and an element that becomes empty is dropped.
func (e *Schedule) prefix(c *Instance) []string {
	storage := c.Settings().Storage
	if storage == nil || len(storage.Prefix) == 0 {
		return nil
	}
	value := e.Values(c)
	elements := make([]string, 0, len(storage.Prefix))
	for _, element := range storage.Prefix {
		expanded, _ := element.ExpandBy(func(name string) (string, bool) {
			v, ok := value(name)
			return plan.PrefixValue(v), ok
		})
		if s := expanded.String(); s != "" {
			elements = append(elements, s)
		}
	}
	return elements
}
