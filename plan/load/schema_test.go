package load

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

var update = flag.Bool("update", false, "write the generated files anew")

const schemaFile = "../../schemas/plan.schema.json"

func TestCheckedInSchemaIsTheGeneratedOne(t *testing.T) {
	got, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(schemaFile, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("run go test ./plan/... -update (-checked in +generated):\n%s", diff)
	}
}

// schemaCompiler gives the schema, and a compiler that knows it as plan.schema.json.
func schemaCompiler(t *testing.T) (document any, c *jsonschema.Compiler) {
	t.Helper()
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	if document, err = jsonschema.UnmarshalJSON(bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	c = jsonschema.NewCompiler()
	if err := c.AddResource("plan.schema.json", document); err != nil {
		t.Fatal(err)
	}
	return document, c
}

// compiled gives the schema of root files, or of included ones.
func compiled(t *testing.T, fragment string) *jsonschema.Schema {
	t.Helper()
	_, c := schemaCompiler(t)
	s, err := c.Compile("plan.schema.json" + fragment)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON reads a plan as editors do, dates as they are written.
func asJSON(t *testing.T, text []byte) any {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal(text, &n); err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(plainValue(n.Content[0]))
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestGoodPlansPassTheSchema(t *testing.T) {
	root, included := compiled(t, ""), compiled(t, "#/$defs/included")
	for schema, patterns := range map[*jsonschema.Schema][]string{
		root:     {"../../examples/*.yaml", "../testdata/ok/*.yaml"},
		included: {"../../examples/*/*.yaml", "../testdata/ok/*/*.yaml"},
	} {
		for _, pattern := range patterns {
			files, _ := filepath.Glob(pattern)
			if len(files) == 0 {
				t.Errorf("no files match %s", pattern)
			}
			for _, file := range files {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if err := schema.Validate(asJSON(t, text)); err != nil {
					t.Errorf("%s: %v", file, err)
				}
			}
		}
	}
}

// TestLoaderAndSchemaKnowTheSameKeys walks the types that the decoder reads by beside the schema.
func TestLoaderAndSchemaKnowTheSameKeys(t *testing.T) {
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	type object struct {
		Properties map[string]json.RawMessage `json:"properties"`
		Required   []string                   `json:"required"`
		Additional *bool                      `json:"additionalProperties"`
	}
	var schema struct {
		object
		Defs map[string]object `json:"$defs"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	seen := map[reflect.Type]bool{}
	var walk func(ty reflect.Type)
	walk = func(ty reflect.Type) {
		for ty.Kind() == reflect.Pointer || ty.Kind() == reflect.Slice {
			ty = ty.Elem()
		}
		if ty.Kind() != reflect.Struct || seen[ty] || ty.PkgPath() != reflect.TypeFor[rootFile]().PkgPath() {
			return
		}
		seen[ty] = true
		for i := range ty.NumField() {
			walk(ty.Field(i).Type)
		}
		if !isMapping(ty) {
			return
		}
		got, ok := schema.Defs[schemaName(ty)]
		if ty == reflect.TypeFor[rootFile]() {
			got, ok = schema.object, true
		}
		if !ok {
			t.Errorf("the schema does not define %s", ty.Name())
			return
		}
		var keys []string
		for key := range got.Properties {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		if want := fieldsOf(ty).Names; !slices.Equal(keys, want) {
			t.Errorf("%s: the schema knows %v, the loader %v", ty.Name(), keys, want)
		}
		if got.Additional == nil || *got.Additional {
			t.Errorf("%s: the schema allows other keys", ty.Name())
		}
	}
	walk(reflect.TypeFor[rootFile]())
	walk(reflect.TypeFor[includedFile]())
	if len(seen) < 20 {
		t.Errorf("only %d types were walked", len(seen))
	}
	if !strings.Contains(string(text), `"maximum": 1920`) {
		t.Error("the schema lacks the catalogue's bound of a side")
	}
}
