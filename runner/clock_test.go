package runner_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/session"
)

// wallClock can be set while time passes. To an engine a machine that slept is a clock that went ahead: its timers stood
// still meanwhile.
type wallClock struct{ ahead atomic.Int64 }

func (c *wallClock) now() time.Time       { return time.Now().Add(time.Duration(c.ahead.Load())).Round(0) }
func (c *wallClock) set(by time.Duration) { c.ahead.Add(int64(by)) }

func TestAClockThatJumpsNeitherLosesNorDoublesWhatRuns(t *testing.T) {
	t.Parallel()
	const (
		early   = "school/early/20310915T062000Z"
		spanish = "school/spanish/20310915T081000Z"
		others  = `  early: {when: "2031-09-15 08:20-08:40"}
  spanish: {when: "2031-09-15 10:10-10:25"}`
		ahead, back = "the clock went ahead, or the machine slept", "the clock was set back"
	)
	for _, tt := range []struct {
		name    string
		by      time.Duration
		ends    time.Duration // the running session, so long after the jump
		spanish session.Outcome
		line    string
	}{
		{"an hour ahead", time.Hour, 0, session.Missed, ahead},
		{"a day ahead", 24 * time.Hour, 0, session.Missed, ahead},
		{"an hour back", -time.Hour, 82 * time.Minute, session.Recorded, back},
		{"a day back", -24 * time.Hour, 89 * time.Minute, "", back}, // its two hours end it
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h, clock := newHouse(t, simulator.Config{}), &wallClock{}
				h.now = clock.now
				e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50", others), "school.yaml"))
				jump := monday.Add(30 * time.Minute)
				until(jump)
				clock.set(tt.by)
				queries := h.sim.Ledger().Requests["query"]
				until(jump.Add(20 * time.Minute))
				if more := h.sim.Ledger().Requests["query"] - queries; tt.by < 0 && more < 8 {
					t.Errorf("%d queries in the twenty minutes after the jump: what runs is not watched", more)
				}
				until(jump.Add(4 * time.Hour))
				h.shut(e)

				starts := map[string]int{}
				for _, s := range h.sim.Ledger().Sessions {
					starts[s.Cname]++
					switch {
					case s.StoppedAt == nil:
						t.Errorf("%s still runs", s.Cname)
					case starts[s.Cname] > 1:
						t.Errorf("%s was begun a second time", s.Cname)
					case s.Cname == "school-german":
						if late := s.StoppedAt.Sub(jump) - tt.ends; late.Abs() > 40*time.Second {
							t.Errorf("what ran ended %v after the jump, want %v", late+tt.ends, tt.ends)
						}
					}
				}
				got := h.outcomes()
				if got[early].Outcome != session.Recorded || starts["school-early"] != 1 {
					t.Errorf("what had ended: %s, begun %d times", got[early].Outcome, starts["school-early"])
				}
				// Within the half minute after which no timer is trusted.
				if s := got[spanish]; s.Outcome != tt.spanish || s.Outcome == session.Missed && !strings.Contains(s.Reason, "did not run from 2031-09-15 09:30:") {
					t.Errorf("the class after the jump: %s %q", s.Outcome, s.Reason)
				}
				if !strings.Contains(h.log.String(), tt.line) {
					t.Errorf("the log does not say %q", tt.line)
				}
			})
		})
	}
}

func TestAMachineThatSleptBeyondTheHorizonAnswersForEveryClass(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		clock := &wallClock{}
		h := newHouse(t, simulator.Config{Now: clock.now})
		h.now = clock.now
		e := h.open(loadPlan(t, school(`"Mon-Fri 09:00-09:50"`, "    only: autumn"), "school.yaml"))
		until(monday.Add(30 * time.Minute))
		clock.set(10 * 24 * time.Hour) // to Thursday of the week after, 09:30
		until(monday.Add(2 * time.Hour))
		h.shut(e)

		got := h.outcomes()
		for day := 15; day <= 25; day++ {
			if day == 20 || day == 21 {
				continue
			}
			id := fmt.Sprintf("school/german/203109%02dT070000Z", day)
			s := got[id]
			delete(got, id)
			switch {
			case day == 15 && s.Outcome != session.Partial || day == 25 && s.Outcome != session.Partial:
				t.Errorf("%s: %s %q", id, s.Outcome, s.Reason)
			case day > 15 && day < 25 && (s.Outcome != session.Missed || !strings.Contains(s.Reason, "did not run from 2031-09-15 09:30:")): // within half a minute
				t.Errorf("%s: %s %q", id, s.Outcome, s.Reason)
			}
		}
		if len(got) > 0 {
			t.Errorf("others have ended too: %v", got)
		}
	})
}
