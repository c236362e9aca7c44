package load

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"

	"rundown/plan"
)

// booleanWords are what other formats, and earlier versions of YAML, read as true and false.
var booleanWords = map[string]string{
	"true": "true", "yes": "true", "on": "true", "y": "true", "false": "false", "no": "false", "off": "false", "n": "false",
}

// booleanWord is the boolean that a text may mean; "" for none.
func booleanWord(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!str" {
		return ""
	}
	return booleanWords[strings.ToLower(n.Value)]
}

// wrongType reports a value of another type. It never shows the value, which may be secret.
func (d *decoder) wrongType(n *yaml.Node, s location, want string) {
	d.wrongTypeHint(n, s, want, func() plan.Hint { return d.typeHint(n, s, want) })
}

// wrongTypeHint is [decoder.wrongType] with a hint of its own; an empty value has none of that.
func (d *decoder) wrongTypeHint(n *yaml.Node, s location, want string, hint func() plan.Hint) {
	d.rejectForbidden(n)
	at := s.at
	if n.Kind == yaml.ScalarNode {
		at = nodeSpan(d.src, n)
	}
	if n.Tag == "!!null" {
		hint := "remove the key, or give it a value"
		if requiredKeys()[s.name] {
			hint = "give it a value"
		} else if want == keysBelow || want == "a list" {
			hint = "remove the key, or write its content below it"
		}
		d.report("wrong-type", at, fmt.Sprintf("%s is empty; it %s", s.name, needs(want)), hint)
		return
	}
	got := kindOf(n)
	if want == keysBelow && n.Kind == yaml.ScalarNode {
		got = "a single value"
	}
	d.advise("wrong-type", at, fmt.Sprintf("%s %s, not %s", s.name, needs(want), got), hint())
}

// keysBelow is a mapping, as messages call it.
const keysBelow = "indented keys below it"

// needs says in a message what a key takes.
func needs(want string) string {
	if want == keysBelow {
		return "needs " + want
	}
	return "takes " + want
}

// requiredKeys are the keys that some mapping requires: a hint to remove one would be wrong.
var requiredKeys = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for _, t := range []reflect.Type{
		reflect.TypeFor[rootFile](), reflect.TypeFor[accountKeys](), reflect.TypeFor[appKeys](), reflect.TypeFor[storageKeys](),
		reflect.TypeFor[cdnKeys](), reflect.TypeFor[notifyKeys](), reflect.TypeFor[recordingKeys](), reflect.TypeFor[videoKeys](), reflect.TypeFor[cronKeys](),
	} {
		for name, index := range fieldsOf(t).index {
			if strings.HasPrefix(t.FieldByIndex(index).Tag.Get("validate"), "required") {
				all[name] = true
			}
		}
	}
	return all
})

// typeHint suggests a correction for a value of another type.
func (d *decoder) typeHint(n *yaml.Node, s location, want string) plan.Hint {
	brace := braces(n)
	switch {
	case brace != "" && slices.Contains(placeholderKeys, s.name):
		hint := plan.NewHint(fmt.Sprintf(`put it in quotes: "%s"; YAML reads an unquoted brace as a group of keys`, brace))
		from := d.src.Offset(n.Line, n.Column)
		if bytes.HasPrefix(d.src.Text[from:], []byte(brace)) && s.name != "url" && slices.Contains(plan.BuiltinPlaceholders, brace[1:len(brace)-1]) {
			hint.At = d.src.SpanFromLast(n.Line, from, from+len(brace))
			hint.Replacement = strconv.Quote(brace)
		}
		return hint
	case strings.HasPrefix(want, "true") && booleanWord(n) != "":
		return plan.WriteRawHint(booleanWord(n))
	case s.name == "to":
		return plan.NewHint(changeToHint)
	case s.name == "bitrate" && n.Tag == "!!str":
		return bitrateTextHint(n.Value)
	case want == keysBelow, want == "a list", want == labelsBelow:
		return levelHint(n, s, want)
	case n.Kind != yaml.ScalarNode || want != "text" || !slices.Contains(freeTexts, s.name):
		return plan.Hint{}
	case slices.Contains(proseKeys, s.name):
		return plan.Hint{Text: "put it in quotes", Replacement: strconv.Quote(n.Value), Raw: true}
	}
	return plan.NewHint("put it in quotes")
}

// placeholderKeys are the keys whose text may contain a brace.
var placeholderKeys = append([]string{"url", "cname", "prefix", "an item of prefix"}, proseKeys...)

// freeTexts are the keys that take any text, so that a number or a word of YAML only needs quotes.
var freeTexts = append([]string{"tag", "bucket", "cname", "id", "customer_id", "customer_secret", "access_key", "secret_key"}, proseKeys...)

// braces recognises {name}, and ${NAME} as far as YAML keeps it, in what YAML read as a mapping.
func braces(n *yaml.Node) string {
	if n.Kind != yaml.MappingNode || n.Style&yaml.FlowStyle == 0 || len(n.Content) != 2 {
		return ""
	}
	key, value := n.Content[0], n.Content[1]
	if key.Kind != yaml.ScalarNode || value.Tag != "!!null" || value.Value != "" || !isPlaceholderName(key.Value) {
		return ""
	}
	return "{" + key.Value + "}"
}

// isPlaceholderName says whether s can be the name of a placeholder.
func isPlaceholderName(s string) bool { return plan.ScanPlaceholder("{"+s+"}") == s && s != "" }

// kindOf names the type of a node in messages.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "nested keys"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	switch n.Tag {
	case "!!int":
		return "a whole number"
	case "!!float":
		return "a number with a fraction"
	case "!!bool":
		return "true or false"
	case "!!null":
		return "nothing"
	}
	return "text"
}
