package load

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rundown/plan"
	"rundown/plan/plantest"
	"rundown/plan/rules"
)

// TestManyReferencesInOneAddressAreReadInTime has an address that is nothing but references or placeholders: ten times as
// many of them may not take a hundred times as long.
func TestManyReferencesInOneAddressAreReadInTime(t *testing.T) {
	const many = 200_000
	var different strings.Builder
	for i := range many {
		fmt.Fprintf(&different, "${V%d}", i)
	}
	for name, address := range map[string]string{
		"one reference":        strings.Repeat("${HOST}", many),
		"one placeholder":      strings.Repeat("{id}", many),
		"unknown placeholders": strings.Repeat("{ix}", many),
		"half references":      strings.Repeat("${", many),
		"addresses":            strings.Repeat("://b:1", many) + "@",
		"users":                strings.Repeat("://b:x@", many),
		"dollars":              strings.Repeat("$$", many),
		"different references": different.String(),
	} {
		begin := time.Now()
		p, findings, err := Load(plantest.Texts{"p.yaml": plantest.WithURL("https://school.example/" + address)}, "p.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if p != nil {
			findings = append(findings, rules.Check(p, rules.Options{Now: plantest.September})...)
			rules.NotChecked(p, nil)
			rules.Review(p, rules.Options{Now: plantest.September})
		}
		for _, f := range findings {
			if len(f.Message) > 1000 {
				t.Errorf("%s: a message of %d bytes: %.200s", name, len(f.Message), f.Message)
			}
		}
		if strings.Contains(name, "reference") && slices.ContainsFunc(findings, func(f plan.Finding) bool { return f.Rule == "unused-definition" && strings.Contains(f.Message, "HOST") }) {
			t.Errorf("%s: an address that was refused says nothing about the variables that it uses", name)
		}
		if len(findings) > 1000 {
			t.Errorf("%s: %d findings", name, len(findings))
		}
		if took := time.Since(begin); took > time.Minute {
			t.Errorf("%s: took %v", name, took)
		}
	}
}
