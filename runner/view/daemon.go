package view

import (
	"context"
	"fmt"
	"time"

	"rundown/runner/store"
)

// How old a heartbeat may be.
const (
	quietDaemon = 2 * time.Minute // without a heartbeat: a daemon gives one every 15 s
	recentBeat  = time.Minute     // of a daemon that is not visible here
)

// ServiceSimulator is the name by which a store remembers that its daemons work with a simulator.
const ServiceSimulator = "simulator"

// SimulatedText says of a daemon of such a store what nothing else shows: its classes run and end as with the service.
const SimulatedText = "nothing is recorded at Agora"

// Simulated says that a store belongs to a simulator.
func Simulated(ctx context.Context, s *store.Store) (bool, error) {
	name, err := s.Service(ctx)
	return name == ServiceSimulator, err
}

// DaemonState is whether a daemon is using a store.
type DaemonState struct {
	store.Presence
	Answers bool // it was asked, and answers
	now     time.Time
}

// ReadDaemon looks for the daemon that is using the store. now is by the caller's clock, which counts only where the store has
// none.
func ReadDaemon(ctx context.Context, s *store.Store, now time.Time) (DaemonState, error) {
	now, err := s.Time(ctx, now)
	if err != nil {
		return DaemonState{}, err
	}
	p, err := s.Presence(ctx)
	return DaemonState{Presence: p, now: now}, err
}

// Attended says that a process is using the store, as far as can be seen.
func Attended(ctx context.Context, s *store.Store, now time.Time) bool {
	d, err := ReadDaemon(ctx, s, now)
	return err != nil || d.attended()
}

// attended says that a process holds the store, or that a daemon gives heartbeats.
func (d DaemonState) attended() bool { return d.PID > 0 || d.Held > 0 || d.Running() }

// age is how old the newest heartbeat is.
func (d DaemonState) age() time.Duration { return max(d.now.Sub(d.Beat), 0).Round(time.Second) }

// here says that a process of this machine is the daemon: it holds the store and has given a heartbeat since. Other
// commands that hold a store give none.
func (d DaemonState) here() bool {
	return d.PID > 0 && !d.Beat.IsZero() && !d.Beat.Before(d.Since.Add(-time.Second))
}

// elsewhere says that a process of another machine or container is: it is not visible here, but gives heartbeats. A
// container may have the host name of its machine. Its process holds the store then, which one that was killed does not.
func (d DaemonState) elsewhere() bool {
	return d.PID == 0 && (!d.Local || d.Held != 0) && !d.Beat.IsZero() && d.age() < recentBeat
}

// Running says that a daemon is using the store, here or elsewhere.
func (d DaemonState) Running() bool { return d.here() || d.elsewhere() }

// Quiet says that a daemon holds the store, has not given a heartbeat for some time, and is not known to answer. One that cannot write
// the store gives no heartbeats, but answers.
func (d DaemonState) Quiet() bool { return d.here() && !d.Answers && d.age() > quietDaemon }

// Text says it in words.
func (d DaemonState) Text() string {
	seen := fmt.Sprintf("last seen %v ago", d.age())
	if d.age() >= time.Hour {
		seen = "last seen on " + d.Beat.UTC().Format("Mon 2006-01-02 15:04 MST")
	}
	if d.Beat.IsZero() {
		seen = "no daemon has used this store"
	}
	switch {
	case d.Quiet():
		return fmt.Sprintf("not responding (pid %d holds the store, %s)", d.PID, seen)
	case d.here():
		return fmt.Sprintf("running (pid %d, since %s)", d.PID, d.Since.UTC().Format(time.RFC3339))
	case d.elsewhere() && d.Local:
		return fmt.Sprintf("running (pid %d, not visible here, %s)", d.Held, seen)
	case d.elsewhere():
		return fmt.Sprintf("running (on host %s, %s)", Line(d.Host), seen)
	case d.PID > 0:
		return fmt.Sprintf("not running (%s; another command, pid %d, is using the store)", seen, d.PID)
	case d.Held > 0:
		return fmt.Sprintf("not running (%s; another process, pid %d, not visible here, is using the store)", seen, d.Held)
	}
	return fmt.Sprintf("not running (%s)", seen)
}

// Daemon is the same as scripts read it.
type Daemon struct {
	Running  bool    `json:"running"`
	PID      *int    `json:"pid"`       // null: none on this machine
	Host     *string `json:"host"`      // of the daemon that was seen last; null: none was
	Since    *string `json:"since"`     // when it took the store; null: unknown
	LastSeen *string `json:"last_seen"` // its newest heartbeat; null: there was none
}

// JSON is the form that scripts read.
func (d DaemonState) JSON() Daemon {
	v := Daemon{Running: d.Running() && !d.Quiet(), Host: OrNull(d.Host), LastSeen: SessionTime(d.Beat)}
	if d.here() {
		v.PID, v.Since = &d.PID, SessionTime(d.Since)
	}
	return v
}
