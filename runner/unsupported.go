package runner

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"rundown/plan"
)

// ErrUnsupported says that a plan holds keys that nothing acts on yet.
var ErrUnsupported = errors.New("the plan cannot be recorded yet")

// unsupported names every key of the plan that nothing acts on yet: recording it as if the key were not there would
// be a surprise.
func unsupported(p *plan.Plan) error {
	var found []error
	refuse := func(pos plan.Pos, key string) {
		err := fmt.Errorf("%s:%d: nothing acts on %s yet; take it out to record this plan", pos.File, pos.Line, key)
		if !slices.ContainsFunc(found, func(e error) bool { return e.Error() == err.Error() }) {
			found = append(found, err)
		}
	}
	if len(p.Notify) > 0 {
		refuse(p.Notify[0].Pos, "notify")
	}
	for _, s := range p.Storages {
		if s.STS != nil {
			refuse(s.Pos, "sts")
		}
	}
	for _, c := range p.CDNs {
		if !c.Fallback.IsZero() {
			refuse(c.Pos, "fallback")
		}
	}
	for _, r := range p.Recordings {
		at := func(key string) plan.Pos { return cmp.Or(r.From[key], r.Pos) }
		if r.Redundancy > 1 {
			refuse(at("redundancy"), "redundancy")
		}
		if r.ExactStart {
			refuse(at("exact_start"), "exact_start")
		}
		if r.Priority != "" && r.Priority != plan.PriorityNormal {
			refuse(at("priority"), "priority")
		}
		for _, c := range r.Changes {
			for _, key := range []string{"redundancy", "exact_start", "priority"} {
				if slices.Contains(c.Keys, key) {
					refuse(c.Pos, key)
				}
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrUnsupported, errors.Join(found...))
}
