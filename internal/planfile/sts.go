package planfile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"rundown/plan"
)

// The bounds of what a plan's command may do. The documentation of the key sts names the time.
const (
	stsLimit     = 30 * time.Second // for a plan's command
	stsGrace     = time.Second      // for its output to close once it has ended
	maxSTSOutput = 64 << 10         // bytes of a command's output or of the file
)

// IssueSTS gives a function that fetches temporary storage credentials as a plan says: the output of a command that
// runs in the plan's folder, or a file there. No error holds what either says, on standard error neither: it may be
// secret.
func IssueSTS(planPath string) func(context.Context, *plan.STS) ([]byte, error) {
	folder := filepath.Dir(filepath.FromSlash(planPath)) // of "-": the working folder
	return func(ctx context.Context, s *plan.STS) ([]byte, error) {
		if len(s.Command) > 0 {
			return runSTS(ctx, folder, s.Command)
		}
		text, err := readBeside(folder, s.File, maxSTSOutput)
		if err != nil {
			return nil, fmt.Errorf("file %s: %w", s.File, err)
		}
		return text, nil
	}
}

// runSTS runs a command and gives what it prints.
func runSTS(ctx context.Context, folder string, command []string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, stsLimit)
	defer cancel()
	name := command[0]
	if filepath.Base(name) != name && !filepath.IsAbs(name) {
		absolute, err := filepath.Abs(filepath.Join(folder, filepath.FromSlash(name)))
		if err != nil {
			return nil, fmt.Errorf("command %s: %w", command[0], err)
		}
		name = absolute
	}
	out := &boundedBuffer{left: maxSTSOutput}
	cmd := exec.CommandContext(ctx, name, command[1:]...)
	cmd.Dir = folder
	err := runGroup(cmd, out)
	exit, failed := errors.AsType[*exec.ExitError](err)
	switch {
	case out.left < 0:
		return nil, fmt.Errorf("command %s prints more than %d bytes", command[0], maxSTSOutput)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, fmt.Errorf("command %s did not exit within %v", command[0], stsLimit)
	case failed:
		return nil, fmt.Errorf("command %s exited with status %d; run it in the folder of the plan to see why", command[0], exit.ExitCode())
	case err != nil:
		return nil, fmt.Errorf("command %s: %w", command[0], Reason(err))
	}
	return out.b.Bytes(), nil
}

// runGroup runs a command to its end and writes what it prints. Whatever it started and left behind is ended with it: it
// may hold credentials, and keeps the output open.
func runGroup(cmd *exec.Cmd, out io.Writer) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	cmd.Stdout = w // a file: os/exec does not wait for those who inherited it
	ownGroup(cmd)
	err = cmd.Start()
	_ = w.Close()
	if err != nil {
		return err
	}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(out, r)
		_ = r.Close() // of what prints too much, the next write fails
	}()
	err = cmd.Wait()
	_ = endGroup(cmd) // as a rule there is nothing left
	select {
	case <-copied:
	case <-time.After(stsGrace):
		_ = r.Close()
		<-copied
	}
	return err
}

// boundedBuffer keeps what is written to it and fails once that is too much, which ends the command.
type boundedBuffer struct {
	b    bytes.Buffer
	left int // bytes; negative: too much was written
}

// Write keeps p.
func (b *boundedBuffer) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, io.ErrShortBuffer
	}
	return b.b.Write(p)
}

// SimulatedSTS makes credentials up where a plan's command or file is not there, as for unset references.
func SimulatedSTS(next func(context.Context, *plan.STS) ([]byte, error), now func() time.Time) func(context.Context, *plan.STS) ([]byte, error) {
	return func(ctx context.Context, s *plan.STS) ([]byte, error) {
		text, err := next(ctx, s)
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, exec.ErrNotFound) {
			return text, err
		}
		sum := sha256.Sum256([]byte(fmt.Sprint("simulated ", s.Command, s.File)))
		made := hex.EncodeToString(sum[:16])
		return json.Marshal(map[string]any{"access_key": made, "secret_key": made, "token": made, "expiration": now().Add(12 * time.Hour).Unix()})
	}
}
