package runner

import (
	"fmt"
	"sync"
	"time"
)

// pulse is the question to a loop whether it moves. At most one is in its inbox, however many ask: a loop that hangs
// must not collect them. Anyone may ask.
type pulse struct {
	mu       sync.Mutex
	asked    time.Time
	answered chan struct{} // closed by the loop; nil: nobody asks
}

// askPulse has the loop say that it moves. It gives the instant of the question, which may have been put before, and what
// is closed by the answer.
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

// Progress says whether the engine moves: every loop has to answer within a while. The error names the App ID of one
// that did not. Where a loop has been asked before, by whomever, the time runs from then on. An engine that has not
// started, or has ended, has no loops that could hang.
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
