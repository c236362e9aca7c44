package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"strings"
	"time"
)

// Presence is what can be seen of the process that uses a store.
type Presence struct {
	PID   int       // of the process that uses the store, where it is visible here; 0: none
	Since time.Time // when it took the store; zero: unknown
	Beat  time.Time // the newest heartbeat of any process; zero: there was none
	Host  string    // of the process that the heartbeat is from; "": unknown
	Local bool      // that is this machine
	Held  int       // the number, as its container has it, of a process that holds the store and is not visible here; 0: none
}

// Presence looks for the process that uses the store.
func (s *Store) Presence(ctx context.Context) (Presence, error) {
	var p Presence
	var at int64
	var node string
	err := s.get(ctx, "read the last heartbeat", `SELECT name, beat_at FROM nodes ORDER BY beat_at DESC LIMIT 1`, nil, &node, &at)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return p, err
	}
	p.Beat = instant(at)
	if i := strings.LastIndexByte(node, ':'); i > 0 && !p.Beat.IsZero() {
		p.Host = node[:i]
		p.Local = strings.HasPrefix(defaultNode(""), p.Host+":")
	}
	if s.path == memory || s.lock != nil || s.source != "" {
		return p, nil
	}
	file, err := findFile(s.path, false)
	if err != nil {
		return p, nil
	}
	pid, visible := holder(file)
	if !visible {
		p.Held = pid
		return p, nil
	}
	p.PID = pid
	if info, err := os.Lstat(file + ".lock"); err == nil { // its number was written when the process took the store
		p.Since = info.ModTime()
	}
	return p, nil
}
