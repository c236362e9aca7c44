package plan

import (
	"errors"
	"fmt"
)

// ErrUnsupported says that a plan holds keys that nothing acts on yet.
var ErrUnsupported = errors.New("the plan holds what nothing acts on yet")

// Unsupported says why the daemon refuses a plan, nil where it does not: to record it as if a key were not there would be
// a surprise. The rule unsupported reports the same.
func (p *Plan) Unsupported() error {
	pos, what := p.UnsupportedKey()
	if what == "" {
		return nil
	}
	return fmt.Errorf("%w: %s (%s:%d); take it out to record this plan", ErrUnsupported, what, pos.File, pos.Line)
}

// UnsupportedKey names the first key that nothing acts on.
func (p *Plan) UnsupportedKey() (Pos, string) {
	if len(p.Notify) > 0 {
		return p.Notify[0].Pos, "notify"
	}
	return Pos{}, ""
}
