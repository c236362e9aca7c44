package plan

import (
	"strings"
	"time"
)

// identityTime is how the planned start is written in the identity of an occurrence.
const identityTime = "20060102T150405Z"

// Find looks an occurrence up by its identity, wherever a change moved it. It is false where the plan does not hold it.
func (p *Plan) Find(id string) (Brief, bool) {
	name, rest, _ := strings.Cut(id, "/")
	recording, text, _ := strings.Cut(rest, "/")
	planned, err := time.Parse(identityTime, text)
	if err != nil || name != p.Name {
		return Brief{}, false
	}
	for _, r := range p.Recordings {
		if r.ID != recording || r.Zone == nil {
			continue
		}
		start, ok := startOf(r, planned.Unix())
		if !ok {
			return Brief{}, false
		}
		from := time.Unix(start, 0)
		for b := range p.Briefs(from, from.Add(time.Second)) { // with the padding that neighbours leave
			if b.ID() == id {
				return b, true
			}
		}
	}
	return Brief{}, false
}

// startOf is when the class of a recording begins that is planned for an instant; false where there is none.
func startOf(r *Recording, instant int64) (int64, bool) {
	if instant < firstInstant || instant > lastInstant {
		return 0, false
	}
	s := newSchedule(r, 0, unionDays(r.Only), unionDays(r.Skip))
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
