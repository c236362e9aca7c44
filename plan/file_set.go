package plan

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
)

// FileSet are the files of a plan in memory: their texts by clean path, with forward slashes. Plans are read from it as from a
// file system.
type FileSet map[string]string

// FileSetOf is the set of some files.
func FileSetOf(files []File) FileSet {
	s := FileSet{}
	for _, f := range files {
		s[path.Clean(f.Path)] = string(f.Text)
	}
	return s
}

// ReadFile gives a file. The error for one that is not there is [fs.ErrNotExist].
func (s FileSet) ReadFile(name string) ([]byte, error) {
	text, ok := s[path.Clean(name)]
	if !ok {
		return nil, fmt.Errorf("open %s: %w", name, fs.ErrNotExist)
	}
	return []byte(text), nil
}

// Glob lists the files that match, sorted.
func (s FileSet) Glob(pattern string) ([]string, error) {
	var found []string
	for name := range s {
		ok, err := path.Match(path.Clean(pattern), name)
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found, nil
}
