package store

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

// TestAFailureIsToldToAllThatWait makes room as soon as the first group has failed: the others are told without a try,
// which where another process keeps the lock would take seconds for each group.
func TestAFailureIsToldToAllThatWait(t *testing.T) {
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
	const many = 3 * groupLimit
	if err := s.WriteSpecs(t.Context(), func(tx *SpecTx) error {
		for i := range many {
			if _, err := tx.Add(Spec{ID: fmt.Sprintf("p/r/%d", i), App: "an-app-id"}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	taken, err := s.w.Conn(t.Context()) // the writer waits for it
	if err != nil {
		t.Fatal(err)
	}
	if _, err := taken.ExecContext(t.Context(), "PRAGMA max_page_count = 1"); err != nil {
		t.Fatal(err)
	}
	failed := 0
	w := s.NewWriter("an-app-id", term)
	submit := func(id string) {
		w.Submit(Step{ID: id, Doc: bytes.Repeat([]byte("x"), 1<<20)}, func(err error) {
			if err == nil {
				return
			}
			if failed++; failed == 1 {
				if _, err := s.w.ExecContext(t.Context(), "PRAGMA max_page_count = 1000000"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range many {
		submit(fmt.Sprintf("p/r/%d", i))
	}
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if failed != many {
		t.Errorf("%d of %d were told", failed, many)
	}
	var written int
	if err := s.r.QueryRowContext(t.Context(), `SELECT count(*) FROM occurrences WHERE version > 0`).Scan(&written); err != nil || written != 0 {
		t.Errorf("stored %d, %v", written, err)
	}
}
