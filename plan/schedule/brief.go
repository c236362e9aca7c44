package schedule

import (
	"iter"
	"time"

	"rundown/plan"
)

// Brief is an occurrence in numbers, for those who hold thousands. [Brief.Occurrence] makes the whole occurrence from
// the plan.
type Brief struct {
	plan                             *plan.Plan
	recording                        *plan.Recording
	planned, start, end, from, until int64 // Unix seconds
	change                           int32 // index in the recording's Changes; -1 for none
	startDay                         plan.Day
	startClock                       plan.Clock
	shift                            DSTShift
	shared                           bool
}

// Briefs gives what [All] gives, as briefs.
func Briefs(p *plan.Plan, from, until time.Time) iter.Seq[Brief] {
	return func(yield func(Brief) bool) {
		New(p).Each(from, until, func(c *Instance) bool {
			return yield(newBrief(p, c))
		})
	}
}

func newBrief(p *plan.Plan, c *Instance) Brief {
	return Brief{
		plan: p, recording: c.Timetable.Recording,
		planned: c.Planned, start: c.Start, end: c.End, from: c.RecordFrom, until: c.RecordUntil,
		change: int32(c.Change), startDay: c.startDay, startClock: c.startClock, shift: c.Shift, shared: c.shared,
	}
}

// Occurrence makes the whole occurrence.
func (b *Brief) Occurrence() plan.Occurrence {
	return b.schedule().occurrence(b.class())
}

// ID is the id of the occurrence.
func (b *Brief) ID() string { return b.schedule().ID(b.class()) }

// Plan is the name of the plan.
func (b *Brief) Plan() string { return b.plan.Name }

// Start is when the class begins.
func (b *Brief) Start() time.Time { return time.Unix(b.start, 0) }

// End is when the class ends.
func (b *Brief) End() time.Time { return time.Unix(b.end, 0) }

// App is the app that records it; nil for none.
func (b *Brief) App() *plan.App { return b.class().Settings().App }

// Cancelled says whether a change cancels the class.
func (b *Brief) Cancelled() bool { return b.class().Cancelled() }

func (b *Brief) schedule() *Schedule { return &Schedule{Plan: b.plan} }

// class restores the instance, as far as an occurrence needs it.
func (b *Brief) class() *Instance {
	s := &Timetable{Recording: b.recording}
	if b.change >= 0 {
		s.Changed = make([]*plan.Settings, b.change+1)
		s.Changed[b.change] = b.recording.Changes[b.change].Settings(&b.recording.Settings)
	}
	return &Instance{
		Planned: b.planned, Start: b.start, End: b.end, RecordFrom: b.from, RecordUntil: b.until,
		Timetable: s, Change: int(b.change), startDay: b.startDay, startClock: b.startClock, Shift: b.shift, shared: b.shared,
	}
}
