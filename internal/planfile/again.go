package planfile

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"

	"rundown/plan"
)

// SameFiles says that two readings of a plan found the same text.
func SameFiles(a, b *plan.Plan) bool {
	return slices.EqualFunc(a.Files, b.Files, func(x, y plan.File) bool {
		return x.Path == y.Path && bytes.Equal(x.Text, y.Text)
	})
}

// Again reads the same files and globs as they are now.
func (f *Files) Again(includeDirs []string, reading OnPath) *Files {
	g := NewFiles(nil, f.root, includeDirs...)
	g.Reading, g.noPipe = reading, true // to compare must not use up what a pipe gives
	defer reading.At("")
	for name := range f.Read {
		_, _ = g.ReadFile(name) // the digest holds the error
	}
	for name := range f.failed {
		_, _ = g.ReadFile(name)
	}
	if len(f.Read)+len(f.failed) == 0 {
		_, _ = g.ReadFile(f.root)
	}
	for pattern := range f.globs {
		_, _ = g.Glob(pattern)
	}
	return g
}

// Digest stands for all that was read.
func (f *Files) Digest() string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(f.Read)) {
		fmt.Fprintf(h, "file %q %d\n", name, len(f.Read[name]))
		h.Write(f.Read[name])
	}
	for _, name := range slices.Sorted(maps.Keys(f.failed)) {
		fmt.Fprintf(h, "failed %q %q\n", name, f.failed[name])
	}
	for _, pattern := range slices.Sorted(maps.Keys(f.globs)) {
		fmt.Fprintf(h, "glob %q %q %v\n", pattern, f.globs[pattern].matches, f.globs[pattern].err)
	}
	return string(h.Sum(nil))
}
