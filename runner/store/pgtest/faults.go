package pgtest

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Replica starts a second server that has all that this one commits before the commit is answered. [Server.Promote] makes it
// the primary.
func (s *Server) Replica(t testing.TB) *Server {
	t.Helper()
	backup, err := program("pg_basebackup")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	r := &Server{folder: filepath.Join(folder, "data"), as: s.as}
	if err := r.makeFolder(folder); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), readyWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, backup, "-D", r.folder, "-d", s.dsn("postgres"), "-R", "--checkpoint=fast", "--no-sync")
	cmd.Dir = r.folder
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("pg_basebackup: %v: %s", err, out)
	}
	if r.port, err = FreePort(); err != nil {
		t.Fatal(err)
	}
	if err := r.run(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.stop(syscall.SIGQUIT); err != nil {
			t.Error(err)
		}
	})
	s.Exec(t, s.dsn("postgres"), `ALTER SYSTEM SET synchronous_standby_names = '*'`)
	s.Exec(t, s.dsn("postgres"), `SELECT pg_reload_conf()`)
	return r
}

// Promote makes a replica the primary.
func (s *Server) Promote(t testing.TB) {
	t.Helper()
	s.Exec(t, s.dsn("postgres"), `SELECT pg_promote()`)
}

// Both is the address of a database on this server or another, whichever can be written.
func (s *Server) Both(t testing.TB, dsn string, other *Server) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("postgres://%s@%s,%s%s?sslmode=disable&target_session_attrs=read-write", u.User, s.Address(), other.Address(), u.Path)
}

// Fill has others take all connections of the server, those of dsn's database included, until the function that it
// returns is called. Before that the server is started again, with few connections.
func (s *Server) Fill(t testing.TB, dsn string) (empty func()) {
	t.Helper()
	const connections = 30
	s.Kill(t)
	s.connections = connections
	s.Restart(t)
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for range connections { // not more: who finds no room tries again at once
		all.Go(func() {
			for ctx.Err() == nil {
				s.occupy(ctx)
			}
		})
	}
	empty = sync.OnceFunc(func() { cancel(); all.Wait() })
	t.Cleanup(empty)
	return empty
}

// occupy takes a connection, as soon as there is one, and ends those of the store.
func (s *Server) occupy(ctx context.Context) {
	db, err := sql.Open("pgx", s.dsn("postgres"))
	if err != nil {
		return
	}
	defer db.Close()
	for ctx.Err() == nil {
		_, err := db.ExecContext(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'rundown'`)
		wait := time.Second
		if err != nil {
			wait = 5 * time.Millisecond // it is to be faster than the store
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

// ReadOnly has the server take no writes, or take them again.
func (s *Server) ReadOnly(t testing.TB, readOnly bool) {
	t.Helper()
	for _, text := range []string{fmt.Sprintf(`ALTER SYSTEM SET default_transaction_read_only = %t`, readOnly), `SELECT pg_reload_conf()`} {
		s.Exec(t, s.dsn("postgres"), text)
	}
}
