package planfile

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// MaxWalk bounds how many files a glob of include looks at, matching or not, so that one over a home folder ends soon.
const MaxWalk = 10000

// errOutside is for a file that a plan may not include. A plan may be written by others than who runs it, so it names no
// file of the machine but those beside its root file and those of folders that the command line names.
var errOutside = errors.New("is outside the folder of the root file; --include-dir allows other folders")

// includeFolders are the folders that included files may be in, as absolute paths without symbolic links.
type includeFolders []string

// newIncludeFolders gives the folder of the root file, that of the file which it links to, and those of --include-dir.
func newIncludeFolders(root string, more []string) includeFolders {
	named := []string{filepath.Dir(filepath.FromSlash(root))} // of "-": the working folder
	if target, err := filepath.EvalSymlinks(filepath.FromSlash(root)); err == nil {
		named = append(named, filepath.Dir(target))
	}
	var folders includeFolders
	for _, folder := range append(named, more...) {
		if real, err := realPath(folder); err == nil && !slices.Contains(folders, real) {
			folders = append(folders, real)
		}
	}
	return folders
}

// realPath is the absolute path without symbolic links.
func realPath(name string) (string, error) {
	real, err := filepath.EvalSymlinks(filepath.FromSlash(name))
	if err != nil {
		return "", Reason(err)
	}
	return filepath.Abs(real)
}

// resolve follows the links of a file's name and refuses a file that is in none of the folders.
func (f includeFolders) resolve(name string) (string, error) {
	real, err := realPath(name)
	if err != nil {
		return "", err
	}
	if !f.hold(real) {
		return "", errOutside
	}
	return real, nil
}

// hold says that a path, without links, is one of the folders or below one.
func (f includeFolders) hold(real string) bool {
	return slices.ContainsFunc(f, func(folder string) bool {
		rel, err := filepath.Rel(folder, real)
		return err == nil && filepath.IsLocal(rel)
	})
}

// globbed is what a pattern matched.
type globbed struct {
	matches []string
	err     error
}

// Glob lists the files that match, sorted, with forward slashes. It lists no folder outside those that the plan may
// include from, and looks at [MaxWalk] files at most.
func (f *Files) Glob(pattern string) ([]string, error) {
	var g globbed
	f.Reading.At(pattern)
	g.matches, g.err = f.folders.glob(pattern)
	f.globs[pattern] = g
	return g.matches, g.err
}

// glob walks from the part of the pattern that has no wildcards, folder by folder, so that it looks at no more than it must.
func (f includeFolders) glob(pattern string) ([]string, error) {
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, err
	}
	if !hasMeta(pattern) {
		if _, err := os.Lstat(filepath.FromSlash(pattern)); err != nil {
			return nil, nil
		}
		return []string{pattern}, nil
	}
	fixed, parts := splitGlob(path.Clean(pattern))
	found, left := []string{fixed}, MaxWalk
	for _, part := range parts {
		var next []string
		for _, folder := range found {
			names, err := f.names(folder, part, &left)
			if err != nil {
				return nil, err
			}
			for _, name := range names {
				next = append(next, path.Join(folder, name))
			}
		}
		found = next
	}
	slices.Sort(found)
	return found, nil
}

// splitGlob cuts a pattern before its first part with a wildcard.
func splitGlob(pattern string) (fixed string, parts []string) {
	if path.IsAbs(pattern) {
		fixed, pattern = "/", pattern[1:]
	}
	parts = strings.Split(pattern, "/")
	i := slices.IndexFunc(parts, hasMeta)
	return path.Join(fixed, path.Join(parts[:i]...)), parts[i:]
}

// hasMeta says that a pattern has a wildcard.
func hasMeta(pattern string) bool { return strings.ContainsAny(pattern, `*?[\`) }

// names are the names in a folder that match one part of a pattern.
func (f includeFolders) names(folder, part string, left *int) ([]string, error) {
	real, err := realPath(cmp.Or(folder, "."))
	if err != nil { // it is not there, or a link leads nowhere
		return nil, nil
	}
	if info, err := os.Stat(real); err != nil || !info.IsDir() {
		return nil, nil
	}
	if !f.hold(real) {
		return nil, fmt.Errorf("%s %w", cmp.Or(folder, "."), errOutside)
	}
	if !hasMeta(part) {
		if _, err := os.Lstat(filepath.Join(real, part)); err != nil {
			return nil, nil
		}
		return []string{part}, nil
	}
	opened, err := os.Open(real)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", folder, Reason(err))
	}
	defer opened.Close()
	all, err := opened.Readdirnames(*left + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", folder, Reason(err))
	}
	if *left -= len(all); *left < 0 {
		return nil, fmt.Errorf("it matches more than %d files; use a folder that holds only plans", MaxWalk)
	}
	return slices.DeleteFunc(all, func(name string) bool {
		matched, _ := path.Match(part, name) // the pattern is known to be well-formed
		// Kubernetes keeps the versions of a mounted ConfigMap in folders whose names begin so.
		return !matched || strings.HasPrefix(name, "..")
	}), nil
}
