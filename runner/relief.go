package runner

import (
	"time"

	"rundown/runner/session"
)

// A class that is being recorded and that no plan has any more may be relieved: where the plan has another class of the recording
// at that time, such as the same class with another start, it ends when that one is being recorded. The other one may belong to
// another App ID, hence to another worker of this process.

// Follows says that a class of a plan takes the place of another one of its recording that the plan does not hold any more:
// the two overlap, whatever their padding, and the class is not over.
func Follows(class, left session.Interval, now time.Time) bool {
	return overlap(class, left) && class.End.After(now)
}

// overlap says that two classes have an instant in common.
func overlap(a, b session.Interval) bool { return a.Start.Before(b.End) && b.Start.Before(a.End) }

// runningClass is a class that is being recorded, as far as others of its recording need to know.
type runningClass struct {
	id, app, plan, recording string
	interval                 session.Interval
}

// relieves says that a class takes the place of another one that its plan does not hold any more.
func (r *runningClass) relieves(s *session.State) bool {
	return r.id != s.ID && r.plan == s.Plan && r.recording == s.Recording && overlap(r.interval, s.Interval)
}

// relievedBy names the class that relieves an occurrence; "" while none is being recorded.
func (w *worker) relievedBy(o *occurrence) string {
	if !o.spec.Absent || o.now || o.state.Phase == session.Ended || !o.live() || !o.state.Relieved.IsZero() {
		return ""
	}
	w.e.mu.Lock()
	defer w.e.mu.Unlock()
	for _, r := range w.e.runningClasses {
		if r.relieves(&o.state) {
			return r.id
		}
	}
	return ""
}

// trackRecording keeps the list of what is being recorded up to date, and steps the occurrences that one relieves once that is.
func (w *worker) trackRecording(o *occurrence) {
	s := &o.state
	is := !o.spec.Absent && s.Phase != session.Ended && s.Writes()
	w.e.mu.Lock()
	_, was := w.e.runningClasses[s.ID]
	if is {
		w.e.runningClasses[s.ID] = runningClass{s.ID, w.app, s.Plan, s.Recording, s.Interval}
	} else if was {
		delete(w.e.runningClasses, s.ID)
	}
	w.e.mu.Unlock()
	if !is || was {
		return
	}
	plan, recording := s.Plan, s.Recording
	for _, other := range w.e.allWorkers() {
		other.post(func() { other.stepRelieved(plan, recording) })
	}
}

// stepRelieved steps the occurrences of a recording that are relieved now.
func (w *worker) stepRelieved(plan, recording string) {
	for _, o := range w.near {
		if o.spec.Plan == plan && o.spec.Recording == recording && w.relievedBy(o) != "" {
			w.step(o)
		}
	}
}

// notRecorded forgets an occurrence that is released, unless another worker has it.
func (w *worker) notRecorded(id string) {
	w.e.mu.Lock()
	defer w.e.mu.Unlock()
	if w.e.runningClasses[id].app == w.app {
		delete(w.e.runningClasses, id)
	}
}
