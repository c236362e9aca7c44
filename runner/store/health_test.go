package store

import (
	"errors"
	"path/filepath"
	"testing"
	"time"
)

// TestTheHealthOfANodeIsReadWhileItGivesHeartbeats has what a node reported last, in another connection.
func TestTheHealthOfANodeIsReadWhileItGivesHeartbeats(t *testing.T) {
	ctx, dsn, now := t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "rundown.db"), time.Date(2031, 9, 17, 12, 0, 0, 0, time.UTC)
	node, err := Open(ctx, dsn, Options{Create: true, Work: true})
	if err != nil {
		t.Fatal(err)
	}
	defer node.Close()
	reader, err := Open(ctx, dsn, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := reader.SetHealth(ctx, now, []byte(`[]`)); !errors.Is(err, ErrNoWork) {
		t.Errorf("a reader reports health: %v", err)
	}
	for _, report := range []string{`[{"id":"clock-off"}]`, `[]`} {
		for _, err := range []error{node.Beat(ctx, now), node.SetHealth(ctx, now, []byte(report))} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if got, err := reader.Health(ctx, now); err != nil || len(got) != 1 || string(got[0].Issues) != report || got[0].Node != node.NodeID() || got[0].Name == "" {
			t.Errorf("read %+v, want %q, %v", got, report, err)
		}
	}
	if got, err := reader.Health(ctx, now.Add(time.Second)); err != nil || len(got) != 0 {
		t.Errorf("a node that gives no heartbeats any more: %+v, %v", got, err)
	}
	if err := node.Leave(ctx, now); err != nil {
		t.Fatal(err)
	}
	if got, err := reader.Health(ctx, now); err != nil || len(got) != 0 {
		t.Errorf("a node that has left: %+v, %v", got, err)
	}
}
