// Package cli is the command line of Rundown.
//
// A command is one file with a function newNameCommand, and one row of the table in addCommands (app.go), which also lists
// the shared flags that affect it. [Main] parses the arguments, runs the command and returns the exit status; nothing in
// this package ends the process.
//
// What comes in: arguments, the environment (the variables of references, RUNDOWN_STORE, COLUMNS, TERM, NO_COLOR), plan files,
// the store. What goes out: text or JSON for one of the formats of --format, an exit status, and for the commands that operate,
// rows in the store, which the daemon reads. No command talks to a daemon by another way than the store, but healthcheck.
//
// A command that reads or orders uses one goroutine and needs no locks. Those that record do not: the engine of now and run
// --stop-all tells of its steps from goroutines of its own (stateQueue in work.go passes them on), and beside the engine of run
// there are the HTTP server, the reader of plan files, the notifier and the writer of health issues (type daemon says what they
// share). A command that is killed leaves a store that the next one can use, since each of its writes is a transaction;
// recordings go on at the service.
//
// Results go to standard output, diagnostics and progress to standard error. An error that a command returns becomes one
// line that begins with "rundown: " and status 2; errFindings is status 1.
//
// Where to find what commands share:
//
//   - app.go, flags.go, completion.go: streams, clock, shared flags, help groups, completion of names
//   - plans.go: reading and checking plan files; work.go: the store and the access to the service
//   - order.go: finding the class of an ID and giving it an order; closure.go: orders for the classes of a day
//   - daemon.go: what run consists of; reload.go: plan files that change; web.go: what --listen serves
//   - notifier.go: the daemon's notifications, and what it looks at before a class; plan_change.go: what a revision changes
//   - waiting.go: a database that cannot be reached at the start; fleet.go: several daemons on one store
//   - streams.go: standard output that may break, the log's queue before standard error, signals and intervals
//   - stopall.go: run --stop-all and the plans that it needs; stopwait.go: how it waits, and what may still run at its end
//   - status.go, history.go: text output of the read model in package runner/view
//
// Package render has the output formats, planfile reads plan files and resolves references, host is what a daemon needs of
// its operating system, and redact hides secrets.
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
	StatusFindings = 1 // a plan has findings of severity error, an occurrence of now did not end recorded, run --stop-all left a session that may still run, status --check found a problem, or healthcheck found no healthy daemon
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
	if a.out.err != nil && reported(err) { // what was reported may have been in the output
		err = fmt.Errorf("write output: %w", a.out.err)
	}
	status := a.finish(err)
	a.flushLog()
	return status
}

// finish reports an error and returns the exit status for it: in one line, which a terminal breaks at its width.
func (a *app) finish(err error) int {
	if err == nil {
		return StatusOK
	}
	status := StatusTrouble
	if exit, ok := errors.AsType[*exitError](err); ok {
		status = exit.status
	}
	if !reported(err) {
		a.say("rundown: %s", oneLine(err.Error()))
	}
	return status
}

// reported says that nothing is left to say of an error, or that there is none.
func reported(err error) bool {
	exit, ok := errors.AsType[*exitError](err)
	return err == nil || ok && exit.err == nil
}

// exitError is an error with its own exit status. Without a cause, the error was reported already.
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

// errFindings ends a command that has shown its findings.
var errFindings = &exitError{status: StatusFindings}

// usageError is a mistake on the command line. Its message refers to the help of the command.
type usageError struct {
	command string // rundown list
	err     error
}

func (e *usageError) Error() string {
	return fmt.Sprintf("%s; see %s --help", strings.TrimRight(e.err.Error(), "."), e.command)
}

func (e *usageError) Unwrap() error { return e.err }

// oneLine puts an error on one line without control characters, whatever it quotes.
func oneLine(s string) string {
	return strings.Map(view.Printable, strings.Join(strings.Fields(s), " "))
}
