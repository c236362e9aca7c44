package load

import (
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"rundown/plan"
)

// TestEachSettingStandsInEveryTable names what a new key lacks.
func TestEachSettingStandsInEveryTable(t *testing.T) {
	keys := slices.Concat(fieldsOf(reflect.TypeFor[settingsKeys]()).Names, fieldsOf(reflect.TypeFor[filterKeys]()).Names)
	reference, err := os.ReadFile("../../examples/reference.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, row := range plan.SettingTable {
		rows = append(rows, row.Key)
		if row.Text == nil || row.Apply == nil {
			t.Errorf("%s has no text or no way to be laid over others", row.Key)
		}
	}
	for _, table := range []struct {
		name string
		keys []string
	}{{"SettingTable", rows}, {"setters", slices.Sorted(maps.Keys(setters))}} {
		for _, key := range keys {
			if !slices.Contains(table.keys, key) {
				t.Errorf("%s lacks %s", table.name, key)
			}
		}
		for _, key := range table.keys {
			if !slices.Contains(keys, key) {
				t.Errorf("%s has %s, which is no key of a recording", table.name, key)
			}
		}
	}
	for _, key := range keys {
		if !strings.Contains(string(reference), key+":") {
			t.Errorf("examples/reference.yaml lacks %s", key)
		}
	}
}
