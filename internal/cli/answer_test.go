package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rundown/internal/planfile"
	"rundown/runner/store"
)

// TestNoPlanIsTooBrokenForAnAnswer has the commands that answer for a plan with errors look at every plan that is kept
// for its mistakes, in each of their formats.
func TestNoPlanIsTooBrokenForAnAnswer(t *testing.T) {
	t.Parallel()
	var plans []string
	for _, pattern := range []string{"err/*.yaml", "rules/bad/*.yaml"} {
		found, err := filepath.Glob("../../plan/testdata/" + pattern)
		if err != nil || len(found) == 0 {
			t.Fatal("no plans", pattern, err)
		}
		plans = append(plans, found...)
	}
	answered := 0
	for _, path := range plans {
		for _, args := range [][]string{
			{"list", "--format", "text"},
			{"list", "--format", "json"},
			{"list", "--format", "csv"},
			{"forecast", "--format", "text"},
			{"forecast", "--format", "json"},
			{"diff", "../../examples/quickstart.yaml", "--format", "markdown"},
			{"diff", "../../examples/quickstart.yaml", "--format", "json"},
		} {
			status, out, said := command(t, append(slices.Clone(args), path, "--from", "2031-09-01", "--until", "2031-12-31", "--now", "2031-08-01")...)
			if status != StatusOK && status != StatusFindings || strings.Contains(said, "panic") {
				t.Errorf("%s of %s: status %d: %s", args, path, status, said)
			}
			if status == StatusFindings && out != "" {
				answered++
			}
		}
	}
	if answered == 0 {
		t.Error("no plan with errors has an answer")
	}
}

// TestAPlanWithErrorsIsComparedWithItsRevision has a secret written out in the plan that was applied, so that the store
// keeps it masked, and a name that cannot be read.
func TestAPlanWithErrorsIsComparedWithItsRevision(t *testing.T) {
	dsn, path := emptyStore(t), filepath.Join(t.TempDir(), "plan.yaml")
	usual := strings.Replace(readExample(t, "quickstart.yaml"), "${STREAM_KEY}", "an-obvious-example", 1)
	if !strings.Contains(usual, "obvious") {
		t.Fatal("the example has another form")
	}
	keep := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	keep(usual)
	c, err := (&app{}).loadPlan(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := planfile.Revision(c.Plan)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.AddRevision(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ text, head string }{
		"a time that is none": {usual + "  broken: {when: Mon Wed 19:00 to 19:50}\n", "no classes differ"},
		"a name that is none": {strings.Replace(usual, "\nname: ", "\nnaem: ", 1), "no classes differ"},
	} {
		keep(tt.text)
		status, out, said := command(t, "diff", "--store", dsn, path, "--now", "2031-09-01")
		if status != StatusFindings || !strings.Contains(out, "compared with revision 1") || !strings.Contains(out, tt.head) {
			t.Errorf("%s: status %d\n%s\n%s", name, status, out, said)
		}
		if strings.Contains(out+said, "obvious") {
			t.Errorf("%s: the secret shows:\n%s\n%s", name, out, said)
		}
	}
}
