package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"
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

func TestAFullDiskIsReportedAndNothingOfTheGroupIsWritten(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "rundown.db"), Options{Create: true, Work: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	lease, err := s.Claim(t.Context(), "an-app-id", time.Now())
	term := lease.Term
	if err != nil {
		t.Fatal(err)
	}
	room := func(pages string) {
		t.Helper()
		if _, err := s.w.ExecContext(t.Context(), "PRAGMA max_page_count = "+pages); err != nil {
			t.Fatal(err)
		}
	}
	large := append(append([]byte(`{"x":"`), bytes.Repeat([]byte("x"), 1<<20)...), `"}`...)
	steps := []Step{{ID: "p/small/1"}, {ID: "p/large/1", Doc: large}}
	if err := s.WriteSpecs(t.Context(), func(tx *SpecTx) error {
		_, err := tx.Add(Spec{ID: "p/small/1", App: "an-app-id"})
		_, err2 := tx.Add(Spec{ID: "p/large/1", App: "an-app-id"})
		return errors.Join(err, err2)
	}); err != nil {
		t.Fatal(err)
	}
	room("1") // SQLite takes it for what there is now
	_, err = s.Commit(t.Context(), "an-app-id", term, steps)
	if err == nil || !strings.Contains(err.Error(), "disk is full") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v, want one line about a full disk", err)
	}
	if found, err := s.Occurrences(t.Context(), Filter{}); err != nil || len(found) != 2 || found[0].Version+found[1].Version != 0 {
		t.Errorf("stored %+v, %v", found, err)
	}
	told := 0
	w := s.NewWriter("an-app-id", term)
	for _, st := range steps {
		w.Submit(st, func(err error) {
			if err != nil {
				told++
			}
		})
	}
	w.Close()
	if told == 0 {
		t.Error("the writer told nobody")
	}
	found, err := s.Occurrences(t.Context(), Filter{ID: "p/large/1"})
	if err != nil || found[0].Version != 0 {
		t.Errorf("stored %+v, %v", found, err)
	}
	room("1000000")
	results, err := s.Commit(t.Context(), "an-app-id", term, steps[1:])
	if err != nil || results[0] != nil {
		t.Errorf("with room again: %v, %v", results, err)
	}
}
