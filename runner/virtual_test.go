package runner_test

import (
	"testing"
	"testing/synctest"
	"time"

	"rundown/runner/store/pgtest"
)

// clockTick is how often the clock of a database in virtual time is set, and by how much it may be behind.
const clockTick = 100 * time.Millisecond

// database is one of a real PostgreSQL, in virtual time. Statements take no time.
type database struct {
	server   *pgtest.Server
	address  string
	network  *pgtest.Proxy // to the same database, by another way
	narrow   string        // the address of that way
	ahead    wallClock     // its clock
	errands  chan func()
	finished chan struct{}
}

// virtually runs a test in virtual time from an instant on, with a PostgreSQL whose clock is the bubble's.
func virtually(t *testing.T, server *pgtest.Server, from time.Time, do func(t *testing.T, d *database)) {
	t.Helper()
	d := &database{server: server, address: server.Database(t), errands: make(chan func()), finished: make(chan struct{})}
	clock := server.Clock(t, d.address)
	d.network, d.narrow = server.Proxy(t, d.address)
	go func() {
		for do := range d.errands {
			do()
			d.finished <- struct{}{}
		}
	}()
	defer close(d.errands)
	synctest.Test(t, func(t *testing.T) {
		until(from)
		defer clock.Follow(d.ahead.now, clockTick)()
		do(t, d)
	})
}

// outside runs do outside of the bubble. What waits for other processes would stop virtual time for good, since it never blocks
// durably.
func (d *database) outside(do func()) {
	d.errands <- do
	<-d.finished
}
