package pgtest

import (
	"context"
	"database/sql"
	"testing"
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
