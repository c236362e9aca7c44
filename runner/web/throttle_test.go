package web

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// lockedBuffer is written by timers and read by the test.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// take gives what was written since the last call.
func (b *lockedBuffer) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.b.Reset()
	return b.b.String()
}

func TestWhatCallersCauseIsLoggedOnceAMinuteWithACount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log lockedBuffer
		th := throttle{log: slog.New(slog.NewTextHandler(&log, nil)), message: "refused"}
		said := func(want string) {
			t.Helper()
			synctest.Wait()
			if got := log.take(); want == "" && got != "" || strings.Count(got, "\n") > 1 || !strings.Contains(got, want) {
				t.Errorf("the log says %q, want %q", got, want)
			}
		}
		th.tell("status", 401)
		said("count=1 status=401")
		for i := range 500 {
			th.tell("status", i)
		}
		said("")
		time.Sleep(59 * time.Second)
		said("")
		time.Sleep(2 * time.Second)
		said("count=500 status=499")
		time.Sleep(5 * time.Minute)
		said("")
		th.tell("status", 401)
		said("count=1 ")
		time.Sleep(time.Hour)
		said("")
	})
}
