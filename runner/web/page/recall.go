package page

import (
	"slices"
	"time"

	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner"
	"rundown/runner/store"
	"rundown/runner/view"
)

// recalled is a plan as a revision has it. Nobody changes it.
type recalled struct {
	plan   *plan.Plan
	masked bool
	err    error
}

// keptPlans is how many revisions stay in memory. With more, all are read again.
const keptPlans = 24

// recall reads the plan of a revision once.
func (s *Source) recall(r store.Revision) (*plan.Plan, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kept, ok := s.plans[r.ID]; ok {
		return kept.plan, kept.masked, kept.err
	}
	if s.plans == nil || len(s.plans) >= keptPlans {
		s.plans = map[int64]recalled{}
	}
	p, masked, err := runner.Recall(r)
	s.plans[r.ID] = recalled{p, masked, err}
	return p, masked, err
}

// expansion is what a plan has in a period. Nobody changes it.
type expansion struct {
	plan        *plan.Plan
	from, until time.Time
	classes     []plan.Occurrence
}

// keptDays is how many expansions stay in memory, and mostKept how many classes one of them may have: about a kilobyte each.
const (
	keptDays = 2
	mostKept = 8000
)

// expand lists the classes of a plan in a period, of the periods that are asked for again and again without making them
// anew.
func (s *Source) expand(p *plan.Plan, from, until time.Time) []plan.Occurrence {
	s.mu.Lock()
	for _, e := range s.days {
		if e.plan == p && e.from.Equal(from) && e.until.Equal(until) {
			s.mu.Unlock()
			return e.classes
		}
	}
	s.mu.Unlock()
	classes := schedule.Occurrences(p, from, until)
	if len(classes) <= mostKept {
		s.mu.Lock()
		s.days = append(s.days, expansion{p, from, until, classes})
		s.days = slices.Delete(s.days, 0, max(0, len(s.days)-keptDays))
		s.mu.Unlock()
	}
	return classes
}

// finder is for one answer. It names no classes in short, which no page shows and which is half of the work.
func (s *Source) finder() *view.Finder {
	f := view.NewFinder(s.Store, s.Clock())
	f.Recall, f.Expand, f.Bare = s.recall, s.expand, true
	return f
}
