package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// A node is a process that works on the store. It gives heartbeats, which move its alive_until, and owns App IDs by
// leases. Whoever finds alive_until in the past may bury the node, which frees its App IDs; a node whose heartbeat finds
// that it was buried joins again under a new number. A lease is written only when its owner changes, so a write of an
// owner never waits for a heartbeat.
//
// Times are by the clock of the database where there is one, else by the clock of the caller.

// Errors of nodes, for errors.Is.
var (
	ErrBuried = errors.New("this process was taken for dead") // and owns nothing any more
	ErrOwned  = errors.New("another process owns it")
)

// Liveness says how the processes that work on a store know of each other.
type Liveness struct {
	Every time.Duration // between two heartbeats; 0: as the caller likes
	TTL   time.Duration // for how long a heartbeat keeps a node alive; 0: no other process can work on the store
	Send  time.Duration // for how long after the last confirmed heartbeat was sent requests may be sent; 0: there is no limit
}

// The heartbeats of a store on which several processes work.
const (
	heartbeatEvery = time.Second
	nodeTTL        = 5 * time.Second
	sendWithin     = 3 * time.Second
)

// Liveness gives the rules for the heartbeats of this store. Where a lock keeps other processes away there are none to
// keep.
func (s *Store) Liveness() Liveness {
	if s.alone {
		return Liveness{}
	}
	return Liveness{Every: heartbeatEvery, TTL: nodeTTL, Send: sendWithin}
}

// Node is a process that works on the store, or did.
type Node struct {
	ID         int64
	Name       string // for people: host name and pid, unless it was given another
	Version    string
	Started    time.Time
	Beat       time.Time // its last heartbeat; zero: none
	AliveUntil time.Time
	Gone       time.Time // when it left or was buried; zero: it did not
	Apps       []string  // App IDs that it could work on, in the order that it gave
	ClockOff   []string  // App IDs that it could work on, and whose classes it would begin too early or too late
	Reserve    []string  // App IDs that it could work on, but may be unable to begin some of their classes
	Duties     bool      // it could do the duties as well as any node
	Unreached  bool      // the service does not answer it
	NoDaemon   bool      // it is no daemon
}

// defaultNode names this process.
func defaultNode(name string) string {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return cmp.Or(name, fmt.Sprintf("%s:%d", host, os.Getpid()))
}

// Join makes this process a node under a new number. [Open] does so for who works on the store; it is called again by a
// node that was buried. Where a lock keeps other processes away, the nodes before it are gone, and their App IDs free.
func (s *Store) Join(ctx context.Context, at time.Time) error {
	if !s.work {
		return fmt.Errorf("join: %w", ErrNoWork)
	}
	return s.write(ctx, "join as a node", func(ctx context.Context, tx *txn) error {
		now, err := s.timeOf(ctx, tx, at)
		if err != nil {
			return err
		}
		if s.alone {
			if err := freeAll(ctx, tx, now); err != nil {
				return err
			}
		}
		var id int64
		if err := tx.QueryRowContext(ctx, `INSERT INTO nodes (name, version, started_at, beat_at, alive_until, gone_at, apps)
			VALUES ($1, $2, $3, 0, $4, 0, '[]') RETURNING id`, s.node, s.version, now, now+s.Liveness().TTL.Milliseconds()).Scan(&id); err != nil {
			return err
		}
		s.nodeID.Store(id)
		return nil
	})
}

// freeAll frees the App IDs of all nodes, which are gone.
func freeAll(ctx context.Context, tx *txn, now int64) error {
	if _, err := tx.ExecContext(ctx, `UPDATE leases SET seen_at = coalesce((SELECT beat_at FROM nodes WHERE id = leases.node), seen_at), node = 0
		WHERE node <> 0`); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE nodes SET gone_at = $1 WHERE gone_at = 0`, now)
	return err
}

// NodeID is the number of this process as a node; 0 where it does not work on the store.
func (s *Store) NodeID() int64 { return s.nodeID.Load() }

// Unreached is what [Store.Heartbeat] is given beside App IDs by a node that the service does not answer. No App ID is called so.
const Unreached = ":unreached"

// NoDaemon is what [Store.Heartbeat] is given beside App IDs by a process that begins no classes of plans: a command that ends by
// itself, and no daemon. No App ID is called so.
const NoDaemon = ":no-daemon"

// ClockOff is what [Store.Heartbeat] is given in place of an App ID whose classes this node would begin too early or too late, and that
// another node is to work on where one can. A node of an earlier version takes it for an App ID that this node alone can work on, and
// gives it none.
func ClockOff(app string) string { return clockOffPrefix + app }

// Reserve is as [ClockOff] for an App ID of whose classes this node may be unable to begin some. A node whose clock is off comes first.
func Reserve(app string) string { return reservePrefix + app }

const ( // no App ID begins so
	clockOffPrefix = ":clock-off/"
	reservePrefix  = ":reserve/"
)

// Heartbeat records that this node is alive, and which App IDs it could work on, with [ClockOff] or [Reserve] where it is not the first
// choice, [Duties] where it could do those, [Unreached] where the service does not answer it and [NoDaemon] where it is none; nil
// leaves them as they are. It gives the time of the database. [ErrBuried] says that another process has buried the node, and
// [ErrNoWork] that the store was not opened to work.
func (s *Store) Heartbeat(ctx context.Context, at time.Time, apps []string) (time.Time, error) {
	if !s.work {
		return time.Time{}, fmt.Errorf("heartbeat: %w", ErrNoWork)
	}
	text := ""
	if apps != nil {
		list, err := json.Marshal(apps)
		if err != nil {
			return time.Time{}, fmt.Errorf("heartbeat: %w", err)
		}
		text = string(list)
	}
	var now int64
	present, args := s.present(at, s.Liveness().TTL.Milliseconds(), text, s.NodeID())
	err := s.writeAtOnce(ctx, s.beats, "heartbeat", func(ctx context.Context, q single) error {
		err := q.QueryRowContext(ctx, `UPDATE nodes SET beat_at = t.at, alive_until = t.at + $1, apps = CASE WHEN $2 = '' THEN apps ELSE $2 END
			FROM (SELECT `+present+` AS at) AS t WHERE id = $3 AND gone_at = 0 RETURNING beat_at`, args...).Scan(&now)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrBuried
		}
		return err
	})
	return instant(now), err
}

// Beat is a heartbeat of a node that could work on what it could before.
func (s *Store) Beat(ctx context.Context, now time.Time) error {
	_, err := s.Heartbeat(ctx, now, nil)
	return err
}

// Bury removes the nodes whose time is over, with their ownership, and returns them. Only a node whose own heartbeats have
// succeeded for a whole TTL may do that: after an outage of the database all nodes look dead to the first that is back. Nobody is
// buried where the last heartbeat of this node looks old, too: then the clock of the database leapt.
func (s *Store) Bury(ctx context.Context, at time.Time) (dead []Node, err error) {
	if s.Liveness().TTL == 0 {
		return nil, nil
	}
	var some bool // as a rule there is none, and a read costs less than a transaction
	present, args := s.present(at, s.NodeID())
	if err := s.get(ctx, "look for dead nodes", `SELECT EXISTS (SELECT 1 FROM nodes WHERE gone_at = 0 AND alive_until < `+present+` AND id <> $1)`,
		args, &some); err != nil || !some {
		return nil, err
	}
	err = s.write(ctx, "bury dead nodes", func(ctx context.Context, tx *txn) error {
		now, err := s.timeOf(ctx, tx, at)
		if err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, `UPDATE nodes SET gone_at = $1 WHERE gone_at = 0 AND alive_until < $1 AND id <> $2
			AND EXISTS (SELECT 1 FROM nodes me WHERE me.id = $2 AND me.gone_at = 0 AND me.alive_until >= $3) RETURNING `+nodeColumns,
			now, s.NodeID(), now+s.Liveness().TTL.Milliseconds()/2)
		if err != nil {
			return err
		}
		if dead, err = scanAll(rows, scanNode); err != nil {
			return err
		}
		for i := range dead {
			if _, err := tx.ExecContext(ctx, `UPDATE leases SET node = 0, seen_at = $1 WHERE node = $2`, millis(dead[i].Beat), dead[i].ID); err != nil {
				return err
			}
		}
		return nil
	})
	return dead, err
}

// Leave ends this node: its App IDs are free.
func (s *Store) Leave(ctx context.Context, at time.Time) error {
	if !s.work {
		return fmt.Errorf("leave: %w", ErrNoWork)
	}
	return s.write(ctx, "leave", func(ctx context.Context, tx *txn) error {
		now, err := s.timeOf(ctx, tx, at)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE nodes SET beat_at = $1, alive_until = $1, gone_at = $1 WHERE id = $2 AND gone_at = 0`, now, s.NodeID()); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE leases SET node = 0, seen_at = $1 WHERE node = $2`, now, s.NodeID())
		return err
	})
}

const nodeColumns = `id, name, version, started_at, beat_at, alive_until, gone_at, apps`

// Nodes lists the nodes that are not gone, by their numbers.
func (s *Store) Nodes(ctx context.Context) ([]Node, error) {
	return query(ctx, s, "list the nodes", `SELECT `+nodeColumns+` FROM nodes WHERE gone_at = 0 ORDER BY id`, nil, scanNode)
}

// NodeOf is a node by its number, also one that is gone; false where it was so long ago that it is forgotten.
func (s *Store) NodeOf(ctx context.Context, id int64) (Node, bool, error) {
	return s.findNode(ctx, `id = $1`, id)
}

// NodeBefore is the node of a name that joined last before one of a number; false where there is none, or it is forgotten.
func (s *Store) NodeBefore(ctx context.Context, name string, id int64) (Node, bool, error) {
	return s.findNode(ctx, `name = $1 AND id < $2`, name, id)
}

// findNode is the newest node that a condition selects; false for none.
func (s *Store) findNode(ctx context.Context, where string, args ...any) (Node, bool, error) {
	found, err := query(ctx, s, "read a node", `SELECT `+nodeColumns+` FROM nodes WHERE `+where+` ORDER BY id DESC LIMIT 1`, args, scanNode)
	if err != nil || len(found) == 0 {
		return Node{}, false, err
	}
	return found[0], true, nil
}

// Left says that a node that is gone ended as it should, and was not buried.
func (n Node) Left() bool { return !n.Gone.IsZero() && !n.Gone.After(n.AliveUntil) }

// Offers are all App IDs that the node could work on, as the first choice or not.
func (n Node) Offers() []string { return slices.Concat(n.Apps, n.ClockOff, n.Reserve) }

func scanNode(rows *sql.Rows) (n Node, err error) {
	var started, beat, until, gone int64
	var apps string
	if err = rows.Scan(&n.ID, &n.Name, &n.Version, &started, &beat, &until, &gone, &apps); err != nil {
		return n, err
	}
	n.Started, n.Beat, n.AliveUntil, n.Gone = instant(started), instant(beat), instant(until), instant(gone)
	err = json.Unmarshal([]byte(apps), &n.Apps)
	n.Duties, n.Unreached, n.NoDaemon = slices.Contains(n.Apps, Duties), slices.Contains(n.Apps, Unreached), slices.Contains(n.Apps, NoDaemon)
	n.Apps = slices.DeleteFunc(n.Apps, func(app string) bool {
		late, clockOff := strings.CutPrefix(app, clockOffPrefix)
		if clockOff {
			n.ClockOff = append(n.ClockOff, late)
		}
		second, reserve := strings.CutPrefix(app, reservePrefix)
		if reserve {
			n.Reserve = append(n.Reserve, second)
		}
		return clockOff || reserve || app == Duties || app == Unreached || app == NoDaemon
	})
	return n, err
}

// LastBeat is the newest beat of any node, zero when there was none.
func (s *Store) LastBeat(ctx context.Context) (time.Time, error) {
	var at int64
	err := s.get(ctx, "read the last beat", `SELECT coalesce(max(beat_at), 0) FROM nodes`, nil, &at)
	return instant(at), err
}

// timeOf is [Store.Time] in a transaction, in milliseconds.
func (s *Store) timeOf(ctx context.Context, tx *txn, at time.Time) (now int64, err error) {
	if s.sql.now == "" {
		return millis(at), nil
	}
	err = tx.QueryRowContext(ctx, s.sql.now).Scan(&now)
	return now, err
}

// Time is the present by the clock of the database, which is what the times of nodes are by; on SQLite, which has none of its own,
// the caller's.
func (s *Store) Time(ctx context.Context, at time.Time) (time.Time, error) {
	if s.sql.now == "" {
		return at, nil
	}
	var now int64
	err := s.get(ctx, "read the time", s.sql.now, nil, &now)
	return instant(now), err
}

// present is the same as an expression, with the arguments of the statement that it is part of.
func (s *Store) present(at time.Time, args ...any) (expression string, all []any) {
	if s.sql.now == "" {
		return fmt.Sprintf("CAST($%d AS BIGINT)", len(args)+1), append(args, millis(at))
	}
	return "(" + s.sql.now + ")", args
}

// scanAll reads all rows, and closes them.
func scanAll[T any](rows *sql.Rows, scan func(*sql.Rows) (T, error)) (all []T, err error) {
	defer rows.Close()
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
