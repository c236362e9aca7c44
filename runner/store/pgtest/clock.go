package pgtest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Clock is the clock of one database, which a test sets. It stands still until it is set again.
//
// With it a test of a store can run in virtual time (testing/synctest): a goroutine that waits for the database is not durably
// blocked, so that virtual time stands still while a statement is out, and passes between statements. What blocks on the
// network for good would stop it: servers, proxies and readers of connections that are silent belong outside of the bubble.
type Clock struct {
	t    testing.TB
	file *os.File
}

// Clock gives a database a clock of its own, for connections that are made from now on: what asks for clock_timestamp() is told what
// [Clock.Set] was given last. Nothing else of the database knows of it, such as now() and timeouts.
func (s *Server) Clock(t testing.TB, dsn string) *Clock {
	t.Helper()
	file, err := os.CreateTemp(filepath.Dir(s.folder), "clock-*")
	if err == nil {
		err = file.Chmod(0o644) // the server may run as another user
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	s.Exec(t, dsn, fmt.Sprintf(`CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
		AS $$ SELECT to_timestamp(pg_read_file('%s')::bigint / 1000.0) $$`, file.Name()))
	// Tables are made in the first schema; the catalogue comes first unless it is named.
	s.Exec(t, dsn, `DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET search_path = public, pg_catalog'; END $$`)
	c := &Clock{t, file}
	c.Set(time.Now())
	return c
}

// Set sets the clock, to the millisecond.
func (c *Clock) Set(at time.Time) {
	// Two aligned words, so that whoever reads meanwhile sees one time or the other.
	if _, err := c.file.WriteAt(fmt.Appendf(nil, "%016d", at.UnixMilli()), 0); err != nil {
		c.t.Error(err)
	}
}

// Follow has the clock go with now, which it reads at each interval, until the function that it returns is called.
func (c *Clock) Follow(now func() time.Time, every time.Duration) (end func()) {
	c.Set(now())
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				c.Set(now())
			case <-over:
				return
			}
		}
	}()
	return func() {
		close(over)
		<-ended
	}
}
