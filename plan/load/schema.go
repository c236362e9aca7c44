package load

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/invopop/jsonschema"
	"gopkg.in/yaml.v3"

	"rundown/agora/catalog"
	"rundown/plan"
)

// Schema gives the format as a JSON Schema (2020-12), generated from the types that the loader reads by, with the
// bounds of the catalogue. It describes a root file; an included file is #/$defs/included. What needs more than one
// value, such as names that must be defined, only [Load] and [rules.Check] see.
func Schema() ([]byte, error) {
	g := &schemaGenerator{defs: jsonschema.Definitions{}}
	root := g.object(reflect.TypeFor[rootFile]())
	g.ref(reflect.TypeFor[includedFile]())
	for len(g.queue) > 0 {
		t := g.queue[0]
		g.queue = g.queue[1:]
		g.defs[schemaName(t)] = g.object(t)
	}
	if g.err != nil {
		return nil, fmt.Errorf("generate the plan's schema: %w", g.err)
	}
	root.Version = jsonschema.Version
	root.Title = "Rundown plan"
	root.Description = "What is recorded and when."
	root.Definitions = g.defs
	text, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the plan's schema: %w", err)
	}
	return append(text, '\n'), nil
}

// schemaGenerator collects definitions until none is missing.
type schemaGenerator struct {
	defs  jsonschema.Definitions
	queue []reflect.Type
	err   error
}

// schemaName is the name of a type in $defs.
func schemaName(t reflect.Type) string {
	return strings.TrimSuffix(strings.TrimSuffix(t.Name(), "Keys"), "File")
}

// ref gives a reference to the definition of a mapping, and queues the definition.
func (g *schemaGenerator) ref(t reflect.Type) *jsonschema.Schema {
	name := schemaName(t)
	if _, known := g.defs[name]; !known {
		g.defs[name] = nil
		g.queue = append(g.queue, t)
	}
	return &jsonschema.Schema{Ref: "#/$defs/" + name}
}

// object makes the schema of one mapping.
func (g *schemaGenerator) object(t reflect.Type) *jsonschema.Schema {
	r := &jsonschema.Reflector{
		Anonymous: true, DoNotReference: true, ExpandedStruct: true, FieldNameTag: "yaml", RequiredFromJSONSchemaTags: true,
		Mapper: func(other reflect.Type) *jsonschema.Schema {
			if other == t {
				return nil
			}
			return g.form(other)
		},
	}
	s := r.ReflectFromType(t)
	s.Version = ""
	g.properties(s, t)
	return s
}

// properties adds what the tags of the fields say: description, default, examples and bounds.
func (g *schemaGenerator) properties(s *jsonschema.Schema, t reflect.Type) {
	for i := range t.NumField() {
		field := t.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if options == "inline" {
			g.properties(s, field.Type)
			continue
		}
		if name == "" || name == "-" {
			continue
		}
		property, ok := s.Properties.Get(name)
		if !ok {
			g.err = fmt.Errorf("the key %s of %s has no property", name, t.Name())
			return
		}
		property.Description = field.Tag.Get("doc")
		if text := field.Tag.Get("default"); text != "" {
			property.Default = g.value(text)
		}
		if text := field.Tag.Get("example"); text != "" {
			for example := range strings.SplitSeq(text, " | ") {
				property.Examples = append(property.Examples, g.value(example))
			}
		}
		if field.Tag.Get("items") == "events" {
			property.AnyOf[0] = eventSchema()
			property.AnyOf[1].Items = eventSchema()
		}
		if g.bounds(property, field.Tag.Get("validate")) {
			s.Required = append(s.Required, name)
		}
	}
}

// value parses a default or an example, which the tags write as plans do.
func (g *schemaGenerator) value(text string) any {
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(text), &n); err != nil {
		g.err = err
		return nil
	}
	return plainValue(n.Content[0])
}

// plainValue is the JSON value of a node. Dates stay as they are written.
func plainValue(n *yaml.Node) any {
	switch n.Kind {
	case yaml.SequenceNode:
		list := []any{}
		for _, child := range n.Content {
			list = append(list, plainValue(child))
		}
		return list
	case yaml.MappingNode:
		object := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			object[n.Content[i].Value] = plainValue(n.Content[i+1])
		}
		return object
	}
	switch n.Tag {
	case "!!int", "!!float":
		var number any
		if n.Decode(&number) == nil {
			return number
		}
	case "!!bool":
		return strings.EqualFold(n.Value, "true")
	case "!!null":
		return nil
	}
	return n.Value
}

// bounds adds what a validate tag allows, and says whether the key is required.
func (g *schemaGenerator) bounds(s *jsonschema.Schema, tag string) (required bool) {
	for check := range strings.SplitSeq(tag, ",") {
		alternative := ""
		check, alternative, _ = strings.Cut(check, "|eq=")
		name, param, _ := strings.Cut(check, "=")
		switch name {
		case "required":
			required = true
			if s.Type == "string" {
				one := uint64(1)
				s.MinLength = &one
			}
		case "version":
			s.Const = formatVersion
		case "id":
			s.Pattern = idPattern.String()
		case "min":
			s.Minimum = json.Number(param)
		case "max":
			s.Maximum = json.Number(param)
		case "oneof":
			for word := range strings.FieldsSeq(param) {
				s.Enum = append(s.Enum, word)
			}
		case "restriction":
			r := plan.RestrictionOf(param)
			for _, value := range r.Values {
				if s.Type == "integer" {
					s.Enum = append(s.Enum, json.Number(value))
				} else {
					s.Enum = append(s.Enum, value)
				}
			}
			if r.Values == nil && r.Min != math.MinInt64 {
				s.Minimum = json.Number(strconv.FormatInt(r.Min, 10))
			}
			if r.Values == nil && r.Max != math.MaxInt64 {
				s.Maximum = json.Number(strconv.FormatInt(r.Max, 10))
			}
			if restriction, ok := catalog.RestrictionByID(r.ID); ok {
				s.Comments = restriction.ID + ": " + restriction.Source
			}
		}
		if alternative != "" {
			s.Enum = append(s.Enum, alternative)
		}
	}
	return required
}

func textSchema() *jsonschema.Schema { return &jsonschema.Schema{Type: "string"} }

func wordSchema(w string) *jsonschema.Schema { return &jsonschema.Schema{Type: "string", Const: w} }

func anyOf(list ...*jsonschema.Schema) *jsonschema.Schema { return &jsonschema.Schema{AnyOf: list} }

func listOf(item *jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "array", Items: item}
}

func lengthOfTime() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: `^\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))*$`}
}

// form is the schema of a type other than the mapping at hand: for the types of forms.go, what their readNode
// accepts.
func (g *schemaGenerator) form(t reflect.Type) *jsonschema.Schema {
	boolean := &jsonschema.Schema{Type: "boolean"}
	switch t {
	case reflect.TypeFor[duration]():
		return lengthOfTime()
	case reflect.TypeFor[textList](), reflect.TypeFor[calendarKeys](), reflect.TypeFor[nameList](), reflect.TypeFor[orNone[textList]]():
		return anyOf(textSchema(), listOf(textSchema()))
	case reflect.TypeFor[severityKey]():
		return &jsonschema.Schema{Type: "string", Enum: []any{"off", "note", "warning", "error"}}
	case reflect.TypeFor[mp4Keys]():
		return anyOf(boolean, lengthOfTime())
	case reflect.TypeFor[orNone[bool]]():
		return anyOf(boolean, wordSchema(none))
	case reflect.TypeFor[readyTimeoutKey]():
		return anyOf(wordSchema(none), lengthOfTime())
	case reflect.TypeFor[remainderKey]():
		return anyOf(wordSchema("never"), lengthOfTime())
	case reflect.TypeFor[videoKeys]():
		names := &jsonschema.Schema{Type: "string"}
		for _, name := range videoNames() {
			names.Enum = append(names.Enum, name)
		}
		rate := &jsonschema.Schema{Type: "string", Pattern: "^(" + strings.Join(videoNames(), "|") + ")[0-9]{1,4}$"}
		return anyOf(names, rate, g.ref(t))
	case reflect.TypeFor[cdnKeys]():
		return anyOf(textSchema(), g.ref(t))
	case reflect.TypeFor[changeKeys]():
		return anyOf(wordSchema("cancelled"), g.ref(t))
	case reflect.TypeFor[whenKeys]():
		list := listOf(anyOf(textSchema(), g.ref(reflect.TypeFor[cronKeys]())))
		one := uint64(1)
		list.MinItems = &one
		return anyOf(textSchema(), g.ref(reflect.TypeFor[cronKeys]()), list)
	case reflect.TypeFor[labelKeys]():
		value := anyOf(textSchema(), &jsonschema.Schema{Type: "number"}, boolean)
		return anyOf(wordSchema(none), &jsonschema.Schema{Type: "object", AdditionalProperties: value, PropertyNames: &jsonschema.Schema{Pattern: labelName.String()}})
	}
	switch {
	case t.Kind() == reflect.Slice && strings.HasPrefix(t.Name(), "entries["):
		field, _ := t.Elem().FieldByName("Value")
		s := &jsonschema.Schema{Type: "object", AdditionalProperties: g.form(field.Type)}
		if field.Type == reflect.TypeFor[recordingKeys]() {
			s.PropertyNames = &jsonschema.Schema{Pattern: idPattern.String()}
		}
		return s
	case t.Kind() == reflect.Struct && isMapping(t):
		return g.ref(t)
	}
	return nil
}

// isMapping says whether a type is read from a mapping and records positions.
func isMapping(t reflect.Type) bool {
	return t != reflect.TypeFor[positions]() && reflect.PointerTo(t).Implements(reflect.TypeFor[positioned]())
}

// eventSchema is the id of an event, one of the short words for it, or a glob.
func eventSchema() *jsonschema.Schema {
	ids := &jsonschema.Schema{Type: "string"}
	for _, id := range plan.EventWords() {
		ids.Enum = append(ids.Enum, id)
	}
	for _, word := range plan.ShortEventWords() {
		ids.Enum = append(ids.Enum, word)
	}
	return anyOf(ids, &jsonschema.Schema{Type: "string", Pattern: `[*?\[]`})
}
