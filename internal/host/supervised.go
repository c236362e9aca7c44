package host

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	systemd "github.com/coreos/go-systemd/v22/daemon"

	"rundown/runner"
)

// Supervised reports the state of the daemon to systemd (sd_notify(3)); without NOTIFY_SOCKET it does nothing. It feeds the
// watchdog only while the loops of the engine make progress, so that systemd restarts a daemon that hangs: recordings go
// on and are adopted.
type Supervised struct {
	log  *slog.Logger
	done chan struct{}  // closed to end the feeding
	wg   sync.WaitGroup // of the goroutine that feeds; send ends by itself once states is closed

	mu     sync.Mutex
	ended  bool          // nothing is told any more; guarded by mu
	states chan string   // to be told, in order; sent to and closed under mu, so that nothing is sent after the end
	told   chan struct{} // closed once all of them are
}

// LastWord limits how long the shutdown waits for a supervisor that does not read its socket.
const LastWord = time.Second

// NewSupervised starts to feed the watchdog, where systemd has set one. The caller ends it by [Supervised.End].
func NewSupervised(e *runner.Engine, log *slog.Logger) *Supervised {
	s := &Supervised{log: log, done: make(chan struct{}), states: make(chan string, 16), told: make(chan struct{})}
	go s.send()
	interval, err := systemd.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("invalid WATCHDOG_USEC, the watchdog is not fed", "error", err)
	}
	if interval > 0 {
		s.wg.Go(func() { s.feed(e, interval) })
	}
	return s
}

// feed feeds the watchdog three times in each of its intervals.
func (s *Supervised) feed(e *runner.Engine, interval time.Duration) {
	tick := time.NewTicker(interval / 3)
	defer tick.Stop()
	for {
		select {
		case <-s.done:
			return
		case <-tick.C:
		}
		if err := e.Progress(interval / 3); err != nil {
			s.log.Error("watchdog not fed", "error", err)
			continue
		}
		s.tell(systemd.SdNotifyWatchdog)
	}
}

// send notifies the supervisor. Its socket may be full, which must never block the daemon.
func (s *Supervised) send() {
	defer close(s.told)
	for state := range s.states {
		if _, err := systemd.SdNotify(false, state); err != nil {
			s.log.Warn("notifying the supervisor failed", "state", state, "error", err)
		}
	}
}

// tell notifies the supervisor. It is safe for concurrent use, also after the end.
func (s *Supervised) tell(state string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	select {
	case s.states <- state:
	default:
		s.log.Warn("the supervisor does not answer", "state", state)
	}
}

// Ready, Reloading and Stopping tell systemd what the daemon does. They never block, and are safe for concurrent use.
func (s *Supervised) Ready()     { s.tell(systemd.SdNotifyReady) }
func (s *Supervised) Reloading() { s.tell(systemd.SdNotifyReloading) }
func (s *Supervised) Stopping()  { s.tell(systemd.SdNotifyStopping) }

// End stops to feed the watchdog and waits until what was told has been sent, for [LastWord] at most. It is called once.
func (s *Supervised) End() {
	close(s.done)
	s.wg.Wait()
	s.mu.Lock()
	s.ended = true
	close(s.states)
	s.mu.Unlock()
	select {
	case <-s.told:
	case <-time.After(LastWord):
	}
}

// StillStarting tells a supervisor that the start goes on, why, and that it is to wait so much longer for the next word.
func StillStarting(why string, longer time.Duration) {
	// Without a supervisor there is nobody to tell, and one that cannot be told does nothing about it.
	_, _ = systemd.SdNotify(false, fmt.Sprintf("STATUS=%s\nEXTEND_TIMEOUT_USEC=%d", why, longer.Microseconds()))
}
