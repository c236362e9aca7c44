package access

import (
	"container/list"
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// limiter gives each key, such as an address of the network, a rate of its own. What it remembers is bounded: of too many
// keys, it forgets the one that was used longest ago. It is safe for concurrent use.
type limiter struct {
	every time.Duration // one event each
	burst int

	mu    sync.Mutex               // guards the map and the list, not the buckets, which guard themselves
	known map[string]*list.Element // of used
	used  list.List                // of *bucket, the last used in front
}

// bucket is the rate of one key. Who holds its turn is the only one that judges by what is left.
type bucket struct {
	*rate.Limiter
	key  string
	turn chan struct{}
	good atomic.Bool // an attempt has succeeded
}

const (
	mostKnown  = 4096 // keys that a limiter remembers
	mostSpared = 16   // keys that are looked at before one is forgotten
)

func newLimiter(every time.Duration, burst int) *limiter {
	return &limiter{every: every, burst: burst, known: map[string]*list.Element{}}
}

// network is what counts as one caller: an IPv4 address, or the /64 that a customer has of IPv6.
func network(a netip.Addr) string {
	if a = a.Unmap(); a.Is4() {
		return prefix(a, 32)
	}
	return prefix(a, 64)
}

// site is what a customer may have of IPv6 at most, and fill with networks as it likes; "" for IPv4.
func site(a netip.Addr) string {
	if a = a.Unmap(); a.Is4() {
		return ""
	}
	return prefix(a, 48)
}

func prefix(a netip.Addr, bits int) string {
	p, _ := a.Prefix(bits)
	return p.String()
}

// of is the rate of a key. It is made where there is none.
func (l *limiter) of(key string) *bucket {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at := l.known[key]; at != nil {
		l.used.MoveToFront(at)
		return at.Value.(*bucket)
	}
	if len(l.known) >= mostKnown {
		l.forget(time.Now())
	}
	one := &bucket{Limiter: rate.NewLimiter(rate.Every(l.every), l.burst), key: key, turn: make(chan struct{}, 1)}
	l.known[key] = l.used.PushFront(one)
	return one
}

// forget drops the key that was used longest ago, but for those that have nothing left: to forget these would give them all
// their rate again. Where the oldest have nothing left either, one of them goes. The caller holds the lock.
func (l *limiter) forget(now time.Time) {
	for range mostSpared {
		if l.used.Back().Value.(*bucket).TokensAt(now) >= 1 {
			break
		}
		l.used.MoveToFront(l.used.Back())
	}
	delete(l.known, l.used.Remove(l.used.Back()).(*bucket).key)
}

// good says that an attempt of a key has succeeded. It remembers no key.
func (l *limiter) good(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.known[key]
	return at != nil && at.Value.(*bucket).good.Load()
}

// take counts an event and says that the key may have it.
func (l *limiter) take(key string, now time.Time) bool { return l.of(key).AllowN(now, 1) }

// reserve counts an event ahead, if the key may have it. giveBack undoes that.
func (l *limiter) reserve(key string, now time.Time) (giveBack func(), allowed bool) {
	r := l.of(key).ReserveN(now, 1)
	giveBack = func() { r.CancelAt(now) }
	if r.DelayFrom(now) > 0 {
		giveBack()
		return nil, false
	}
	return giveBack, true
}

// try runs an attempt that is counted where it fails, if the key may have another failure. Attempts of one key run one
// after the other: many at once would all be made before the first is counted. ctx ends the wait.
func (l *limiter) try(ctx context.Context, key string, attempt func() bool) (ok, allowed bool) {
	b := l.of(key)
	select {
	case b.turn <- struct{}{}:
		defer func() { <-b.turn }()
	case <-ctx.Done():
		return false, false
	}
	if b.TokensAt(time.Now()) < 1 {
		return false, false
	}
	if ok = attempt(); ok {
		b.good.Store(true)
	} else {
		b.AllowN(time.Now(), 1)
	}
	return ok, true
}
