package plan

import (
	"strings"
	"time"
)

// expansion is a plan made ready for counting its classes.
type expansion struct {
	plan      *Plan
	schedules []*schedule // of the recordings that have a zone, in document order
	buffer    []class     // of one group

	maxBefore, maxAfter, maxLength int64 // s, of any class

	groups [][]*schedule // by [expansion.pageGroups]

	from, until time.Time // validate's window, for the rules
}

func newExpansion(p *Plan) *expansion {
	e := &expansion{plan: p}
	sets := make(map[calendarList]daySet)
	walls := make(map[string]*wallClock)
	for i, r := range p.Recordings {
		if r.Zone == nil {
			continue // reported where it is missing
		}
		s := newSchedule(r, i, daysOf(sets, r.Only), daysOf(sets, r.Skip))
		zone := r.Zone.String()
		if walls[zone] == nil {
			walls[zone] = s.wall
		}
		s.wall = walls[zone]
		e.schedules = append(e.schedules, s)
		for j := range r.When {
			e.maxLength = max(e.maxLength, int64(r.When[j].length/time.Second))
		}
		e.allow(&r.Settings)
		for j := range r.Changes {
			e.allow(s.changed[j])
			if to := r.Changes[j].To; to != nil {
				e.maxLength = max(e.maxLength, int64(to.length/time.Second))
			}
		}
	}
	return e
}

func (e *expansion) allow(s *Settings) {
	e.maxBefore = max(e.maxBefore, int64(s.Padding.Before/time.Second))
	e.maxAfter = max(e.maxAfter, int64(s.Padding.After/time.Second))
}

// calendarList is a single calendar, or several by the place where they are held: recordings share the list of their
// defaults.
type calendarList struct {
	single *Calendar
	first  **Calendar
	n      int
}

func daysOf(sets map[calendarList]daySet, calendars []*Calendar) daySet {
	if len(calendars) == 0 {
		return nil
	}
	key := calendarList{single: calendars[0]}
	if len(calendars) > 1 {
		key = calendarList{first: &calendars[0], n: len(calendars)}
	}
	set, ok := sets[key]
	if !ok {
		set = unionDays(calendars)
		sets[key] = set
	}
	return set
}

func (e *expansion) url(c *class) Text {
	url, _ := c.settings().URL.expandBy(e.values(c))
	return url
}

// values gives what the placeholders of a class stand for.
func (e *expansion) values(c *class) func(name string) (string, bool) {
	settings := c.settings()
	return func(name string) (string, bool) {
		switch name {
		case "plan":
			return e.plan.Name, true
		case "id":
			return c.schedule.recording.ID, true
		case "date":
			return time.Unix(c.start, 0).In(settings.Zone).Format("20060102"), true
		case "time":
			return time.Unix(c.start, 0).In(settings.Zone).Format("1504"), true
		default:
			value, ok := settings.Labels[name]
			return value, ok
		}
	}
}

// prefix expands the elements of a storage's prefix. What Agora forbids there, anything but letters and digits, is
// left out of the placeholders' values, and an element of which nothing is left drops out.
func (e *expansion) prefix(c *class) []string {
	storage := c.settings().Storage
	if storage == nil || len(storage.Prefix) == 0 {
		return nil
	}
	value := e.values(c)
	elements := make([]string, 0, len(storage.Prefix))
	for _, element := range storage.Prefix {
		expanded, _ := element.expandBy(func(name string) (string, bool) {
			v, ok := value(name)
			return lettersAndDigits(v), ok
		})
		if s := expanded.String(); s != "" {
			elements = append(elements, s)
		}
	}
	return elements
}

func lettersAndDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && (isLetter(byte(r)) || isDigit(byte(r))) {
			return r
		}
		return -1
	}, s)
}
