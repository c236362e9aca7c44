package cli

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"testing"
	"time"
)

// freeAddress is an address of this machine that nobody listens on, for a daemon whose log cannot tell its own.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 1000 {
		address := fmt.Sprintf("127.0.0.1:%d", firstPort+(uint32(os.Getpid())*100+nextPort.Add(1))%ports)
		if l, err := net.Listen("tcp", address); err == nil {
			l.Close()
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

// The ports that [freeAddress] gives lie below those that the kernel gives to whoever asks for any: else a simulator or a
// connection could take one before the daemon that it is meant for listens there.
const (
	firstPort = 15000
	ports     = 15000
)

var nextPort atomic.Uint32

// health asks a path of the daemon's; status 0: no answer.
func health(address, path string) (status int, body string) {
	client := http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get("http://" + address + path)
	if err != nil {
		return 0, err.Error()
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return 0, err.Error()
	}
	return r.StatusCode, string(b)
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
