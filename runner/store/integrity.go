package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
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

// InUse says which process works on the store beside this one: its number, 0 for none that lives. A process that was
// killed left its number behind. The lock itself is not tried, since who starts at that instant would be refused.
func (s *Store) InUse() int {
	if s.path == memory || s.lock != nil {
		return 0
	}
	file, err := findFile(s.path, false)
	if err != nil {
		return 0
	}
	pid := readPID(file + ".lock")
	if pid == 0 || pid == os.Getpid() {
		return pid
	}
	if p, err := os.FindProcess(pid); err != nil || errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone) {
		return 0
	}
	return pid
}
