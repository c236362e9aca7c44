package schedule

import (
	"strings"
	"sync"
	"time"

	"rundown/plan"
)

// identityTime is the layout of the planned start in the id of an occurrence.
const identityTime = "20060102T150405Z"

// Finder finds occurrences of a plan by their ids. It is safe for concurrent use.
type Finder struct {
	mu   sync.Mutex // guards what is below: a Schedule is for one goroutine
	e    *Schedule
	byID map[string]grouped // by recording; nil: nothing was looked up yet
}

// grouped is a timetable among those that share its page.
type grouped struct {
	timetable *Timetable
	group     []*Timetable
}

// NewFinder makes a finder. It expands the plan once, so keep it for several lookups.
func NewFinder(p *plan.Plan) *Finder { return &Finder{e: New(p)} }

// Find finds an occurrence, wherever a change has moved it; false where the plan does not contain it.
func (f *Finder) Find(id string) (Brief, bool) {
	name, rest, _ := strings.Cut(id, "/")
	recording, text, _ := strings.Cut(rest, "/")
	planned, err := time.Parse(identityTime, text)
	if err != nil || name != f.e.Plan.Name {
		return Brief{}, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byID == nil {
		f.index()
	}
	s, ok := f.byID[recording]
	if !ok {
		return Brief{}, false
	}
	start, ok := s.timetable.startOf(planned.Unix())
	if !ok {
		return Brief{}, false
	}
	for _, c := range f.e.Group(s.group, start, start+1, nil) { // with the padding that neighbours leave
		if c.Timetable == s.timetable && c.Planned == planned.Unix() {
			return Brief{f.e, c}, true
		}
	}
	return Brief{}, false
}

// index makes a lookup cost the same in a plan of any size: a daemon looks up each class that comes near.
func (f *Finder) index() {
	f.byID = make(map[string]grouped, len(f.e.Timetables))
	for _, group := range f.e.PageGroups() {
		for _, s := range group {
			if _, known := f.byID[s.Recording.ID]; !known {
				f.byID[s.Recording.ID] = grouped{s, group}
			}
		}
	}
}

// startOf is when the class of a recording that is planned for an instant begins; false where there is none.
func (s *Timetable) startOf(instant int64) (int64, bool) {
	if instant < FirstInstant || instant > LastInstant {
		return 0, false
	}
	// The start of a class in the gap of a clock change may lie on the day after the one it is planned for.
	day := s.Wall.Day(instant)
	for _, on := range s.PlannedIn(plan.DayRange{First: day - 2, Last: day}) {
		for _, p := range on {
			if p.instant != instant {
				continue
			}
			change, wall := s.Changes.Find(p.day, p.Clock), s.Wall
			if change >= 0 {
				wall = &WallClock{Loc: s.Changed[change].Zone}
			}
			k := s.newInstance(&p, change, wall)
			return k.Start, true
		}
	}
	return 0, false
}
