package cli

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrows lists, for every package, which packages of ours its code may import. Tests may import more.
var arrows = map[string][]string{
	"rundown":                          {"internal/cli"},
	"rundown/agora":                    {"agora/catalog", "internal/redact"},
	"rundown/agora/catalog":            {},
	"rundown/agora/simulator":          {"agora", "agora/catalog"},
	"rundown/docs":                     {},
	"rundown/internal/cli":             {"agora", "agora/catalog", "agora/simulator", "docs", "internal/cli/render", "internal/host", "internal/planfile", "internal/redact", "plan", "plan/forecast", "plan/load", "plan/rules", "plan/schedule", "runner", "runner/addresses", "runner/closure", "runner/metrics", "runner/notify", "runner/operate", "runner/preflight", "runner/reason", "runner/session", "runner/store", "runner/view", "runner/web", "runner/web/access", "runner/web/api", "runner/web/page", "schemas"},
	"rundown/internal/comparison":      {},
	"rundown/internal/cli/render":      {"internal/planfile", "internal/redact", "plan", "plan/forecast", "runner", "runner/session", "runner/view"},
	"rundown/internal/host":            {"runner", "runner/reason"},
	"rundown/internal/planfile":        {"internal/redact", "plan", "plan/forecast", "plan/load", "plan/rules", "runner", "runner/store"},
	"rundown/internal/redact":          {},
	"rundown/plan":                     {"agora/catalog"},
	"rundown/plan/forecast":            {"agora/catalog", "plan", "plan/schedule"},
	"rundown/plan/load":                {"agora/catalog", "plan"},
	"rundown/plan/plantest":            {"plan"},
	"rundown/plan/plantest/build":      {"agora/catalog", "plan", "plan/load", "plan/plantest"},
	"rundown/plan/rules":               {"agora/catalog", "plan", "plan/forecast", "plan/schedule"},
	"rundown/plan/schedule":            {"agora/catalog", "plan"},
	"rundown/runner":                   {"agora", "agora/catalog", "internal/redact", "plan", "plan/load", "plan/rules", "plan/schedule", "runner/notify", "runner/reason", "runner/session", "runner/store"},
	"rundown/runner/addresses":         {"runner/store"},
	"rundown/runner/metrics":           {"agora", "runner", "runner/reason", "runner/session", "runner/store"},
	"rundown/runner/notify":            {"internal/redact", "plan", "runner/reason", "runner/session", "runner/store"},
	"rundown/runner/operate":           {"plan", "runner", "runner/reason", "runner/session", "runner/store", "runner/view"},
	"rundown/runner/closure":           {"plan", "plan/schedule", "runner/operate", "runner/reason", "runner/session", "runner/store", "runner/view"},
	"rundown/runner/reason":            {},
	"rundown/runner/preflight":         {"plan"},
	"rundown/runner/runnertest":        {"agora", "agora/catalog", "plan", "plan/load", "runner", "runner/operate", "runner/store", "runner/view"},
	"rundown/runner/session":           {"agora", "agora/catalog", "internal/redact", "plan", "plan/schedule", "runner/reason"},
	"rundown/runner/store":             {},
	"rundown/runner/store/pgtest":      {},
	"rundown/runner/store/storetest":   {"runner/store"},
	"rundown/runner/view":              {"internal/redact", "plan", "plan/forecast", "plan/schedule", "runner", "runner/reason", "runner/session", "runner/store"},
	"rundown/runner/web":               {"agora", "runner"},
	"rundown/runner/web/api":           {"internal/redact", "plan", "plan/forecast", "runner", "runner/closure", "runner/notify", "runner/operate", "runner/reason", "runner/session", "runner/store", "runner/view", "runner/web/access"},
	"rundown/runner/web/page":          {"plan", "plan/forecast", "plan/schedule", "runner", "runner/closure", "runner/operate", "runner/reason", "runner/session", "runner/store", "runner/view", "runner/web/access"},
	"rundown/runner/web/page/pagetest": {},
	"rundown/runner/web/access":        {"runner/reason"},
	"rundown/schemas":                  {},
}

// TestImportsRunOneWay holds the arrows of every package. The loader finds what is wrong with a file, the rules what is
// wrong with a plan, and neither knows the other; agora and the store know nothing of ours.
func TestImportsRunOneWay(t *testing.T) {
	if testing.Short() {
		t.Skip("asks the go command")
	}
	const list = `{{.ImportPath}}:{{range .Imports}} {{.}}{{end}}`
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", list, "rundown/...").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		pkg, imports, _ := strings.Cut(strings.TrimSpace(line), ":")
		may, known := arrows[pkg]
		if !known {
			t.Errorf("%s is a package without arrows: say what it may import", pkg)
			continue
		}
		seen[pkg] = true
		for imported := range strings.FieldsSeq(imports) {
			if ours, ok := strings.CutPrefix(imported, "rundown/"); ok && !slices.Contains(may, ours) {
				t.Errorf("%s imports %s, which it must not know", pkg, imported)
			}
		}
	}
	for pkg := range arrows {
		if !seen[pkg] {
			t.Errorf("%s has arrows and is not there", pkg)
		}
	}
}
