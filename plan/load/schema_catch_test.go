package load

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"rundown/plan"
	"rundown/plan/plantest"
)

const schemaTable = "../../docs/schema.md"

// TestTableOfWhatSchemaAndLoaderCatch records, for each bad plan of testdata, which of the schema, the loader and the
// rules catch it. What is new or has moved shows in the difference of the table.
func TestTableOfWhatSchemaAndLoaderCatch(t *testing.T) {
	root := compiled(t, "")
	var b strings.Builder
	b.WriteString(`# What an editor sees, and what only rundown sees

Generated from the bad plans in plan/testdata by ` + "`go test ./plan/load -run TableOfWhat -update`" + `. An editor that knows schemas/plan.schema.json
underlines what the schema catches while one types; ` + "`rundown validate`" + ` finds the rest: the loader what is wrong with one
value or one file, the rules what takes more than one.

| bad plan | schema | loader | rules |
| --- | --- | --- | --- |
`)
	var plans []string
	for _, pattern := range []string{"../testdata/err/*.yaml", "../testdata/rules/bad/*.yaml"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		plans = append(plans, found...)
	}
	caught, blind := 0, 0
	for _, path := range plans {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		schema := schemaVerdict(root, text)
		name := filepath.Base(path)
		p, loading, err := Load(plantest.Folder(filepath.Dir(path)), name)
		if err != nil {
			t.Fatal(err)
		}
		all := findingsOf(t, plantest.Folder(filepath.Dir(path)), name)
		if len(all) == 0 && name != "secret-unresolved.yaml" { // that takes an environment to look into
			t.Errorf("%s: nobody catches it", path)
		}
		rules := "not reached"
		if p != nil {
			rules = rulesNamed(slices.DeleteFunc(slices.Clone(all), func(f plan.Finding) bool { return slices.Contains(loading, f) }))
		}
		if schema == "catches" {
			caught++
		} else {
			blind++
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", strings.TrimPrefix(path, "../testdata/"), schema, rulesNamed(loading), rules)
	}
	if caught < 5 || blind < 5 {
		t.Errorf("the schema catches %d plans and does not catch %d", caught, blind)
	}
	fmt.Fprintf(&b, "\nThe schema catches %d of %d.\n", caught, len(plans))
	if *update {
		if err := os.MkdirAll(filepath.Dir(schemaTable), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(schemaTable, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(schemaTable)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("run go test ./plan/load ./plan/rules -update (-checked in +generated):\n%s", diff)
	}
}

// schemaVerdict is what an editor makes of a text.
func schemaVerdict(schema *jsonschema.Schema, text []byte) string {
	var n yaml.Node
	if err := yaml.Unmarshal(text, &n); err != nil || len(n.Content) == 0 {
		return "no YAML to judge"
	}
	encoded, err := json.Marshal(plainValue(n.Content[0]))
	if err != nil {
		return "no YAML to judge"
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
	if err != nil {
		return "no YAML to judge"
	}
	if schema.Validate(value) != nil {
		return "catches"
	}
	return "–"
}

// rulesNamed names the rules of findings, each once, in the order of the plan.
func rulesNamed(findings []plan.Finding) string {
	var ids []string
	for _, f := range findings {
		if !slices.Contains(ids, f.Rule) {
			ids = append(ids, f.Rule)
		}
	}
	if len(ids) == 0 {
		return "–"
	}
	return strings.Join(ids, ", ")
}

// TestEachKeyReadsWellInAnEditor holds every key to a description and to something that completion can offer: values,
// a default, an example, or keys of its own.
func TestEachKeyReadsWellInAnEditor(t *testing.T) {
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	type property struct {
		Description string            `json:"description"`
		Default     json.RawMessage   `json:"default"`
		Examples    []json.RawMessage `json:"examples"`
		Enum        []any             `json:"enum"`
		Const       any               `json:"const"`
		Ref         string            `json:"$ref"`
		Type        string            `json:"type"`
	}
	type object struct {
		Properties map[string]property `json:"properties"`
	}
	var schema struct {
		object
		Defs map[string]object `json:"$defs"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	keys := 0
	check := func(where string, o object) {
		for name, p := range o.Properties {
			keys++
			if !strings.HasSuffix(p.Description, ".") || len(p.Description) < 15 || len(p.Description) > 250 {
				t.Errorf("%s.%s is described as %q", where, name, p.Description)
			}
			if p.Default == nil && p.Examples == nil && p.Enum == nil && p.Const == nil && p.Ref == "" && p.Type != "boolean" {
				t.Errorf("%s.%s offers nothing to complete", where, name)
			}
		}
	}
	check("plan", schema.object)
	for name, o := range schema.Defs {
		check(name, o)
	}
	if keys < 100 {
		t.Errorf("only %d keys were looked at", keys)
	}
}

// TestDefaultsAndExamplesOfTheSchemaAreValid lets the schema judge what it proposes.
func TestDefaultsAndExamplesOfTheSchemaAreValid(t *testing.T) {
	document, c := schemaCompiler(t)
	judged := 0
	judge := func(at string, properties map[string]any) {
		for name, value := range properties {
			property := value.(map[string]any)
			proposals, _ := property["examples"].([]any)
			if value, ok := property["default"]; ok {
				proposals = append(proposals, value)
			}
			schema, err := c.Compile("plan.schema.json" + at + "/properties/" + name)
			if err != nil {
				t.Fatal(err)
			}
			for _, proposal := range proposals {
				judged++
				if err := schema.Validate(proposal); err != nil {
					t.Errorf("%s of %s proposes %v: %v", name, at, proposal, err)
				}
			}
		}
	}
	root := document.(map[string]any)
	judge("#", root["properties"].(map[string]any))
	for name, def := range root["$defs"].(map[string]any) {
		if properties, ok := def.(map[string]any)["properties"].(map[string]any); ok {
			judge("#/$defs/"+name, properties)
		}
	}
	if judged < 60 {
		t.Errorf("only %d proposals were judged", judged)
	}
}
