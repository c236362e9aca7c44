package schedule

import (
	"crypto/sha256"
	"encoding/hex"
)

// cnameLimit is the longest channel name that every edition of Agora's documentation allows, in bytes (restriction
// cname-short).
const cnameLimit = 63

// Cname is the channel name of a class: the plan's, expanded, or else plan-recording.
func (e *Schedule) Cname(c *Instance) string {
	if own := c.Settings().Cname; !own.IsZero() {
		expanded, _ := own.ExpandBy(e.Values(c))
		return expanded.String()
	}
	return DerivedCname(e.Plan.Name, c.Timetable.Recording.ID)
}

// DerivedCname joins plan and recording by a hyphen. A name that is too long is cut and ends with a hash of the
// whole, so that names with the same beginning stay different.
func DerivedCname(plan, recording string) string {
	name := plan + "-" + recording
	if len(name) <= cnameLimit {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	tail := "-" + hex.EncodeToString(sum[:4])
	return name[:cnameLimit-len(tail)] + tail
}
