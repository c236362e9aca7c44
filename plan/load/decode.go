package load

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"rundown/plan"
)

// decoder reads one file into the types of file.go, in one pass over its nodes. Mistakes become findings, and the
// rest is read all the same. It is not yaml.v3's own decoding into structs: that tells lines without columns, and
// forgets where each value stood, which findings and edits need.
type decoder struct {
	src      *plan.Source
	included bool
	unread   unreadParts
	invented bool // the name of the definition that is read is not in the text
	findingList
}

// report adds a finding of a rule, with a hint in words.
func (d *decoder) report(id string, at plan.Span, message, hint string) {
	d.advise(id, at, message, plan.NewHint(hint))
}

// advise is report with a hint that may be an edit.
func (d *decoder) advise(id string, at plan.Span, message string, t plan.Hint) {
	d.add(d.advised(id, at, message, t))
}

// advised makes a finding. It computes no edit once the rule's findings are no longer listed.
func (d *decoder) advised(id string, at plan.Span, message string, t plan.Hint) plan.Finding {
	f := plan.MustRule(id).Finding(d.src.Pos(at), message, t.Text)
	if !d.isFull(id) {
		f.Fix = d.src.Fix(at, t)
	}
	return f
}

// positions is embedded in every type that a mapping is read into. It records where the keys and values of the
// mapping are.
type positions struct {
	self   plan.Span // the key that holds the mapping, or its first character
	keys   []keyAt
	flow   bool     // it is written in braces
	meant  []string // keys that unknown ones in it probably mean, which are then not missing
	merged bool     // a merge key stood in it, which is reported and may have given any key
}

// keyAt is a key of a mapping with the spans of the key and of its value. The span of a value that is not a scalar is
// that of its key.
type keyAt struct {
	name       string
	key, value plan.Span
}

func (a *positions) positionsOf() *positions { return a }

// positioned is a type that a mapping is read into.
type positioned interface{ positionsOf() *positions }

// find finds a key; false when the file does not give it.
func (a *positions) find(name string) (keyAt, bool) {
	for _, k := range a.keys {
		if k.name == name {
			return k, true
		}
	}
	return keyAt{}, false
}

// value is the span of a key's value, or of the mapping where the key is missing.
func (a *positions) value(name string) plan.Span {
	if k, ok := a.find(name); ok {
		return k.value
	}
	return a.self
}

// key is the span of a key, or of the mapping where it is missing.
func (a *positions) key(name string) plan.Span {
	if k, ok := a.find(name); ok {
		return k.key
	}
	return a.self
}

// location is where a value is: the name and span of its key, or of the list item.
type location struct {
	name string
	at   plan.Span
}

// nodeReader is implemented by types with their own form in a file (forms.go). readNode reports what it cannot read, and then
// returns false. The field of its key is then left nil, and the key counts as given all the same ([positions.find]), so that
// nobody reports it as missing too.
type nodeReader interface {
	readNode(d *decoder, n *yaml.Node, s location) bool
}

// fields is the table of the keys of a type, by reflection over its yaml tags.
type fields struct {
	index       map[string][]int
	Names       []string // sorted
	legal       string   // the names, for messages
	description string
}

// fieldTables holds the tables of keys, which are asked for at each mapping: reflect.Type → *fields.
var fieldTables sync.Map

// fieldsOf gives the table of keys of a struct type, inlined structs included.
func fieldsOf(t reflect.Type) *fields {
	if known, ok := fieldTables.Load(t); ok {
		return known.(*fields)
	}
	f := &fields{index: map[string][]int{}}
	if at, ok := t.FieldByName("positions"); ok {
		f.description = at.Tag.Get("is")
	}
	var add func(t reflect.Type, path []int)
	add = func(t reflect.Type, path []int) {
		for i := range t.NumField() {
			field := t.Field(i)
			name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
			here := append(slices.Clone(path), i)
			switch {
			case options == "inline":
				add(field.Type, here)
			case name != "" && name != "-":
				f.index[name] = here
				f.Names = append(f.Names, name)
			}
		}
	}
	add(t, nil)
	slices.Sort(f.Names)
	f.legal = strings.Join(f.Names, ", ")
	known, _ := fieldTables.LoadOrStore(t, f)
	return known.(*fields)
}

// allowed reports what no plan may contain anywhere: aliases and explicit tags.
func (d *decoder) allowed(n *yaml.Node) bool {
	if n.Kind == yaml.AliasNode {
		d.report(ruleSyntax, nodeSpan(d.src, n), "aliases are not allowed", "write the value out, or put what recordings share under defaults")
		return false
	}
	if n.Style&yaml.TaggedStyle != 0 {
		hint := "leave the tag " + n.Tag + " out"
		if n.Kind == yaml.ScalarNode && n.Value == "" {
			hint = "put a text that begins with ! in quotes"
		}
		d.report(ruleSyntax, d.src.CharacterSpan(n.Line, n.Column), "explicit tags are not allowed", hint)
		return false
	}
	return true
}

// rejectForbidden reports aliases, tags and merge keys in a value that is not read otherwise.
func (d *decoder) rejectForbidden(n *yaml.Node) {
	if !d.allowed(n) || n.Kind == yaml.AliasNode {
		return
	}
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && child.Tag == "!!merge" {
			d.mergeKey(child)
			continue
		}
		d.rejectForbidden(child)
	}
}

// mergeKey reports a merge key.
func (d *decoder) mergeKey(key *yaml.Node) {
	d.report(ruleSyntax, nodeSpan(d.src, key), "merge keys are not allowed", "put what recordings share under defaults")
}

// read fills v from a node; false when it could not, which it reports.
func (d *decoder) read(n *yaml.Node, v reflect.Value, s location) bool {
	if !d.allowed(n) {
		return false
	}
	if r, ok := v.Addr().Interface().(nodeReader); ok {
		return r.readNode(d, n, s)
	}
	switch v.Kind() {
	case reflect.Pointer:
		target := reflect.New(v.Type().Elem())
		if !d.read(n, target.Elem(), s) {
			return false
		}
		v.Set(target)
		return true
	case reflect.Struct:
		return d.readMapping(n, v.Addr(), s)
	case reflect.Slice:
		return d.readSlice(n, v, s)
	case reflect.String:
		text, ok := d.text(n, s)
		v.SetString(text)
		return ok
	case reflect.Int:
		i, ok := d.integer(n, s)
		v.SetInt(int64(i))
		return ok
	case reflect.Bool:
		b, ok := d.boolean(n, s)
		v.SetBool(b)
		return ok
	}
	panic("no form for " + v.Type().String())
}

// readMapping fills the struct that target points to. Required keys are checked later, by validator.
func (d *decoder) readMapping(n *yaml.Node, target reflect.Value, s location) bool {
	v := target.Elem()
	table := fieldsOf(v.Type())
	if n.Kind != yaml.MappingNode {
		d.wrongType(n, s, keysBelow)
		if n = withoutDashes(n, table); n == nil {
			return false
		}
	}
	n = d.joinCutWhen(n, table)
	place := target.Interface().(positioned).positionsOf()
	place.self, place.flow = s.at, n.Style&yaml.FlowStyle != 0
	place.keys = make([]keyAt, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		name, at, ok := d.key(key)
		if !ok {
			if key.Tag == "!!merge" {
				place.merged = true
			}
			d.rejectForbidden(value)
			continue
		}
		index, known := table.index[name]
		if !known {
			if meant := d.unknownKey(n, i, at, table, s); meant != "" {
				place.meant = append(place.meant, meant)
			}
			if d.beginsRecording(n, i, table) {
				others := &yaml.Node{Kind: yaml.MappingNode, Content: n.Content[i+2:]}
				d.unread.note(others)
				d.rejectForbidden(others)
				return true
			}
			d.unread.note(value)
			d.rejectForbidden(value)
			continue
		}
		if first, twice := place.find(name); twice {
			d.duplicate(at, fmt.Sprintf("%s is defined twice in %s, first on line %d", name, table.description, first.key.Line))
			d.unread.note(value)
			d.rejectForbidden(value)
			continue
		}
		known1 := keyAt{name: name, key: at, value: at}
		if value.Kind == yaml.ScalarNode {
			known1.value = nodeSpan(d.src, value)
		}
		place.keys = append(place.keys, known1)
		d.read(value, v.FieldByIndex(index), location{name, at})
	}
	return true
}

// duplicate reports a second definition.
func (d *decoder) duplicate(at plan.Span, message string) {
	d.report("duplicate-key", at, message, "remove one of the two, or rename it")
}

// key reads a key; false when it is not text, which it reports.
func (d *decoder) key(n *yaml.Node) (string, plan.Span, bool) {
	if !d.allowed(n) {
		return "", plan.Span{}, false
	}
	if n.Tag == "!!merge" {
		d.mergeKey(n)
		return "", plan.Span{}, false
	}
	at := nodeSpan(d.src, n)
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		hint := ""
		if brace := braces(n); brace != "" {
			hint = "put a text that contains " + brace + " in quotes: YAML reads an unquoted brace as a group of keys"
		}
		d.report("wrong-type", at, "a key must be text, not "+kindOf(n), hint)
		return "", plan.Span{}, false
	}
	return n.Value, at, true
}

// readSlice reads a list of one type of item.
func (d *decoder) readSlice(n *yaml.Node, v reflect.Value, s location) bool {
	if n.Kind != yaml.SequenceNode {
		d.wrongType(n, s, "a list")
		return false
	}
	list := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, child := range n.Content {
		d.read(child, list.Index(i), location{s.name, nodeSpan(d.src, child)})
	}
	v.Set(list)
	return true
}

// textTags are the tags of what is read as a text.
var textTags = []string{"!!str", "!!timestamp", "!!merge"}

// text reads text. An unquoted date is text, although YAML resolves it to a timestamp.
func (d *decoder) text(n *yaml.Node, s location) (string, bool) {
	if n.Kind != yaml.ScalarNode || !slices.Contains(textTags, n.Tag) {
		d.wrongType(n, s, "text")
		return "", false
	}
	if n.Value != "" && n.Value[0] >= utf8.RuneSelf && d.inTypographicQuotes(n, s) {
		return "", false
	}
	return n.Value, true
}

// inTypographicQuotes reports a text in typographic quotes, but for those of [proseKeys].
func (d *decoder) inTypographicQuotes(n *yaml.Node, s location) bool {
	quotes := typographicText.FindStringSubmatch(n.Value)
	if quotes == nil || n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 || slices.Contains(proseKeys, s.name) {
		return false
	}
	hint := plan.NewHint(fmt.Sprintf("write plain quotes (\"): YAML reads %s and %s as letters", quotes[1], quotes[3]))
	if onlyReference.MatchString(quotes[2]) || slices.Contains(plainKeys, s.name) {
		hint.Replacement = quotes[2]
	}
	d.advise("invalid-value", nodeSpan(d.src, n), s.name+" is in typographic quotes, which YAML reads as part of the text", hint)
	return true
}

// typographicText matches text in typographic quotes.
var typographicText = regexp.MustCompile(`^([\x{201C}\x{201D}\x{201E}\x{AB}\x{BB}\x{2018}\x{201A}])(.*)([\x{201C}\x{201D}\x{AB}\x{BB}\x{2018}\x{2019}])$`)

// plainKeys are keys whose values, where they are a text, are never secret and may be shown in hints.
var plainKeys = []string{"name", "vendor", "region", "bucket", "timezone", "when", "app", "storage", "only", "skip", "cname", "cron", "video"}

// proseKeys are keys whose texts are for people: any character may be meant, and any text may be shown.
var proseKeys = []string{"title", "note"}

// integer reads a whole number in plain decimal digits. It reports 30.0, and reads it, so that its bounds are checked
// too.
func (d *decoder) integer(n *yaml.Node, s location) (int, bool) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!int" {
		i, err := strconv.ParseInt(n.Value, 10, 64)
		if err == nil && i >= math.MinInt32 && i <= math.MaxInt32 && strconv.FormatInt(i, 10) == n.Value {
			return int(i), true
		}
		d.report("wrong-type", nodeSpan(d.src, n), s.name+" takes a whole number in plain decimal digits", "")
		return 0, false
	}
	if f, err := strconv.ParseFloat(n.Value, 64); n.Kind == yaml.ScalarNode && n.Tag == "!!float" && err == nil && f == math.Trunc(f) && math.Abs(f) < 1e9 {
		d.advise("wrong-type", nodeSpan(d.src, n), s.name+" takes a whole number in plain decimal digits", plan.WriteRawHint(fmt.Sprintf("%.0f", f)))
		return int(f), true // so that its bounds are told too
	}
	d.wrongType(n, s, "a whole number")
	return 0, false
}

// boolean reads true or false.
func (d *decoder) boolean(n *yaml.Node, s location) (bool, bool) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!bool" {
		return strings.EqualFold(n.Value, "true"), true
	}
	d.wrongType(n, s, "true or false")
	return false, false
}
