package schedule

import (
	"crypto/sha256"
	"encoding/hex"
)

// cnameLimit is one below the length from which Agora's older documentation refuses a channel name, in bytes
// (restriction cname-short).
const cnameLimit = 63

// Cname is the plan's, expanded, or else plan-recording.
func (e *Schedule) Cname(c *Instance) string {
	if own := c.Settings().Cname; !own.IsZero() {
		expanded, _ := own.ExpandBy(e.Values(c))
		return expanded.String()
	}
	return DerivedCname(e.Plan.Name, c.Timetable.Recording.ID)
}

// DerivedCname joins plan and recording by a hyphen. What would be too long is cut, and a hash of the whole keeps
// it apart from others that begin alike.
func DerivedCname(plan, recording string) string {
	name := plan + "-" + recording
	if len(name) <= cnameLimit {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	tail := "-" + hex.EncodeToString(sum[:4])
	return name[:cnameLimit-len(tail)] + tail
}
