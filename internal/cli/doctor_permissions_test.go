package cli

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestDoctorTellsWhoMayReadAndChangeTheStore(t *testing.T) {
	const only = "ok: only the owner can read and write it"
	for _, tt := range []struct {
		folder, file fs.FileMode
		want         []string // FOLDER and FILE stand for their names
	}{
		{0o700, 0o600, []string{only}},
		{0o755, 0o600, []string{only}},
		{0o700, 0o666, []string{only}}, // nobody else gets there
		{0o777 | fs.ModeSticky, 0o600, []string{"warn: every user of this host can create files in FOLDER; chmod o-w FOLDER"}},
		{0o777, 0o600, []string{"fail: every user of this host can write to FOLDER; chmod o-w FOLDER"}},
		{0o775, 0o600, []string{"warn: the group of the owner can write to FOLDER; chmod g-w FOLDER"}},
		{0o755, 0o644, []string{"warn: every user of this host can read FILE; chmod o-r FILE", "warn: the group of the owner can read FILE; chmod g-r FILE"}},
		{0o755, 0o602, []string{"fail: every user of this host can write to FILE; chmod o-rw FILE"}},
		{0o750, 0o666, []string{"warn: the group of the owner can write to FILE; chmod g-rw FILE"}},
	} {
		dsn := filledStore(t)
		file := strings.TrimPrefix(dsn, "sqlite:")
		for name, mode := range map[string]fs.FileMode{file: tt.file, filepath.Dir(file): tt.folder} {
			if err := os.Chmod(name, mode); err != nil {
				t.Fatal(err)
			}
		}
		_, out, said := rundown(t, "doctor", "--offline", "--store", dsn, "--format", "json")
		var doc struct{ Checks []checkJSON }
		if err := json.Unmarshal([]byte(out), &doc); err != nil {
			t.Fatalf("%v in %s%s", err, out, said)
		}
		var got []string
		for _, x := range doc.Checks {
			line := string(x.Result) + ": " + x.Message
			if x.Try != nil {
				line += "; " + *x.Try
			}
			if x.Check == "store" && strings.Contains(line, " can ") {
				got = append(got, strings.ReplaceAll(strings.ReplaceAll(line, file, "FILE"), filepath.Dir(file), "FOLDER"))
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("folder %v, file %v: got %q, want %q", tt.folder, tt.file, got, tt.want)
		}
	}
}
