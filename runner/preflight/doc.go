// Package preflight looks, before a class begins, at what it needs beside the service: whether its page answers and whether
// its bucket takes the storage keys. It looks from this machine, which the recording servers are not: so only what is
// wrong wherever one looks from counts, and a page that asks for a login or refuses this network is left alone.
//
// [Pages] and [Bucket] are bounded in number and in time, send nothing that changes anything, and give problems as texts
// without addresses, keys and what the other side wrote. A problem is looked at twice before it is given. [Turns] says what
// is looked at when, and when a problem is over. The caller, the daemon's checks in internal/cli, knows the classes and their
// addresses and tells people.
package preflight

import (
	"context"
	"time"
)

// again is how long after a problem a second look follows: a short fault is not told.
const again = 10 * time.Second

// twice looks a second time where the first look found something.
func twice(ctx context.Context, first string, look func() string) string {
	if first == "" || !Pause(ctx) {
		return ""
	}
	if problem := look(); ctx.Err() == nil {
		return problem
	}
	return ""
}

// Pause waits the 10 seconds before a second look, and says that nothing has ended it.
func Pause(ctx context.Context) bool {
	timer := time.NewTimer(again)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
