package cli

import (
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

	var workflow struct {
		On          map[string]any
		Permissions map[string]string
		Jobs        map[string]struct {
			Steps []struct {
				Name, Uses, Run, If string
				With                map[string]any
			}
		}
	}
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
			switch {
			case err == nil && command.Name() == call[1]:
			case call[1] == "diff":
				t.Log("diff is not there yet") // its flags are held as soon as it is
				continue
			default:
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
