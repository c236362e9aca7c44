package web

import (
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// throttlePeriod is how often one kind of message is logged at most.
const throttlePeriod = time.Minute

// throttle logs a message that callers from outside can cause: at once, and then at most once in a period, with a count
// of what it stands for and the attributes of the latest. It is safe for concurrent use.
type throttle struct {
	log     *slog.Logger
	message string

	mu      sync.Mutex // guards what is below; held while a line is logged
	waiting bool       // for the end of a period
	count   int        // since the last message
	attrs   []any
}

func (t *throttle) tell(attrs ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count, t.attrs = t.count+1, attrs
	if !t.waiting {
		t.write()
	}
}

// write logs what has come together and begins a period. The caller holds the lock.
func (t *throttle) write() {
	t.log.Warn(t.message, slices.Concat([]any{"count", t.count}, t.attrs)...)
	t.count, t.waiting = 0, true
	time.AfterFunc(throttlePeriod, t.end)
}

// end ends a period, and begins another where something happened in it.
func (t *throttle) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting = false
	if t.count > 0 {
		t.write()
	}
}

// LogRefusals gives what logs refused requests, at most once a minute for each status. Of a request it tells the address
// that it came from, never what it carried.
func LogRefusals(log *slog.Logger) func(status int, detail string, from netip.Addr) {
	kinds := newRefusals(log, "requests were refused")
	return func(status int, detail string, from netip.Addr) {
		kinds.tell(status, "error", detail, "from", from.String())
	}
}
