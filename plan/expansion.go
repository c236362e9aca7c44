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

	from, until time.Time // validate's window, for the rules
}

// page is what the classes of one URL share.
type page struct {
	url     string
	classes []*queued // that the next one may still cut short, by start
	// The latest end of the classes that start before latestStart, and of those that start at it: what is recorded
	// at the same time is no neighbour.
	latestStart, endBefore, endAt int64
	lasting                       bool // not made for single classes
}

// queued is a class whose padding waits for the neighbours after it.
type queued struct {
	class
	waiting bool // on its page's list
}

func newExpansion(p *Plan) *expansion {
	e := &expansion{plan: p, pages: make(map[string]*page), fixed: make(map[*Settings]*page)}
	sets := make(map[calendarList]daySet)
	for i, r := range p.Recordings {
		if r.Zone == nil {
			continue // reported where it is missing
		}
		s := newSchedule(r, i, daysOf(sets, r.Only), daysOf(sets, r.Skip))
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

// calendarList is a list of calendars by the place where it is held: recordings share that of their defaults.
type calendarList struct {
	first **Calendar
	n     int
}

func daysOf(sets map[calendarList]daySet, calendars []*Calendar) daySet {
	if len(calendars) == 0 {
		return nil
	}
	key := calendarList{&calendars[0], len(calendars)}
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
		p = &page{url: url, latestStart: firstInstant, endBefore: firstInstant, endAt: firstInstant}
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

// starts gives the classes that start in [from, until) in order of start and then of the document, with the
// padding that was asked for, until yield is content. A class is valid during its call only.
func (e *expansion) starts(from, until int64, yield func(*class) bool) {
	var h classHeap
	for _, s := range e.schedules {
		c := s.cursor(from, until)
		if k, ok := c.next(); ok {
			h = append(h, newHead(k, c))
		}
	}
	h.init()
	for len(h) > 0 {
		k := h[0].class
		if !yield(k) {
			return
		}
		if next, ok := h[0].cursor.next(); ok {
			h[0] = newHead(next, h[0].cursor)
		} else {
			h[0] = h[len(h)-1]
			h = h[:len(h)-1]
		}
		h.down(0)
	}
}

// walk gives the classes that start in [from, until) in order of start and then of the document, with the padding
// that neighbours leave, until yield is content. It holds no more classes than the longest one and the paddings
// span.
//
// Neighbours outside of the window count too: those before, which may still run at the padding of the first, and
// those after, whose padding may begin in that of the last.
func (e *expansion) walk(from, until time.Time, yield func(*class) bool) {
	first, last := unixCeil(from), unixCeil(until)
	if first >= last {
		return
	}
	var queue []*queued
	settle := func(now int64) bool {
		for len(queue) > 0 {
			q := queue[0]
			if q.end+q.after+e.maxBefore > now {
				return true
			}
			queue[0] = nil
			queue = queue[1:]
			e.leave(q)
			if q.start >= first && q.start < last && !yield(&q.class) {
				return false
			}
		}
		return true
	}
	content := true
	e.starts(first-e.maxLength-e.maxBefore, last+e.maxLength+e.maxAfter+e.maxBefore, func(c *class) bool {
		if content = settle(c.start); !content || len(queue) == 0 && c.start >= last {
			return false
		}
		q := &queued{class: *c}
		if !q.cancelled() {
			e.arrive(q)
		}
		queue = append(queue, q)
		return true
	})
	if content {
		settle(lastInstant * 2)
	}
	clear(e.pages)
	clear(e.fixed)
}

// arrive takes the paddings of a class and of those before it back to where they meet.
func (e *expansion) arrive(q *queued) {
	p := e.pageOf(&q.class)
	q.page = p
	if q.start > p.latestStart {
		p.endBefore = max(p.endBefore, p.endAt)
		p.latestStart = q.start
	}
	q.recordFrom = max(q.recordFrom, min(q.start, p.endBefore))
	p.endAt = max(p.endAt, q.end)

	waiting := p.classes[:0]
	for _, other := range p.classes {
		if q.start >= other.end {
			other.recordUntil = max(other.end, min(other.recordUntil, q.recordFrom))
		}
		if other.end+other.after+e.maxBefore > q.start {
			waiting = append(waiting, other)
		} else {
			other.waiting = false
		}
	}
	clear(p.classes[len(waiting):])
	q.waiting = true
	p.classes = append(waiting, q)
}

// leave forgets a class whose padding is settled, and the page of a single class with it.
func (e *expansion) leave(q *queued) {
	p := q.page
	if p == nil || !q.waiting {
		return
	}
	p.classes = slices.DeleteFunc(p.classes, func(other *queued) bool { return other == q })
	if len(p.classes) == 0 && !p.lasting {
		delete(e.pages, p.url)
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
