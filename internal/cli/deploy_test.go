package cli

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// readDeploy reads a file of the folder deploy.
func readDeploy(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// mustBeCommand holds a command line to the commands and flags that there are.
func mustBeCommand(t *testing.T, where string, args []string) {
	t.Helper()
	root := newRootCommand(newApp(Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard}))
	cmd, rest, err := root.Find(args)
	if err == nil && cmd != root {
		err = cmd.ParseFlags(rest)
	}
	if err == nil && cmd.Args != nil {
		err = cmd.Args(cmd, cmd.Flags().Args())
	}
	if err != nil || cmd == root {
		t.Errorf("%s: %q is no command: %v", where, args, err)
	}
}

// tool is a program of the machine. Without it a test is left out, which CI does not take.
func tool(t *testing.T, name, from string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") == "true":
		t.Fatalf("with CI=true nothing may be left out: %v", err)
	default:
		t.Skipf("%s is not there; Debian has it in the package %s", name, from) // a program that CI must have; nobody else needs it
	}
	return ""
}

var execStart = regexp.MustCompile(`(?m)^ExecStart=/usr/local/bin/rundown (.*)$`)

func TestTheUnitsCommandIsOneThatThereIs(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"rundown.service", "postgres.conf"} {
		m := execStart.FindStringSubmatch(readDeploy(t, "systemd/"+file))
		if m == nil {
			t.Fatalf("%s: there is no ExecStart", file)
		}
		mustBeCommand(t, file, strings.Fields(m[1]))
	}
}

// TestTheUnitIsUnderstoodAndHardened asks systemd itself. It ends with 0 for a key that it does not know, and says so.
func TestTheUnitIsUnderstoodAndHardened(t *testing.T) {
	t.Parallel()
	analyze := tool(t, "systemd-analyze", "systemd")
	unit := filepath.Join(t.TempDir(), "rundown.service")
	text := strings.Replace(readDeploy(t, "systemd/rundown.service"), "/usr/local/bin/rundown", "/bin/true", 1) // which is there
	write(t, unit, text)
	verify := func() {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), analyze, "verify", unit).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("verify: %v\n%s", err, out)
		}
	}
	verify()
	// The addition for PostgreSQL, beside the unit.
	addition := unit + ".d/postgres.conf"
	if err := os.Mkdir(filepath.Dir(addition), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, addition, strings.Replace(readDeploy(t, "systemd/postgres.conf"), "/usr/local/bin/rundown", "/bin/true", 1))
	verify()
	write(t, addition, "[Service]\nLoadCredentials=database-password:/etc/x\n")
	if out, _ := exec.CommandContext(t.Context(), analyze, "verify", unit).CombinedOutput(); len(out) == 0 {
		t.Error("a key that there is not is taken in an addition: the test proves nothing")
	}
	if err := os.Remove(addition); err != nil {
		t.Fatal(err)
	}
	const most = "15" // of 100: an exposure of 1.5
	security := func() (string, error) {
		out, err := exec.CommandContext(t.Context(), analyze, "security", "--offline=true", "--threshold="+most, unit).CombinedOutput()
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return lines[len(lines)-1], err
	}
	if said, err := security(); err != nil {
		t.Errorf("security: %v: %s", err, said)
	} else {
		t.Log(said)
	}
	write(t, unit, strings.Replace(text, "NoNewPrivileges=yes\n", "NoNewPrivilege=yes\n", 1))
	if out, _ := exec.CommandContext(t.Context(), analyze, "verify", unit).CombinedOutput(); len(out) == 0 {
		t.Error("a key that there is not is taken: the test proves nothing")
	}
	write(t, unit, strings.Replace(text, "CapabilityBoundingSet=\n", "", 1))
	if said, err := security(); err == nil {
		t.Errorf("a unit with every capability is hardened: %s", said)
	}
}

// containerfile is the last stage of deploy/container/Containerfile: arguments by instruction.
func containerfile(t *testing.T) (base string, build []string, last map[string][]string) {
	t.Helper()
	text := regexp.MustCompile(`\\\n\s*`).ReplaceAllString(readDeploy(t, "container/Containerfile"), " ")
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		instruction, rest, _ := strings.Cut(line, " ")
		if instruction == "FROM" {
			if base != "" {
				build = append(build, base)
			}
			base, last = rest, map[string][]string{}
			continue
		}
		last[instruction] = append(last[instruction], rest)
	}
	return base, build, last
}

// TestTheImageHoldsTheBinaryAndRunsItAsNobody reads the Containerfile. No image is built.
func TestTheImageHoldsTheBinaryAndRunsItAsNobody(t *testing.T) {
	t.Parallel()
	base, build, last := containerfile(t)
	if base != "scratch" || len(build) != 1 || len(last["RUN"]) > 0 {
		t.Errorf("the image is made from %s after %v, with RUN %v", base, build, last["RUN"])
	}
	if user := last["USER"]; len(user) != 1 || !regexp.MustCompile(`^[1-9]\d*:[1-9]\d*$`).MatchString(user[0]) {
		t.Errorf("it runs as %v", user)
	}
	mod, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	goes := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(mod)
	if goes == nil || !strings.Contains(build[0], "golang:"+string(goes[1])+" ") {
		t.Errorf("it is built by %s, go.mod wants %s", build[0], goes)
	}
	form := func(instruction string) (words []string) {
		t.Helper()
		if len(last[instruction]) != 1 {
			t.Fatalf("%s: %v", instruction, last[instruction])
		}
		_, list, found := strings.Cut(last[instruction][0], "[")
		if err := json.Unmarshal([]byte("["+list), &words); err != nil || !found {
			t.Fatalf("%s needs a shell, and there is none: %v", instruction, err)
		}
		return words
	}
	if entry := form("ENTRYPOINT"); len(entry) != 1 || entry[0] != "/rundown" || !strings.HasSuffix(strings.Join(last["COPY"], "\n"), " /out/lib /var/lib") {
		t.Errorf("it starts %v with %v", entry, last["COPY"])
	}
	mustBeCommand(t, "CMD", form("CMD"))
	mustBeCommand(t, "HEALTHCHECK", form("HEALTHCHECK")[1:])
}

// TestThePodsCommandsAreOnesThatThereAre reads deploy/kubernetes as it is written; deploy/check holds it to the types of
// Kubernetes.
func TestThePodsCommandsAreOnesThatThereAre(t *testing.T) {
	t.Parallel()
	type probe struct{ Exec struct{ Command []string } }
	for _, file := range []string{"base/deployment.yaml", "fleet/deployment.yaml", "fleet/apply.yaml"} {
		var d struct {
			Spec struct {
				Template struct {
					Spec struct {
						Containers []struct {
							Args           []string
							StartupProbe   probe `yaml:"startupProbe"`
							LivenessProbe  probe `yaml:"livenessProbe"`
							ReadinessProbe probe `yaml:"readinessProbe"`
						}
					}
				}
			}
		}
		if err := yaml.Unmarshal([]byte(readDeploy(t, "kubernetes/"+file)), &d); err != nil {
			t.Fatal(err)
		}
		c := d.Spec.Template.Spec.Containers[0]
		mustBeCommand(t, file, c.Args)
		for name, p := range map[string]probe{"startup": c.StartupProbe, "liveness": c.LivenessProbe, "readiness": c.ReadinessProbe} {
			if strings.HasPrefix(file, "base/") {
				mustBeCommand(t, name, p.Exec.Command[1:])
			}
		}
	}
}

var secretReference = regexp.MustCompile(`\$\{file:/run/secrets/([a-z0-9-]+)\}`)

// TestThePlansOfContainersTakeTheirSecretsFromTheFilesThatAreMounted also holds them to be one.
func TestThePlansOfContainersTakeTheirSecretsFromTheFilesThatAreMounted(t *testing.T) {
	t.Parallel()
	plan := readDeploy(t, "compose/plan/plan.yaml")
	for _, other := range []string{"base", "fleet"} {
		if plan != readDeploy(t, "kubernetes/"+other+"/plan.yaml") {
			t.Errorf("the plans of compose and kubernetes/%s differ", other)
		}
	}
	path := filepath.Join("..", "..", "deploy", "compose", "plan", "plan.yaml")
	if status, out, errs := command(t, "validate", "--strict", "--now", "2031-09-01", path); status != StatusOK {
		t.Errorf("validate: status %d\n%s%s", status, out, errs)
	}
	var wanted []string
	for _, r := range secretReference.FindAllStringSubmatch(plan, -1) {
		wanted = append(wanted, r[1])
	}
	slices.Sort(wanted)
	mustMount(t, "compose.yaml", "rundown", wanted)
	for _, daemon := range []string{"rundown-a", "rundown-b"} {
		mustMount(t, "fleet.yaml", daemon, append([]string{"database-password"}, wanted...))
	}
	unit := readDeploy(t, "systemd/rundown.service")
	for _, name := range wanted {
		if !strings.Contains(unit, "LoadCredential="+name+":") {
			t.Errorf("the secret %s is not given to the unit", name)
		}
	}
}

// TestSecretsOfComposeEnterNeitherTheBuildNorGit holds for the folder that compose.yaml and fleet.yaml name, which is inside of what the
// image is built from.
func TestSecretsOfComposeEnterNeitherTheBuildNorGit(t *testing.T) {
	t.Parallel()
	for _, file := range []string{".dockerignore", ".gitignore"} {
		left, err := os.ReadFile(filepath.Join("..", "..", file))
		if err != nil || !slices.Contains(strings.Fields(string(left)), "/deploy/compose/secrets/") {
			t.Errorf("%s does not leave out deploy/compose/secrets: %v", file, err)
		}
	}
	for _, file := range []string{"compose.yaml", "fleet.yaml"} {
		var compose struct {
			Secrets map[string]struct{ File string }
		}
		if err := yaml.Unmarshal([]byte(readDeploy(t, "compose/"+file)), &compose); err != nil || len(compose.Secrets) == 0 {
			t.Fatalf("%s: %d secrets, %v", file, len(compose.Secrets), err)
		}
		for name, secret := range compose.Secrets {
			if secret.File != "secrets/"+name {
				t.Errorf("%s: the secret %s is in %s", file, name, secret.File)
			}
		}
	}
}

// mustMount holds the secrets of a service of Compose to those that are wanted.
func mustMount(t *testing.T, file, service string, wanted []string) {
	t.Helper()
	var compose struct {
		Services map[string]struct{ Secrets []string }
	}
	if err := yaml.Unmarshal([]byte(readDeploy(t, "compose/"+file)), &compose); err != nil {
		t.Fatal(err)
	}
	mounted := compose.Services[service].Secrets
	if slices.Sort(mounted); len(wanted) == 0 || !slices.Equal(mounted, slices.Sorted(slices.Values(wanted))) {
		t.Errorf("%s: %s mounts %q, wanted are %q", file, service, mounted, wanted)
	}
}
