package runner

import (
	"fmt"
	"sync"
	"time"
)

// pulse asks a loop whether it moves. It is safe for concurrent use. At most one question is in the inbox, however many ask: a
// loop that hangs must not collect them.
type pulse struct {
	mu       sync.Mutex
	asked    time.Time
	answered chan struct{} // closed by the loop; nil: no question is out
}

// askPulse asks the loop whether it moves. It returns when the question was asked, which may have been earlier by another caller,
// and a channel that the answer closes.
func (w *worker) askPulse() (asked time.Time, answered <-chan struct{}) {
	p := &w.pulse
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.answered == nil {
		p.asked, p.answered = time.Now(), make(chan struct{})
		w.post(func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			close(p.answered)
			p.answered = nil
		})
	}
	return p.asked, p.answered
}

// Progress reports whether the engine moves: every loop has to answer within the given time, which counts from the first question
// that it has not answered. The error names the App ID of a loop that did not. An engine that has not started, or has ended, has
// no loops, and gives nil.
func (e *Engine) Progress(within time.Duration) error {
	running := e.allWorkers()
	answers := make([]<-chan struct{}, len(running))
	limits := make([]time.Time, len(running))
	for i, w := range running {
		asked, answered := w.askPulse()
		answers[i], limits[i] = answered, asked.Add(within)
	}
	for i, w := range running {
		// At least a moment: the process itself may not have run since the question.
		limit := time.NewTimer(max(time.Until(limits[i]), within/10))
		select {
		case <-answers[i]:
		case <-w.ended:
		case <-limit.C:
			limit.Stop()
			return fmt.Errorf("the worker of app %s has not moved for %v", w.app, within)
		}
		limit.Stop()
	}
	return nil
}
