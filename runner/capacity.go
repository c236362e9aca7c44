package runner

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"rundown/agora/catalog"
	"rundown/runner/session"
)

// roomEvery is how often a class that waits for a place looks for one.
const roomEvery = time.Second

// giveWay sees to it that padding costs no class its place. Where all the sessions that are granted to the App ID are
// in use when a class is to be begun, those whose class is over end now, and the beginning waits for the place: the
// lead of the class gives way too, but none of its own time. From the last instant at which it can begin in time it
// begins whatever is counted here, since only the service knows what it grants.
func (c *conductor) giveWay(t *task, now time.Time) {
	if t.state.Phase != session.Planned || t.state.Cancel != nil || t.begin.IsZero() || t.begin.After(now) {
		return
	}
	last := session.Later(t.state.Start, t.writing()).Add(-catalog.StartLead())
	for _, p := range c.pools(t) {
		if !c.scarce(p) {
			continue
		}
		used, leaving := c.places(p)
		missing := used + t.state.LaneCount() - p.granted
		if missing <= 0 {
			continue
		}
		c.cut(p, missing-leaving, t.state.ID, now)
		if now.Before(last) && !t.now {
			t.begin = session.Left(now.Add(roomEvery), last)
		}
		return // what ends now makes room in the other pools too: they are looked at next time
	}
}

// endTail sees to it that padding costs no class its place that had begun before: a class that must be begun while
// another lasts finds no padding to cut, and more may be in use than is granted, or the service refuses it. That is so until
// the other is over.
func (c *conductor) endTail(t *task, now time.Time) {
	if !t.tail(now) {
		return
	}
	for _, p := range c.pools(t) {
		if !c.scarce(p) {
			continue
		}
		used, leaving := c.places(p)
		if by := c.latest(p, now); by != nil && used-leaving > p.granted {
			c.cut(p, used-leaving-p.granted, by.state.ID, now)
			return // what ends now makes room in the other pools too
		}
	}
}

// tail says that the class is over and its padding is being recorded.
func (t *task) tail(now time.Time) bool {
	return (t.state.Phase == session.Recording || t.state.Phase == session.Starting) && !t.busy && !t.cut && !t.state.End.After(now) && t.state.Until.After(now)
}

// scarce says that as many sessions might be in use as are granted.
func (c *conductor) scarce(p pool) bool { return session.MostLanes*len(c.tasks) > p.granted }

// latest is the class begun last of those that use a pool and are not over; nil for none.
func (c *conductor) latest(p pool, now time.Time) *task {
	var last *task
	for _, t := range c.tasks {
		if !p.holds(t) || t.state.Phase != session.Recording && t.state.Phase != session.Starting || !t.state.End.After(now) {
			continue
		}
		if last == nil || cmp.Or(t.state.Begin.Compare(last.state.Begin), cmp.Compare(t.state.ID, last.state.ID)) > 0 {
			last = t
		}
	}
	return last
}

// tailFrom is when a class that is being recorded is to be looked at although nothing else is due: at its end, where
// its padding may have to give way.
func (c *conductor) tailFrom(t *task, s *session.State, now time.Time) time.Time {
	if (s.Phase == session.Recording || s.Phase == session.Starting) && s.End.After(now) && s.End.Before(s.Until) && slices.ContainsFunc(c.pools(t), c.scarce) {
		return s.End
	}
	return time.Time{}
}

// pool is a number of sessions that are granted at once to all of the App ID, to a region, or to a class of resolution
// in a region.
type pool struct {
	granted int
	all     bool
	region  catalog.Region
	class   catalog.StreamClass // "": all of the region
}

func (p pool) holds(t *task) bool {
	return p.all || t.state.Region == p.region && (p.class == "" || t.state.Class == p.class)
}

// pools are those that a class takes its place in, as the forecast counts them. Of classes of resolution together the
// largest figure of those in use is granted. Without a region the documented figures are not known.
func (c *conductor) pools(t *task) []pool {
	pools := []pool{{granted: c.concurrent, all: true}}
	granted := func(class catalog.StreamClass) int { return c.limits.Streams(t.state.Region, class) }
	own := granted(t.state.Class)
	if own == 0 {
		return pools
	}
	pools = append(pools, pool{granted: own, region: t.state.Region, class: t.state.Class})
	used := map[catalog.StreamClass]bool{}
	for _, other := range c.tasks {
		if other.state.Region == t.state.Region && other.state.Phase != session.Planned && other.state.Phase != session.Over {
			used[other.state.Class] = true
		}
	}
	most := own
	for class := range used {
		most = max(most, granted(class))
	}
	return append(pools, pool{granted: most, region: t.state.Region})
}

// places counts the sessions of a pool that are in use at the service, and those of them that are being stopped.
func (c *conductor) places(p pool) (used, leaving int) {
	for _, t := range c.tasks {
		if !p.holds(t) {
			continue
		}
		for i := range t.state.Sessions {
			switch x := &t.state.Sessions[i]; {
			case x.State.Final():
			case x.State == session.SessionStopping || t.cut:
				leaving++
				used++
			default:
				used++
			}
		}
	}
	return used, leaving
}

// cut ends so many sessions of which only padding is left, the longest over first.
func (c *conductor) cut(p pool, sessions int, by string, now time.Time) {
	if sessions <= 0 {
		return
	}
	var over []*task
	for _, t := range c.tasks {
		if p.holds(t) && t.tail(now) {
			over = append(over, t)
		}
	}
	slices.SortFunc(over, func(a, b *task) int {
		return cmp.Or(a.state.End.Compare(b.state.End), cmp.Compare(a.state.ID, b.state.ID))
	})
	for _, t := range over {
		if sessions <= 0 {
			return
		}
		sessions -= t.state.LaneCount()
		t.cut = true
		c.log.Info("padding gives way to another class, since all that is granted is in use", "occurrence", t.state.ID, "to", by, "granted", p.granted)
		t.changes = append(t.changes, func(s *session.State) {
			s.Until = session.Left(s.Until, now)
			for i := range s.Sessions {
				if x := &s.Sessions[i]; x.State.Carries() {
					granted := fmt.Sprintf("all %d sessions that are granted were", p.granted)
					if p.granted == 1 {
						granted = "the only session that is granted was"
					}
					x.Remark(fmt.Sprintf("its padding gave way to %s, since %s in use", by, granted))
				}
			}
		})
		c.step(t, session.Observation{})
	}
}
