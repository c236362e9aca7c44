package store

import (
	"context"
	"fmt"
)

// CheckIntegrity has the database look itself over and names the first thing that is wrong. It reads every page.
func (s *Store) CheckIntegrity(ctx context.Context) error {
	var said string
	if err := s.r.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&said); err != nil {
		return s.explain("check", err)
	}
	if said != "ok" {
		return fmt.Errorf("store %s is damaged: %s: restore a copy of it, or name another", s.path, said)
	}
	return nil
}

// InUse says which process works on the store beside this one: its number, 0 for none. It is what the file of the
// lock says; only opening the store to work on it tells for sure.
func (s *Store) InUse() int {
	if s.path == memory || s.lock != nil {
		return 0
	}
	return readPID(s.path + ".lock")
}
