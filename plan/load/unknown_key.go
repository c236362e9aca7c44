package load

import (
	"fmt"
	"reflect"
	"slices"

	"gopkg.in/yaml.v3"

	"rundown/plan"
)

// unknownKey reports a key that a mapping does not have, and suggests the key that is meant, the place where it
// belongs, or the keys that the mapping has. s is where the mapping is. It returns the key of the mapping that is meant; "" for none.
func (d *decoder) unknownKey(mapping *yaml.Node, i int, at plan.Span, table *fields, s location) (meant string) {
	if d.isFull("unknown-key") { // its message is the work of a long list
		d.countUnlisted("unknown-key", d.src.Pos(at))
		return ""
	}
	name := mapping.Content[i].Value
	message := fmt.Sprintf("%s is not a key of %s", plan.Quoted(name), table.description)
	hint := vocabularyHint(name, table.description)
	if value := mapping.Content[i+1]; mapping.Style&yaml.FlowStyle != 0 && value.Tag == "!!null" && value.Value == "" {
		hint = d.commaHint(mapping, i, table)
	}
	if hint.Text == "" {
		hint = plan.DidYouMean(name, table.Names)
	}
	if isKeyOf(mapping, hint.Replacement) {
		hint = givenHint(hint.Replacement)
	}
	switch {
	case hint.Text != "":
	case table.description == "a plan" && daysHint(name, mapping.Content[i+1]).Text != "":
		hint = daysHint(name, mapping.Content[i+1])
	case d.included && table.description == "an included file" && slices.Contains(fieldsOf(reflect.TypeFor[rootFile]()).Names, name):
		hint = plan.NewHint("only the root file may hold " + name)
	case table.description == "a recording" && !d.invented && mapping.Style&yaml.FlowStyle == 0 && isKeyOf(mapping.Content[i+1], "when"):
		hint = outdentHint(s)
	case d.beginsRecording(mapping, i, table):
		hint = outdentHint(s)
	default:
		hint = homeHint(name, mapping.Content[i+1])
	}
	if hint.Text == "" {
		hint = table.keysHint()
	}
	d.advise("unknown-key", at, message, hint)
	return hint.Replacement
}

// givenHint is the hint for another name of a key that the mapping has: to write that key again would be a duplicate.
func givenHint(key string) plan.Hint {
	return plan.NewHint(fmt.Sprintf("%s is given here already; if %s was meant, remove one of the two", key, key))
}

// outdentHint is the hint for a recording that is indented as a key of the recording before it.
func outdentHint(before location) plan.Hint {
	return plan.NewHint(fmt.Sprintf("if it is a recording, indent it like %s, by %s", before.name, spaces(int(before.at.Column)-1)))
}

// beginsRecording says whether entry i of a recording is the name of another recording that is indented as deep as its
// own keys: it is no key and has no value, and a key behind it was given before it. The keys behind it are then those of
// the other recording. To remove them as duplicates would lose its classes.
func (d *decoder) beginsRecording(mapping *yaml.Node, i int, table *fields) bool {
	name, value := mapping.Content[i].Value, mapping.Content[i+1]
	if table.description != "a recording" || d.invented || mapping.Style&yaml.FlowStyle != 0 || value.Tag != "!!null" || value.Value != "" {
		return false
	}
	if vocabularyHint(name, table.description).Text != "" || plan.DidYouMean(name, table.Names).Text != "" {
		return false
	}
	for j := i + 2; j+1 < len(mapping.Content); j += 2 {
		key := mapping.Content[j].Value
		if _, known := table.index[key]; !known {
			return false
		}
		for k := 0; k < i; k += 2 {
			if mapping.Content[k].Value == key {
				return true
			}
		}
	}
	return false
}

// keysHint lists the keys of a mapping, or says where to find them if they are many.
func (f *fields) keysHint() plan.Hint {
	const short = 60
	if len(f.legal) > short {
		return plan.NewHint(fmt.Sprintf("rundown schema prints every key of %s", f.description))
	}
	return plan.NewHint(f.description + " takes " + f.legal)
}

// isKeyOf says whether a mapping has a key. It looks at the first 4096 entries only, so that a file of garbage costs
// linear time.
func isKeyOf(mapping *yaml.Node, name string) bool {
	const most = 4096
	for i := 0; i < len(mapping.Content) && i < most && name != ""; i += 2 {
		if mapping.Content[i].Value == name {
			return true
		}
	}
	return false
}
