package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"strconv"
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
	if s.source != "" {
		return s.newestNode(ctx)
	}
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
	if s.path == memory || s.lock != nil {
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

// newestNode is what can be seen of the process that gave the newest heartbeat, on a server that has no lock.
func (s *Store) newestNode(ctx context.Context) (p Presence, err error) {
	var name string
	var beat, started int64
	var alive bool
	err = s.get(ctx, "read the last heartbeat", `SELECT name, beat_at, started_at, gone_at = 0 AND alive_until >= (`+s.sql.now+`)
		FROM nodes ORDER BY beat_at DESC LIMIT 1`, nil, &name, &beat, &started, &alive)
	if errors.Is(err, sql.ErrNoRows) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	p.Beat = instant(beat)
	i := strings.LastIndexByte(name, ':')
	if i <= 0 || beat == 0 {
		return p, nil
	}
	p.Host = name[:i]
	p.Local = strings.HasPrefix(defaultNode(""), p.Host+":")
	if pid, err := strconv.Atoi(name[i+1:]); err == nil && alive && p.Local {
		p.PID, p.Since = pid, instant(started)
	}
	return p, nil
}
