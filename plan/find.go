package plan

import (
	"strings"
	"sync"
	"time"
)

// identityTime is how the planned start is written in the identity of an occurrence.
const identityTime = "20060102T150405Z"

// Finder looks occurrences of a plan up by their identities. It is safe for concurrent use.
type Finder struct {
	mu sync.Mutex
	e  *expansion
}

// NewFinder makes a finder, which is worth keeping for several occurrences.
func NewFinder(p *Plan) *Finder { return &Finder{e: newExpansion(p)} }

// Find looks an occurrence up, wherever a change moved it. It is false where the plan does not hold it.
func (f *Finder) Find(id string) (Brief, bool) {
	name, rest, _ := strings.Cut(id, "/")
	recording, text, _ := strings.Cut(rest, "/")
	planned, err := time.Parse(identityTime, text)
	if err != nil || name != f.e.plan.Name {
		return Brief{}, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, group := range f.e.pageGroups() {
		for _, s := range group {
			if s.recording.ID != recording {
				continue
			}
			start, ok := s.startOf(planned.Unix())
			if !ok {
				return Brief{}, false
			}
			for _, c := range f.e.group(group, start, start+1, nil) { // with the padding that neighbours leave
				if c.schedule == s && c.planned == planned.Unix() {
					return newBrief(f.e.plan, &c), true
				}
			}
		}
	}
	return Brief{}, false
}

// startOf is when the class of a recording begins that is planned for an instant; false where there is none.
func (s *schedule) startOf(instant int64) (int64, bool) {
	if instant < firstInstant || instant > lastInstant {
		return 0, false
	}
	// The start of a class in the gap of a clock change may lie on the day after the one it is planned for.
	for day := s.wall.day(instant) - 2; day <= s.wall.day(instant); day++ {
		if next, ok := s.nextDay(DayRange{day, day}); !ok || next != day {
			continue
		}
		for _, p := range s.plannedOn(s.wall, day, nil) {
			if p.instant != instant {
				continue
			}
			change, wall := s.changes.find(p.day, p.clock), s.wall
			if change >= 0 {
				wall = &wallClock{loc: s.changed[change].Zone}
			}
			k := s.class(&p, change, wall)
			return k.start, true
		}
	}
	return 0, false
}
