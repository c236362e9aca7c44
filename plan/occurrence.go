package plan

import "time"

// Occurrences lists the classes that start in [from, until), cancelled ones included, ordered by start and then by
// document order.
func (p *Plan) Occurrences(from, until time.Time) []Occurrence { panic("skeleton") }

// OccurrencesOf is the same for one recording, without regard to neighbours: RecordFrom and RecordUntil have the
// full padding.
func (r *Recording) OccurrencesOf(p *Plan, from, until time.Time) []Occurrence { panic("skeleton") }

// LastBound is the instant after which no class of the plan can start; false when a recording has no bound.
func (p *Plan) LastBound() (time.Time, bool) { panic("skeleton") }
