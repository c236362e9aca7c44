// Package cli is the command line: one file a command.
//
// Results go to standard output, diagnostics and progress to standard error, an error as one line that begins with
// "rundown: ". [Main] hands back the exit status; nothing in here ends the process.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"rundown/runner/view"
)

// The exit statuses.
const (
	StatusOK       = 0 // the command did what it was asked for
	StatusFindings = 1 // a plan has findings of severity error, an occurrence of now did not end recorded, run --stop-all left a session that may still run, or status --check found a problem
	StatusTrouble  = 2 // usage, input, output or store
)

// Streams are where a command reads and writes.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// Main runs the command line and returns the exit status.
func Main(ctx context.Context, args []string, streams Streams) int {
	a := newApp(streams)
	root := newRootCommand(a)
	root.SetArgs(args)
	hideFlags(root, args)
	err := root.ExecuteContext(ctx)
	if err == nil && a.out.err != nil {
		err = fmt.Errorf("write output: %w", a.out.err)
	}
	status := a.finish(err)
	a.flushLog()
	return status
}

// finish says what went wrong, in one line, and gives the exit status for it.
func (a *app) finish(err error) int {
	if err == nil {
		return StatusOK
	}
	status := StatusTrouble
	if exit, ok := errors.AsType[*exitError](err); ok {
		status = exit.status
		if exit.err == nil {
			return status
		}
	}
	fmt.Fprintf(a.err, "rundown: %s\n", oneLine(err.Error()))
	return status
}

// exitError is an error with an exit status of its own. Without a cause everything has been said already.
type exitError struct {
	status int
	err    error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// errFindings ends a command whose findings were shown.
var errFindings = &exitError{status: StatusFindings}

// usageError is a mistake on the command line; the line that reports it names the help to read.
type usageError struct {
	command string // rundown list
	err     error
}

func (e *usageError) Error() string {
	return fmt.Sprintf("%s; see %s --help", strings.TrimRight(e.err.Error(), "."), e.command)
}

func (e *usageError) Unwrap() error { return e.err }

// oneLine keeps an error on one line, whatever it quotes, and without control characters.
func oneLine(s string) string {
	return strings.Map(view.Printable, strings.Join(strings.Fields(s), " "))
}
