package runner_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/plan/schedule"
	"rundown/runner/session"
)

// TestAStopOutlastsAFailover has the service answer 404 around the end of a class whose session was healthy, suspect or
// not yet confirmed until then. The recording lives on behind it: nothing of it may be left running.
func TestAStopOutlastsAFailover(t *testing.T) {
	t.Parallel()
	const seconds = time.Second
	tests := []struct {
		name    string
		when    string // of the class, which has the default padding: started 43 s before it, stopped 2 m after it
		more    string
		after   time.Duration // of its start
		gone    time.Duration
		cancel  time.Duration // after the bell; 0: it is not
		faults  []simulator.RequestFault
		outcome session.Outcome
		stopped time.Duration // at the latest, after the end or the cancellation
	}{
		{name: "healthy", when: "09:00-09:50", after: 52*time.Minute + 40*seconds, gone: 85 * seconds, outcome: session.Recorded, stopped: 90 * seconds},
		{name: "suspect", when: "09:00-09:50", after: 51*time.Minute + 36*seconds, gone: 88 * seconds, outcome: session.Recorded, stopped: 90 * seconds},
		{name: "suspect, and cancelled", when: "09:00-09:50", after: 21*time.Minute + 36*seconds, gone: 88 * seconds, cancel: 21*time.Minute + 10*seconds, outcome: session.Cancelled, stopped: 90 * seconds},
		{name: "not yet confirmed, and cancelled", when: "09:00-09:50", after: 2 * seconds, gone: 85 * seconds, cancel: 5 * seconds, outcome: session.Cancelled, stopped: 60 * seconds},
		{name: "not yet confirmed, and over", when: "09:00:00-09:00:20", more: "    padding: {before: 0s, after: 0s}", after: 2 * seconds, gone: 80 * seconds, outcome: session.Recorded, stopped: 80 * seconds},
		{
			name: "never confirmed, since queries fail", when: "09:00-09:50", after: 52*time.Minute + 40*seconds, gone: 85 * seconds,
			faults: []simulator.RequestFault{{Endpoint: "query", Status: 500}}, outcome: session.Recorded, stopped: 90 * seconds,
		},
	}
	for _, tt := range tests {
		for crash := range 2 {
			t.Run(fmt.Sprintf("%s, %d restarts", tt.name, crash), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					until(monday.Add(-time.Hour))
					h := newHouse(t, simulator.Config{Faults: simulator.Faults{Requests: tt.faults, Sessions: []simulator.SessionFault{
						{Cname: "*", After: simulator.Duration(tt.after), GoneFor: simulator.Duration(tt.gone)},
					}}})
					day := "2031-09-15 "
					p := loadPlan(t, school(day+tt.when, tt.more), "school.yaml")
					e := h.open(p)
					end := schedule.Occurrences(p, monday.Add(-time.Hour), monday.Add(time.Hour))[0].RecordUntil
					if tt.cancel > 0 {
						end = monday.Add(tt.cancel)
						until(end)
						if err := e.Cancel(german, "ops", "snow"); err != nil {
							t.Fatal(err)
						}
					}
					for range crash { // while the stop is repeated
						until(end.Add(12 * time.Second))
						h.shut(e)
						e = h.open(p)
					}
					until(end.Add(30 * time.Minute))
					s, story := h.state(german), h.story(german)
					h.shut(e)
					ran := h.sim.Ledger().Sessions
					if len(ran) != 1 || ran[0].StoppedAt == nil || ran[0].StopReason != "stop" {
						t.Fatalf("not stopped: %+v\n%s: %s\n%s", ran, s.Outcome, s.Reason, story)
					}
					if over := ran[0].StoppedAt.Sub(end); over > tt.stopped {
						t.Errorf("stopped %v after the end, want %v at most", over, tt.stopped)
					}
					if s.Outcome != tt.outcome {
						t.Errorf("%s, want %s: %s\n%s", s.Outcome, tt.outcome, s.Reason, story)
					}
				})
			})
		}
	}
}

// TestWhatWasSeenRecordingIsNeverToldAsNothing has a session that is seen running once, or of which a notification told that
// it records, and then answers 404 for good.
func TestWhatWasSeenRecordingIsNeverToldAsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{Faults: simulator.Faults{Sessions: []simulator.SessionFault{
			{Cname: "*", After: simulator.Duration(8 * time.Second), GoneFor: simulator.Duration(10 * time.Hour)},
		}}})
		e := h.open(loadPlan(t, school("2031-09-15 09:00:00-09:00:20", "    padding: {before: 0s, after: 0s}", "    attempts: 1"), "school.yaml"))
		until(monday.Add(time.Hour))
		s, story := h.state(german), h.story(german)
		h.shut(e)
		if s.Outcome != session.Partial || strings.Contains(s.Reason, "nothing was recorded") || !strings.Contains(s.Reason, "maxRecordingHour") {
			t.Errorf("%s: %s\n%s", s.Outcome, s.Reason, story)
		}
	})
}

// TestAnUploadErrorIsNoEndOfARecording has the upload fail in the middle of a class that is failing over at its end: the
// stop is repeated all the same.
func TestAnUploadErrorIsNoEndOfARecording(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h, carrier := listening(t, simulator.Faults{
			Notices:  []simulator.NoticeFault{uploadError(32, 20*time.Minute)},
			Sessions: []simulator.SessionFault{{Cname: "*", After: simulator.Duration(52*time.Minute + 40*time.Second), GoneFor: simulator.Duration(85 * time.Second)}},
		})
		p := loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml")
		e := h.open(p)
		carrier.to(h, e)
		until(monday.Add(2 * time.Hour))
		if err := h.sim.Close(); err != nil {
			t.Error(err)
		}
		story := h.story(german)
		h.shut(e)
		ran := h.sim.Ledger().Sessions
		if len(ran) != 1 || ran[0].StoppedAt == nil || ran[0].StoppedAt.After(monday.Add(54*time.Minute)) {
			t.Errorf("%+v, want one session that is stopped within two minutes of its end\n%s", ran, story)
		}
	})
}

// TestAnOld404SaysNothingAtTheStop has the first query answered 404, as it may be right after a start, and nobody answer
// queries from then on. The stop, an hour later, meets a failover.
func TestAnOld404SaysNothingAtTheStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{Faults: simulator.Faults{
			Requests: []simulator.RequestFault{{Endpoint: "query", Skip: 1, Drop: "before"}},
			Sessions: []simulator.SessionFault{
				{Cname: "*", After: simulator.Duration(2 * time.Second), GoneFor: simulator.Duration(5 * time.Second)},
				{Cname: "*", After: simulator.Duration(52*time.Minute + 40*time.Second), GoneFor: simulator.Duration(60 * time.Second)},
			},
		}})
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50", "    attempts: 1"), "school.yaml"))
		until(monday.Add(2 * time.Hour))
		s, story := h.state(german), h.story(german)
		h.shut(e)
		for _, x := range h.sim.Ledger().Sessions {
			if x.StoppedAt == nil || x.StoppedAt.After(monday.Add(54*time.Minute+30*time.Second)) || x.StopReason != "stop" {
				t.Errorf("%+v runs on\n%s: %s\n%s", x, s.Outcome, s.Reason, story)
			}
		}
		if strings.Contains(s.Reason, "nothing was recorded") {
			t.Errorf("%s: %s\n%s", s.Outcome, s.Reason, story)
		}
	})
}
