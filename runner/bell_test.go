package runner_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
)

// TestTwoHundredClassesAtOneBellAreAllWrittenByThen holds the placement to its figures. With 10 requests a second,
// two for each start and a quarter of the budget in reserve for stops, repetitions and queries, two starts are at
// least 2/(10×0.75) s = 267 ms apart. The last is sent 5 s (the service's latency) and 8 s (a node that dies stalls
// its starts for about 7 s) before the writing is due, so the i-th from the last writes 8 s + i×267 ms early. For 200
// that is on average 8 s + 99.5×267 ms = 34.5 s: the least that is possible with that slack and that reserve. The
// mean of what is recorded too early may exceed it by a tenth.
func TestTwoHundredClassesAtOneBellAreAllWrittenByThen(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name            string
		ending, watched int // classes that end at the bell, and that are in their middle
	}{
		{"alone", 0, 0},
		{"while 20 end and 60 are watched", 20, 60},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bell := time.Date(2031, 9, 15, 9, 0, 0, 0, time.UTC)
				until(bell.Add(-2 * time.Hour))
				var b strings.Builder
				b.WriteString(`version: 1
name: school
account: {customer_id: "${ID}", customer_secret: "${SECRET}"}
apps: {main: {id: "${APP}", limits: {concurrent: 300}}}
storage: {videos: {vendor: s3, region: eu-central-1, bucket: videos, access_key: "${ACCESS}", secret_key: "${KEY}"}}
defaults: {timezone: UTC, url: "https://school.example/rooms/{id}", padding: {before: 0s, after: 0s}}
recordings:
`)
				class := func(kind string, n int, when string) {
					for i := range n {
						fmt.Fprintf(&b, "  %s-%d: {when: 2031-09-15 %s}\n", kind, i, when)
					}
				}
				class("starting", 200, "09:00-09:06")
				class("ending", tt.ending, "08:50-09:00")
				class("watched", tt.watched, "08:52-09:08")
				p := loadPlan(t, files{"bell.yaml": b.String()}, "bell.yaml")
				h := newHouse(t, simulator.Config{Concurrent: 300})
				e := h.open(p)
				until(bell.Add(time.Hour))
				h.shut(e)
				h.audit()

				var early time.Duration
				ledger := h.sim.Ledger()
				for _, s := range ledger.Sessions {
					switch {
					case s.StoppedAt == nil:
						t.Errorf("%s still runs", s.Cname)
					case strings.HasPrefix(s.Cname, "school-starting") && (s.RecordingAt == nil || s.RecordingAt.After(bell)):
						t.Errorf("%s is written from %v on", s.Cname, s.RecordingAt)
					case strings.HasPrefix(s.Cname, "school-starting"):
						early += bell.Sub(*s.RecordingAt)
					case strings.HasPrefix(s.Cname, "school-ending") && s.StoppedAt.Sub(bell) > 5*time.Second:
						t.Errorf("%s, due to end at the bell, ended at %v", s.Cname, s.StoppedAt)
					}
				}
				if n := ledger.Answers["429"]; n > 0 {
					t.Errorf("%d requests were over the budget", n)
				}
				if n := len(ledger.Sessions); n != 200+tt.ending+tt.watched {
					t.Errorf("%d sessions", n)
				}
				least := 8*time.Second + 199*(4*time.Second/15)/2
				mean := early / 200
				if mean > least*11/10 {
					t.Errorf("recorded %v too early on average, the least possible is %v", mean, least)
				}
				t.Logf("%v too early on average, the least possible is %v", mean, least)
			})
		})
	}
}
