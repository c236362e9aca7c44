package store_test

import (
	"io"
	"path/filepath"
	"testing"

	"rundown/runner/store"
)

func TestOthersReadAndCommandWhileAProcessWrites(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "rundown.db")
	mustOpen(t, file, store.Options{Create: true})
	_, out, in := child(t, "answer", file, worker)
	s := mustOpen(t, file, reader)
	const bursts = 10
	seen := 0
	for i := range bursts {
		if _, err := io.WriteString(in, "\n"); err != nil {
			t.Fatal(err)
		}
		// Meanwhile:
		found, err := s.Occurrences(t.Context(), store.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		if len(found) < i*burst || len(found) < seen {
			t.Fatalf("%d occurrences after %d bursts and %d seen", len(found), i, seen)
		}
		seen = len(found)
		if err := giveCommand(t.Context(), s, store.Command{At: monday, Kind: "cancel", Occurrence: row(0).ID}); err != nil {
			t.Fatal(err)
		}
		if !out.Scan() || out.Text() != "written" {
			t.Fatalf("the process that works says %q", out.Text())
		}
	}
	given, err := s.OrdersFor(t.Context(), row(0).ID)
	if err != nil || len(given) != bursts {
		t.Errorf("%d commands are stored, %v, want %d", len(given), err, bursts)
	}
	found, err := s.Occurrences(t.Context(), store.Filter{})
	if err != nil || len(found) != bursts*burst {
		t.Errorf("%d occurrences, %v, want %d", len(found), err, bursts*burst)
	}
}

func TestChangesShowWhatOthersWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rundown.db")
	s := mustOpen(t, file, worker)
	other := mustOpen(t, file, reader)
	changes := func() int64 {
		t.Helper()
		n, err := s.Changes(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := changes()
	if err := s.Beat(t.Context(), monday); err != nil {
		t.Fatal(err)
	}
	if _, err := other.OrdersFor(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if now := changes(); now != before {
		t.Errorf("own writes and others' reads changed it from %d to %d", before, now)
	}
	for range 3 {
		if err := giveCommand(t.Context(), other, store.Command{Kind: "cancel"}); err != nil {
			t.Fatal(err)
		}
		now := changes()
		if now == before {
			t.Errorf("another's command left it at %d", now)
		}
		before = now
	}
}
