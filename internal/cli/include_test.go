package cli

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rundown/internal/planfile"
)

// includer is a plan that includes what is given, as a list in YAML.
func includer(include string) string {
	return `version: 1
name: includer
account: {customer_id: "${CID}", customer_secret: "${CS}"}
apps: {main: {id: "${APP}"}}
include: ` + include + `
storage: {s: {vendor: s3, region: eu-central-1, bucket: b, access_key: "${AK}", secret_key: "${SK}"}}
defaults: {timezone: Europe/Madrid, ready_timeout: 30s, url: "https://a.example/{id}"}
`
}

// part is an included file with one recording.
func part(id string) string { return "recordings:\n  " + id + ": {when: 2031-07-07 09:00-10:00}\n" }

// passwords stands for a file of the machine that no plan may show.
const passwords = "root:$y$an-obvious-example$hash:19000:0:99999:7:::\nrecordings:x:0:0::/:\n{not: [yaml\n"

// plans writes files, by their paths below a new folder, and gives it without links.
func plansIn(t *testing.T, texts map[string]string) string {
	t.Helper()
	folder, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range texts {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, path, text)
	}
	return folder
}

func link(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

func TestNoPlanIncludesAFileOfTheMachineOrShowsItsText(t *testing.T) {
	folder := plansIn(t, map[string]string{"etc/shadow": passwords, "etc/part.yaml": part("foreign"), "plans/shadow": passwords})
	link(t, "../etc/shadow", filepath.Join(folder, "plans", "linked.yaml"))
	link(t, "../etc", filepath.Join(folder, "plans", "folder"))
	for include, why := range map[string]string{
		`["` + folder + `/etc/shadow"]`: "outside the folder",
		`[../etc/shadow]`:               "outside the folder",
		`[../etc/part.yaml]`:            "outside the folder",
		`["../etc/*"]`:                  "outside the folder",
		`[linked.yaml]`:                 "outside the folder",
		`["link*"]`:                     "outside the folder",
		`[folder/shadow]`:               "outside the folder",
		`["folder/*"]`:                  "outside the folder",
		`["*/shadow"]`:                  "outside the folder",
		`["/**"]`:                       "outside the folder",
		`["/*/*/*/*/*/*"]`:              "outside the folder",
		`["../../../../../*"]`:          "outside the folder",
		`[shadow]`:                      "does not look like a plan",
	} {
		path := filepath.Join(folder, "plans", "plan.yaml")
		write(t, path, includer(include))
		for _, format := range []string{"text", "json", "sarif", "github"} {
			status, out, said := command(t, "validate", path, "--format", format)
			if all := out + said; status != StatusFindings || !strings.Contains(all, "include-not-found") || !strings.Contains(all, why) {
				t.Errorf("%s: status %d, want the reason %q:\n%s", include, status, why, all)
			} else if strings.Contains(all, "an-obvious-example") || strings.Contains(all, "root:") || strings.Contains(all, "[yaml") {
				t.Errorf("%s: the text is shown:\n%s", include, all)
			}
		}
	}
}

func TestFoldersOfIncludeDirMayBeIncluded(t *testing.T) {
	folder := plansIn(t, map[string]string{
		"plans/plan.yaml": includer(`["../shared/*.yaml", "../more/b.yaml"]`), "shared/a.yaml": part("a"), "more/b.yaml": part("b"), "more/shadow": passwords,
	})
	path := filepath.Join(folder, "plans", "plan.yaml")
	allowed := []string{"--include-dir", filepath.Join(folder, "shared"), "--include-dir", filepath.Join(folder, "more")}
	for _, args := range [][]string{
		{"validate", path},
		{"list", path, "--from", "2031-07-07", "--until", "2031-07-07"},
		{"forecast", path},
		{"show", "b@2031-07-07", path},
		{"diff", path, path},
		{"run", path, "--dry-run", "--from", "2031-07-07", "--until", "2031-07-07"},
	} {
		if status, _, said := command(t, append(args, allowed...)...); status != StatusOK {
			t.Errorf("%v: status %d: %s", args, status, said)
		}
		if status, _, said := command(t, args...); status == StatusOK && said == "" {
			t.Errorf("%v passes without the flag", args)
		}
	}
	write(t, path, includer("[../more/shadow]"))
	if _, out, said := command(t, append([]string{"validate", path}, allowed...)...); !strings.Contains(out+said, "does not look like a plan") || strings.Contains(out+said, "an-obvious-example") {
		t.Errorf("%s%s", out, said)
	}
}

func TestOnlyRegularFilesAreIncluded(t *testing.T) {
	folder := plansIn(t, map[string]string{"plan.yaml": "", "parts/folder/x": ""})
	if err := syscall.Mkfifo(filepath.Join(folder, "parts", "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", filepath.Join(folder, "parts", "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for include, want := range map[string]string{
		"[parts/pipe]": "named pipe", "[parts/socket]": "is a socket", "[parts/folder]": "is a directory", `["parts/*"]`: "named pipe",
	} {
		write(t, filepath.Join(folder, "plan.yaml"), includer(include))
		if status, out, said := command(t, "validate", filepath.Join(folder, "plan.yaml")); status != StatusFindings || !strings.Contains(out+said, want) {
			t.Errorf("%s: status %d, want %q:\n%s%s", include, status, want, out, said)
		}
	}
	write(t, filepath.Join(folder, "plan.yaml"), includer("[/dev/zero]"))
	if status, out, said := command(t, "validate", "--include-dir", "/dev", filepath.Join(folder, "plan.yaml")); status != StatusFindings || !strings.Contains(out+said, "is a device") {
		t.Errorf("status %d: %s%s", status, out, said)
	}
}

func TestAThousandFilesAreIncludedAndNoMore(t *testing.T) {
	texts := map[string]string{"plan.yaml": includer("[parts/*.yaml]") + part("a")}
	for i := range 1000 {
		texts[fmt.Sprintf("parts/%04d.yaml", i)] = fmt.Sprintf("calendars: {c%d: 2031-07-07}\n", i)
	}
	folder := plansIn(t, texts)
	path := filepath.Join(folder, "plan.yaml")
	if status, out, said := command(t, "validate", path); status != StatusOK {
		t.Fatalf("status %d: %s%s", status, out, said)
	}
	write(t, filepath.Join(folder, "parts", "more.yaml"), part("b"))
	if status, out, said := command(t, "validate", path); status != StatusFindings || strings.Count(out+said, "[include-not-found]") != 1 {
		t.Errorf("status %d: %s%s", status, out, said)
	}
}

func TestAGlobOverAnEndlessTreeIsRefused(t *testing.T) {
	folder := plansIn(t, map[string]string{"plan.yaml": includer(`["many/*/x.yaml"]`)})
	for i := range planfile.MaxWalk + 1 {
		if err := os.MkdirAll(filepath.Join(folder, "many", fmt.Sprint(i)), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if status, out, said := command(t, "validate", filepath.Join(folder, "plan.yaml")); status != StatusFindings || !strings.Contains(out+said, "matches more than") {
		t.Errorf("status %d: %s%s", status, out, said)
	}
}

func TestLinkedPlansMayIncludeWhatLiesBesideThem(t *testing.T) {
	for name, make := range map[string]func(folder string){
		"a ConfigMap as Kubernetes mounts it": func(folder string) {
			link(t, "..v1", filepath.Join(folder, "mount", "..data"))
			link(t, "..data/plan.yaml", filepath.Join(folder, "mount", "plan.yaml"))
			link(t, "..data/parts", filepath.Join(folder, "mount", "parts"))
		},
		"a folder that links to a version": func(folder string) {
			if err := os.Remove(filepath.Join(folder, "mount")); err != nil {
				t.Fatal(err)
			}
			link(t, filepath.Join(folder, "mount.d", "..v1"), filepath.Join(folder, "mount"))
		},
		"links to files elsewhere": func(folder string) {
			link(t, filepath.Join(folder, "mount.d", "..v1", "plan.yaml"), filepath.Join(folder, "mount", "plan.yaml"))
			link(t, filepath.Join(folder, "mount.d", "..v1", "parts"), filepath.Join(folder, "mount", "parts"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			root := "mount.d"
			if strings.Contains(name, "ConfigMap") {
				root = "mount"
			}
			folder := plansIn(t, map[string]string{root + "/..v1/plan.yaml": includer("[parts/*.yaml]"), root + "/..v1/parts/a.yaml": part("a")})
			if err := os.MkdirAll(filepath.Join(folder, "mount"), 0o700); err != nil {
				t.Fatal(err)
			}
			make(folder)
			if status, out, said := command(t, "validate", filepath.Join(folder, "mount", "plan.yaml")); status != StatusOK {
				t.Errorf("status %d: %s%s", status, out, said)
			}
		})
	}
}

func TestARootFileMayBeAPipeThatIsWrittenTo(t *testing.T) {
	text := includer("[]") + part("a")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "rundown", "validate", "/dev/fd/3") // as the shell passes <(command)
	cmd.ExtraFiles = []*os.File{r}
	go func() {
		_, _ = w.WriteString(text)
		_ = w.Close()
	}()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	f := planfile.NewFiles(nil, pipe)
	f.PipeWait = time.Millisecond
	if _, err := f.ReadFile(pipe); err == nil || !strings.Contains(err.Error(), "nothing was written to it") {
		t.Errorf("nobody writes: %v", err)
	}
}
