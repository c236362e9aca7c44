package access

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limiter gives each key, such as an address of the network, a rate of its own. What it remembers is bounded: where there
// are too many keys, new ones share one rate. It is safe for concurrent use.
type limiter struct {
	every time.Duration // one event each
	burst int

	mu    sync.Mutex
	known map[string]*rate.Limiter
	swept time.Time
}

// mostKnown is how many keys a limiter remembers.
const mostKnown = 4096

func newLimiter(every time.Duration, burst int) *limiter {
	return &limiter{every: every, burst: burst, known: map[string]*rate.Limiter{}}
}

// network is what counts as one caller: an IPv4 address, or the /64 that a customer has of IPv6.
func network(a netip.Addr) string {
	bits := 64
	if a = a.Unmap(); a.Is4() {
		bits = 32
	}
	p, _ := a.Prefix(bits)
	return p.String()
}

func (l *limiter) of(key string, now time.Time) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if one := l.known[key]; one != nil {
		return one
	}
	if len(l.known) >= mostKnown {
		l.sweep(now)
	}
	if len(l.known) >= mostKnown { // all of them are busy: strangers share one
		key = ""
		if one := l.known[key]; one != nil {
			return one
		}
	}
	one := rate.NewLimiter(rate.Every(l.every), l.burst)
	l.known[key] = one
	return one
}

// sweep forgets the keys that have all their rate again. The caller holds the lock.
func (l *limiter) sweep(now time.Time) {
	if now.Sub(l.swept) < time.Second {
		return
	}
	l.swept = now
	for key, one := range l.known {
		if one.TokensAt(now) >= float64(l.burst) {
			delete(l.known, key)
		}
	}
}

// take counts an event and says that the key may have it.
func (l *limiter) take(key string, now time.Time) bool { return l.of(key, now).AllowN(now, 1) }

// left says that the key may have another event, without counting one.
func (l *limiter) left(key string, now time.Time) bool { return l.of(key, now).TokensAt(now) >= 1 }
