package cli

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"syscall"
	"testing"
	"time"

	"rundown/runner/store/pgtest"
)

// freeAddress is an address of this machine that nobody listens on, for a daemon whose log cannot tell its own.
func freeAddress(t *testing.T) string {
	t.Helper()
	port, err := pgtest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", port)
}

// health asks a path of the daemon's; status 0: no answer.
func health(address, path string) (status int, body string) { return get("http://" + address + path) }

// get asks an address; status 0: no answer. A server that hung up is asked again.
func get(url string) (status int, body string) {
	client := http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
	var err error
	for range 10 {
		if status, body, err = getOnce(&client, url); err == nil {
			return status, body
		}
		if !hungUp(err) {
			break
		}
	}
	return 0, err.Error()
}

// hungUp says that a server closed the connection without an answer: where it did not run for some seconds it takes a caller for one
// that sends nothing.
func hungUp(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) }

func getOnce(client *http.Client, url string) (status int, body string, err error) {
	r, err := client.Get(url)
	if err != nil {
		return 0, "", err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return r.StatusCode, string(b), err
}

// eventually waits until something holds, for a limit and at least a minute: on a machine with much else to do anything may take that.
func eventually(t *testing.T, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	limit = max(limit, time.Minute)
	over, stop := patience(limit)
	defer stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-over:
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}
