package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// oddPlan is a plan with the recordings that are given, whatever their bytes.
func oddPlan(recordings string) string {
	return `version: 1
name: lingua
account: {customer_id: "${ID}", customer_secret: "${SECRET}"}
apps: {main: {id: "${APP}"}}
storage: {videos: {vendor: s3, region: eu-central-1, bucket: lingua, access_key: "${ACCESS}", secret_key: "${KEY}"}}
defaults: {timezone: UTC, url: "https://lingua.example/{id}", ready_timeout: 30s}
` + recordings
}

// TestFindingsStandAtTheirPlaceWhateverTheBytes prints what validate does, byte for byte but for the line of summary.
func TestFindingsStandAtTheirPlaceWhateverTheBytes(t *testing.T) {
	const slip = "recordings:\n  a: {when: 2031-09-15 09:00-10:00, regoin: EU}\n"
	const allowed = `"regoin" is not a key of a recording [unknown-key]`
	for name, tt := range map[string]struct {
		files map[string]string // the root is plan.yaml
		stdin bool
		want  string
	}{
		"a byte order mark and CRLF": {
			files: map[string]string{"plan.yaml": "\ufeff" + strings.ReplaceAll(oddPlan(slip), "\n", "\r\n")},
			want:  "plan.yaml:8:37: error: " + allowed + "\n    8 |   a: {when: 2031-09-15 09:00-10:00, regoin: EU}\n      |                                     ^~~~~~\n  hint: did you mean region?\n",
		},
		"on the line of the byte order mark": {
			files: map[string]string{"plan.yaml": "\ufeffverson: 1\n" + strings.TrimPrefix(oddPlan("recordings:\n  a: {when: 2031-09-15 09:00-10:00}\n"), "version: 1\n")},
			want:  "plan.yaml:1:1: error: \"verson\" is not a key of a plan [unknown-key]\n    1 | verson: [redacted]\n      | ^~~~~~\n  hint: did you mean version?\n",
		},
		"after tabs and wide characters": {
			files: map[string]string{"plan.yaml": oddPlan("recordings:\n  a: {when: 2031-09-15 09:00-10:00,\ttitle: \"漢字\",\tregoin: EU}\n")},
			want:  "plan.yaml:8:50: error: " + allowed + "\n    8 |   a: {when: 2031-09-15 09:00-10:00, title: \"漢字\", regoin: EU}\n      |                                                    ^~~~~~\n  hint: did you mean region?\n",
		},
		"in an included file, from standard input": {
			files: map[string]string{
				"plan.yaml":   strings.Replace(oddPlan(""), "account:", "include: [more/*.yaml]\naccount:", 1),
				"more/a.yaml": slip,
			},
			stdin: true,
			want:  filepath.FromSlash("more/a.yaml") + ":2:37: error: " + allowed + "\n    2 |   a: {when: 2031-09-15 09:00-10:00, regoin: EU}\n      |                                     ^~~~~~\n  hint: did you mean region?\n",
		},
		"a NUL": {
			files: map[string]string{"plan.yaml": oddPlan("recordings:\n  a: {when: \"2031-09-15\x00 09:00-10:00\"}\n")},
			want:  "plan.yaml:8:24: error: the control character U+0000 is not allowed [yaml-syntax]\n    8 |   a: {when: \"2031-09-15\ufffd 09:00-10:00\"}\n      |                        ^\n  hint: save the file as UTF-8 text\n",
		},
		"too deep": {
			files: map[string]string{"plan.yaml": oddPlan("recordings: " + strings.Repeat("[", 100000) + strings.Repeat("]", 100000) + "\n")},
			want:  "plan.yaml:7:10013: error: exceeded max depth of 10000 [yaml-syntax]\n",
		},
		"behind ten megabytes": {
			files: map[string]string{"plan.yaml": oddPlan("recordings:\n  a: {when: 2031-09-15 09:00-10:00, title: \"" + strings.Repeat("x", 10_000_000) + "\", regoin: EU}\n")},
			want:  "plan.yaml:8:10000048: error: " + allowed + "\n  hint: did you mean region?\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			t.Chdir(folder)
			for file, text := range tt.files {
				if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
					t.Fatal(err)
				}
				write(t, file, text)
			}
			in, path := "", "plan.yaml"
			if tt.stdin {
				in, path = tt.files[path], "-"
			}
			var out, stderr bytes.Buffer
			status := Main(t.Context(), []string{"validate", path, "--now", "2031-09-01"}, Streams{In: strings.NewReader(in), Out: &out, Err: &stderr})
			got, _, ok := strings.Cut(out.String(), "\n"+path+": ")
			if status != StatusFindings || !ok || stderr.Len() > 0 {
				t.Fatalf("status %d, on standard error %q, on standard output\n%.2000s", status, &stderr, &out)
			}
			if got += "\n"; got != tt.want {
				t.Errorf("got\n%.3000s\nwant\n%.3000s", got, tt.want)
			}
		})
	}
}

func TestWhatIsNoPlanFileIsRefusedInALine(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	if err := os.Mkdir("folder", 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, "huge.yaml", strings.Repeat("#", 33<<20))
	for path, want := range map[string]string{
		"folder":    "rundown: plan folder: read plan: is a directory; name a file in it\n",
		"none.yaml": "rundown: plan none.yaml: read plan: no such file or directory\n",
		"huge.yaml": "rundown: plan huge.yaml: read plan: is larger than 33554432 bytes\n",
	} {
		var out, stderr bytes.Buffer
		if status := Main(t.Context(), []string{"validate", path}, Streams{In: strings.NewReader(""), Out: &out, Err: &stderr}); status != StatusTrouble || stderr.String() != want || out.Len() > 0 {
			t.Errorf("%s: status %d, %q, %q", path, status, &stderr, &out)
		}
	}
}
