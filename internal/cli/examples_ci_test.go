package cli

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// invocation is a call of rundown in a script: its command and what follows in the line.
var invocation = regexp.MustCompile(`(?m)(?:^|[\s'])rundown ([a-z]+)([^'\n|>;]*)`)

// workflow is what these tests read of examples/ci/github-actions.yml.
type workflow struct {
	On          map[string]any
	Permissions map[string]string
	Jobs        map[string]struct {
		Steps []struct {
			Name, Uses, Run, If string
			With                map[string]any
		}
	}
}

// TestExamplesOfCIAreSound reads the hooks and the workflow, holds their scripts to the syntax of bash, and every
// call of rundown in them to commands and flags that there are.
func TestExamplesOfCIAreSound(t *testing.T) {
	scripts := map[string]string{"pre-commit": readExample(t, "ci/pre-commit")}

	var hooks struct {
		Repos []struct {
			Hooks []struct {
				ID, Entry, Files, Language string
				PassFilenames              *bool `yaml:"pass_filenames"`
			}
		}
	}
	readYAML(t, "ci/pre-commit-config.yml", &hooks)
	hook := hooks.Repos[0].Hooks[0]
	if hook.Language != "system" || hook.PassFilenames == nil || *hook.PassFilenames || hook.Files == "" {
		t.Errorf("the hook is %+v", hook)
	}
	scripts["pre-commit-config.yml"] = hook.Entry

	var workflow workflow
	readYAML(t, "ci/github-actions.yml", &workflow)
	uploads := 0
	for job, j := range workflow.Jobs {
		for _, step := range j.Steps {
			if strings.HasPrefix(step.Uses, "github/codeql-action/upload-sarif@") {
				uploads++
				if file := step.With["sarif_file"]; file != "${{ runner.temp }}/rundown.sarif" {
					t.Errorf("the file of SARIF is %v", file)
				}
			}
			if strings.Contains(step.Run, "${{") {
				t.Errorf("the script of %q takes an expression: hand it over by env", step.Name)
			}
			if step.Run != "" {
				scripts[job+": "+step.Name] = step.Run
			}
		}
	}
	if uploads != 1 || workflow.Permissions["security-events"] != "write" || workflow.On["pull_request"] == nil {
		t.Errorf("%d uploads, permissions %v, on %v", uploads, workflow.Permissions, workflow.On)
	}

	calls := 0
	for name, script := range scripts {
		if bash, err := exec.LookPath("bash"); err == nil {
			check := exec.Command(bash, "-n")
			check.Stdin = strings.NewReader(script)
			if out, err := check.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", name, err, out)
			}
		}
		for _, call := range invocation.FindAllStringSubmatch(script, -1) {
			calls++
			command, _, err := newRootCommand(newApp(Streams{})).Find([]string{call[1]})
			if err != nil || command.Name() != call[1] {
				t.Errorf("%s: there is no command %s", name, call[1])
				continue
			}
			if err := command.ParseFlags(strings.Fields(call[2])); err != nil {
				t.Errorf("%s: %s: %v", name, call[0], err)
			}
		}
	}
	if calls < 5 {
		t.Errorf("%d calls of rundown were found", calls)
	}
}

// TestTheWorkflowOfCIJudgesAPullRequest runs its scripts as GitHub does, in a repository in which a plan changes, one
// is new and one breaks.
func TestTheWorkflowOfCIJudgesAPullRequest(t *testing.T) {
	t.Parallel()
	var w workflow
	readYAML(t, "ci/github-actions.yml", &w)
	steps := map[string]string{}
	for _, step := range w.Jobs["judge"].Steps {
		steps[step.Name] = step.Run
	}
	repository, temp := t.TempDir(), t.TempDir()
	summary := filepath.Join(temp, "summary.md")
	bash := func(script string, env ...string) (out string, status int) {
		t.Helper()
		cmd := exec.Command("bash", "-e", "-c", script)
		cmd.Dir = repository
		cmd.Env = append(append(os.Environ(), "GORACE=atexit_sleep_ms=0", "HOME="+temp, "RUNNER_TEMP="+temp, "GITHUB_STEP_SUMMARY="+summary), env...)
		b, err := cmd.Output()
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return string(b), cmd.ProcessState.ExitCode()
	}
	commit := func(plans map[string]string) (head string) {
		t.Helper()
		for name, text := range plans {
			if err := os.WriteFile(filepath.Join(repository, "plans", name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		head, status := bash("git add . && git -c user.name=Example -c user.email=someone@example.org commit -qm plans && git rev-parse HEAD")
		if status != 0 {
			t.Fatal("git does not commit")
		}
		return strings.TrimSpace(head)
	}
	if _, status := bash("git -c init.defaultBranch=main init -q && mkdir plans"); status != 0 {
		t.Fatal("git does not begin")
	}
	usual := readExample(t, "quickstart.yaml")
	named := func(name string) string { // with pages of its own
		return strings.NewReplacer("name: lingua", "name: "+name, "://", "://"+name+".").Replace(usual)
	}
	base := commit(map[string]string{
		"lingua.yaml": usual, "other.yaml": named("other"), "old.yaml": named("old"),
	})
	if _, status := bash(steps["Validate"]); status != StatusOK {
		t.Errorf("plans without errors end with status %d", status)
	}
	commit(map[string]string{"old.yaml": strings.ReplaceAll(named("old"), "18:00-19:30", "19:30-18:00")})
	if _, status := bash(steps["Validate"]); status != StatusFindings {
		t.Errorf("a plan with a warning ends with status %d", status)
	}
	if err := os.Remove(filepath.Join(repository, "plans", "old.yaml")); err != nil {
		t.Fatal(err)
	}
	commit(map[string]string{
		"lingua.yaml": strings.Replace(usual, "[Tue 18:00-19:30, Fri 17:00-17:50]", "Tue 18:00-19:30", 1),
		"new.yaml":    named("fresh"),
		"other.yaml":  strings.Replace(named("other"), "name: other", "naem: other", 1),
	})

	annotations, status := bash(steps["Validate"])
	if status != StatusFindings || !strings.Contains(annotations, "::error file=plans/other.yaml,line=") {
		t.Errorf("status %d with the annotations\n%s", status, annotations)
	}
	if text, err := os.ReadFile(filepath.Join(temp, "rundown.sarif")); err != nil || !strings.Contains(string(text), `"plans/other.yaml"`) {
		t.Errorf("the report for code scanning: %v\n%s", err, text)
	}
	if _, status := bash(steps["Tell what the change does"], "BASE="+base); status != StatusOK {
		t.Errorf("telling what the change does ends with status %d", status)
	}
	text, err := os.ReadFile(summary)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"\n\n## plans/lingua.yaml\n\n", "14 removed", "</details>\n\n## plans/new.yaml\n\nThe plan is new.\n",
		"## plans/other.yaml\n\n### Recordings: no classes differ\n", "\nThe plan has errors; what there is above counts what could be read of it.\n\n## plans/", "\n\n## plans/old.yaml\n\nThe plan is removed.\n",
	} {
		if !strings.Contains("\n"+string(text), want) {
			t.Errorf("the comment lacks %q:\n%s", want, text)
		}
	}
}

// TestEachExampleHasTheEditorsLine holds the first line of each plan to a schema that is there.
func TestEachExampleHasTheEditorsLine(t *testing.T) {
	for _, pattern := range []string{"/*.yaml", "/*/*.yaml"} {
		paths, err := filepath.Glob(examplesFolder + pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("no examples match %s: %v", pattern, err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(text), "\n")
			schema, ok := strings.CutPrefix(first, "# yaml-language-server: $schema=")
			if !ok {
				t.Errorf("%s begins with %q", path, first)
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), schema)); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
}

func readExample(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(examplesFolder, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func readYAML(t *testing.T, name string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(readExample(t, name)), into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}
