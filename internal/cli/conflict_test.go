package cli

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TestNoFileHoldsAMergeConflict looks at every file of the tree. A conflict in Go does not compile; one in prose, in a
// golden file or in a plan goes unnoticed.
func TestNoFileHoldsAMergeConflict(t *testing.T) {
	t.Parallel()
	files := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.Name() == ".git":
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !d.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		if n := conflictLine(text); n > 0 {
			t.Errorf("%s:%d: a marker of a merge conflict", path, n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 800 {
		t.Errorf("only %d files were looked at", files)
	}
}

func TestAMergeConflictIsFound(t *testing.T) {
	t.Parallel()
	for _, sign := range conflictSigns {
		if n := conflictLine([]byte("one\n" + string(sign) + "main\ntwo\n")); n != 2 {
			t.Errorf("%sis found in line %d, want 2", sign, n)
		}
	}
	if n := conflictLine([]byte("Title\n=======\n")); n != 0 {
		t.Errorf("an underlined heading is taken for a conflict in line %d", n)
	}
}

// conflictSigns begin the lines that git puts around a conflict and between its sides, but for the line of equals signs, which
// may also underline a heading.
var conflictSigns = [][]byte{conflictSign('<'), conflictSign('|'), conflictSign('>')}

func conflictSign(c byte) []byte { return append(bytes.Repeat([]byte{c}, 7), ' ') }

// conflictLine is the first line that begins a conflict, from 1; 0 for none.
func conflictLine(text []byte) int {
	n := 0
	for line := range bytes.Lines(text) {
		n++
		for _, sign := range conflictSigns {
			if bytes.HasPrefix(line, sign) {
				return n
			}
		}
	}
	return 0
}
