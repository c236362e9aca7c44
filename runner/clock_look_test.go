package runner

import (
	"testing"
	"time"
)

func TestAClockThatPartsFromTheTimeThatPassesIsNoticedOnce(t *testing.T) {
	begun := time.Date(2032, 2, 28, 23, 59, 0, 0, time.UTC)
	var c clock
	wall, passed := begun, begun
	for _, tt := range []struct {
		name         string
		passed, wall time.Duration
		want         time.Duration
	}{
		{"the first reading says nothing", 0, 48 * time.Hour, 0},
		{"midnight before a leap day is no jump", 2 * time.Minute, 2 * time.Minute, 0},
		{"what a correction moves is not worth a word", time.Second, 2 * time.Second, 0},
		{"an hour asleep", time.Second, time.Hour + time.Second, time.Hour},
		{"and then time goes on", time.Second, time.Second, 0},
		{"set back by a day", time.Second, time.Second - 24*time.Hour, -24 * time.Hour},
	} {
		passed, wall = passed.Add(tt.passed), wall.Add(tt.wall)
		if got := c.look(wall, passed); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
