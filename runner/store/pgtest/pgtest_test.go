package pgtest

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"testing"
	"time"
)

func TestAServerKeepsWhatWasCommittedOverACrash(t *testing.T) {
	t.Parallel()
	s := Start(t)
	dsn, other := s.Database(t), s.Database(t)
	if dsn == other {
		t.Fatal("two tests share a database")
	}
	s.Exec(t, dsn, `CREATE TABLE a (n int); INSERT INTO a VALUES (42)`)
	s.Kill(t)
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.PingContext(context.Background()); err == nil {
		t.Fatal("a server that was killed answers")
	}
	s.Restart(t)
	var n int
	if err := db.QueryRowContext(context.Background(), `SELECT n FROM a`).Scan(&n); err != nil || n != 42 {
		t.Fatalf("%d, %v", n, err)
	}
}

func TestTheClockOfADatabaseIsWhatATestSets(t *testing.T) {
	t.Parallel()
	s := Start(t)
	dsn := s.Database(t)
	c := s.Clock(t, dsn)
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, want := range []time.Time{time.UnixMilli(1_947_138_896_789), time.UnixMilli(1)} {
		c.Set(want)
		var got int64
		if err := db.QueryRowContext(context.Background(), `SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint`).Scan(&got); err != nil || got != want.UnixMilli() {
			t.Errorf("%d, %v, want %v", got, err, want.UnixMilli())
		}
	}
}

// TestAPortIsGivenOnceAndToNoConnection: a connection that had it would keep a server from starting again.
func TestAPortIsGivenOnceAndToNoConnection(t *testing.T) {
	t.Parallel()
	lowest := 32768 // that the kernel gives to connections, where it does not say otherwise
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		if _, err := fmt.Sscan(string(text), &lowest); err != nil {
			t.Fatal(err)
		}
	}
	given := map[int]bool{}
	for range 100 {
		port, err := FreePort()
		if err != nil || given[port] || port >= lowest {
			t.Fatalf("port %d, %v", port, err)
		}
		given[port] = true
	}
}

func TestMain(m *testing.M) { os.Exit(Main(m)) }
