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
	if s.source != "" {
		return nil // the server looks after its own pages
	}
	var said string
	if err := s.r.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&said); err != nil {
		return s.explain("check", err)
	}
	if said != "ok" {
		return fmt.Errorf("store %s is damaged: %s: restore a copy of it, or name another", s.path, said)
	}
	return nil
}

// InUse says which process uses the store beside this one: its number, 0 for none that lives or none that can be
// seen from here.
func (s *Store) InUse() int {
	if s.path == memory || s.lock != nil || s.source != "" {
		return 0
	}
	file, err := findFile(s.path, false)
	if err != nil {
		return 0
	}
	pid, visible := holder(file)
	if !visible {
		return 0
	}
	return pid
}

// holder is the process that holds the lock of a store's file; 0 for none. It is not visible where it runs in another
// container. A process that was killed leaves its number in the lock file but no lock. A number may also be that of a
// process which nobody has reaped, or which came later. So the lock counts, where it can be tried.
func holder(file string) (pid int, visible bool) {
	pid = readPID(file + ".lock")
	if pid == 0 || pid == os.Getpid() {
		return pid, pid != 0
	}
	if held, known := lockHeld(file + ".lock"); known && !held {
		return 0, false
	}
	p, err := os.FindProcess(pid)
	return pid, err == nil && !errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}
