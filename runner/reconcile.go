package runner

import (
	"time"

	"rundown/plan/schedule"
	"rundown/runner/session"
	"rundown/runner/store"
)

// desired is what a plan wants of one occurrence, in short: the rest is made where it is written.
type desired struct {
	schedule.Brief
	id, recording, app, hash string
	interval                 session.Interval // with what operators ordered
	cancelledByPlan          bool             // the plan cancels it
}

// verb is what is to be done about the spec of one occurrence.
type verb int

const (
	add     verb = iota // the store does not hold it
	update              // something else is wanted of it
	keepEnd             // the same, but for an end that is past already: what is recorded goes on to the end it had
	remove              // the plan does not hold it: the store drops the row, or marks it where it has begun
)

// specChange is what reconcile makes of one occurrence.
type specChange struct {
	verb    verb
	desired desired     // of add, update and keepEnd
	row     store.Known // of all but add
	follows bool        // of remove: another class of the recording is wanted in its time
}

// near says that the change is about what is being recorded, or what starts before an instant, by its row or by the plan.
func (c *specChange) near(before time.Time) bool {
	return c.verb != add && (begun(c.row) || c.row.Start.Before(before)) || c.verb != remove && c.desired.interval.From.Before(before)
}

// reconcile compares what a plan wants of the occurrences that start before until with what the store holds of that plan,
// and says which specs are to be written; nothing where nothing has changed. since is from when on somebody answers for
// classes: one that had ended before and that the store does not hold is nobody's any more.
func reconcile(want []desired, stored []store.Known, since, until, now time.Time) []specChange {
	rows := make(map[string]store.Known, len(stored))
	for _, r := range stored {
		rows[r.ID] = r
	}
	var out []specChange
	for _, w := range want {
		r, held := rows[w.id]
		delete(rows, w.id)
		switch {
		case !held && (w.cancelledByPlan || !w.interval.End.After(since)):
		case !held:
			out = append(out, specChange{verb: add, desired: w})
		case stands(w, r, now):
		case begun(r) && !w.cancelledByPlan && !w.interval.Until.After(now):
			out = append(out, specChange{verb: keepEnd, desired: w, row: r})
		default:
			out = append(out, specChange{verb: update, desired: w, row: r})
		}
	}
	for _, r := range stored {
		if _, left := rows[r.ID]; !left || r.Absent {
			continue
		}
		over := r.State == string(session.Ended)
		if over && r.Outcome != string(session.Cancelled) { // it is history
			continue
		}
		if !begun(r) && (!r.End.After(since) || r.Start.After(until)) { // it is missed, or the plan was not asked for it
			continue
		}
		out = append(out, specChange{verb: remove, row: r, follows: followed(want, r, now)})
	}
	return out
}

// stands says that the spec of a row stays as it is: it is as wanted, or what is wanted comes too late for it.
func stands(w desired, r store.Known, now time.Time) bool {
	over := r.State == string(session.Ended)
	same := w.interval.Start.Equal(r.Start) && w.interval.End.Equal(r.End)
	switch {
	case !r.Absent && w.hash == r.Hash:
		return true
	case over && r.Outcome != string(session.Cancelled):
		return w.cancelledByPlan || same && !r.Absent || !w.interval.End.After(now) // its outcome is final but for what is ahead
	case over:
		return false
	default:
		return r.CancelledByPlan && !w.cancelledByPlan && !r.Absent && !w.interval.Until.After(now)
	}
}

// begun says that an occurrence has sessions for its present time, and is not over.
func begun(r store.Known) bool {
	return r.State == string(session.Starting) || r.State == string(session.Recording) || r.State == string(session.Stopping)
}

// followed says that a plan has another class of the recording in the time of one that it does not hold any more.
func followed(want []desired, r store.Known, now time.Time) bool {
	for _, w := range want {
		if w.recording == r.Recording && !w.cancelledByPlan && takesPlace(w.interval, session.Interval{Start: r.Start, End: r.End}, now) {
			return true
		}
	}
	return false
}
