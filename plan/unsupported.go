package plan

import (
	"slices"
	"strings"
)

// UnsupportedChannel is the scheme of the entry's to where it is written out and no channel has it; "" otherwise.
func (n *Notify) UnsupportedChannel() string {
	parts := n.To.Parts()
	if len(parts) == 0 || parts[0].Kind != PartLiteral {
		return ""
	}
	scheme, _, whole := strings.Cut(parts[0].S, "://")
	scheme = strings.ToLower(scheme)
	base, _, _ := strings.Cut(scheme, "+") // teams+https
	if !whole || slices.Contains(Channels, base) {
		return ""
	}
	return scheme
}
