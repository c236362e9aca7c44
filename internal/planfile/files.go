package planfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// StdinPath is the plan that is read from standard input; what it includes is relative to the working folder.
const StdinPath = "-"

// maxPlanSize bounds what is read of one file: some nine times a plan of ten thousand recordings. Without it a
// device file would be read for ever.
const maxPlanSize = 32 << 20 // bytes

// pipeWait is how long a named pipe may be without a writer.
const pipeWait = 10 * time.Second

// Files are the operating system's files as one plan reads them: its root file, which the command line names, and
// what it includes, which the plan names. Each is read once: what a snippet shows is what was judged, and standard input
// can be read no second time.
type Files struct {
	stdin    io.Reader
	root     string
	folders  includeFolders
	PipeWait time.Duration      // how long a named pipe may be without a writer; default 10 s
	Read     map[string][]byte  // what was read, by path as it was asked for
	globs    map[string]globbed // by pattern
	failed   map[string]string  // why a file could not be read
	Once     bool               // the root is a stream, which cannot be read again
	noPipe   bool               // the root is not read where it is a pipe
	Reading  OnPath             // hears of each file before it is read
}

// OnPath hears of a path before a call of the operating system about it, which may hang. It may be nil.
type OnPath func(path string)

// At tells of a path, unless f is nil.
func (f OnPath) At(path string) {
	if f != nil {
		f(path)
	}
}

// NewReader gives files without a root, where none is to be read as a plan.
func NewReader(stdin io.Reader) *Files {
	return &Files{stdin: stdin, PipeWait: pipeWait, Read: map[string][]byte{}, globs: map[string]globbed{}, failed: map[string]string{}}
}

// NewFiles gives the files of the plan whose root file is named. more are the folders of --include-dir.
func NewFiles(stdin io.Reader, root string, more ...string) *Files {
	f := NewReader(stdin)
	f.root, f.folders = root, newIncludeFolders(root, more)
	return f
}

// ReadFile reads the root file ("-" is standard input), or an included file.
func (f *Files) ReadFile(name string) ([]byte, error) {
	if text, ok := f.Read[name]; ok {
		return text, nil
	}
	text, err := f.readOnce(name)
	if err != nil {
		f.failed[name] = err.Error()
		return nil, err
	}
	f.Read[name] = text
	return text, nil
}

// readOnce reads the root, standard input, or a file in one of the folders that may be included from.
func (f *Files) readOnce(name string) ([]byte, error) {
	f.Reading.At(name)
	switch name {
	case f.root:
		return f.readRoot()
	case StdinPath:
		return f.readStdin()
	}
	path, err := f.folders.resolve(name)
	if err != nil {
		return nil, err
	}
	return readRegular(path)
}

// readRoot reads the root file, which may be a pipe: the shell makes one of <(command).
func (f *Files) readRoot() ([]byte, error) {
	if f.root == StdinPath {
		return f.readStdin()
	}
	path := filepath.FromSlash(f.root)
	info, err := os.Stat(path)
	if err != nil {
		return nil, Reason(err)
	}
	if info.Mode().Type() != fs.ModeNamedPipe || f.noPipe {
		return readRegular(path)
	}
	f.Once = true
	pipe, err := openPipe(path, f.PipeWait)
	if err != nil {
		return nil, err
	}
	defer pipe.Close()
	return ReadBounded(pipe, maxPlanSize)
}

// RegularNow says that the root is a regular file now, whatever it was when it was read.
func (f *Files) RegularNow() bool {
	f.Reading.At(f.root)
	info, err := os.Stat(filepath.FromSlash(f.root))
	return err == nil && info.Mode().IsRegular()
}

// readStdin uses standard input up: it cannot be read again, which Once says.
func (f *Files) readStdin() ([]byte, error) {
	f.Once = true
	if f.stdin == nil {
		return nil, errors.New("no standard input")
	}
	return ReadBounded(f.stdin, maxPlanSize)
}

// openPipe opens a named pipe and waits for its writer, but not for ever.
func openPipe(path string, wait time.Duration) (*os.File, error) {
	type opening struct {
		file *os.File
		err  error
	}
	opened := make(chan opening, 1)
	go func() {
		file, err := os.Open(path) // returns once there is a writer
		opened <- opening{file, err}
	}()
	select {
	case o := <-opened:
		return o.file, Reason(o.err)
	case <-time.After(wait):
	}
	// Being its writer for an instant ends the wait of the goroutine.
	if writer, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
		_ = writer.Close()
		if o := <-opened; o.file != nil {
			_ = o.file.Close()
		}
	}
	return nil, fmt.Errorf("is a named pipe, and nothing was written to it for %v; name a file, or - for standard input", wait)
}

// readRegular reads a regular file. Anything else is refused before it is opened, since opening a pipe or a device may
// block or have an effect.
func readRegular(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, Reason(err)
	}
	if err := regular(info); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // it may have become a pipe meanwhile
	if err != nil {
		return nil, Reason(err)
	}
	defer file.Close()
	if info, err = file.Stat(); err != nil {
		return nil, Reason(err)
	}
	if err := regular(info); err != nil {
		return nil, err
	}
	return ReadBounded(file, maxPlanSize)
}

// regular says what a file is that is not a regular one.
func regular(info fs.FileInfo) error {
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		return errors.New("is a directory; name a file in it")
	case mode&fs.ModeNamedPipe != 0:
		return errors.New("is a named pipe, not a regular file")
	case mode&fs.ModeSocket != 0:
		return errors.New("is a socket, not a regular file")
	default:
		return errors.New("is a device, not a regular file; - reads standard input")
	}
}

// ReadBounded reads at most so many bytes and refuses more.
func ReadBounded(r io.Reader, limit int64) ([]byte, error) {
	var b bytes.Buffer
	n, err := b.ReadFrom(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, Reason(err)
	}
	if n > limit {
		return nil, fmt.Errorf("is larger than %d bytes", limit)
	}
	return b.Bytes(), nil
}

// Reason takes the path off an error of the operating system, since whoever reports it names the file.
func Reason(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}
