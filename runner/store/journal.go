package store

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

// journal is a table that only grows, and that readers follow by its numbers. On PostgreSQL a number is given before the
// commit, so that a lower one may appear after a higher one; who went on from the higher one would never see it. So what
// comes after a missing number is held back until that number cannot appear any more: until all transactions have ended
// that were under way when it was found missing. On SQLite numbers come in the order of the commits.
type journal struct {
	table string

	mu   sync.Mutex
	base int64          // no number up to it can appear any more
	gaps map[int64]*gap // nil: nobody has read it yet
}

// gap is where numbers are missing. It is known by the first of them.
type gap struct {
	found time.Time
	next  int64 // the transaction number that came next
	over  bool  // nothing can appear in it
}

const (
	// journalDepth is how many of the newest entries are looked through for missing numbers at the beginning.
	journalDepth = 1000
	// gapEnds is when a gap is over in any case: the store's own transactions do not last so long, and those of others,
	// which may last for hours, write nothing here.
	gapEnds = answerTimeout + 3*time.Second
	// lastWithin is how long the newest number is waited for, and lastEvery how often it is looked for.
	lastWithin = 2 * time.Second
	lastEvery  = 10 * time.Millisecond
)

// followed gives what read gives of the entries after a number, without what is held back.
func followed[T any](ctx context.Context, s *Store, j *journal, after int64, number func(T) int64, read func() ([]T, error)) ([]T, error) {
	if s.source == "" {
		return read()
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.gaps == nil {
		if err := j.begin(ctx, s); err != nil {
			return nil, err
		}
	}
	if err := j.endGaps(ctx, s); err != nil { // before it is read: what ends afterwards has not been read
		return nil, err
	}
	all, err := read()
	if err != nil {
		return nil, err
	}
	numbers := make([]int64, len(all))
	for i, one := range all {
		numbers[i] = number(one)
	}
	shown, err := j.countShown(ctx, s, after, numbers)
	return all[:shown], err
}

// last is the newest number with which nothing is held back. Where an earlier number is missing it waits for the transactions that are
// under way, but not for long: who goes on from a number before the newest is given again what is old.
func (j *journal) last(ctx context.Context, s *Store) (n int64, err error) {
	if s.source == "" {
		return n, s.get(ctx, "read the newest of "+j.table, `SELECT coalesce(max(seq), 0) FROM `+j.table, nil, &n)
	}
	var newest int64 // of what there was at the beginning
	for begun := time.Now(); ; {
		_, err = followed(ctx, s, j, j.completeUntil(), func(n int64) int64 { return n }, func() ([]int64, error) {
			all, err := query(ctx, s, "read the newest of "+j.table, `SELECT seq FROM `+j.table+` WHERE seq > $1 ORDER BY seq`, []any{j.base}, scanNumber)
			if newest == 0 && len(all) > 0 {
				newest = all[len(all)-1]
			}
			return all, err
		})
		if n = j.completeUntil(); err != nil || n >= newest || time.Since(begun) > lastWithin {
			return n, err
		}
		again := time.NewTimer(lastEvery)
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			return n, ctx.Err()
		}
	}
}

func scanNumber(rows *sql.Rows) (n int64, err error) { return n, rows.Scan(&n) }

// completeUntil is a number up to which no other can appear any more.
func (j *journal) completeUntil() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.base
}

// begin takes what is old as complete.
func (j *journal) begin(ctx context.Context, s *Store) error {
	var oldest int64
	err := s.get(ctx, "read the newest of "+j.table,
		`SELECT coalesce(min(seq), 0) FROM (SELECT seq FROM `+j.table+` ORDER BY seq DESC LIMIT $1) newest`, []any{journalDepth}, &oldest)
	if err == nil {
		j.base, j.gaps = oldest, map[int64]*gap{}
	}
	return err
}

// transactions gives the number of the oldest transaction that is under way, and the number that comes next.
func transactions(ctx context.Context, s *Store) (oldest, next int64, err error) {
	err = s.get(ctx, "read transactions", `SELECT pg_snapshot_xmin(now)::text::bigint, pg_snapshot_xmax(now)::text::bigint
		FROM pg_current_snapshot() now`, nil, &oldest, &next)
	return oldest, next, err
}

// endGaps finds the gaps in which nothing can appear any more.
func (j *journal) endGaps(ctx context.Context, s *Store) error {
	if len(j.gaps) == 0 {
		return nil
	}
	oldest, _, err := transactions(ctx, s)
	if err != nil {
		return err
	}
	for start, g := range j.gaps {
		g.over = g.over || oldest >= g.next || time.Since(g.found) > gapEnds
		if start <= j.base {
			delete(j.gaps, start)
		}
	}
	return nil
}

// countShown says how many of the numbers after one can be shown, and remembers all gaps among them, so that they end together.
func (j *journal) countShown(ctx context.Context, s *Store, after int64, numbers []int64) (shown int, err error) {
	from := max(after, j.base)
	before, until := from, from // until is where the first gap begins that is not over
	held, next := false, int64(0)
	for _, n := range numbers {
		if n <= from {
			shown++
			continue
		}
		if missing := before + 1; n > missing {
			g := j.gaps[missing]
			if g == nil {
				if next == 0 {
					if _, next, err = transactions(ctx, s); err != nil {
						break
					}
				}
				g = &gap{found: time.Now(), next: next}
				j.gaps[missing] = g
			}
			held = held || !g.over
		}
		before = n
		if !held {
			shown, until = shown+1, n
		}
	}
	if after <= j.base {
		j.base = max(j.base, until)
	}
	return shown, err
}

// FollowEvents lists the log after a number, in order, at most limit, for who goes on from the last one later.
func (s *Store) FollowEvents(ctx context.Context, after int64, limit int) ([]Event, error) {
	return followed(ctx, s, &s.log, after, func(e Event) int64 { return e.Seq }, func() ([]Event, error) {
		return s.Events(ctx, "", after, limit)
	})
}

// LastEvent is the number from which [Store.FollowEvents] goes on with what is new; 0 where there is nothing yet.
func (s *Store) LastEvent(ctx context.Context) (int64, error) { return s.log.last(ctx, s) }

// Announcements lists announcements after a number, in order, at most limit, for who goes on from the last one later.
func (s *Store) Announcements(ctx context.Context, after int64, limit int) ([]Announcement, error) {
	return followed(ctx, s, &s.announcements, after, func(a Announcement) int64 { return a.Seq }, func() ([]Announcement, error) {
		return query(ctx, s, "list announcements",
			`SELECT `+announcementColumns+` FROM announcements WHERE seq > $1 ORDER BY seq LIMIT $2`, []any{after, limit}, scanAnnouncement)
	})
}

// LastAnnouncement is the number from which [Store.Announcements] goes on with what is new; 0 where there is nothing yet.
func (s *Store) LastAnnouncement(ctx context.Context) (int64, error) {
	return s.announcements.last(ctx, s)
}
