package load

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"rundown/plan"
	"rundown/schemas"
)

// settingKeys are the keys that defaults and recordings may set, by the types of the format.
func settingKeys() []string {
	return slices.Concat(fieldsOf(reflect.TypeFor[settingsKeys]()).Names, fieldsOf(reflect.TypeFor[filterKeys]()).Names)
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestEachSettingIsInEveryTable names what a new key lacks: the row by which show prints it, diff compares it and the
// layers copy it, its setter, and its documentation.
func TestEachSettingIsInEveryTable(t *testing.T) {
	var rows []string
	for _, row := range plan.SettingTable {
		rows = append(rows, row.Key)
		if row.Text == nil || row.Apply == nil {
			t.Errorf("SettingTable: %s has no text or no Apply", row.Key)
		}
		// diff compares the classes, which only and skip choose.
		if row.Equal == nil && row.Key != "only" && row.Key != "skip" {
			t.Errorf("SettingTable: %s is not compared by diff", row.Key)
		}
	}
	same := func(table string, got []string) {
		for _, key := range settingKeys() {
			if !slices.Contains(got, key) {
				t.Errorf("%s lacks %s", table, key)
			}
		}
		for _, key := range got {
			if !slices.Contains(settingKeys(), key) {
				t.Errorf("%s has %s, which is not a key of a recording", table, key)
			}
		}
	}
	same("SettingTable", rows)
	same("setters", slices.Sorted(maps.Keys(setters)))
	reference, readme := readText(t, "../../examples/reference.yaml"), readText(t, "../../README.md")
	for _, key := range settingKeys() {
		if !strings.Contains(reference, key+":") {
			t.Errorf("examples/reference.yaml lacks %s", key)
		}
		if !inTable(readme, key) {
			t.Errorf("the table of keys in README.md lacks `%s`", key)
		}
	}
	for _, key := range fieldsOf(reflect.TypeFor[rootFile]()).Names {
		if !inTable(readme, key) {
			t.Errorf("the table of keys in README.md lacks `%s`", key)
		}
	}
}

// inTable says whether a row of the README's table of keys names a key.
func inTable(readme, key string) bool {
	_, table, _ := strings.Cut(readme, "| key | what it holds |")
	table, _, _ = strings.Cut(table, "\n\n")
	return strings.Contains(table, "`"+key+"`")
}

// TestEachSettingIsInTheSchemaWithItsBounds compares the checked-in schema with the restrictions that validator checks.
func TestEachSettingIsInTheSchemaWithItsBounds(t *testing.T) {
	type property struct {
		Enum             []any
		Minimum, Maximum *int64
	}
	var schema struct {
		Defs map[string]struct{ Properties map[string]property } `json:"$defs"`
	}
	if err := json.Unmarshal(schemas.Plan, &schema); err != nil {
		t.Fatal(err)
	}
	for _, mapping := range []string{"recording", "defaults"} {
		for _, key := range settingKeys() {
			if _, ok := schema.Defs[mapping].Properties[key]; !ok {
				t.Errorf("the schema of %s lacks %s", mapping, key)
			}
		}
	}
	restricted := 0
	for def, of := range map[string]reflect.Type{"recording": reflect.TypeFor[recordingKeys](), "video": reflect.TypeFor[videoKeys]()} {
		for key, index := range fieldsOf(of).index {
			_, id, ok := strings.Cut(of.FieldByIndex(index).Tag.Get("validate"), "restriction=")
			if !ok {
				continue
			}
			restricted++
			id, _, _ = strings.Cut(id, "|")
			r, p := plan.RestrictionOf(id), schema.Defs[def].Properties[key]
			if r.Values != nil && len(p.Enum) < len(r.Values) || r.Values == nil && (p.Minimum == nil || *p.Minimum != r.Min || p.Maximum == nil || *p.Maximum != r.Max) {
				t.Errorf("%s of %s: the schema has not the bounds of %s: %s", key, def, id, r.Allowed())
			}
		}
	}
	if restricted < 5 {
		t.Errorf("%d keys have a restriction of the catalogue", restricted)
	}
}
