package plan

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// folder reads a plan's files from the repository.
type folder struct{ root string }

func (f folder) ReadFile(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(f.root, filepath.FromSlash(name)))
}

func (f folder) Glob(pattern string) ([]string, error) {
	matches, err := filepath.Glob(filepath.Join(f.root, filepath.FromSlash(pattern)))
	for i, m := range matches {
		rel, err := filepath.Rel(f.root, m)
		if err != nil {
			return nil, err
		}
		matches[i] = filepath.ToSlash(rel)
	}
	return matches, err
}

// texts are files that a test writes out.
type texts map[string]string

func (f texts) ReadFile(name string) ([]byte, error) {
	text, ok := f[name]
	if !ok {
		return nil, fmt.Errorf("open %s: %w", name, os.ErrNotExist)
	}
	return []byte(text), nil
}

func (f texts) Glob(pattern string) ([]string, error) {
	var matches []string
	for name := range f {
		ok, err := filepath.Match(pattern, name)
		if err != nil {
			return nil, err
		}
		if ok {
			matches = append(matches, name)
		}
	}
	slices.Sort(matches)
	return matches, nil
}

// show writes findings as the command line does.
func show(findings []Finding) string {
	var b strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&b, "%s:%d:%d-%d:%d: %s: %s [%s]\n", f.Pos.File, f.Pos.Line, f.Pos.Column, f.Pos.EndLine, f.Pos.EndColumn, f.Severity, f.Message, f.Rule)
		if f.Hint != "" {
			fmt.Fprintf(&b, "    %s\n", f.Hint)
		}
	}
	return b.String()
}

var september = time.Date(2031, 9, 1, 0, 0, 0, 0, time.UTC)

func TestExamplesHaveNoErrorsOrWarnings(t *testing.T) {
	for _, name := range []string{"quickstart.yaml", "reference.yaml"} {
		p, findings, err := Load(folder{"../examples"}, name)
		if err != nil {
			t.Fatal(err)
		}
		findings = append(findings, Check(p, CheckOptions{Now: september})...)
		for _, f := range findings {
			if f.Severity != SeverityInformation {
				t.Errorf("%s:\n%s", name, show([]Finding{f}))
			}
		}
	}
}
