package cli

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

// stdinPath is the plan that is read from standard input; what it includes is relative to the working folder.
const stdinPath = "-"

// maxPlanSize bounds what is read of one file: some nine times a plan of ten thousand recordings. Without it a
// device file would be read for ever.
const maxPlanSize = 32 << 20 // bytes

// pipeWait is how long a named pipe may be without a writer.
const pipeWait = 10 * time.Second

// osFiles are the operating system's files as one plan reads them: its root file, which the command line names, and
// what it includes, which the plan names. Each is read once: what a snippet shows is what was judged, and standard input
// can be read no second time.
type osFiles struct {
	stdin    io.Reader
	root     string
	folders  includeFolders
	pipeWait time.Duration
	read     map[string][]byte
	globs    map[string]globbed // by pattern
	failed   map[string]string  // why a file could not be read
	once     bool               // the root is a stream, which cannot be read again
	noPipe   bool               // the root is not read where it is a pipe
	reading  onPath             // hears of each file before it is read
}

// onPath hears of a path before a call of the operating system about it, which may hang. It may be nil.
type onPath func(path string)

func (f onPath) at(path string) {
	if f != nil {
		f(path)
	}
}

func newFiles(stdin io.Reader) *osFiles {
	return &osFiles{stdin: stdin, pipeWait: pipeWait, read: map[string][]byte{}, globs: map[string]globbed{}, failed: map[string]string{}}
}

// newPlanFiles gives the files of the plan whose root file is named. more are the folders of --include-dir.
func newPlanFiles(stdin io.Reader, root string, more ...string) *osFiles {
	f := newFiles(stdin)
	f.root, f.folders = root, newIncludeFolders(root, more)
	return f
}

// ReadFile reads the root file ("-" is standard input), or an included file.
func (f *osFiles) ReadFile(name string) ([]byte, error) {
	if text, ok := f.read[name]; ok {
		return text, nil
	}
	text, err := f.readOnce(name)
	if err != nil {
		f.failed[name] = err.Error()
		return nil, err
	}
	f.read[name] = text
	return text, nil
}

func (f *osFiles) readOnce(name string) ([]byte, error) {
	f.reading.at(name)
	switch name {
	case f.root:
		return f.readRoot()
	case stdinPath:
		return f.readStdin()
	}
	path, err := f.folders.resolve(name)
	if err != nil {
		return nil, err
	}
	return readRegular(path)
}

// readRoot reads the root file, which may be a pipe: the shell makes one of <(command).
func (f *osFiles) readRoot() ([]byte, error) {
	if f.root == stdinPath {
		return f.readStdin()
	}
	path := filepath.FromSlash(f.root)
	info, err := os.Stat(path)
	if err != nil {
		return nil, reason(err)
	}
	if info.Mode().Type() != fs.ModeNamedPipe || f.noPipe {
		return readRegular(path)
	}
	f.once = true
	pipe, err := openPipe(path, f.pipeWait)
	if err != nil {
		return nil, err
	}
	defer pipe.Close()
	return readBounded(pipe, maxPlanSize)
}

// regularNow says that the root is a regular file now, whatever it was when it was read.
func (f *osFiles) regularNow() bool {
	f.reading.at(f.root)
	info, err := os.Stat(filepath.FromSlash(f.root))
	return err == nil && info.Mode().IsRegular()
}

func (f *osFiles) readStdin() ([]byte, error) {
	f.once = true
	if f.stdin == nil {
		return nil, errors.New("no standard input")
	}
	return readBounded(f.stdin, maxPlanSize)
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
	limit := time.NewTimer(wait)
	defer limit.Stop()
	select {
	case o := <-opened:
		return o.file, reason(o.err)
	case <-limit.C:
	}
	// Being its writer for an instant ends the wait of the goroutine.
	if writer, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
		_ = writer.Close()
		if o := <-opened; o.file != nil {
			_ = o.file.Close()
		}
	}
	return nil, fmt.Errorf("is a named pipe, and nothing has written to it for %v: name a file, or - for standard input", wait)
}

// readRegular reads a regular file. Anything else is refused before it is opened, since opening a pipe or a device may
// block or have an effect.
func readRegular(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, reason(err)
	}
	if err := regular(info); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // it may have become a pipe meanwhile
	if err != nil {
		return nil, reason(err)
	}
	defer file.Close()
	if info, err = file.Stat(); err != nil {
		return nil, reason(err)
	}
	if err := regular(info); err != nil {
		return nil, err
	}
	return readBounded(file, maxPlanSize)
}

// regular says what a file is that is not a regular one.
func regular(info fs.FileInfo) error {
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		return errors.New("is a directory, name a file in it")
	case mode&fs.ModeNamedPipe != 0:
		return errors.New("is a named pipe, not a regular file")
	case mode&fs.ModeSocket != 0:
		return errors.New("is a socket, not a regular file")
	default:
		return errors.New("is a device, not a regular file; - reads standard input")
	}
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
