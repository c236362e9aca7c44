package plan

import (
	"iter"
	"time"
)

// Brief is an occurrence by its numbers, for those who hold very many of them: the rest is where the plan has it, and
// is told by [Brief.Occurrence] when it is needed.
type Brief struct {
	plan                             *Plan
	recording                        *Recording
	planned, start, end, from, until int64 // Unix seconds
	change                           int32 // index in the recording's Changes; -1 for none
	startDay                         Day
	startClock                       clock
	shift                            shift
	shared                           bool
}

// Briefs gives what [Plan.All] gives, in short.
func Briefs(p *Plan, from, until time.Time) iter.Seq[Brief] {
	return func(yield func(Brief) bool) {
		newExpansion(p).walk(from, until, func(c *class) bool {
			return yield(newBrief(p, c))
		})
	}
}

func newBrief(p *Plan, c *class) Brief {
	return Brief{
		plan: p, recording: c.schedule.recording,
		planned: c.planned, start: c.start, end: c.end, from: c.recordFrom, until: c.recordUntil,
		change: int32(c.change), startDay: c.startDay, startClock: c.startClock, shift: c.shift, shared: c.shared,
	}
}

// Occurrence tells all of it.
func (b *Brief) Occurrence() Occurrence {
	return b.expansion().occurrence(b.class())
}

// ID is the occurrence's identity.
func (b *Brief) ID() string { return b.expansion().id(b.class()) }

// Plan is the name of its plan.
func (b *Brief) Plan() string { return b.plan.Name }

// Start is when the class begins.
func (b *Brief) Start() time.Time { return time.Unix(b.start, 0) }

// End is when the class ends.
func (b *Brief) End() time.Time { return time.Unix(b.end, 0) }

// App is where it is recorded.
func (b *Brief) App() *App { return b.class().settings().App }

// Cancelled says that a change cancels the class.
func (b *Brief) Cancelled() bool { return b.class().cancelled() }

func (b *Brief) expansion() *expansion { return &expansion{plan: b.plan} }

// class is what the brief was made of, as far as an occurrence tells of it.
func (b *Brief) class() *class {
	s := &schedule{recording: b.recording}
	if b.change >= 0 {
		s.changed = make([]*Settings, b.change+1)
		s.changed[b.change] = b.recording.Changes[b.change].settings(&b.recording.Settings)
	}
	return &class{
		planned: b.planned, start: b.start, end: b.end, recordFrom: b.from, recordUntil: b.until,
		schedule: s, change: int(b.change), startDay: b.startDay, startClock: b.startClock, shift: b.shift, shared: b.shared,
	}
}
