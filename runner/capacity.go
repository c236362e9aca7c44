package runner

import (
	"cmp"
	"slices"
	"time"

	"rundown/agora/catalog"
	"rundown/runner/session"
)

// roomEvery is how often a class that waits for a free session looks for one.
const roomEvery = time.Second

// preemptPadding ends padding that would cost another class its session. When a class is to begin and all sessions that are
// granted to the App ID are in use, sessions whose class is over are stopped now, and the beginning waits for one of them. The
// wait takes from the padding of the class that begins, never from its own time: at the last instant at which it can begin in
// time it begins whatever is counted here, because only the service knows what it grants.
func (w *worker) preemptPadding(o *occurrence, now time.Time) {
	if o.state.Phase != session.Planned || o.state.Cancel != nil || o.begin.IsZero() || o.begin.After(now) {
		return
	}
	last := session.Later(o.state.Start, o.spec.From).Add(-catalog.StartLead())
	for _, p := range w.pools(o) {
		if !w.scarce(p) {
			continue
		}
		used, leaving := w.sessionsInUse(p)
		missing := used + o.state.ReplicaCount() - p.granted
		if missing <= 0 {
			continue
		}
		w.preempt(p, missing-leaving, o.state.ID, now)
		if now.Before(last) && !o.now {
			o.begin = session.Earlier(now.Add(roomEvery), last)
		}
		return // what ends now makes room in the other pools too: they are looked at next time
	}
}

// reclaimPadding ends padding as soon as a class comes to an end while more sessions are in use than are granted. That happens
// where a class had to begin while all others were still in their own time, so that there was no padding to end.
//
// true: the step that calls this is done, since o was stepped already. It was the padding of o itself that ended, by preempt, and the
// commit of that step is out.
func (w *worker) reclaimPadding(o *occurrence, now time.Time) bool {
	if !o.inPadding(now) {
		return false
	}
	for _, p := range w.pools(o) {
		if !w.scarce(p) {
			continue
		}
		used, leaving := w.sessionsInUse(p)
		if by := w.latest(p, now); by != nil && used-leaving > p.granted {
			w.preempt(p, used-leaving-p.granted, by.state.ID, now)
			return o.blocked // what ends now makes room in the other pools too
		}
	}
	return false
}

// inPadding reports whether the class is over and only its padding is being recorded.
func (o *occurrence) inPadding(now time.Time) bool {
	return (o.state.Phase == session.Recording || o.state.Phase == session.Starting) && !o.blocked && !o.preempted && !o.state.End.After(now) && o.state.Until.After(now)
}

// scarce reports whether as many sessions may be in use as are granted.
func (w *worker) scarce(p pool) bool { return session.MaxReplicas*len(w.near) > p.granted }

// latest is the class begun last of those that use a pool and are not over; nil for none.
func (w *worker) latest(p pool, now time.Time) *occurrence {
	var last *occurrence
	for _, o := range w.near {
		if !p.holds(o) || o.state.Phase != session.Recording && o.state.Phase != session.Starting || !o.state.End.After(now) {
			continue
		}
		if last == nil || cmp.Or(o.state.Begin.Compare(last.state.Begin), cmp.Compare(o.state.ID, last.state.ID)) > 0 {
			last = o
		}
	}
	return last
}

// paddingFrom is when a class that is being recorded is to be looked at although nothing else is due: at its end, where
// its padding may have to give way.
func (w *worker) paddingFrom(o *occurrence, s *session.State, now time.Time) time.Time {
	if (s.Phase == session.Recording || s.Phase == session.Starting) && s.End.After(now) && s.End.Before(s.Until) && slices.ContainsFunc(w.pools(o), w.scarce) {
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

func (p pool) holds(o *occurrence) bool {
	return p.all || o.state.Region == p.region && (p.class == "" || o.state.StreamClass == p.class)
}

// pools are those that a class takes its place in, as the forecast counts them. Of classes of resolution together the
// largest figure of those in use is granted. Without a region the documented figures are not known.
func (w *worker) pools(o *occurrence) []pool {
	pools := []pool{{granted: w.limits.MaxConcurrent(), all: true}}
	granted := func(class catalog.StreamClass) int { return w.limits.Streams(o.state.Region, class) }
	own := granted(o.state.StreamClass)
	if own == 0 {
		return pools
	}
	pools = append(pools, pool{granted: own, region: o.state.Region, class: o.state.StreamClass})
	used := map[catalog.StreamClass]bool{}
	for _, other := range w.near {
		if other.state.Region == o.state.Region && other.state.Phase != session.Planned && other.state.Phase != session.Ended {
			used[other.state.StreamClass] = true
		}
	}
	most := own
	for class := range used {
		most = max(most, granted(class))
	}
	return append(pools, pool{granted: most, region: o.state.Region})
}

// sessionsInUse counts the sessions of a pool that are in use at the service, and those of them that are being stopped.
func (w *worker) sessionsInUse(p pool) (used, leaving int) {
	for _, o := range w.near {
		if !p.holds(o) {
			continue
		}
		for i := range o.state.Sessions {
			switch x := &o.state.Sessions[i]; {
			case x.State.Final():
			case x.State == session.SessionStopping || o.preempted:
				leaving++
				used++
			default:
				used++
			}
		}
	}
	return used, leaving
}

// preempt ends so many sessions of which only padding is left, the longest over first.
func (w *worker) preempt(p pool, sessions int, by string, now time.Time) {
	if sessions <= 0 {
		return
	}
	var over []*occurrence
	for _, o := range w.near {
		if p.holds(o) && o.inPadding(now) {
			over = append(over, o)
		}
	}
	slices.SortFunc(over, func(a, b *occurrence) int {
		return cmp.Or(a.state.End.Compare(b.state.End), cmp.Compare(a.state.ID, b.state.ID))
	})
	for _, o := range over {
		if sessions <= 0 {
			return
		}
		sessions -= o.state.ReplicaCount()
		o.preempted = true
		w.log.Info("padding ended for another class: all granted sessions are in use", "occurrence", o.state.ID, "to", by, "granted", p.granted)
		w.step(o, session.PaddingPreempted{By: by, Granted: p.granted})
	}
}
