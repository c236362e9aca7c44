package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/jackc/pgx/v5/stdlib"
)

// TableCopied says how many rows of a table were copied.
type TableCopied struct {
	Table string
	Rows  int64
}

// rowsAtOnce is how many rows a statement of a copy writes.
const rowsAtOnce = 200

// Copy copies a whole store into another one, which must hold nothing, from one kind of database into the other or into
// the same. It is read at one instant and written in one transaction: what fails or is cancelled leaves the target
// empty. A store on which a process works is not copied: what it writes meanwhile would be lost. told hears of each
// table when it has been copied.
//
// App IDs have no owner in the copy. Health issues are left out: a daemon reports them anew. The source remembers where it was
// copied to, and no daemon starts on it any more ([ErrCopied]) until [Store.Reuse].
func Copy(ctx context.Context, from, to string, told func(TableCopied)) error {
	source, err := openToCopy(ctx, from, Options{})
	if err != nil {
		return err
	}
	defer source.close()
	target, err := openToCopy(ctx, to, Options{Create: true})
	if err != nil {
		return err
	}
	defer target.close()
	read, err := source.db.BeginTx(ctx, source.snapshot())
	if err != nil {
		return source.s.explain("copy", err)
	}
	defer func() { _ = read.Rollback() }()
	write, err := target.db.BeginTx(ctx, nil)
	if err != nil {
		return target.s.explain("copy", err)
	}
	defer func() { _ = write.Rollback() }()
	tables, err := source.tables(ctx, read)
	if err != nil {
		return source.s.explain("copy", err)
	}
	for _, table := range tables {
		c := &tableCopy{from: source, to: target, read: read, write: write, table: table}
		n, err := c.run(ctx)
		if err != nil {
			return err
		}
		told(TableCopied{table, n})
	}
	if _, err := write.ExecContext(ctx, `DELETE FROM settings WHERE name = '`+copiedSetting+`'`); err != nil {
		return target.s.explain("copy", err)
	}
	for _, e := range []*copyEnd{source, target} {
		if err := e.unused(ctx); err != nil {
			return err
		}
	}
	_ = read.Rollback() // it has the write lock of an SQLite store
	// The mark comes first: a process that ends between the two leaves a store that says where it was to go, and not two that work.
	marked := source.s.SetSetting(ctx, copiedSetting, target.s.path+" at "+time.Now().UTC().Format("2006-01-02 15:04:05Z"))
	if marked != nil && !errors.Is(marked, ErrUnwritable) {
		_, err := source.s.Reuse(context.WithoutCancel(ctx)) // the mark may stand although it was answered by an error
		return errors.Join(marked, err)
	}
	if err := write.Commit(); err != nil { // it may count all the same
		return fmt.Errorf("whether the store was copied is not known: look at %s; if it is empty, run rundown store reuse with this --store, and copy again: %w",
			target.s.path, target.s.explain("copy", err))
	}
	if marked != nil {
		return fmt.Errorf("copied, but %s cannot be marked as copied: start no daemon on it any more: %w", source.s.path, marked)
	}
	return nil
}

// copiedSetting is the setting of a store that was copied: where to, and when.
const copiedSetting = "copied-to"

// checkCopied keeps who works away from a store that was copied: two daemons would record each class twice, and each would know of
// its own sessions alone.
func (s *Store) checkCopied(ctx context.Context, opts Options) error {
	if !opts.Work {
		return nil
	}
	switch to, err := s.CopiedTo(ctx); {
	case err != nil:
		return err
	case to != "":
		return fmt.Errorf("%w: %s, to %s: use that one; or, if no daemon uses it, run rundown store reuse with this --store first", ErrCopied, s.path, to)
	}
	return nil
}

// CopiedTo says where the store was copied to, and when; "": it was not, or daemons use it again.
func (s *Store) CopiedTo(ctx context.Context) (string, error) { return s.Setting(ctx, copiedSetting) }

// Reuse lets daemons use a store again that was copied. It says where it was copied to; "": it was not.
func (s *Store) Reuse(ctx context.Context) (to string, err error) {
	if to, err = s.CopiedTo(ctx); err != nil || to == "" {
		return "", err
	}
	return to, s.write(ctx, "use it again", func(ctx context.Context, tx *txn) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM settings WHERE name = $1`, copiedSetting)
		return err
	})
}

// copyEnd is one of the two stores of a copy.
type copyEnd struct {
	s    *Store
	db   *sql.DB // without the time limits of the store's own connections
	lock *flock.Flock
}

// openToCopy opens a store on which no process works, and keeps others away where a lock can.
func openToCopy(ctx context.Context, dsn string, opts Options) (_ *copyEnd, err error) {
	s, err := Open(ctx, dsn, opts)
	if err != nil {
		return nil, err
	}
	e := &copyEnd{s: s, db: s.w}
	defer func() {
		if err != nil {
			e.close()
		}
	}()
	if s.source == "" {
		if s.path == memory {
			return nil, errors.New("a store in memory cannot be copied: name a file")
		}
		file, err := findFile(s.path, false)
		if err != nil {
			return nil, err
		}
		if e.lock, err = lockBeside(s.path, file); err != nil {
			return nil, err
		}
		return e, nil
	}
	config, err := postgresConfig(s.source)
	if err != nil {
		return nil, err
	}
	e.db = stdlib.OpenDB(*config)
	return e, e.unused(ctx)
}

func (e *copyEnd) close() {
	if e.db != e.s.w {
		_ = e.db.Close()
	}
	if e.lock != nil {
		_ = unlock(e.lock)
	}
	_ = e.s.Close()
}

// snapshot has all statements of a transaction see the same instant.
func (e *copyEnd) snapshot() *sql.TxOptions {
	if e.s.source == "" {
		return nil // it has the only write lock
	}
	return &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
}

// unused says on PostgreSQL which process works on the store.
func (e *copyEnd) unused(ctx context.Context) error {
	if e.s.source == "" {
		return nil
	}
	var name string
	err := e.s.get(ctx, "copy", `SELECT name FROM nodes WHERE gone_at = 0 AND alive_until >= (`+e.s.sql.now+`) ORDER BY id LIMIT 1`, nil, &name)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("%w: %s is in use by %s: stop all daemons on it, or name another store", ErrInUse, e.s.path, name)
}

// tables names the tables that are copied, in an order in which each row finds the rows that it refers to.
func (e *copyEnd) tables(ctx context.Context, tx *sql.Tx) ([]string, error) {
	rows, err := tx.QueryContext(ctx, e.s.sql.tables)
	if err != nil {
		return nil, err
	}
	all, err := scanAll(rows, func(rows *sql.Rows) (name string, err error) { return name, rows.Scan(&name) })
	all = slices.DeleteFunc(all, func(name string) bool { return name == schemaTable || name == "health" })
	parents := []string{"occurrences", "closures"}
	slices.SortStableFunc(all, func(a, b string) int {
		return rank(slices.Contains(parents, a)) - rank(slices.Contains(parents, b))
	})
	return all, err
}

func rank(first bool) int {
	if first {
		return 0
	}
	return 1
}

// tableCopy copies one table.
type tableCopy struct {
	from, to    *copyEnd
	read, write *sql.Tx
	table       string
	columns     []string
}

func (c *tableCopy) run(ctx context.Context) (n int64, err error) {
	if err := c.makeRoom(ctx); err != nil {
		return 0, err
	}
	rows, err := c.read.QueryContext(ctx, `SELECT * FROM `+c.table)
	if err != nil {
		return 0, c.from.s.explain("copy "+c.table, err)
	}
	defer rows.Close()
	if c.columns, err = rows.Columns(); err != nil {
		return 0, c.from.s.explain("copy "+c.table, err)
	}
	var batch []any
	for rows.Next() {
		values := make([]any, len(c.columns))
		into := make([]any, len(values))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return 0, c.from.s.explain("copy "+c.table, err)
		}
		batch = append(batch, c.changed(values)...)
		if n++; n%rowsAtOnce == 0 {
			if err := c.insert(ctx, batch, rowsAtOnce); err != nil {
				return 0, err
			}
			batch = batch[:0]
		}
	}
	if err := rows.Err(); err != nil {
		return 0, c.from.s.explain("copy "+c.table, err)
	}
	if err := c.insert(ctx, batch, int(n%rowsAtOnce)); err != nil {
		return 0, err
	}
	return n, c.finish(ctx, n)
}

// makeRoom refuses a table that holds rows, but for the counter, which each store has.
func (c *tableCopy) makeRoom(ctx context.Context) error {
	if c.table == "changes" {
		_, err := c.write.ExecContext(ctx, `DELETE FROM changes`)
		return c.to.s.explain("copy changes", err)
	}
	var one int
	switch err := c.write.QueryRowContext(ctx, `SELECT 1 FROM `+c.table+` LIMIT 1`).Scan(&one); {
	case err == nil:
		return fmt.Errorf("store %s is not empty (%s): name a new one", c.to.s.path, c.table)
	case errors.Is(err, sql.ErrNoRows):
		return nil
	default:
		return c.to.s.explain("copy "+c.table, err)
	}
}

// generated is the column of occurrences that the database computes.
const generated = "owner"

// changed is a row as it is in the copy: owned by nobody, without what the database computes.
func (c *tableCopy) changed(values []any) []any {
	at := func(column string) int { return slices.Index(c.columns, column) }
	switch c.table {
	case "occurrences":
		return slices.Delete(values, at(generated), at(generated)+1)
	case "leases":
		values[at("node")] = int64(0)
	case "nodes":
		if gone, _ := values[at("gone_at")].(int64); gone == 0 {
			beat, _ := values[at("beat_at")].(int64)
			values[at("gone_at")] = max(1, beat)
		}
	}
	return values
}

func (c *tableCopy) insert(ctx context.Context, values []any, rows int) error {
	if rows == 0 {
		return nil
	}
	columns := slices.DeleteFunc(slices.Clone(c.columns), func(name string) bool { return c.table == "occurrences" && name == generated })
	text := strings.Builder{}
	fmt.Fprintf(&text, "INSERT INTO %s (%s) VALUES ", c.table, strings.Join(columns, ", "))
	for i := range rows * len(columns) {
		switch {
		case i == 0:
			text.WriteString("($")
		case i%len(columns) == 0:
			text.WriteString("), ($")
		default:
			text.WriteString(", $")
		}
		text.WriteString(strconv.Itoa(i + 1))
	}
	text.WriteString(")")
	_, err := c.write.ExecContext(ctx, text.String(), storable(values)...)
	return c.to.s.explain("copy "+c.table, err)
}

// finish compares the number of rows, and has the numbers that the database gives go on after those that were copied.
func (c *tableCopy) finish(ctx context.Context, n int64) error {
	var have int64
	if err := c.write.QueryRowContext(ctx, `SELECT count(*) FROM `+c.table).Scan(&have); err != nil {
		return c.to.s.explain("copy "+c.table, err)
	}
	if have != n {
		return fmt.Errorf("store %s has %d rows in %s after %d were copied: nothing is kept", c.to.s.path, have, c.table, n)
	}
	if c.to.s.source == "" {
		return nil
	}
	rows, err := c.write.QueryContext(ctx, `SELECT column_name FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name = $1 AND is_identity = 'YES'`, c.table)
	if err != nil {
		return c.to.s.explain("copy "+c.table, err)
	}
	numbers, err := scanAll(rows, func(rows *sql.Rows) (name string, err error) { return name, rows.Scan(&name) })
	for _, column := range numbers {
		_, one := c.write.ExecContext(ctx, fmt.Sprintf(`SELECT setval(pg_get_serial_sequence('%s', '%s'), coalesce(max(%s), 0) + 1, false) FROM %s`,
			c.table, column, column, c.table))
		err = errors.Join(err, one)
	}
	return c.to.s.explain("copy "+c.table, err)
}
