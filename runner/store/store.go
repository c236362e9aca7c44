// Package store keeps what the runner must not forget: plan revisions, occurrences, sessions, an append-only event
// log, operators' commands, nodes and leases, in SQLite by way of database/sql.
//
// [Open] opens it, [Store.Apply] writes a group of steps in one transaction, each comparing and setting the version
// of its occurrence and the term of its owner. It never interprets what it keeps: states are the runner's words.
package store

import (
	"context"
	"errors"
	"time"
)

// Errors that callers branch on.
var (
	ErrNotExist     = errors.New("store does not exist")
	ErrInUse        = errors.New("store in use by another process")
	ErrOtherService = errors.New("store belongs to another service")
	ErrTooNew       = errors.New("store was written by a newer version")
	ErrStale        = errors.New("occurrence was changed meanwhile")
	ErrFenced       = errors.New("another owner has taken over")
)

// Options say how to open a store.
type Options struct {
	Create  bool   // make it where it does not exist
	Work    bool   // be the one process that works on it: takes the lock beside an SQLite file
	Service string // the service that the store is for; remembered by the first who works, compared by the others; "": not compared
	Node    string // names this process in leases; default: host name and pid
}

// Store is an open store. It is safe for concurrent use.
type Store struct{}

// Open opens the store named by sqlite:FILE (a bare path is the same).
func Open(ctx context.Context, dsn string, opts Options) (*Store, error) { panic("skeleton") }

// Close closes the store and gives up the lock.
func (s *Store) Close() error { panic("skeleton") }

// Path is the file of an SQLite store.
func (s *Store) Path() string { panic("skeleton") }

// Service is what the store remembers.
func (s *Store) Service(ctx context.Context) (string, error) { panic("skeleton") }

// Occurrence is a row; Doc is the runner's own account as JSON, the other fields are there to be asked for.
type Occurrence struct {
	ID        string
	Plan      string
	Recording string
	App       string // App ID
	URL       string // of the page, masked
	Start     time.Time
	End       time.Time
	State     string // planned, starting, recording, stopping, ended
	Outcome   string // "" until ended
	Reason    string
	Wake      time.Time
	Revision  int64 // the plan revision that it comes from
	Version   int64 // 0: not stored yet
	Doc       []byte
}

// Session is a row.
type Session struct {
	Occurrence string
	Attempt    int
	App        string
	Cname      string
	UID        string
	ResourceID string
	SID        string
	State      string
	Doc        []byte
}

// Event is an entry of the log.
type Event struct {
	Seq        int64  // given by the store
	Occurrence string // "" for those of the daemon itself
	At         time.Time
	Kind       string // planned, intent, answer, state, outcome, command, plan, …
	Who        string // "" for the runner
	Text       string
	Data       []byte // JSON or nil; never a secret
}

// Step is what one decision changes. The occurrence's Version is the expected one; the store holds Version+1 after.
// An occurrence with Version 0 must not exist yet. Sessions are inserted or replaced by (Occurrence, Attempt).
type Step struct {
	Occurrence Occurrence
	Sessions   []Session
	Events     []Event
	Delete     bool // remove the occurrence and its sessions instead; its events stay
}

// Apply writes the steps in one transaction. The result has one error a step: nil, ErrStale or ErrFenced; a step
// that fails so does not hinder the others. The error is for a transaction that did not commit: nothing was written.
// term is the owner's fencing term for app.
func (s *Store) Apply(ctx context.Context, app string, term int64, steps []Step) ([]error, error) {
	panic("skeleton")
}

// Log appends events that belong to no step.
func (s *Store) Log(ctx context.Context, events ...Event) error { panic("skeleton") }

// Filter selects occurrences; zero fields select all.
type Filter struct {
	ID          string // whole identity or recording@day
	Plan        string
	App         string
	Open        bool // not ended
	States      []string
	StartBefore time.Time // Start < StartBefore
	EndAfter    time.Time // End > EndAfter
	Limit       int
}

// Occurrences lists rows ordered by start and id.
func (s *Store) Occurrences(ctx context.Context, f Filter) ([]Occurrence, error) { panic("skeleton") }

// Sessions lists the sessions of the occurrences, by occurrence in order of attempt.
func (s *Store) Sessions(ctx context.Context, occurrences ...string) (map[string][]Session, error) {
	panic("skeleton")
}

// Events lists the log of an occurrence ("" for all) after seq, at most limit (0: all).
func (s *Store) Events(ctx context.Context, occurrence string, after int64, limit int) ([]Event, error) {
	panic("skeleton")
}

// Revision is a plan as it was applied. Text is masked by the caller: the store never holds a secret.
type Revision struct {
	ID     int64 // given by the store, rising
	At     time.Time
	Plan   string
	Path   string
	Hash   string // SHA-256 of the files
	Who    string
	Commit string
	Text   []byte
}

// AddRevision stores a revision and returns its number; the same hash as the plan's newest gives that one.
func (s *Store) AddRevision(ctx context.Context, r Revision) (int64, error) { panic("skeleton") }

// Revisions lists the revisions of a plan ("" for all), newest first, without their texts.
func (s *Store) Revisions(ctx context.Context, plan string) ([]Revision, error) { panic("skeleton") }

// Command is an operator's order, left in the store for whoever works on it.
type Command struct {
	ID         int64
	At         time.Time
	Occurrence string
	Kind       string // cancel, uncancel
	Who        string
	Reason     string
	Args       []byte
	DoneAt     time.Time // zero: not settled yet
	Result     string
}

// AddCommand leaves a command.
func (s *Store) AddCommand(ctx context.Context, c Command) (int64, error) { panic("skeleton") }

// Commands lists the commands that are not settled, oldest first.
func (s *Store) Commands(ctx context.Context) ([]Command, error) { panic("skeleton") }

// SettleCommand records what became of a command.
func (s *Store) SettleCommand(ctx context.Context, id int64, at time.Time, result string) error {
	panic("skeleton")
}

// Lease takes or renews the ownership of an App ID for this node and returns its term. On SQLite there is one
// working process, so it always succeeds; taking it anew raises the term.
func (s *Store) Lease(ctx context.Context, app string, until time.Time) (term int64, err error) {
	panic("skeleton")
}

// Beat records that this node is alive; LastBeat is the newest beat of any node, zero when there was none.
func (s *Store) Beat(ctx context.Context, now time.Time) error { panic("skeleton") }

// LastBeat is the newest beat of any node, zero when there was none.
func (s *Store) LastBeat(ctx context.Context) (time.Time, error) { panic("skeleton") }

// Changes is a number that changes when another connection has written; cheap to ask.
func (s *Store) Changes(ctx context.Context) (int64, error) { panic("skeleton") }
