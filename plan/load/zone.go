package load

import (
	"fmt"
	"time"

	"rundown/plan"
)

// zoneResult is the cached result of looking up a zone; its zone is nil where there is none.
type zoneResult struct {
	zone *time.Location
}

// zone loads a zone once per plan; nil where there is none of that name, which it reports each time.
func (b *builder) zone(u *sourceFile, name scalar) *time.Location {
	known, ok := b.zones[name.Text]
	if !ok {
		known.zone, _ = plan.Zone(name.Text)
		b.zones[name.Text] = known
	}
	if known.zone == nil && !u.noReference("timezone", name) {
		hint := zoneHint(name.Text)
		u.advise("timezone-unknown", name.At, fmt.Sprintf("%s is not a time zone of the IANA database", plan.Quoted(name.Text)), hint)
	}
	return known.zone
}
