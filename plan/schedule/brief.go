package schedule

import (
	"iter"
	"time"

	"rundown/plan"
)

// Brief is an occurrence in numbers, for those who hold thousands: its texts are made only when [Brief.Occurrence] asks for
// them. It is not changed once it is made, so that goroutines may share it.
type Brief struct {
	schedule *Schedule
	class    Instance
}

// Briefs gives what [All] gives, as briefs.
func Briefs(p *plan.Plan, from, until time.Time) iter.Seq[Brief] {
	return func(yield func(Brief) bool) {
		e := New(p)
		for c := range e.Each(from, until) {
			if !yield(Brief{e, *c}) {
				return
			}
		}
	}
}

// Occurrence makes the whole occurrence.
func (b *Brief) Occurrence() plan.Occurrence { return b.schedule.occurrence(&b.class) }

// ID is the id of the occurrence.
func (b *Brief) ID() string { return b.schedule.ID(&b.class) }

// Plan is the name of the plan.
func (b *Brief) Plan() string { return b.schedule.Plan.Name }

// Start is when the class begins.
func (b *Brief) Start() time.Time { return time.Unix(b.class.Start, 0) }

// End is when the class ends.
func (b *Brief) End() time.Time { return time.Unix(b.class.End, 0) }

// App is the app that records it; nil for none.
func (b *Brief) App() *plan.App { return b.class.Settings().App }

// Cancelled says whether a change cancels the class.
func (b *Brief) Cancelled() bool { return b.class.Cancelled() }
