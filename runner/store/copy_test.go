package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rundown/runner/store"
	"rundown/runner/store/pgtest"
	"rundown/runner/store/storetest"
)

// fill writes some of everything, and many classes.
func fill(t *testing.T, s *store.Store, classes int) {
	t.Helper()
	ctx := t.Context()
	start := time.Date(2031, 9, 17, 9, 0, 0, 0, time.UTC)
	rows := make([]storetest.Row, classes)
	for i := range rows {
		rows[i] = storetest.Row{
			Occurrence: store.Occurrence{
				ID: fmt.Sprintf("school/r%d/20310917T090000Z", i), Plan: "school", Recording: fmt.Sprint("r", i), Day: "2031-09-17", Clock: "09:00",
				App: ownedApp, Start: start, End: start.Add(time.Hour), State: "recording", HeldBy: ownedApp, Reason: "naïve ✓", Doc: []byte(`{"a":"\u0000"}`),
			},
			Sessions:  []store.Session{{Attempt: 1, App: ownedApp, Cname: "c", UID: "1", SID: "s", ResourceID: "r", State: "recording"}},
			Events:    []store.Event{{At: start, Kind: "state", Text: "recording"}},
			Announced: []store.Announcement{{ID: fmt.Sprint("a", i), At: start, Kind: "class.late"}},
		}
	}
	if _, err := storetest.Write(ctx, s, ownedApp, rows...); err != nil {
		t.Fatal(err)
	}
	_, err := s.AddClosure(ctx, store.Closure{At: start, Kind: store.ClosureCancel, Day: "2031-12-17"}, []string{"x"}, func(id int64) store.Announcement {
		return store.Announcement{ID: "closure", At: start, Kind: "order.given"}
	})
	_, added := s.AddRevision(ctx, store.Revision{At: start, Plan: "school", Hash: "aa", Text: []byte("name: school\n")})
	err = errors.Join(err, added,
		s.SetSetting(ctx, "a", "b"),
		s.Announce(ctx, []store.Mark{{Name: "m", Value: "v"}}),
		s.Post(ctx, store.Routed{Seq: 1, Messages: []store.Message{{ID: "1", Target: "duty", State: store.MessageWaiting, At: start}}}),
		s.LeaveSID(ctx, store.LateSID{App: ownedApp, Occurrence: "x", SID: "late"}),
		s.RelayNotice(ctx, store.RelayedNotice{App: ownedApp, Occurrence: "x", Key: "notice"}),
		s.WriteSpecs(ctx, func(tx *store.SpecTx) error {
			return tx.AddCommand(&store.Command{At: start, DoneAt: start, Occurrence: rows[0].ID, Kind: "cancel"})
		}),
		s.Beat(ctx, start))
	if err != nil {
		t.Fatal(err)
	}
}

// contents are all rows of all tables but those that a copy leaves out or changes, as text.
func contents(t *testing.T, driver, dsn string, tables map[string]int64) map[string][]string {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	found := map[string][]string{}
	for table := range tables {
		if table == "nodes" || table == "leases" {
			continue
		}
		rows, err := db.QueryContext(t.Context(), `SELECT * FROM `+table)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			row := map[string]any{}
			for i, name := range columns {
				row[name] = values[i]
			}
			found[table] = append(found[table], fmt.Sprint(row))
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// TestAStoreIsCopiedThereAndBack copies from SQLite to PostgreSQL and back, and works on the copies.
func TestAStoreIsCopiedThereAndBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, second := filepath.Join(dir, "first.db"), filepath.Join(dir, "second.db")
	dsn := pgtest.Shared(t).Database(t)
	s := mustOpen(t, first, worker)
	fill(t, s, 450)
	none := func(store.TableCopied) {}
	if err := store.Copy(t.Context(), first, dsn, none); !errors.Is(err, store.ErrInUse) {
		t.Fatalf("a store in use: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	copied := map[string]int64{}
	note := func(c store.TableCopied) { copied[c.Table] = c.Rows }
	if err := store.Copy(t.Context(), first, dsn, note); err != nil {
		t.Fatal(err)
	}
	for table, rows := range copied {
		if rows == 0 {
			t.Errorf("the test has no row of %s", table)
		}
	}
	if copied["occurrences"] != 450 || copied["sessions"] != 450 {
		t.Errorf("copied %v", copied)
	}
	if _, err := store.Open(t.Context(), first, worker); !errors.Is(err, store.ErrCopied) {
		t.Errorf("work on a store that was copied: %v", err)
	}
	s = mustOpen(t, first, store.Options{}) // who only looks is let in
	if to, err := s.Reuse(t.Context()); err != nil || !strings.Contains(to, "postgres://") {
		t.Errorf("used again: %q, %v", to, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := mustOpen(t, first, worker).Close(); err != nil {
		t.Error(err)
	}
	before := contents(t, "sqlite", first, copied)
	if d := cmp.Diff(before, contents(t, "pgx", dsn, copied)); d != "" {
		t.Errorf("-SQLite +PostgreSQL:\n%s", d)
	}
	if err := store.Copy(t.Context(), dsn, second, none); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, contents(t, "sqlite", second, copied)); d != "" {
		t.Errorf("-SQLite +SQLite:\n%s", d)
	}
	wantOneLine(t, store.Copy(t.Context(), first, dsn, none), "is not empty", "name a new one")
	if _, err := mustOpen(t, dsn, store.Options{}).Reuse(t.Context()); err != nil {
		t.Error(err)
	}
	for _, name := range []string{dsn, second} {
		s := mustOpen(t, name, store.Options{Work: true})
		if err := s.Log(t.Context(), store.Event{Kind: "plan"}); err != nil { // numbers go on
			t.Error(err)
		}
		if _, err := s.Claim(t.Context(), ownedApp, time.Now()); err != nil { // nobody owns it
			t.Error(err)
		}
		if name == dsn {
			wantOneLine(t, store.Copy(t.Context(), dsn, filepath.Join(dir, "third.db"), none), "is in use by")
		}
	}
}

// TestACopyThatFailsLeavesNothing cancels a copy in the middle.
func TestACopyThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "first.db")
	dsn := pgtest.Shared(t).Database(t)
	s := mustOpen(t, file, worker)
	fill(t, s, 3)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := store.Copy(ctx, file, dsn, func(c store.TableCopied) {
		if c.Table == "occurrences" {
			cancel()
		}
	}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := store.Copy(t.Context(), file, dsn, func(store.TableCopied) {}); err != nil {
		t.Errorf("after a copy that was cancelled: %v", err)
	}
}

func TestMigrating(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t)
	before, err := store.Migrate(t.Context(), dsn)
	if err != nil || before.Have != -1 || before.Current() {
		t.Errorf("an empty database: %+v, %v", before, err)
	}
	after, err := store.ReadSchema(t.Context(), dsn)
	if err != nil || !after.Current() || after.Have != after.Want {
		t.Errorf("after: %+v, %v", after, err)
	}
	file := filepath.Join(t.TempDir(), "rundown.db")
	if _, err := store.Migrate(t.Context(), file); !errors.Is(err, store.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	s := mustOpen(t, file, worker)
	if got, err := store.ReadSchema(t.Context(), file); err != nil || !got.Current() {
		t.Errorf("a file in use: %+v, %v", got, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := store.Migrate(t.Context(), file); err != nil || !got.Current() {
		t.Errorf("nothing to do: %+v, %v", got, err)
	}
}
