package store

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
)

// The pools make connections when they like: each must have the pragmas, not only the first.
func TestEveryConnectionIsDurableAndChecked(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "rundown.db"), Options{Create: true, Work: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	look := func(c *sql.Conn, pragma string) (value string) {
		t.Helper()
		if err := c.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&value); err != nil {
			t.Fatal(err)
		}
		return value
	}
	for _, pool := range []struct {
		db    *sql.DB
		conns int
		query string
	}{{s.w, 1, "0"}, {s.r, readers, "1"}} {
		var open []*sql.Conn
		for range pool.conns {
			c, err := pool.db.Conn(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			open = append(open, c)
			// One that has not read since the file got its log does not know of it yet.
			if _, err := c.ExecContext(t.Context(), `SELECT 1 FROM settings`); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range open {
			for pragma, want := range map[string]string{
				"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000", "query_only": pool.query,
			} {
				if got := look(c, pragma); got != want {
					t.Errorf("%s is %s, want %s", pragma, got, want)
				}
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
