package runner

import (
	"errors"
	"fmt"

	"rundown/plan"
)

// ErrUnsupported says that a plan holds keys that nothing acts on yet.
var ErrUnsupported = errors.New("the plan holds what nothing acts on yet")

// mostLanes is how many sessions of one class the engine runs at once.
const mostLanes = 2

// unsupported names what the plan asks for and nothing acts on yet, where it stands first: recording the plan as if
// it were not there would be a surprise.
func unsupported(p *plan.Plan) error {
	if len(p.Notify) > 0 {
		pos := p.Notify[0].Pos
		return fmt.Errorf("%w: notify (%s:%d); take it out to record this plan", ErrUnsupported, pos.File, pos.Line)
	}
	var err error
	p.EachSettings(func(r *plan.Recording, s *plan.Settings) {
		if err == nil && s.Redundancy > mostLanes {
			pos, _ := s.From.Of("redundancy")
			err = fmt.Errorf("%w: redundancy: %d of recording %s (%s:%d); %d sessions at once are the most so far",
				ErrUnsupported, s.Redundancy, r.ID, pos.File, pos.Line, mostLanes)
		}
	})
	return err
}
