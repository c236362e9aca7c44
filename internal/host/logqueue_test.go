package host

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// fickle is a standard error that takes a write whole, half, or not at all, as it is told; with no more to be told it
// takes all.
type fickle struct {
	took  bytes.Buffer
	moods []int
}

func (f *fickle) Write(p []byte) (int, error) {
	mood := 2
	if len(f.moods) > 0 {
		mood, f.moods = f.moods[0], f.moods[1:]
	}
	n := len(p) * mood / 2
	f.took.Write(p[:n])
	if n < len(p) {
		return n, errors.New("no space left on device")
	}
	return n, nil
}

// TestEachLogLineIsWrittenOrCounted has lines come while standard error does what it likes: those that are whole and
// those that notices count are all, in their order.
func TestEachLogLineIsWrittenOrCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := &fickle{moods: rapid.SliceOfN(rapid.IntRange(0, 2), 0, 40).Draw(t, "moods")}
		notice := func(lines int, _ time.Time) []byte { return fmt.Appendf(nil, "dropped %d\n", lines) }
		q := NewLogQueue(f, rapid.IntRange(1, 200).Draw(t, "size"), notice)
		n := rapid.IntRange(0, 60).Draw(t, "lines")
		for i := range n {
			if wrote, err := fmt.Fprintf(q, "line %03d.\n", i); err != nil || wrote != 10 {
				t.Fatalf("a write gave %d, %v", wrote, err)
			}
		}
		q.Close(10 * time.Second)
		<-q.ended
		missing := q.dropped // of what came last, which nobody tells of any more
		last := -1
		for line := range strings.Lines(f.took.String()) {
			var k int
			if _, err := fmt.Sscanf(line, "line %03d.\n", &k); err == nil && strings.HasSuffix(line, ".\n") {
				if last+1 > k {
					t.Fatalf("line %d comes after line %d", k, last)
				}
				last = k
				missing++
			} else if _, err := fmt.Sscanf(line, "dropped %d\n", &k); err == nil && strings.HasSuffix(line, "\n") {
				missing += k
			}
		}
		if missing != n {
			t.Fatalf("%d lines are written or counted, of %d:\n%s", missing, n, f.took.String())
		}
		if q.Dropped() < q.dropped || q.Dropped() > n {
			t.Fatalf("%d lines were dropped in all, of %d, and %d that nobody was told of", q.Dropped(), n, q.dropped)
		}
		if told := len(q.Issues()) > 0; told != (q.dropped > 0) {
			t.Fatalf("a health issue: %t, with %d lines that nobody was told of", told, q.dropped)
		}
	})
}
