package access

import (
	"context"
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

	mu    sync.Mutex // guards the map, not the buckets, which guard themselves
	known map[string]*bucket
	swept time.Time
}

// bucket is the rate of one key. Who holds its turn is the only one that judges by what is left.
type bucket struct {
	*rate.Limiter
	turn chan struct{}
}

// mostKnown is how many keys a limiter remembers.
const mostKnown = 4096

func newLimiter(every time.Duration, burst int) *limiter {
	return &limiter{every: every, burst: burst, known: map[string]*bucket{}}
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

// of is the rate of a key. It is made where there is none; the shared one has the empty key.
func (l *limiter) of(key string, now time.Time) *bucket {
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
	one := &bucket{rate.NewLimiter(rate.Every(l.every), l.burst), make(chan struct{}, 1)}
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

// try runs an attempt that is counted where it fails, if the key may have another failure. Attempts of one key run one
// after the other: many at once would all be made before the first is counted. ctx ends the wait.
func (l *limiter) try(ctx context.Context, key string, attempt func() bool) (ok, allowed bool) {
	b := l.of(key, time.Now())
	select {
	case b.turn <- struct{}{}:
		defer func() { <-b.turn }()
	case <-ctx.Done():
		return false, false
	}
	if b.TokensAt(time.Now()) < 1 {
		return false, false
	}
	if ok = attempt(); !ok {
		b.AllowN(time.Now(), 1)
	}
	return ok, true
}
