package load

import (
	"fmt"
	"time"

	"rundown/plan"
)

// zone loads a zone once per plan; nil where there is none of that name, which it reports each time.
func (b *builder) zone(u *sourceFile, name scalar) *time.Location {
	zone, known := b.zones[name.Text]
	if !known {
		zone, _ = plan.Zone(name.Text)
		b.zones[name.Text] = zone
	}
	if zone == nil && !u.noReference("timezone", name) {
		hint := zoneHint(name.Text)
		u.advise("timezone-unknown", name.At, fmt.Sprintf("%s is not a time zone of the IANA database", plan.Quoted(name.Text)), hint)
	}
	return zone
}
