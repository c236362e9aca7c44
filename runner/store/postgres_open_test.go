package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"rundown/runner/store"
	"rundown/runner/store/pgtest"
)

// TestSixFirstStartsAtOnce has six processes make the store of an empty database.
func TestSixFirstStartsAtOnce(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t)
	var wg sync.WaitGroup
	var stores [6]*store.Store
	for i := range stores {
		wg.Go(func() {
			s, err := store.Open(context.Background(), dsn, worker)
			if err != nil {
				t.Error(err)
				return
			}
			stores[i] = s
		})
	}
	wg.Wait()
	seen := map[int64]bool{}
	for _, s := range stores {
		if s == nil {
			continue
		}
		seen[s.NodeID()] = true
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if len(seen) != len(stores) {
		t.Errorf("the nodes have the numbers %v", seen)
	}
}

// TestAPostgreSQLThatCannotBeUsed holds each refusal to one line that says what to do and repeats no password.
func TestAPostgreSQLThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	empty, other, made := server.Database(t), server.Database(t), server.Database(t)
	server.Exec(t, other, `DROP ROLE IF EXISTS stranger`)
	server.Exec(t, other, `DROP DATABASE IF EXISTS latin`)
	server.Exec(t, other, `CREATE ROLE stranger LOGIN PASSWORD 'hunter2'`)
	server.Exec(t, other, `CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'`)
	s := mustOpen(t, made, worker)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	with := func(dsn string, change func(u *url.URL)) string {
		u, err := url.Parse(dsn)
		if err != nil {
			t.Fatal(err)
		}
		change(u)
		return u.String()
	}
	for name, one := range map[string]struct {
		dsn  string
		opts store.Options
		is   error
		says string
	}{
		"no store":     {with(empty, func(*url.URL) {}), reader, store.ErrNotExist, "holds none"},
		"no database":  {with(empty, func(u *url.URL) { u.Path = "/nowhere" }), worker, nil, "create it with createdb"},
		"no server":    {with(empty, func(u *url.URL) { u.Host = "127.0.0.1:1" }), worker, store.ErrUnreachable, "the server cannot be reached"},
		"no user":      {with(empty, func(u *url.URL) { u.User = url.UserPassword("nobody", "hunter2") }), worker, nil, "look at the user, the password and pg_hba.conf"},
		"no rights":    {with(empty, func(u *url.URL) { u.User = url.UserPassword("stranger", "hunter2") }), worker, nil, "the user lacks permission"},
		"latin":        {with(empty, func(u *url.URL) { u.Path = "/latin" }), worker, nil, "createdb --encoding=UTF8"},
		"service":      {with(made, func(*url.URL) {}), store.Options{Work: true, Service: "simulator"}, nil, ""},
		"another":      {with(made, func(*url.URL) {}), store.Options{Work: true, Service: "agora"}, store.ErrOtherService, "belongs to service simulator"},
		"typing error": {"postgres://rundown:hunt/er2@127.0.0.1/x", worker, nil, "the address cannot be read"},
	} {
		if name == "another" {
			continue // after "service"
		}
		refused(t, name, one.dsn, one.opts, one.is, one.says)
	}
	refused(t, "another", with(made, func(*url.URL) {}), store.Options{Work: true, Service: "agora"}, store.ErrOtherService, "belongs to service simulator")
}

func refused(t *testing.T, name, dsn string, opts store.Options, is error, says string) {
	t.Helper()
	s, err := store.Open(t.Context(), dsn, opts)
	if err == nil {
		_ = s.Close()
		if says != "" {
			t.Errorf("%s: no error", name)
		}
		return
	}
	wantOneLine(t, err, says)
	if is != nil && !errors.Is(err, is) {
		t.Errorf("%s: %v is not %v", name, err, is)
	}
	for _, secret := range []string{"hunter2", "er2"} {
		if strings.Contains(fmt.Sprintf("%v %+v %q", err, err, err), secret) {
			t.Errorf("%s: %v repeats a password", name, err)
		}
	}
}

func TestTheNameOfAStoreOnPostgreSQLHoldsNoPassword(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t)
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.RawQuery += "&password=hunter2%20%2F%40%3A%25"
	s := mustOpen(t, u.String(), worker)
	if want := "postgres://rundown@" + u.Host + u.Path; s.Path() != want {
		t.Errorf("it is called %s, want %s", s.Path(), want)
	}
	again, err := s.Reopen(t.Context(), reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

// TestSchemasOfNeighbouringVersions has an older version accept a store that is newer by one migration.
func TestSchemasOfNeighbouringVersions(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	dsn := server.Database(t)
	if err := mustOpen(t, dsn, worker).Close(); err != nil {
		t.Fatal(err)
	}
	insert := `INSERT INTO rundown_schema (version_id, is_applied) VALUES (%d, true)`
	server.Exec(t, dsn, fmt.Sprintf(insert, 9001))
	if err := mustOpen(t, dsn, worker).Close(); err != nil {
		t.Fatal(err)
	}
	server.Exec(t, dsn, fmt.Sprintf(insert, 9002))
	_, err := store.Open(t.Context(), dsn, worker)
	if !errors.Is(err, store.ErrTooNew) {
		t.Errorf("newer by two: %v", err)
	}
	wantOneLine(t, err, "use a newer rundown")
}

// TestBothSchemasAreTheSame compares tables, columns and indexes.
func TestBothSchemasAreTheSame(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t)
	file := t.TempDir() + "/rundown.db"
	for _, name := range []string{dsn, file} {
		if err := mustOpen(t, name, worker).Close(); err != nil {
			t.Fatal(err)
		}
	}
	list := func(driver, dsn, text string) map[string]bool {
		db, err := sql.Open(driver, dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		rows, err := db.QueryContext(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		found := map[string]bool{}
		for rows.Next() {
			var one string
			if err := rows.Scan(&one); err != nil {
				t.Fatal(err)
			}
			found[one] = true
		}
		return found
	}
	have := list("pgx", dsn, `SELECT table_name || '.' || column_name || CASE data_type WHEN 'text' THEN ' text' ELSE ' number' END
		FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'rundown_schema'
		UNION SELECT 'index ' || indexname FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%\_pkey' AND indexname NOT LIKE '%\_key'`)
	want := list("sqlite", file, `SELECT m.name || '.' || c.name || CASE c.type WHEN 'TEXT' THEN ' text' ELSE ' number' END
		FROM sqlite_master m, pragma_table_xinfo(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name <> 'rundown_schema'
		UNION SELECT 'index ' || name FROM sqlite_master WHERE type = 'index' AND name NOT LIKE 'sqlite_autoindex%'`)
	for one := range want {
		if !have[one] {
			t.Errorf("PostgreSQL lacks %s", one)
		}
	}
	for one := range have {
		if !want[one] {
			t.Errorf("SQLite lacks %s", one)
		}
	}
	newest := `SELECT CAST(max(version_id) AS TEXT) FROM rundown_schema`
	for one := range list("pgx", dsn, newest) {
		if !list("sqlite", file, newest)[one] {
			t.Errorf("the newest migrations have different numbers: %s on PostgreSQL", one)
		}
	}
}

// TestPostgreSQLIsStoppedHardAndStarted has the server crash under an open store.
func TestPostgreSQLIsStoppedHardAndStarted(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	dsn := server.Database(t)
	s := mustOpen(t, dsn, worker)
	write := func(name string) error { return s.SetSetting(context.Background(), name, "1") }
	read := func(name string) (string, error) { return s.Setting(context.Background(), name) }
	lease, err := s.Claim(t.Context(), ownedApp, time.Now())
	if err := errors.Join(err, write("before")); err != nil {
		t.Fatal(err)
	}
	server.Kill(t)
	_, readErr := read("before")
	_, commitErr := s.Commit(t.Context(), ownedApp, lease.Term, []store.Step{{ID: "school/algebra/20310917T090000Z"}})
	for _, err := range []error{write("meanwhile"), readErr, commitErr, s.Beat(t.Context(), time.Now())} {
		if !errors.Is(err, store.ErrUnreachable) {
			t.Errorf("%v is not that the store cannot be reached", err)
		}
		wantOneLine(t, err, "store "+s.Path(), "the server cannot be reached")
	}
	server.Restart(t)
	if got, err := read("before"); err != nil || got != "1" {
		t.Errorf("what was committed is %q, %v", got, err)
	}
	if err := errors.Join(write("after"), s.Beat(t.Context(), time.Now())); err != nil {
		t.Errorf("after the restart: %v", err)
	}
	for range 3 { // connections that break while they lie idle: nobody notices
		server.Exec(t, dsn, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()`)
		if _, err := read("after"); err != nil {
			t.Errorf("a read after connections were ended: %v", err)
		}
		server.Exec(t, dsn, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()`)
		if err := errors.Join(write("later"), s.Beat(t.Context(), time.Now())); err != nil {
			t.Errorf("a write after connections were ended: %v", err)
		}
	}
}

// TestAServerThatDoesNotAnswer has the processes of a server stand still, as where its machine is cut off: a heartbeat does
// not wait for it for ever.
func TestAServerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	s := mustOpen(t, server.Database(t), worker)
	if err := s.Beat(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	goOn := server.Freeze(t)
	err := s.Beat(t.Context(), time.Now())
	if !errors.Is(err, store.ErrUnreachable) {
		t.Errorf("%v is not that the store cannot be reached", err)
	}
	wantOneLine(t, err, "store "+s.Path(), "the server did not answer in time")
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := s.Setting(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the end of the caller's own time is told as %v", err)
	}
	goOn()
	if err := errors.Join(s.SetSetting(t.Context(), "a", "b"), s.Beat(t.Context(), time.Now())); err != nil {
		t.Errorf("it answers again: %v", err)
	}
}

// TestTheServerBecomesAStandby has the server come back read-only, as after a failover to another one, and as it was.
func TestTheServerBecomesAStandby(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	dsn := server.Database(t)
	s := mustOpen(t, dsn, worker)
	if err := s.SetSetting(t.Context(), "a", "b"); err != nil {
		t.Fatal(err)
	}
	server.Exec(t, dsn, `CHECKPOINT`)
	server.Kill(t)
	server.Restart(t) // has it recover before it becomes a standby, which would wait for more
	server.Kill(t)
	server.Standby(t, true)
	err := s.SetSetting(t.Context(), "a", "c")
	if !errors.Is(err, store.ErrUnwritable) {
		t.Errorf("%v is not that the store cannot be written", err)
	}
	wantOneLine(t, err, "its server is a read-only standby: name the primary")
	refused(t, "standby", dsn, reader, store.ErrUnwritable, "its server is a read-only standby")
	reading := mustOpen(t, dsn, store.Options{ReadOnly: true})
	if got, err := reading.Setting(t.Context(), "a"); err != nil || got != "b" {
		t.Errorf("it holds %q, %v", got, err)
	}
	server.Kill(t)
	server.Standby(t, false)
	if err := s.SetSetting(t.Context(), "a", "c"); err != nil {
		t.Errorf("it is the primary again: %v", err)
	}
}

// TestAReadOnlyServer has a server that takes no writes, as after a failover to another one.
func TestAReadOnlyServer(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	dsn := server.Database(t)
	s := mustOpen(t, dsn, worker)
	server.Exec(t, dsn, `ALTER SYSTEM SET default_transaction_read_only = on`)
	server.Exec(t, dsn, `SELECT pg_reload_conf()`)
	var err error
	for range 200 { // the server takes the setting up when it likes
		if err = s.SetSetting(t.Context(), "a", "b"); err != nil {
			break
		}
	}
	if !errors.Is(err, store.ErrUnwritable) {
		t.Errorf("%v is not that the store cannot be written", err)
	}
	wantOneLine(t, err, "it is read-only: name the primary server")
	if _, err := s.Setting(t.Context(), "a"); err != nil {
		t.Errorf("it cannot be read: %v", err)
	}
}
