package cli

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rundown/agora/catalog"
	"rundown/docs"
	"rundown/internal/cli/render"
	"rundown/plan"
	"rundown/plan/rules"
)

var updateManual = flag.Bool("update", false, "write the manual of the rules anew")

// The manual takes its plans from here: bad ones, which break the rule that names them, and such at the exact bound.
const (
	rulePlans  = "../../plan/testdata/rules"
	manualFile = "../../docs/rules.md"
)

// TestTheManualOfTheRulesIsWhatTheyAre writes the manual from the rules, their plans and what validate prints of them.
func TestTheManualOfTheRulesIsWhatTheyAre(t *testing.T) {
	for _, name := range []string{"AGORA_CUSTOMER_ID", "AGORA_CUSTOMER_SECRET", "AGORA_APP_ID", "S3_ACCESS_KEY"} {
		t.Setenv(name, "an-obvious-example")
	}
	got := manual(t)
	if *updateManual {
		if err := os.WriteFile(manualFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(docs.Rules, got); diff != "" {
		t.Errorf("docs/rules.md is not what the rules are (-want +got); go test ./internal/cli -run Manual -update writes it\n%s", diff)
	}
}

func TestTheManualHasASectionForEachRule(t *testing.T) {
	if *updateManual {
		t.Skip("the manual of this binary is the old one")
	}
	for _, r := range allRules() {
		section, ok := docs.Rule(r.ID)
		if !ok || !strings.HasPrefix(section, r.Statement) {
			t.Errorf("%s has no section", r.ID)
		}
		if strings.Contains(section, "\n## ") {
			t.Errorf("the section of %s holds another one", r.ID)
		}
	}
	if _, ok := docs.Rule("no-such-rule"); ok {
		t.Error("a rule that does not exist has a section")
	}
}

func manual(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	all := allRules()
	fmt.Fprintf(&b, `# The rules

Every rule of Rundown: its own, and the %d documented restrictions of Agora's web page recording (documentation of %s).
This file is generated from the rules, from plans that break them and from what `+"`rundown validate`"+` says of those;
`+"`rundown rules ID`"+` prints a section.

How a rule is enforced: a *finding* of validate; by *construction*, since no plan leads to a request that breaks it; a
*figure* that the program tells; at *runtime*, while recording; by a *probe* of page or storage; or by a *human*.

A plan tunes severities under `+"`rules:`"+` (off, note, warning, error), and `+"`# rundown:ignore RULE reason`"+` at the end of a
line, or on the line above it, silences one finding. Rules of structure can be neither tuned nor silenced,
nor can those that report what no class can be recorded without.
The JSON of `+"`validate`"+` calls a note `+"`information`"+`.

| rule | severity | enforced |
| --- | --- | --- |
`, len(catalog.Restrictions()), catalog.CatalogueSnapshot())
	for _, r := range all {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s |\n", r.ID, r.ID, render.SeverityWord(plan.Severity(r.Severity)), r.Enforced)
	}
	conflict := map[string]string{}
	for _, r := range plan.Rules() {
		conflict[r.ID] = r.Conflict
	}
	for _, r := range all {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", r.ID, r.Statement)
		severity := render.SeverityWord(plan.Severity(r.Severity))
		if r.Enforced == string(rules.ByFinding) && plan.Structural[r.ID] {
			severity += ", a rule of structure"
		} else if plan.Fixed(r.ID) {
			severity += ", cannot be tuned"
		}
		fmt.Fprintf(&b, "- severity: %s\n- enforced: %s\n", severity, heldBy(r))
		if entry, documented := catalog.RestrictionByID(r.ID); documented {
			if entry.Field != "" {
				fmt.Fprintf(&b, "- field: `%s`\n", entry.Field)
			}
			source := entry.Source
			if entry.Since != "" {
				source += ", since " + entry.Since
			}
			if entry.Derived {
				source += " (derived)"
			}
			fmt.Fprintf(&b, "- source: %s\n", source)
			if conflict[r.ID] != "" {
				fmt.Fprintf(&b, "- %s\n", conflict[r.ID])
			}
		}
		if r.ID == "storage-region-values" {
			regions(&b)
		}
		if r.Enforced == string(rules.ByFinding) {
			pair(t, &b, r.ID)
		}
	}
	return b.String()
}

// regions lists the regions of each vendor, as plans write them.
func regions(b *strings.Builder) {
	for _, v := range catalog.Vendors() {
		var names []string
		for _, r := range v.Regions {
			if r.Name != "" {
				names = append(names, strings.ToLower(strings.ReplaceAll(r.Name, "_", "-")))
			}
		}
		if len(names) > 0 {
			fmt.Fprintf(b, "- regions of `%s`: %s\n", v.Name, strings.Join(names, ", "))
		}
	}
}

// pair writes the bad plan of a rule, what validate says of it, and what the plan at the bound has instead.
func pair(t *testing.T, b *strings.Builder, rule string) {
	t.Helper()
	bad, err := os.ReadFile(filepath.Join(rulePlans, "bad", rule+".yaml"))
	if os.IsNotExist(err) {
		return // held by a test of the plans
	} else if err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(filepath.Join(rulePlans, "ok", rule+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"validate", rule + ".yaml", "--now", examplesNow.Format("2006-01-02T15:04:05Z07:00")}
	if rule == "secret-unresolved" {
		args = append(args, "--resolve")
	}
	var out, stderr bytes.Buffer
	in := func() int {
		back, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chdir(filepath.Join(rulePlans, "bad")); err != nil {
			t.Fatal(err)
		}
		defer os.Chdir(back)
		return Main(t.Context(), args, Streams{In: strings.NewReader(""), Out: &out, Err: &stderr})
	}
	if status := in(); status == StatusTrouble || stderr.Len() > 0 {
		t.Fatalf("validate %s.yaml: status %d, %s", rule, status, stderr.String())
	}
	// The last line sums the plan up, which is another matter.
	said := strings.SplitAfter(out.String(), "\n"+rule+".yaml: ")
	findings := strings.TrimSuffix(strings.Join(said[:len(said)-1], ""), rule+".yaml: ")
	fmt.Fprintf(b, "\nThis plan breaks it:\n\n```yaml\n%s```\n\n```text\n%s```\n", shortLines(string(bad)), shortLines(findings))
	instead, without := otherLines(string(bad), string(good)), otherLines(string(good), string(bad))
	switch {
	case instead != "":
		fmt.Fprintf(b, "\nThis does not:\n\n```yaml\n%s```\n", shortLines(instead))
	case without != "":
		fmt.Fprintf(b, "\nWithout these lines it does not:\n\n```yaml\n%s```\n", shortLines(without))
	default:
		fmt.Fprint(b, "\nWith the variable set it does not.\n")
	}
}

// otherLines are the lines of a text that another does not have.
func otherLines(bad, good string) string {
	have := map[string]bool{}
	for line := range strings.Lines(bad) {
		have[line] = true
	}
	var b strings.Builder
	for line := range strings.Lines(good) {
		if !have[line] {
			b.WriteString(line)
		}
	}
	return b.String()
}

// shortLines cuts the middle out of lines that nobody reads.
func shortLines(text string) string {
	const most = 240
	var b strings.Builder
	for line := range strings.Lines(text) {
		if runes := []rune(line); len(runes) > most && strings.Contains(line, "aaaaaaaaaa") {
			line = string(runes[:most/2]) + "…" + string(runes[len(runes)-most/4:])
		}
		b.WriteString(line)
	}
	return b.String()
}

// heldBy says how a rule is kept, where and by which test.
func heldBy(r ruleJSON) string {
	held := r.Enforced
	if r.Place != nil {
		held += fmt.Sprintf(", by `%s`, proved by `%s`", *r.Place, *r.Test)
	}
	if r.Note != nil {
		held += "; " + *r.Note
	}
	return held
}
