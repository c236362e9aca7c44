package cli

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestImportsRunOneWay holds the arrow of the packages: agora stands alone, plan reads its tables, the store knows
// nothing of ours, and only main knows the command line.
func TestImportsRunOneWay(t *testing.T) {
	if testing.Short() {
		t.Skip("asks the go command")
	}
	allowed := map[string][]string{
		"rundown/agora":            {},
		"rundown/agora/simulator":  {"rundown/agora"},
		"rundown/plan":             {"rundown/agora"},
		"rundown/schemas":          {},
		"rundown/docs":             {},
		"rundown/runner/store":     {},
		"rundown/runner/storetest": {"rundown/runner/store"},
		"rundown/runner":           {"rundown/agora", "rundown/plan", "rundown/runner/store"},
	}
	const list = `{{.ImportPath}}:{{range .Deps}} {{.}}{{end}}`
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", list, "rundown/...").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		pkg, deps, _ := strings.Cut(strings.TrimSpace(line), ":")
		if pkg != "rundown" && !strings.HasPrefix(pkg, "rundown/") {
			continue
		}
		seen++
		may, bound := allowed[pkg]
		for dep := range strings.FieldsSeq(deps) {
			switch {
			case !strings.HasPrefix(dep, "rundown/"):
			case dep == "rundown/internal/cli" && pkg != "rundown":
				t.Errorf("%s imports the command line", pkg)
			case bound && !slices.Contains(may, dep):
				t.Errorf("%s depends on %s, which it must not know", pkg, dep)
			}
		}
	}
	if seen < len(allowed)/2 {
		t.Fatalf("go list told of %d packages of ours only:\n%s", seen, out)
	}
}
