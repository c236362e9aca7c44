package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"rundown/runner/session"
)

// TestStopAllIsDoneWithAClassThatWasMoved has the last session of a moved class stopped, which leaves the class planned.
func TestStopAllIsDoneWithAClassThatWasMoved(t *testing.T) {
	var out, said bytes.Buffer
	a := newApp(Streams{Out: &out, Err: &said})
	const id = "school/german/20310915T070000Z"
	stops := newStopping(a, nil, &leftover{states: map[string]session.State{}})
	stops.open[id] = session.Stopping
	moved := session.State{Status: session.Status{Phase: session.Planned}}
	moved.ID, moved.Start = id, time.Date(2031, 9, 16, 7, 0, 0, 0, time.UTC)
	stops.take([]session.State{moved})
	if len(stops.open) > 0 || !strings.Contains(out.String(), "stopped; its plan has moved it to 2031-09-16") {
		t.Errorf("%v is waited for, and it says %q", stops.open, out.String())
	}
}
