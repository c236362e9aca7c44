package plan

import (
	"slices"
	"strings"
	"time"
)

// expansion is a plan made ready for counting its classes.
type expansion struct {
	plan      *Plan
	schedules []*schedule // of the recordings that have a zone, in document order
	pages     map[string]*page
	fixed     map[*Settings]*page // of settings whose URL is the same for every class

	maxBefore, maxAfter, maxLength int64 // s, of any class

	groups [][]*schedule // by [expansion.pageGroups]

	from, until time.Time // validate's window, for the rules
}

// page is what the classes of one URL share.
type page struct {
	url     string
	classes []*queued // that the next one may still cut short, by end
	met     int       // so many of them had ended when the latest began
	// The latest end of the classes that start before latestStart, and of those that start at it: what is recorded
	// at the same time is no neighbour.
	latestStart, endBefore, endAt int64
	lasting                       bool // not made for single classes
}

func newPage(url string) *page {
	return &page{url: url, latestStart: firstInstant, endBefore: firstInstant, endAt: firstInstant}
}

// queued is a class whose padding waits for the neighbours after it.
type queued struct {
	class
	waiting bool // on its page's list
}

func newExpansion(p *Plan) *expansion {
	e := &expansion{plan: p, pages: make(map[string]*page), fixed: make(map[*Settings]*page)}
	sets := make(map[calendarList]daySet)
	near := make(map[string]*wallClock)
	for i, r := range p.Recordings {
		if r.Zone == nil {
			continue // reported where it is missing
		}
		s := newSchedule(r, i, daysOf(sets, r.Only), daysOf(sets, r.Skip))
		zone := r.Zone.String()
		if near[zone] == nil {
			near[zone] = new(wallClock)
		}
		s.near = near[zone]
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

// near looks up the offsets of all zones at an instant, for those who count from there on.
func (e *expansion) near(unix int64) {
	for _, s := range e.schedules {
		if !s.near.known {
			s.near.loc = s.recording.Zone
			s.near.load(unix)
		}
	}
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

// pageOf gives the page that the class opens.
func (e *expansion) pageOf(c *class) *page {
	settings := c.settings()
	if p, ok := e.fixed[settings]; ok {
		return p
	}
	lasting := !slices.ContainsFunc(settings.URL.placeholders(), func(name string) bool { return name == "date" || name == "time" })
	url := e.url(c).String()
	p := e.pages[url]
	if p == nil {
		p = newPage(url)
		e.pages[url] = p
	}
	if lasting {
		p.lasting = true
		e.fixed[settings] = p
	}
	return p
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
