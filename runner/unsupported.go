package runner

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"rundown/plan"
)

// ErrUnsupported says that a plan holds keys that nothing acts on yet.
var ErrUnsupported = errors.New("the plan holds what nothing acts on yet")

// unsupported names every key of the plan that nothing acts on yet, where it stands first: recording the plan as if
// the key were not there would be a surprise.
func unsupported(p *plan.Plan) error {
	var found []string
	refused := map[string]bool{}
	refuse := func(pos plan.Pos, key string) {
		if !refused[key] {
			refused[key] = true
			found = append(found, fmt.Sprintf("%s (%s:%d)", key, pos.File, pos.Line))
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
	return fmt.Errorf("%w: %s; take it out to record this plan", ErrUnsupported, strings.Join(found, ", "))
}
