package simulator

import "time"

// bucket is a token bucket in whole nanoseconds, so that no rounding error refuses a client at exactly the permitted
// rate. It keeps the instant at which it will be full again instead of tokens.
type bucket struct {
	interval time.Duration // between tokens; 0: unlimited
	depth    time.Duration // of the bucket, in time to fill it
	full     time.Time
}

// newBucket makes a bucket of one second's tokens, full.
func newBucket(qps int) bucket {
	if qps <= 0 {
		return bucket{}
	}
	interval := time.Second / time.Duration(qps)
	return bucket{interval: interval, depth: interval * time.Duration(qps)}
}

// take takes a token, or says how long until there is one.
func (b *bucket) take(now time.Time) (wait time.Duration, ok bool) {
	if b.interval == 0 {
		return 0, true
	}
	full := b.full
	if full.Before(now) {
		full = now
	}
	full = full.Add(b.interval)
	if over := full.Sub(now) - b.depth; over > 0 {
		return over, false
	}
	b.full = full
	return 0, true
}
