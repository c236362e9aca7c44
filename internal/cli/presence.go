package cli

import (
	"context"
	"fmt"
	"time"

	"rundown/internal/cli/render"
	"rundown/runner/store"
)

const (
	quietDaemon = 2 * time.Minute // without a heartbeat: a daemon gives one every 15 s
	recentBeat  = time.Minute     // of a daemon that is not visible here
)

// daemonState is whether a daemon works on a store.
type daemonState struct {
	store.Presence
	now time.Time
}

// daemon looks for the daemon that works on the store.
func (a *app) daemon(ctx context.Context, s *store.Store) (daemonState, error) {
	p, err := s.Presence(ctx)
	return daemonState{p, a.now()}, err
}

// age is how old the newest heartbeat is.
func (d daemonState) age() time.Duration { return max(d.now.Sub(d.Beat), 0).Round(time.Second) }

// here says that a process of this machine is the daemon: it holds the store and has given a heartbeat since. Other
// commands that hold a store give none.
func (d daemonState) here() bool {
	return d.PID > 0 && !d.Beat.IsZero() && !d.Beat.Before(d.Since.Add(-time.Second))
}

// elsewhere says that a process of another machine or container is: it is not visible here, but gives heartbeats. A
// container may have the host name of its machine. Its process holds the store then, which one that was killed does not.
func (d daemonState) elsewhere() bool {
	return d.PID == 0 && (!d.Local || d.Held != 0) && !d.Beat.IsZero() && d.age() < recentBeat
}

func (d daemonState) running() bool { return d.here() || d.elsewhere() }

// quiet says that a daemon holds the store and has not given a heartbeat for some time.
func (d daemonState) quiet() bool { return d.here() && d.age() > quietDaemon }

// text says it in words.
func (d daemonState) text() string {
	seen := fmt.Sprintf("last seen %v ago", d.age())
	if d.Beat.IsZero() {
		seen = "no daemon has used this store yet"
	}
	switch {
	case d.quiet():
		return fmt.Sprintf("not responding (pid %d holds the store, %s)", d.PID, seen)
	case d.here():
		return fmt.Sprintf("running (pid %d, since %s)", d.PID, d.Since.UTC().Format(time.RFC3339))
	case d.elsewhere() && d.Local:
		return fmt.Sprintf("running (pid %d, which is not visible here, %s)", d.Held, seen)
	case d.elsewhere():
		return fmt.Sprintf("running (on host %s, %s)", render.Line(d.Host), seen)
	case d.PID > 0:
		return fmt.Sprintf("not running (%s; another command, pid %d, is using the store)", seen, d.PID)
	case d.Held > 0:
		return fmt.Sprintf("not running (%s; another process, pid %d, which is not visible here, is using the store)", seen, d.Held)
	}
	return fmt.Sprintf("not running (%s)", seen)
}

// daemonJSON is the same as scripts read it.
type daemonJSON struct {
	Running  bool    `json:"running"`
	PID      *int    `json:"pid"`       // null: none on this machine
	Host     *string `json:"host"`      // of the daemon that was seen last; null: none was
	Since    *string `json:"since"`     // when it took the store; null: unknown
	LastSeen *string `json:"last_seen"` // its newest heartbeat; null: there was none
}

func (d daemonState) view() daemonJSON {
	v := daemonJSON{Running: d.running() && !d.quiet(), Host: render.OrNull(d.Host), LastSeen: render.SessionTime(&d.Beat)}
	if d.here() {
		v.PID, v.Since = &d.PID, render.SessionTime(&d.Since)
	}
	return v
}
