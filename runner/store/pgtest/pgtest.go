// Package pgtest starts a real PostgreSQL for tests: a private server in a temporary folder, on loopback and a free
// port, ended with the tests. [Shared] gives the server that the tests of a package share, [Start] one of a test's own,
// [Server.Database] a new empty database on it. A test that
// wants to see a database fail gets a server of its own and uses [Server.Kill] and [Server.Restart].
//
// The programs are Debian's (package postgresql), or whatever initdb and postgres are found. PostgreSQL refuses to
// run as root, so that root runs it as user postgres, or nobody.
package pgtest

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"
)

// readyWithin is how long a server may take until it answers. It is a bound for tests, not a figure.
const readyWithin = 5 * time.Minute

// Server is a PostgreSQL for tests. [Server.Database] and [Server.Exec] may be called at any time, the other methods by one
// goroutine.
type Server struct {
	folder      string // of the data
	port        int
	connections int                 // that it takes at once; 0: enough
	as          *syscall.Credential // nil: this process's own user
	dead        chan error          // of the server that runs
	cmd         *exec.Cmd
}

// Password is that of the user of the addresses that are given: what it holds must be encoded in an address.
const Password = "hunter2 /@:%"

var databases atomic.Int64

// ErrNotInstalled is given where no PostgreSQL is found.
var ErrNotInstalled = errors.New("no PostgreSQL found: install Debian's package postgresql, or put initdb and postgres into PATH")

// Start starts a server and ends it with the test. Where PostgreSQL is not installed the test is skipped, unless CI is
// set: then it fails.
func Start(t testing.TB) *Server {
	t.Helper()
	s, err := start(t.TempDir())
	if errors.Is(err, ErrNotInstalled) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(syscall.SIGINT); err != nil {
			t.Error(err)
		}
	})
	return s
}

// shared is the server of the tests that only want a database.
var shared struct {
	sync.Mutex
	server *Server
	folder string
	err    error
}

// Shared gives the one server that tests of a package share, started for the first of them. [Main] ends it. It is not to be
// killed.
func Shared(t testing.TB) *Server {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil && shared.err == nil {
		if shared.folder, shared.err = os.MkdirTemp("", "rundown-postgres-*"); shared.err == nil {
			folder := filepath.Join(shared.folder, "server")
			if shared.err = os.Mkdir(folder, 0o700); shared.err == nil {
				shared.server, shared.err = start(folder)
			}
		}
	}
	if errors.Is(shared.err, ErrNotInstalled) && os.Getenv("CI") == "" {
		t.Skip(shared.err)
	}
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.server
}

// Main runs the tests of a package, ends the server that they share, and removes what [Start] keeps. TestMain calls it.
func Main(m *testing.M) int {
	defer func() {
		shared.Lock()
		defer shared.Unlock()
		if shared.server != nil {
			_ = shared.server.stop(syscall.SIGINT)
		}
		if shared.folder != "" {
			_ = os.RemoveAll(shared.folder)
		}
		if empty.folder != "" {
			_ = os.RemoveAll(empty.folder)
		}
	}()
	return m.Run()
}

func start(folder string) (*Server, error) {
	s := &Server{folder: filepath.Join(folder, "data")}
	var err error
	if os.Geteuid() == 0 {
		if s.as, err = unprivileged(); err != nil {
			return nil, err
		}
	}
	if err := s.makeFolder(folder); err != nil {
		return nil, err
	}
	if err := s.makeData(); err != nil {
		return nil, err
	}
	if s.port, err = FreePort(); err != nil {
		return nil, err
	}
	return s, s.run()
}

// empty is the data of a server as initdb makes it, of which all servers of the process begin with a copy: initdb takes a second
// of a processor. [Main] removes it.
var empty struct {
	sync.Mutex
	folder string // "": not made yet
}

// makeData fills the folder of the data with that of an empty server.
func (s *Server) makeData() error {
	empty.Lock()
	defer empty.Unlock()
	if empty.folder == "" {
		folder, err := os.MkdirTemp("", "rundown-initdb-*")
		if err != nil {
			return err
		}
		if err := (&Server{folder: filepath.Join(folder, "data"), as: s.as}).initialize(folder); err != nil {
			return errors.Join(err, os.RemoveAll(folder))
		}
		empty.folder = folder
	}
	if out, err := exec.Command("cp", "-Rp", filepath.Join(empty.folder, "data")+"/.", s.folder).CombinedOutput(); err != nil {
		return fmt.Errorf("cp: %w: %s", err, out)
	}
	return nil
}

// initialize runs initdb in a folder.
func (s *Server) initialize(folder string) error {
	initdb, err := program("initdb")
	if err != nil {
		return err
	}
	if err := s.makeFolder(folder); err != nil {
		return err
	}
	password := filepath.Join(folder, "password")
	if err := os.WriteFile(password, []byte(Password+"\n"), 0o644); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), readyWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, initdb, "-D", s.folder, "-U", "rundown", "-A", "password", "--pwfile", password, "-E", "UTF8", "--locale=C", "--no-sync")
	cmd.Dir = s.folder
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

// makeFolder makes the folder of the data, below another.
func (s *Server) makeFolder(below string) error {
	if err := os.Mkdir(s.folder, 0o700); err != nil || s.as == nil {
		return err
	}
	return s.give(below)
}

// give hands the data to the user that the server runs as, and lets that user reach it: the folders above are the
// test's own.
func (s *Server) give(folder string) error {
	for _, above := range []string{filepath.Dir(folder), folder} {
		if err := os.Chmod(above, 0o711); err != nil {
			return err
		}
	}
	return os.Chown(s.folder, int(s.as.Uid), int(s.as.Gid))
}

// run starts the server and waits until it answers.
func (s *Server) run() error {
	postgres, err := program("postgres")
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(filepath.Dir(s.folder), "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	s.cmd = exec.Command(postgres, "-D", s.folder, "-p", strconv.Itoa(s.port), "-h", "127.0.0.1", "-k", "",
		"-c", "fsync=off", "-c", "max_connections="+strconv.Itoa(cmp.Or(s.connections, 300)))
	s.cmd.Dir = s.folder
	s.cmd.Stdout, s.cmd.Stderr = log, log
	// SIGQUIT ends the server and all that it started at once. A server outlives no test, however that one ends.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Pdeathsig: syscall.SIGQUIT}
	started, dead := make(chan error), make(chan error, 1)
	go func() {
		runtime.LockOSThread() // the death of the thread that starts the server counts as that of the parent
		defer runtime.UnlockOSThread()
		started <- s.cmd.Start()
		dead <- s.cmd.Wait()
	}()
	if err := <-started; err != nil {
		return err
	}
	s.dead = dead
	if err := s.ready(); err != nil {
		text, _ := os.ReadFile(log.Name())
		return fmt.Errorf("%w: %s", err, text)
	}
	return nil
}

// ready waits until the server answers.
func (s *Server) ready() error {
	db, err := sql.Open("pgx", s.dsn("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	until := time.Now().Add(readyWithin)
	for {
		if err = db.PingContext(context.Background()); err == nil {
			return nil
		}
		select {
		case end := <-s.dead:
			return fmt.Errorf("postgres ended: %w", errors.Join(end, err))
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(until) {
			return fmt.Errorf("postgres does not answer: %w", err)
		}
	}
}

// Database makes an empty database and gives its address, as pgx takes it.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test_%d", databases.Add(1))
	s.Exec(t, s.dsn("postgres"), "CREATE DATABASE "+name)
	return s.dsn(name)
}

// Exec runs a statement on the database at dsn, on a connection of its own.
func (s *Server) Exec(t testing.TB, dsn, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(context.Background(), statement); err != nil {
		t.Fatal(err)
	}
}

// Address is where the server listens.
func (s *Server) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Kill ends the server as a crash does: connections break, nothing is flushed.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	if err := s.stop(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
}

// Restart starts a server that was killed again, on the same port and data.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if err := s.run(); err != nil {
		t.Fatal(err)
	}
}

// Freeze has the processes that serve connections stand still until the function that it returns is called.
func (s *Server) Freeze(t testing.TB) (goOn func()) {
	t.Helper()
	db, err := sql.Open("pgx", s.dsn("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(context.Background(), `SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var pids []int
	for rows.Next() {
		var pid int
		if err := rows.Scan(&pid); err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	send := func(sig syscall.Signal) {
		for _, pid := range pids {
			_ = syscall.Kill(pid, sig) // one that has ended meanwhile needs none
		}
	}
	send(syscall.SIGSTOP)
	goOn = func() { send(syscall.SIGCONT) }
	t.Cleanup(goOn) // else the server would not end
	return goOn
}

// Standby starts a server that was killed again as one that only reads, as after a failover to another, or as what it was.
func (s *Server) Standby(t testing.TB, standby bool) {
	t.Helper()
	signal := filepath.Join(s.folder, "standby.signal")
	err := os.Remove(signal)
	if standby {
		err = os.WriteFile(signal, nil, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.Restart(t)
}

// stop ends the server by sig and waits for its end.
func (s *Server) stop(sig syscall.Signal) error {
	if s.dead == nil {
		return nil
	}
	if err := s.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("end postgres: %w", err)
	}
	<-s.dead // how it ended is of no interest
	s.dead = nil
	return nil
}

func (s *Server) dsn(database string) string {
	return (&url.URL{
		Scheme: "postgres", User: url.UserPassword("rundown", Password), Host: s.Address(), Path: "/" + database, RawQuery: "sslmode=disable",
	}).String()
}

// program finds one of PostgreSQL's programs: in PATH, or the newest where Debian keeps them.
func program(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	paths, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(paths) == 0 {
		return "", ErrNotInstalled
	}
	return paths[len(paths)-1], nil
}

// unprivileged is the user that the server runs as where this process is root.
func unprivileged() (*syscall.Credential, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("postgres does not run as root, and there is neither a user postgres nor nobody")
}
