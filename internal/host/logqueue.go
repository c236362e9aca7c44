package host

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"

	"rundown/runner"
	"rundown/runner/reason"
)

// LogQueueSize is how many bytes of log may wait for whoever reads standard error. The test binary sets it.
var LogQueueSize = 1 << 20

// FlushWithin is how long the end of the process waits for the log to be written.
const FlushWithin = 2 * time.Second

// LogQueue is a writer between the program and standard error. A write never blocks and never fails: what does not fit
// into the queue is dropped and counted. The count is logged where the lines are missing, once standard error takes
// lines again.
//
// Write, Dropped and Issues may be called by anyone; one goroutine, run, writes to standard error, and does so without the lock.
type LogQueue struct {
	Writer io.Writer
	size   int                                     // bytes that may wait
	notice func(lines int, since time.Time) []byte // the line that tells of dropped ones
	ready  chan struct{}                           // holds a token while there is something to do
	ended  chan struct{}                           // closed once everything is written, after the end

	mu      sync.Mutex // guards what follows
	lines   []queuedLine
	waiting int       // bytes in lines
	dropped int       // lines that no notice in the queue tells of
	lost    int       // lines that were dropped since the start
	telling int       // lines that a notice in the queue tells of
	since   time.Time // when the first of these was dropped
	closed  bool
}

// queuedLine is one write to standard error.
type queuedLine struct {
	text  []byte
	tells int // a notice: of so many lines
}

// NewLogQueue starts a queue of at most size bytes before w; a single line that is longer passes where the queue is empty. notice
// makes the line that says how many lines were dropped since when. The caller ends it by [LogQueue.Close].
func NewLogQueue(w io.Writer, size int, notice func(int, time.Time) []byte) *LogQueue {
	q := &LogQueue{Writer: w, size: size, notice: notice, ready: make(chan struct{}, 1), ended: make(chan struct{})}
	go q.run()
	return q
}

// Write queues a copy of p, or drops it.
func (q *LogQueue) Write(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.tell()
	// After a drop the queue takes lines again once it is half empty: else notices would alternate with lines.
	if q.dropped > 0 || q.closed || q.waiting+len(p) > q.size && len(q.lines) > 0 {
		q.drop()
		return len(p), nil
	}
	q.push(queuedLine{text: bytes.Clone(p)})
	return len(p), nil
}

// tell queues the notice of dropped lines once there is room. The caller holds the lock.
func (q *LogQueue) tell() {
	if q.dropped == 0 || q.waiting > q.size/2 {
		return
	}
	q.push(queuedLine{q.notice(q.dropped, q.since), q.dropped})
	q.telling += q.dropped
	q.dropped = 0
}

// push appends a line. The caller holds the lock.
func (q *LogQueue) push(l queuedLine) {
	q.lines = append(q.lines, l)
	q.waiting += len(l.text)
	q.wake()
}

// drop counts a line that was not written. The caller holds the lock.
func (q *LogQueue) drop() {
	if q.dropped+q.telling == 0 {
		q.since = time.Now()
	}
	q.dropped++
	q.lost++
}

// Dropped is how many lines were dropped since the start.
func (q *LogQueue) Dropped() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.lost
}

// wake tells the goroutine that there is something to do. It never blocks.
func (q *LogQueue) wake() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// run is the goroutine: it alone writes to standard error, without the lock, since that may block for ever.
func (q *LogQueue) run() {
	defer close(q.ended)
	broken := false // half a line was written last
	for {
		q.mu.Lock()
		if len(q.lines) == 0 {
			closed := q.closed
			q.lines = nil
			q.mu.Unlock()
			if closed {
				return
			}
			<-q.ready
			continue
		}
		line := q.lines[0]
		q.mu.Unlock()
		text := line.text
		if broken { // the line begins on a line of its own
			text = append([]byte("\n"), text...)
		}
		n, err := q.Writer.Write(text)
		broken = err != nil && (broken || n > 0)
		q.mu.Lock()
		q.written(line, err)
		q.mu.Unlock()
	}
}

// written takes the first line out of the queue after a try to write it. The caller holds the lock.
func (q *LogQueue) written(line queuedLine, err error) {
	q.lines[0] = queuedLine{}
	q.lines = q.lines[1:]
	q.waiting -= len(line.text)
	switch {
	case err == nil:
		q.telling -= line.tells
		q.tell()
	case line.tells > 0: // these are still to be told of
		q.telling -= line.tells
		q.dropped += line.tells
	default:
		q.drop()
	}
}

// Issues says what a person should know of the log.
func (q *LogQueue) Issues() []runner.Issue {
	q.mu.Lock()
	defer q.mu.Unlock()
	lines := q.dropped + q.telling
	if lines == 0 {
		return nil
	}
	return []runner.Issue{{
		ID: reason.IssueLogDropped, Severity: runner.SeverityWarning, Since: q.since,
		Text:   fmt.Sprintf("log lines dropped since %s because standard error is blocked: %d", q.since.UTC().Format(time.RFC3339), lines),
		Advice: "check what reads standard error",
	}}
}

// Close writes what waits, for a limited time.
func (q *LogQueue) Close(within time.Duration) {
	q.mu.Lock()
	q.closed = true
	q.wake()
	q.mu.Unlock()
	select {
	case <-q.ended:
	case <-time.After(within):
	}
}
