package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// openUnwritten opens a store without writing anything. SQLite itself wants to make or to grow the index of the log
// where a process was killed or the folder is new to it, so there are three ways, from the best to the last:
//
//  1. as usual, but read-only, which works where the index is there;
//  2. with the index in memory and without locks, which reads the log also where no index can be made. The lock beside
//     the store keeps a daemon away meanwhile;
//  3. as a file that nobody changes, which leaves out the log, so only where there is none.
//
// https://www.sqlite.org/wal.html#read_only_databases
func (s *Store) openUnwritten(ctx context.Context, file string, opts Options) error {
	var err error
	if s.lock, err = lockIfThere(s.path, file); err != nil {
		return err
	}
	ways := []url.Values{
		{"mode": {"ro"}},
		{"mode": {"ro"}, "vfs": {"unix-none"}, "_pragma": {"locking_mode(exclusive)"}},
	}
	if log, err := os.Stat(file + "-wal"); err != nil || log.Size() == 0 {
		ways = append(ways, url.Values{"mode": {"ro"}, "immutable": {"1"}})
	}
	var first error
	for _, way := range ways {
		way.Add("_pragma", fmt.Sprintf("busy_timeout(%d)", busyTimeout))
		way.Add("_pragma", "query_only(1)")
		source := (&url.URL{Scheme: "file", Path: filepath.ToSlash(file), RawQuery: way.Encode()}).String()
		if err := s.connect(source, source); err != nil {
			return err
		}
		err := s.ready(ctx, file, opts)
		if err == nil || !errors.Is(err, ErrUnwritable) {
			return err
		}
		first = cmp.Or(first, err) // the later ways explain it no better
		_ = s.r.Close()
		_ = s.w.Close()
	}
	return first
}

// lockIfThere takes the lock on FILE.lock where there is such a file that can be read, and writes nothing into it. Where
// there is none, no process uses the store.
func lockIfThere(shown, file string) (*flock.Flock, error) {
	path := file + ".lock"
	l := flock.New(path, flock.SetFlag(os.O_RDONLY|noFollow))
	got, err := l.TryLock()
	switch {
	case err != nil:
		return nil, nil
	case !got:
		return nil, &InUseError{Path: shown, PID: readPID(path)}
	}
	return l, nil
}

// Rescue gives a store in memory that holds some occurrences of this one, with their sessions, and the active plans. It
// is for a command that must go on although the store cannot be written; what comes of it is lost when it is closed.
func (s *Store) Rescue(ctx context.Context, rows []Occurrence, opts Options) (_ *Store, err error) {
	opts.Create, opts.Work, opts.ReadOnly = true, true, false
	m, err := Open(ctx, memory, opts)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = m.Close()
		}
	}()
	plans, err := s.ActiveRevisions(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range plans {
		if r, err = s.Revision(ctx, r.ID); err != nil {
			return nil, err
		}
		if _, err = m.AddRevision(ctx, r); err != nil {
			return nil, err
		}
	}
	for _, o := range rows {
		sessions, err := s.Sessions(ctx, o.ID)
		if err != nil {
			return nil, err
		}
		lease, err := m.Claim(ctx, o.WorkerApp(), time.Now())
		if err != nil {
			return nil, err
		}
		if err := m.WriteSpecs(ctx, func(t *SpecTx) error { _, err := t.Add(o.spec()); return err }); err != nil {
			return nil, err
		}
		step := o.step()
		step.Version, step.Observed, step.Sessions = 0, 0, sessions[o.ID]
		results, err := m.Commit(ctx, o.WorkerApp(), lease.Term, []Step{step})
		if err = errors.Join(append(results, err)...); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// spec and step are what a row was written by. The account of each is that of both, of which each reads what is its own.
func (o *Occurrence) spec() Spec {
	return Spec{
		ID: o.ID, Plan: o.Plan, Recording: o.Recording, Day: o.Day, Clock: o.Clock, App: o.WorkerApp(), URL: o.URL, Start: o.Start, End: o.End,
		Revision: o.Revision, Doc: o.Doc, Wake: o.Wake,
	}
}

func (o *Occurrence) step() Step {
	return Step{
		ID: o.ID, Observed: o.Generation, Version: o.Version, HeldBy: o.HeldBy, State: o.State, Outcome: o.Outcome, Reason: o.Reason, ReasonCode: o.ReasonCode,
		Wake: o.Wake, Doc: []byte("{}"),
	}
}
