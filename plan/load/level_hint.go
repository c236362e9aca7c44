package load

import (
	"reflect"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"rundown/agora/catalog"
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
		if isListOfMappings(n) {
			return dashHint(n, s)
		}
	}
	return plan.Hint{}
}

// isListOfMappings says whether a node is a list that has an item and only mappings.
func isListOfMappings(n *yaml.Node) bool {
	return n.Kind == yaml.SequenceNode && len(n.Content) > 0 && !slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return c.Kind != yaml.MappingNode })
}

// withoutDashes is the mapping that a list of keys with dashes before them means; nil where the items are not such keys.
func withoutDashes(n *yaml.Node, table *fields) *yaml.Node {
	if !isListOfMappings(n) || n.Style&yaml.FlowStyle != 0 {
		return nil
	}
	joined := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: n.Line, Column: n.Column}
	for _, item := range n.Content {
		for i := 0; i+1 < len(item.Content); i += 2 {
			key := item.Content[i].Value
			if _, known := table.index[key]; !known || isKeyOf(joined, key) {
				return nil
			}
			joined.Content = append(joined.Content, item.Content[i:i+2]...)
		}
	}
	return joined
}

// dashHint is the hint for a list in place of keys; none for one in brackets, which has no dashes.
func dashHint(n *yaml.Node, s location) plan.Hint {
	if n.Style&yaml.FlowStyle != 0 {
		return plan.Hint{}
	}
	return plan.NewHint(`write a space in place of the dash before each key below ` + s.name)
}

// missingNames are the hints for a list of definitions without their names, by the key around them.
var missingNames = map[string]string{
	"cdn":       "write a name before each, as in cdn: {live: {url: …}}",
	"calendars": "write a name before each, as in calendars: {autumn: 2031-09-15..2031-12-19}",
	"rules":     "write the id before each, as in rules: {clock-change: off}",
	"changes":   "write the day before each, as in changes: {2031-10-20: cancelled}",
}

// namesHint is the hint for a list in place of names with a definition each. The dashes alone are too much only where
// each item is one name with its definition: without them, the keys of a definition would be read as names.
func namesHint(n *yaml.Node, s location) plan.Hint {
	switch hint := missingNames[s.name]; {
	case !isListOfMappings(n):
		return levelHint(n, s, keysBelow)
	case hint == "" || !slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return !isNamed(c, s.name) }):
		return dashHint(n, s)
	default:
		return plan.NewHint(hint)
	}
}

// namesWithoutDashes is the mapping that a list of names with a definition each means; nil where the items are not such names.
func namesWithoutDashes(n *yaml.Node, around string) *yaml.Node {
	if missingNames[around] == "" || !isListOfMappings(n) || n.Style&yaml.FlowStyle != 0 {
		return nil
	}
	joined := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: n.Line, Column: n.Column}
	for _, item := range n.Content {
		if !isNamed(item, around) {
			return nil
		}
		joined.Content = append(joined.Content, item.Content...)
	}
	return joined
}

// isNamed says whether an item of a list is a name with its definition, as the key around the list takes them.
func isNamed(item *yaml.Node, around string) bool {
	if len(item.Content) != 2 {
		return false
	}
	name, value := item.Content[0].Value, item.Content[1]
	switch around {
	case "cdn":
		_, known := fieldsOf(reflect.TypeFor[cdnKeys]()).index[name]
		return !known && (value.Kind == yaml.MappingNode || strings.Contains(value.Value, "://") || strings.Contains(value.Value, "${"))
	case "calendars":
		_, err := ParseDays(value.Value)
		return err == nil || value.Kind == yaml.SequenceNode
	case "rules":
		_, ours := plan.RuleByID(name)
		_, documented := catalog.RestrictionByID(name)
		return ours || documented
	}
	_, err := ParseChangeKey(name)
	return err == nil
}
