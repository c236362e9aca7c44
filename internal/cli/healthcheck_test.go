package cli

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestHealthcheckJudgesWhatTheDaemonAnswers(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "not ready\naccount-refused: HTTP 401\x1b[31m", http.StatusServiceUnavailable)
	})
	plain, secure := httptest.NewServer(mux), httptest.NewUnstartedServer(mux)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // of who asks it in plain
	secure.StartTLS()
	other := httptest.NewServer(http.NotFoundHandler())
	hangs := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hangs }))
	for _, s := range []*httptest.Server{plain, secure, other, slow} {
		t.Cleanup(s.Close)
	}
	t.Cleanup(func() { close(hangs) })
	at := func(s *httptest.Server) string { return s.Listener.Addr().String() }
	_, port, _ := strings.Cut(at(plain), ":")
	for _, tt := range []struct {
		name   string
		args   []string
		status int
		out    string
	}{
		{"healthy", []string{"--listen", at(plain)}, 0, "ok\n"},
		{"healthy, and it listens everywhere", []string{"--listen", ":" + port}, 0, "ok\n"},
		{"healthy, and it listens on every address of version 4", []string{"--listen", "0.0.0.0:" + port}, 0, "ok\n"},
		{"healthy, by HTTPS", []string{"--listen", at(secure), "--tls"}, 0, "ok\n"},
		{"not ready", []string{"--listen", at(plain), "--ready"}, 1, "not ready\naccount-refused: HTTP 401"},
		{"HTTPS is asked for in plain", []string{"--listen", at(secure)}, 1, "HTTP 400"},
		{"something else answers", []string{"--listen", at(other)}, 1, "HTTP 404, as no daemon does"},
		{"no answer in time", []string{"--listen", at(slow), "--timeout", "50ms"}, 1, "no answer from http://" + at(slow) + "/healthz"},
		{"nobody listens", []string{"--listen", freeAddress(t)}, 1, "connection refused"},
		{"no address", []string{"--listen", "8089"}, 2, ""},
		{"any port", []string{"--listen", ":0"}, 2, ""},
		{"no time", []string{"--timeout", "0s"}, 2, ""},
	} {
		status, out, errs := command(t, append([]string{"healthcheck"}, tt.args...)...)
		if status != tt.status || !strings.Contains(out, tt.out) || (status == 2) != (errs != "") || strings.Contains(out, "\x1b") {
			t.Errorf("%s: status %d, %q, %q", tt.name, status, out, errs)
		}
	}
}

func TestHealthcheckAsksADaemon(t *testing.T) {
	t.Parallel()
	plan := filepath.Join(t.TempDir(), "plan.yaml")
	text, _ := growing(1, "")
	write(t, plan, text)
	daemon := start(t, "stderr", canaries, "run", plan, "--simulate", "--listen", "127.0.0.1:0")
	address := daemon.awaitListen()
	if status, out, errs := command(t, "healthcheck", "--listen", address); status != 0 || out != "ok\n" {
		t.Errorf("status %d, %q, %q", status, out, errs)
	}
	if status, out, errs := command(t, "healthcheck", "--ready", "--listen", address); status != 0 || out != "ready\n" {
		t.Errorf("ready: status %d, %q, %q", status, out, errs)
	}
	if err := daemon.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	eventually(t, 20*time.Second, "no answer while it hangs", func() bool { // it may still run for a moment
		status, out, _ := command(t, "healthcheck", "--listen", address, "--timeout", "300ms")
		return status == 1 && strings.Contains(out, "no answer")
	})
	if err := daemon.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	_ = daemon.end(syscall.SIGTERM)
	if status, out, _ := command(t, "healthcheck", "--listen", address); status != 1 || !strings.Contains(out, "refused") {
		t.Errorf("once it has ended: status %d, %q", status, out)
	}
}
