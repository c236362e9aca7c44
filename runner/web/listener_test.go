package web

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"testing"
	"time"
)

// TestTheConnectionThatIsIdleForLongestMakesRoom: one that is written to stays, however old it is.
func TestTheConnectionThatIsIdleForLongestMakesRoom(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := Limit(inner, 2, slog.New(slog.DiscardHandler))
	defer l.Close()
	open := func() (client, server net.Conn) {
		t.Helper()
		client, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close() })
		if server, err = l.Accept(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = server.Close() })
		return client, server
	}
	stream, streaming := open()
	held, _ := open()
	if _, err := io.WriteString(streaming, "tick"); err != nil {
		t.Fatal(err)
	}
	_, answered := open()
	_ = held.SetReadDeadline(time.Now().Add(10 * time.Second)) // else it would wait for ever where it is not closed
	if _, err := held.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the idle connection was not closed: %v", err)
	}
	if _, err := io.WriteString(streaming, "tock"); err != nil {
		t.Errorf("the stream was closed: %v", err)
	}
	got := make([]byte, 8)
	if _, err := io.ReadFull(stream, got); err != nil || string(got) != "ticktock" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := io.WriteString(answered, "x"); err != nil {
		t.Errorf("the new connection was closed: %v", err)
	}
}
