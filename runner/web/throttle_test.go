package web

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestWhatCallersCauseIsLoggedOnceAMinuteWithACount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		th := throttle{log: slog.New(slog.NewTextHandler(&log, nil)), message: "refused"}
		said := func(want string) {
			t.Helper()
			synctest.Wait()
			if got := log.String(); want == "" && got != "" || strings.Count(got, "\n") > 1 || !strings.Contains(got, want) {
				t.Errorf("the log says %q, want %q", got, want)
			}
			log.Reset()
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
