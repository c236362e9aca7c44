package agora

import "context"

// Priority orders those that wait for the budget.
type Priority int

// The priorities, lowest first.
const (
	PriorityQuery Priority = iota
	PriorityUpdate
	PriorityStart
	PriorityStop
)

// Budget admits at most so many requests of an App ID in any sliding second.
type Budget struct{}

// NewBudget returns a budget of qps requests a second; 0: without limit.
func NewBudget(qps int) *Budget { panic("skeleton") }

// Wait blocks until one request of that priority is admitted or the context ends.
func (b *Budget) Wait(ctx context.Context, p Priority) error { panic("skeleton") }
