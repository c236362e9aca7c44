package pgtest

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Pooler starts a pgbouncer in front of the server, in the pool mode given, and gives the address of a database through
// it. It is ended with the test. The program is $PGBOUNCER, or what is in PATH; where there is none the test is skipped,
// unless CI is set.
func (s *Server) Pooler(t testing.TB, mode, dsn string) string {
	t.Helper()
	program, err := exec.LookPath(cmp.Or(os.Getenv("PGBOUNCER"), "pgbouncer"))
	if err != nil && os.Getenv("CI") == "" {
		t.Skip("no pgbouncer found: install Debian's package pgbouncer, or name the program in PGBOUNCER")
	}
	if err != nil {
		t.Fatal(err)
	}
	port, err := FreePort()
	if err != nil {
		t.Fatal(err)
	}
	folder, err := os.MkdirTemp("", "rundown-pgbouncer-*") // directly below the folder that the server's user can reach
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	if err := os.Chmod(folder, 0o711); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(folder, "pgbouncer.ini")
	text := fmt.Sprintf("[databases]\n* = host=127.0.0.1 port=%d user=rundown password='%s'\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\n"+
		"unix_socket_dir =\nauth_type = any\npool_mode = %s\n", s.port, Password, port, mode)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, config)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	out, err := os.Create(config + ".log")
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
		_ = out.Close()
	})
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = fmt.Sprintf("127.0.0.1:%d", port)
	if err := answers(u.String()); err != nil {
		said, _ := os.ReadFile(out.Name())
		t.Fatalf("pgbouncer: %v: %s", err, said)
	}
	return u.String()
}

// answers waits until a server answers at an address.
func answers(dsn string) error {
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	until := time.Now().Add(readyWithin)
	for {
		if err = db.Ping(); err == nil {
			return nil
		}
		if time.Now().After(until) {
			return errors.Join(errors.New("does not answer"), err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
