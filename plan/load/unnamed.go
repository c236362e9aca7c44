package load

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"rundown/plan"
)

// exampleNames are names for definitions that the plan gives without one, by the key around them.
var exampleNames = map[string]string{"storage": "videos", "apps": "main", "recordings": "german-a1"}

// unnamedDefinitions recognises one definition, or a list of them, in place of a mapping from names to definitions:
// storage with the keys of a storage, or recordings as a list. It reports that, and gives a definition without a name an
// invented one, so that mistakes inside it are reported too.
func (d *decoder) unnamedDefinitions(n *yaml.Node, s location, t reflect.Type) []unnamedDefinition {
	name, known := exampleNames[s.name]
	if !known {
		return nil
	}
	keys := fieldsOf(t)
	switch {
	case n.Kind == yaml.MappingNode && isDefinition(n, keys):
		d.report("wrong-type", s.at, fmt.Sprintf("%s needs names of your own, each with the keys of %s below it; %s stands where a name belongs", s.name, keys.description, n.Content[0].Value),
			fmt.Sprintf("write %s: {%s: %s}", s.name, name, oneLineDefinition(n)))
		return []unnamedDefinition{{name, s.at, n, true}}
	case isListOfMappings(n):
		list := make([]unnamedDefinition, 0, len(n.Content))
		named := 0
		for i, child := range n.Content {
			next := unnamedDefinition{nameIn(child), nodeSpan(d.src, child), withoutName(child, keys), false}
			if first := child.Content[0]; isNameBeside(child, keys) {
				next = unnamedDefinition{first.Value, nodeSpan(d.src, first), &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: child.Line, Column: child.Column, Content: child.Content[2:]}, false}
			}
			if isNamedDefinition(child, keys) {
				named++
				next = unnamedDefinition{child.Content[0].Value, nodeSpan(d.src, child.Content[0]), child.Content[1], false}
			}
			if next.name == "" || slices.ContainsFunc(list, func(o unnamedDefinition) bool { return o.name == next.name }) {
				next.name, next.invented = fmt.Sprintf("%s-%d", strings.TrimSuffix(s.name, "s"), i+1), true
			}
			list = append(list, next)
		}
		hint := fmt.Sprintf("write the name before the keys: %s: {%s: %s}", s.name, list[0].name, oneLineDefinition(list[0].node))
		if named == len(list) && n.Style&yaml.FlowStyle == 0 {
			hint = "write a space in place of the dash before each name below " + s.name
		}
		d.report("wrong-type", s.at, fmt.Sprintf("%s needs names of your own, each with the keys of %s below it, not a list", s.name, keys.description), hint)
		return list
	}
	return nil
}

// unnamedDefinition is a definition that does not stand below its name.
type unnamedDefinition struct {
	name     string
	at       plan.Span
	node     *yaml.Node
	invented bool // the name is not in the text
}

// isNamedDefinition says whether an item of a list is one name with the keys of a definition below it.
func isNamedDefinition(item *yaml.Node, keys *fields) bool {
	if len(item.Content) != 2 || item.Content[1].Kind != yaml.MappingNode {
		return false
	}
	known := func(n *yaml.Node) bool { _, ok := keys.index[n.Value]; return ok }
	below := item.Content[1].Content
	for i := 0; i+1 < len(below); i += 2 {
		if known(below[i]) {
			return !known(item.Content[0])
		}
	}
	return false
}

// isNameBeside says whether an item of a list is a name without a value and the keys of its definition beside it.
func isNameBeside(item *yaml.Node, keys *fields) bool {
	if len(item.Content) < 4 || item.Content[1].Tag != "!!null" {
		return false
	}
	for i := 0; i+1 < len(item.Content); i += 2 {
		if _, known := keys.index[item.Content[i].Value]; known != (i > 0) {
			return false
		}
	}
	return true
}

// withoutName is a definition without the name or id that says how it is called, where its keys have no such key. A name that
// cannot be an id becomes its title, where it has none.
func withoutName(n *yaml.Node, keys *fields) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if _, known := keys.index[key.Value]; known || key.Value != "id" && key.Value != "name" || value.Kind != yaml.ScalarNode || nameIn(n) == "" {
			continue
		}
		less := *n
		less.Content = slices.Delete(slices.Clone(n.Content), i, i+2)
		if _, titled := keys.index["title"]; titled && !idPattern.MatchString(value.Value) && !isKeyOf(n, "title") {
			title := *key
			title.Value = "title"
			less.Content = slices.Insert(less.Content, 0, &title, value)
		}
		return &less
	}
	return n
}

// isDefinition says whether the keys of a mapping are those of a definition, not names of definitions.
func isDefinition(n *yaml.Node, keys *fields) bool {
	scalars := 0
	for i := 0; i+1 < len(n.Content); i += 2 {
		if _, known := keys.index[n.Content[i].Value]; !known {
			return false
		}
		if value := n.Content[i+1]; value.Kind == yaml.ScalarNode && value.Tag != "!!null" {
			scalars++
		}
	}
	return scalars > 0
}

// nameIn makes an id of the id, name or title of a definition; "" for none.
func nameIn(n *yaml.Node) string {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := n.Content[i].Value; key != "id" && key != "name" && key != "title" {
			continue
		}
		text := n.Content[i+1].Value
		if idPattern.MatchString(text) {
			return text
		}
		if id := validIDHint(text).Replacement; id != "" {
			return id
		}
	}
	return ""
}

// correctedValue is a value with the correction that its own finding suggests.
func correctedValue(key, value string) string {
	switch {
	case key == "vendor" && vendorAliases[strings.ToLower(value)] != "":
		return vendorAliases[strings.ToLower(value)]
	case key == "url" && addressHint(value).Replacement != "":
		return addressHint(value).Replacement
	}
	return value
}

// oneLineDefinition writes a definition on one line, for a hint. What may be secret becomes a reference, long values
// an ellipsis.
func oneLineDefinition(n *yaml.Node) string {
	var pairs []string
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i].Value, n.Content[i+1]
		text := "…"
		switch {
		case key == "access_key" || key == "secret_key":
			text = fmt.Sprintf(`"${S3_%s}"`, strings.ToUpper(key))
		case key == "id" && idPattern.MatchString(value.Value), !isWordLike(key):
			continue
		case key == "name":
			key = "title"
			fallthrough
		case slices.Contains(append([]string{"title", "url"}, plainKeys...), key):
			if value.Kind == yaml.ScalarNode && len(value.Value) < 60 {
				text = plan.Scalar(correctedValue(key, value.Value), "")
			}
		}
		pairs = append(pairs, key+": "+text)
	}
	return "{" + strings.Join(pairs, ", ") + "}"
}
