package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/mattn/go-isatty"
	"golang.org/x/term"

	"rundown/internal/cli/render"
	"rundown/internal/host"
	"rundown/runner/reason"
	"rundown/runner/view"
)

// What people read is within the width of the terminal and coloured there alone; what a pipe gets has neither colour nor cursor
// codes. Progress and warnings go to standard error, so that a redirected result holds the result and nothing else.

// output is standard output. It keeps the first write error, so that a full disk leads to an exit status instead of an
// incomplete result: commands write without a look at the error, and [Main] reports it.
type output struct {
	w   io.Writer
	err error
}

// Write writes to standard output; after an error nothing more is.
func (o *output) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(p)
	o.err = err
	return n, err
}

// logger writes a log to w in the format of --log-format. checkFlags has refused other formats and levels before any
// command begins.
func (a *app) logger(w io.Writer, level string) *slog.Logger {
	log, err := host.NewLogger(w, a.flags.logFormat, level)
	if err != nil {
		panic(err)
	}
	return log
}

// sameRequest is how long after the first signal others are part of the same request to end: timeout(1) sends SIGTERM twice, and a
// parent that passes Ctrl-C on sends it beside the terminal.
var sameRequest = time.Second

// stopSignals are the signals that ask the process to end. end lets go of them: the next one ends the process.
func stopSignals() (signals chan os.Signal, end func()) {
	signals = make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	return signals, func() { signal.Stop(signals) }
}

// untilSignal is a context that SIGINT or SIGTERM ends. release ends it too and lets go of the signals, so that the next one ends the
// process; after a signal it does so once [sameRequest] is over.
func untilSignal(ctx context.Context) (_ context.Context, release func()) {
	ctx, cancel := context.WithCancel(ctx)
	signals, end := stopSignals()
	var at time.Time // of the first signal; written before received is closed
	received := make(chan struct{})
	go func() {
		select {
		case <-signals:
			at = time.Now()
			close(received)
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, sync.OnceFunc(func() {
		cancel()
		select {
		case <-received:
			if left := sameRequest - time.Since(at); left > 0 {
				time.AfterFunc(left, end)
				return
			}
		default:
		}
		end()
	})
}

// every calls do after each interval, in this goroutine, until the context ends. An interval that do outlasts is left out.
func every(ctx context.Context, interval time.Duration, do func()) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			do()
		}
	}
}

// queueLog puts a queue before standard error, so that logging can neither block nor end the process. A write to a closed
// pipe returns an error instead of raising SIGPIPE. The signal is caught, not ignored: child processes would inherit that.
func (a *app) queueLog() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	notice := func(lines int, since time.Time) []byte {
		var b bytes.Buffer
		a.logger(&b, "warn").Warn("log lines dropped: standard error was blocked", "reason_code", reason.IssueLogDropped, "lines", lines, "since", since.UTC())
		return b.Bytes()
	}
	a.log = host.NewLogQueue(a.err, host.LogQueueSize, notice)
	a.err = a.log
}

// flushLog writes what is left of the log at the end of the process.
func (a *app) flushLog() {
	if a.log != nil {
		a.log.Close(host.FlushWithin)
	}
}

// terminalOf is the terminal that a stream leads to, if it is one: directly, or through the log's queue or our output.
func terminalOf(stream any) (_ *os.File, ok bool) {
	switch o := stream.(type) {
	case *output:
		stream = o.w
	case *host.LogQueue:
		stream = o.Writer
	}
	f, ok := stream.(*os.File)
	return f, ok && isatty.IsTerminal(f.Fd())
}

// dumb says that the terminal can neither colour nor move its cursor.
func (a *app) dumb() bool {
	term, _ := a.env("TERM")
	return term == "dumb"
}

// bars is the terminal on which progress is shown by bars; nil for none.
func (a *app) bars() *os.File {
	if f, ok := terminalOf(a.err); ok && !a.dumb() {
		return f
	}
	return nil
}

// paletteFor colours on a terminal only, and not where NO_COLOR (https://no-color.org) or a dumb terminal says so.
func (a *app) paletteFor(w io.Writer) render.Palette {
	_, ok := terminalOf(w)
	refused, _ := a.env("NO_COLOR")
	return render.Palette{On: ok && refused == "" && !a.dumb()}
}

// width is how many columns standard output takes.
func (a *app) width() int { return a.widthOf(a.out) }

// widthOf is how many columns the text of a stream takes: what COLUMNS says, else those of its terminal, else 80. URLs and paths
// are never broken.
func (a *app) widthOf(stream any) int {
	text, _ := a.env("COLUMNS")
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return max(n, render.LeastWidth)
	}
	if f, ok := terminalOf(stream); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return max(n, render.LeastWidth)
		}
	}
	return render.UsualWidth
}

// lineWidth is how many columns a line takes that a log has whole, or that a program may look for: those of the terminal, and in
// a pipe or a file as many as there are.
func (a *app) lineWidth(stream any) int {
	if _, ok := terminalOf(stream); !ok {
		return math.MaxInt
	}
	return a.widthOf(stream)
}

// printLine writes a text on one line, which a terminal breaks at its width, further lines indented.
func (a *app) printLine(w io.Writer, prefix, text string, indent int) {
	render.PrintLine(w, a.lineWidth(w), prefix, text, indent)
}

// say writes a remark to standard error, on one line.
func (a *app) say(format string, args ...any) {
	a.printLine(a.err, "", view.Line(fmt.Sprintf(format, args...)), len("  "))
}

// answer writes to standard output what an order does, on one line.
func (a *app) answer(text string) { a.printLine(a.out, "", text, len("  ")) }

// printTable writes a table to w, which leads to standard output. A terminal gets no line that is wider than it.
func (a *app) printTable(w io.Writer, t *render.Table, width int) {
	_, t.Cut = terminalOf(a.out)
	t.Print(w, width)
}

// printHanging writes a text within the width of the output, further lines indented.
func (a *app) printHanging(w io.Writer, prefix, text string, indent int) {
	render.PrintHanging(w, a.width(), prefix, text, indent)
}

// printWrapped writes a text after a prefix, further lines below it.
func (a *app) printWrapped(w io.Writer, prefix, text string) {
	render.PrintWrapped(w, a.width(), prefix, text)
}
