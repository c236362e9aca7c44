package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// stdinPath is the plan that is read from standard input; what it includes is relative to the working folder.
const stdinPath = "-"

// maxPlanSize bounds what is read of one file: some nine times a plan of ten thousand recordings. Without it a
// device file would be read for ever.
const maxPlanSize = 32 << 20 // bytes

// osFiles are the operating system's files as a plan reads them. Each is read once: what a snippet shows is what was
// judged, and standard input can be read no second time.
type osFiles struct {
	stdin io.Reader
	read  map[string][]byte
}

func newFiles(stdin io.Reader) *osFiles { return &osFiles{stdin: stdin, read: map[string][]byte{}} }

// ReadFile reads a file, or standard input for "-".
func (f *osFiles) ReadFile(name string) ([]byte, error) {
	if text, ok := f.read[name]; ok {
		return text, nil
	}
	text, err := f.readOnce(name)
	if err != nil {
		return nil, err
	}
	f.read[name] = text
	return text, nil
}

func (f *osFiles) readOnce(name string) ([]byte, error) {
	if name == stdinPath {
		if f.stdin == nil {
			return nil, errors.New("no standard input")
		}
		return readBounded(f.stdin, maxPlanSize)
	}
	file, err := os.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, reason(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, reason(err)
	}
	if info.IsDir() {
		return nil, errors.New("is a directory, name a file in it")
	}
	return readBounded(file, maxPlanSize)
}

// Glob lists the files that match, sorted, with forward slashes.
func (f *osFiles) Glob(pattern string) ([]string, error) {
	found, err := filepath.Glob(filepath.FromSlash(pattern))
	if err != nil {
		return nil, err
	}
	for i, name := range found {
		found[i] = filepath.ToSlash(name)
	}
	slices.Sort(found)
	return found, nil
}

// readBounded reads at most so many bytes and refuses more.
func readBounded(r io.Reader, limit int64) ([]byte, error) {
	var b bytes.Buffer
	n, err := b.ReadFrom(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, reason(err)
	}
	if n > limit {
		return nil, fmt.Errorf("is larger than %d bytes", limit)
	}
	return b.Bytes(), nil
}

// reason takes the path off an error of the operating system, since whoever reports it names the file.
func reason(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}
