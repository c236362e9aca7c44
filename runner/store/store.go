// Package store keeps what the runner must not forget: plan revisions, occurrences, sessions, an append-only event
// log, operators' commands, nodes and leases, in SQLite or PostgreSQL by way of database/sql.
//
// An occurrence is a row with a spec, what is wanted of it, and a status, what is happening to it. [Store.WriteSpecs] alone
// writes specs, in transactions that raise the generation; [Store.Commit] alone writes statuses, each comparing and setting
// the version of its row and the term of its owner. A [Writer] groups the steps of many goroutines. Where a spec was
// written since the one that a status was decided on, the row wakes at once.
//
// Start reading at [Open] and [Occurrence], then [Store.WriteSpecs] (spec.go), [Store.Near] (near.go) and [Store.Commit] (commit.go):
// how a class comes in, how its worker finds it, and how its status is written. The package imports nothing of the project. It never
// interprets what it keeps: states are the runner's words, but for "ended", which
// [Filter.Open] leaves out, and "planned", of which nothing was begun.
//
// On SQLite one process works on a store: it holds a lock on a file beside it. Others open it to read and to leave
// commands, at any time. On PostgreSQL many processes work on it; their transactions run side by side, so those that read
// before they write lock what they read. Every commit has reached the disk when it is reported, so that a killed process
// loses nothing that was acknowledged.
//
// Each statement has one text for both databases; a [dialect] has what differs. sqlite.go, identity.go, lock.go, readonly.go
// and backup.go are SQLite's own, the files named postgres PostgreSQL's.
//
// Times are kept as Unix milliseconds in UTC: what is finer is cut off, and what is read back is in UTC. The zero
// time is kept as such.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
)

// Errors that callers branch on, with errors.Is: they come wrapped with what they happened to.
var (
	ErrNotExist     = errors.New("store does not exist")
	ErrInUse        = errors.New("store in use by another process")       // comes as *InUseError
	ErrOtherService = errors.New("store belongs to another service")      // comes as *OtherServiceError
	ErrCopied       = errors.New("store was copied to another one")       // who worked on both would record classes twice
	ErrTooNew       = errors.New("store was written by a newer version")  // its schema has migrations unknown here
	ErrTooOld       = errors.New("store was written by an older version") // only who works on it brings it up to date
	ErrStale        = errors.New("occurrence was changed meanwhile")
	ErrFenced       = errors.New("another owner has taken over")
	ErrClosed       = errors.New("writer is closed")
	ErrNoWork       = errors.New("store was not opened to work on it")
	ErrReplaced     = errors.New("store was replaced")      // its files are not those that were opened
	ErrUnwritable   = errors.New("store cannot be written") // the disk is full, or the file, its folder or the server is read-only
	ErrUnreachable  = errors.New("store cannot be reached") // the server of a database does not answer, or takes no connection
)

// Options say how to open a store.
type Options struct {
	Create  bool   // make it, and its folder, where it does not exist
	Work    bool   // be the one process that works on it: takes the lock beside an SQLite file
	Service string // the service that the store is for; remembered by the first who works, compared by the others; "": not compared
	// ReadOnly is for a store that cannot be written, since the disk is full or the file system is read-only: it writes
	// nothing at all, and takes the lock only where there is a lock file. Not with Create or Work.
	ReadOnly bool
	Node     string // names this process for people; default: host name and pid
	Version  string // of the program, for people
	// Shared lets several processes work on an SQLite file, without a lock, as if each were on a machine of its own. It is
	// for tests of nodes: a file on a network is no shared store.
	Shared bool
	// OnCommit hears how long each write took, from its begin to its commit or failure. It must not block. Default: nobody.
	OnCommit func(took time.Duration) `json:"-"`
}

// Store is an open store. It is safe for concurrent use: [Open] sets its fields and nobody does later, but for the number of the
// node, which is atomic, the journals, which have locks of their own, and what Close gives.
type Store struct {
	path   string // as named by the caller, made absolute; ":memory:"; of PostgreSQL, its address without secrets
	source string // the whole address of a PostgreSQL, secrets included: never to be shown; "": the store is an SQLite file
	sql    dialect
	work   bool
	lock   *flock.Flock // nil: not held

	// Writes have one connection, so that within this process they queue in order of arrival instead of finding the
	// file busy; reads have their own, and never wait for a write.
	w, r *sql.DB
	// On PostgreSQL both are one pool, and heartbeats have a connection of their own: no write keeps them waiting. On
	// SQLite it is that of the writes.
	beats *sql.DB

	commits chan struct{} // has room for the commits that may be under way; nil: they need no bound

	pin   *sql.Conn    // of r, kept open; nil: none
	files []openedFile // of a store that is worked on

	onCommit func(time.Duration)

	self

	log, announcements journal

	closing sync.Once
	closed  error
}

// self is this process as a node.
type self struct {
	node    string       // its name
	version string       // of the program
	nodeID  atomic.Int64 // its number; 0: it is no node
	alone   bool         // a lock keeps other processes from working on the store
}

// newStore is a store of no database yet.
func newStore(opts Options) *Store {
	return &Store{
		log: journal{table: "events"}, announcements: journal{table: "announcements"}, work: opts.Work, onCommit: opts.OnCommit,
		self: self{node: defaultNode(opts.Node), version: opts.Version},
	}
}

// Open opens the store named by sqlite:FILE (a bare path is the same, :memory: is one that vanishes when closed), or by
// postgres://USER:PASSWORD@HOST/DATABASE, as libpq takes it; the database must exist.
//
// Without opts.Create a missing file is [ErrNotExist]. With opts.Work the result may be [ErrInUse] or [ErrCopied]; with
// opts.Service, [ErrOtherService]. A file that cannot be used as a store is an error that names it and is never written to.
func Open(ctx context.Context, dsn string, opts Options) (*Store, error) {
	if isPostgres(dsn) {
		return openPostgres(ctx, dsn, opts)
	}
	path, err := parseDSN(dsn)
	if err != nil {
		return nil, err
	}
	return openSQLite(ctx, path, opts)
}

// Remote says that the store is in a database on a server, not in a file.
func (s *Store) Remote() bool { return s.source != "" }

// Reopen opens the store that s is once more, for another use of it.
func (s *Store) Reopen(ctx context.Context, opts Options) (*Store, error) {
	if s.source != "" {
		return Open(ctx, s.source, opts)
	}
	return Open(ctx, "sqlite:"+s.path, opts)
}

// Close closes the store and gives up the lock. Writers are to be closed before. Closing twice is closing once.
func (s *Store) Close() error {
	s.closing.Do(func() {
		var errs []error
		if s.w != s.r {
			errs = append(errs, s.w.Close())
		}
		if s.beats != s.w {
			errs = append(errs, s.beats.Close())
		}
		if s.pin != nil {
			errs = append(errs, s.pin.Close())
		}
		errs = append(errs, s.r.Close())
		// Last: as long as a connection is open, nobody else may take the store for free.
		errs = append(errs, s.unlock())
		s.closed = s.explain("close", errors.Join(errs...))
	})
	return s.closed
}

// Path is what a store is called: the absolute path of the file of an SQLite store, ":memory:" for one in memory, the
// address of a PostgreSQL without what is secret.
func (s *Store) Path() string { return s.path }

// memory names a store that lives in this process only and vanishes when it is closed.
const memory = ":memory:"

var urlScheme = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*)://`)

// parseDSN is the absolute path of the file that a data source name means, or [memory]. Its errors repeat no more of
// the name than its scheme: an address may hold a password.
func parseDSN(dsn string) (string, error) {
	path, named := strings.CutPrefix(dsn, "sqlite:")
	if m := urlScheme.FindStringSubmatch(dsn); m != nil && !strings.HasPrefix(dsn, "sqlite:///") {
		return "", fmt.Errorf("store %s://…: not a kind of store: use sqlite:FILE or postgres://USER@HOST/DATABASE", m[1])
	}
	switch {
	case path == "" && named:
		return "", errors.New("store sqlite: names no file: use sqlite:FILE")
	case path == "":
		return "", errors.New("store has no name: use sqlite:FILE")
	case path == memory:
		return memory, nil
	case strings.ContainsRune(path, 0):
		return "", errors.New("store has a name with a NUL byte, which no file can have")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("store %s: %w", path, err)
	}
	return abs, nil
}

// isPostgres says that a data source name is an address of a PostgreSQL.
func isPostgres(dsn string) bool {
	m := urlScheme.FindStringSubmatch(dsn)
	return m != nil && (m[1] == "postgres" || m[1] == "postgresql")
}

// OtherServiceError says that a store is for another service than the one at hand. It is an [ErrOtherService].
type OtherServiceError struct {
	Path string
	Have string // what the store remembers
	Want string // what the opener named
}

func (e *OtherServiceError) Error() string {
	flag := "the service with --api-url"
	switch e.Have {
	case "simulator":
		flag = "add --simulate"
	case "agora":
		flag = "leave --simulate and --api-url out"
	}
	return fmt.Sprintf("store %s belongs to service %s, not %s: name another store, or %s", e.Path, e.Have, e.Want, flag)
}

func (e *OtherServiceError) Unwrap() error { return ErrOtherService }

// Service is what the store remembers; "" when nobody has worked on it for a service yet.
func (s *Store) Service(ctx context.Context) (string, error) {
	var name string
	err := s.get(ctx, "read its service", `SELECT value FROM settings WHERE name = 'service'`, nil, &name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return name, err
}

// checkService compares the service, and makes the store remember it when it is the first to work on it.
func (s *Store) checkService(ctx context.Context, opts Options) error {
	if opts.Service == "" {
		return nil
	}
	have, err := s.Service(ctx)
	if err != nil {
		return err
	}
	if have == "" && opts.Work {
		if err := s.write(ctx, "remember its service", func(ctx context.Context, tx *txn) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO settings (name, value) VALUES ('service', $1) ON CONFLICT (name) DO NOTHING`, opts.Service)
			return err
		}); err != nil {
			return err
		}
		if have, err = s.Service(ctx); err != nil { // another node may have been the first
			return err
		}
	}
	if have != "" && have != opts.Service {
		return &OtherServiceError{Path: s.path, Have: have, Want: opts.Service}
	}
	return nil
}
