package runner

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Progress asks every loop of the engine for a sign of life and waits so long for all of them. The error names the App
// IDs whose loop gave none.
func (e *Engine) Progress(within time.Duration) error {
	e.mu.Lock()
	conductors := slices.Collect(maps.Values(e.conductors))
	e.mu.Unlock()
	limit := time.NewTimer(within)
	defer limit.Stop()
	signs := make([]chan struct{}, len(conductors))
	for i, c := range conductors {
		signs[i] = make(chan struct{})
		c.post(func() { close(signs[i]) })
	}
	for i, c := range conductors {
		select {
		case <-signs[i]:
		case <-limit.C:
			return fmt.Errorf("the work on app %s has not moved for %v", c.app, within)
		}
	}
	return nil
}
