package plan

import (
	"crypto/sha256"
	"encoding/hex"
)

// cnameLimit is one below the length from which Agora's older documentation refuses a channel name, in bytes
// (restriction cname-short).
const cnameLimit = 63

// cname is the plan's, expanded, or else plan-recording.
func (e *expansion) cname(c *class) string {
	if own := c.settings().Cname; !own.IsZero() {
		expanded, _ := own.expandBy(e.values(c))
		return expanded.String()
	}
	return derivedCname(e.plan.Name, c.schedule.recording.ID)
}

// derivedCname joins plan and recording by a hyphen. What would be too long is cut, and a hash of the whole keeps
// it apart from others that begin alike.
func derivedCname(plan, recording string) string {
	name := plan + "-" + recording
	if len(name) <= cnameLimit {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	tail := "-" + hex.EncodeToString(sum[:4])
	return name[:cnameLimit-len(tail)] + tail
}
