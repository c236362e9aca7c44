package load

import (
	"regexp"
	"slices"

	"gopkg.in/yaml.v3"

	"rundown/plan"
)

// labelsBelow is what labels take, as messages call it.
const labelsBelow = "names with a text each, or none"

// keyWithoutSpace matches a key whose colon is followed by its value at once, which YAML reads as a text.
var keyWithoutSpace = regexp.MustCompile(`^([a-z_]{2,20}):[^\s:/]`)

// levelHint is the hint for a value where keys, or a list, belong below a key. A recording may have any name, such as
// that of a key.
func levelHint(n *yaml.Node, s location, want string) plan.Hint {
	switch {
	case want == labelsBelow:
		return plan.NewHint("write it as in labels: {campus: berlin}")
	case want == "a list" && s.name == "notify":
		return plan.NewHint(`write it as in notify: [{to: "${DUTY_MAIL}"}]`)
	case want != keysBelow:
		return plan.Hint{}
	case s.name == "padding" && n.Kind == yaml.ScalarNode && n.Value != "" && plan.IsDigit(n.Value[0]):
		return plan.NewHint("write it as in padding: {before: 30s, after: 2m}")
	}
	switch n.Kind {
	case yaml.ScalarNode:
		if m := keyWithoutSpace.FindStringSubmatch(n.Value); m != nil && len(homes()[m[1]]) > 0 {
			return plan.NewHint("put a space after " + m[1] + ":")
		}
	case yaml.SequenceNode:
		block := n.Style&yaml.FlowStyle == 0
		if block && len(n.Content) > 0 && !slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return c.Kind != yaml.MappingNode }) {
			return plan.NewHint(`remove the "- " before each key below ` + s.name)
		}
	}
	return plan.Hint{}
}
