package runner_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
)

// moving is a plan with the class of monday under a change, and a second App ID. The class of December keeps the plan from
// removing all that it has.
func moving(change string, more ...string) files {
	if change != "" {
		more = append(more, "    changes: {2031-09-15: "+change+"}")
	}
	f := school("2031-09-15 09:00-09:50, 2031-12-01 09:00-09:50", more...)
	text := strings.Replace(f["school.yaml"], `apps: {main: {id: "${APP}"}}`, `apps: {main: {id: "${APP}"}, other: {id: "${OTHER}"}}`, 1)
	text = strings.Replace(text, "defaults:\n", "defaults:\n  app: main\n", 1)
	return files{"school.yaml": text + "\n  spare: {app: other, when: 2031-12-02 09:00-09:50}\n"}
}

// runs lists the sessions of the ledger as times of UTC, with the day of the month where that is not the 15th.
func (h *house) runs() []string {
	var out []string
	for _, s := range h.sim.Ledger().Sessions {
		end := "still running"
		if s.StoppedAt != nil {
			end = s.StoppedAt.Format("15:04")
		}
		text := s.StartedAt.Format("15:04") + "-" + end
		if s.StartedAt.Day() != 15 {
			text = s.StartedAt.Format("02 ") + text
		}
		out = append(out, text)
	}
	return out
}

// story is the event log of an occurrence.
func (h *house) story(id string) string {
	h.t.Helper()
	events, err := h.store.Events(context.Background(), id, 0, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "%s %s %s\n", e.At.Format("02 15:04:05"), e.Kind, e.Text)
	}
	return b.String()
}

// untilOver waits until some hours after the last of the runs, each as [house.runs] gives it, and after an instant.
func untilOver(runs []string, least time.Time) {
	last, day := runs[len(runs)-1], "15"
	if before, after, ok := strings.Cut(last, " "); ok {
		day, last = before, after
	}
	end, err := time.Parse("2006-01-02 15:04", "2031-09-"+day+" "+last[len("15:04-"):])
	if err != nil {
		panic(err)
	}
	until(later(end, least).Add(3 * time.Hour))
}

// state is an occurrence as the store has it.
func (h *house) state(id string) session.State {
	h.t.Helper()
	rows, err := h.store.Occurrences(context.Background(), store.Filter{ID: id})
	if err != nil || len(rows) != 1 {
		h.t.Fatalf("%s: %d rows, %v", id, len(rows), err)
	}
	sessions, err := h.store.Sessions(context.Background(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	s, err := runner.Decode(rows[0], sessions[id])
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// TestAClassThatIsMovedWhileItIsRecorded changes the plan twenty minutes after the bell: while the daemon runs, and while
// it does not.
func TestAClassThatIsMovedWhileItIsRecorded(t *testing.T) {
	t.Parallel()
	for _, tt := range []moveCase{
		{name: "to the next day", change: "{to: 2031-09-16 09:00-09:50}", runs: []string{"06:59-07:20", "16 06:59-07:52"}, outcome: session.Recorded, moved: true, says: "moves it to Tue 2031-09-16 09:00 CEST: its recording stops, and it is recorded again then"},
		{name: "to the afternoon", change: "{to: 14:00-14:50}", runs: []string{"06:59-07:20", "11:59-12:52"}, outcome: session.Recorded, moved: true, says: "moves it to Mon 2031-09-15 14:00 CEST: its recording stops, and it is recorded again then"},
		{name: "by an hour, which overlaps", change: "{to: 09:40-10:30}", runs: []string{"06:59-07:20", "07:39-08:32"}, outcome: session.Recorded, moved: true, says: "moves it to Mon 2031-09-15 09:40 CEST: its recording stops, and it is recorded again then"},
		{name: "beyond the horizon", change: "{to: 2031-10-16 09:00-09:50}", runs: []string{"06:59-07:20"}, moved: true, says: "moves it to Thu 2031-10-16 09:00 CEST: its recording stops, and it is recorded again then"},
		{name: "by ten minutes", change: "{to: 09:10-10:00}", runs: []string{"06:59-08:02"}, outcome: session.Recorded, says: "has it begin at 09:10 CEST, ends it at 10:00 CEST instead of 09:50 CEST: it is recorded until 10:02 CEST"},
		{name: "to an earlier start", change: "{to: 08:50-10:00}", runs: []string{"06:59-08:02"}, outcome: session.Partial, says: "has it begin at 08:50 CEST, ends it at 10:00 CEST instead of 09:50 CEST: it is recorded until 10:02 CEST"},
		{name: "to a later end", change: "{to: 09:00-10:20}", runs: []string{"06:59-08:22"}, outcome: session.Recorded, says: "ends it at 10:20 CEST instead of 09:50 CEST: it is recorded until 10:22 CEST"},
		{name: "to a sooner end", change: "{to: 09:00-09:30}", runs: []string{"06:59-07:32"}, outcome: session.Recorded, says: "ends it at 09:30 CEST instead of 09:50 CEST: it is recorded until 09:32 CEST"},
		{name: "to an end that is past", change: "{to: 09:00-09:10}", runs: []string{"06:59-07:52"}, outcome: session.Recorded, says: "ends it at 09:10 CEST, which is past: that is refused, and it is recorded until 09:52 CEST"},
		{name: "wholly into the past", change: "{to: 07:00-07:50}", runs: []string{"06:59-07:52"}, outcome: session.Recorded, says: "ends it at 07:50 CEST, which is past: that is refused, and it is recorded until 09:52 CEST"},
		{name: "to another page", change: "{url: https://school.example/rooms/elsewhere}", runs: []string{"06:59-07:52"}, outcome: session.Recorded, says: "gives it another page: it is recorded from the old page, and the new one is used from its next class on"},
		{name: "to another App ID", more: "    app: other", runs: []string{"06:59-07:20", "07:20-07:52"}, outcome: session.Partial, moved: true, says: "gives it to another App ID: its recording stops, and another session records what is left"},
		{name: "to another App ID and the afternoon", change: "{to: 14:00-14:50}", more: "    app: other", runs: []string{"06:59-07:20", "11:59-12:52"}, outcome: session.Recorded, moved: true, says: "gives it to another App ID and moves it to Mon 2031-09-15 14:00 CEST: its recording stops, and it is recorded again then"},
		{name: "to another App ID and cancelled", change: "cancelled", more: "    app: other", runs: []string{"06:59-07:20"}, outcome: session.Cancelled, says: "cancels it: its recording stops"},
	} {
		for name, restart := range map[string]bool{"live": false, "at a restart": true} {
			t.Run(tt.name+", "+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { tt.run(t, restart) })
			})
		}
	}
}

// moveCase is a change of plan while a class is being recorded.
type moveCase struct {
	name    string
	change  string
	more    string
	runs    []string
	outcome session.Outcome // "": it has not ended
	moved   bool            // a warning tells that what ran was stopped
	says    string          // the history of the class, of the revision
}

func (tt *moveCase) run(t *testing.T, restart bool) {
	until(monday.Add(-time.Hour))
	h := newHouse(t, simulator.Config{})
	h.poll = time.Hour
	e := h.open(loadPlan(t, moving(""), "school.yaml"))
	until(monday.Add(20*time.Minute + 30*time.Second))
	after := loadPlan(t, moving(tt.change, tt.more), "school.yaml")
	if restart {
		h.shut(e)
		e = h.open(after)
	} else if _, err := e.Apply(context.Background(), after); err != nil {
		t.Fatal(err)
	}
	untilOver(tt.runs, monday.Add(2*time.Hour))
	s, story := h.state(german), h.story(german)
	h.shut(e)
	if runs := h.runs(); !slices.Equal(runs, tt.runs) {
		t.Errorf("ran %v, want %v\n%s", runs, tt.runs, story)
	}
	if s.Outcome != tt.outcome || len(s.Sessions) != len(tt.runs) {
		t.Errorf("%s after %d sessions, want %s: %s\n%s", s.Outcome, len(s.Sessions), tt.outcome, s.Reason, story)
	}
	if told := strings.Contains(h.log.String(), `level=WARN msg="class moved while it was recorded`); told != tt.moved || strings.Contains(story, "moved") != tt.moved {
		t.Errorf("a warning in the log: %v, want %v; the history:\n%s", told, tt.moved, story)
	}
	if tt.says != "" && strings.Count(story, " plan revision 2 of the plan "+tt.says+"\n") != 1 {
		t.Errorf("no line of revision 2: %s; the history:\n%s", tt.says, story)
	}
	if s.Outcome != "" {
		h.audit()
	}
}

// TestAClassThatIsOverIsRecordedAgainWhereItIsMovedAhead moves a class whose outcome is known to a time that is ahead.
func TestAClassThatIsOverIsRecordedAgainWhereItIsMovedAhead(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		start   time.Duration
		faults  []simulator.RequestFault
		before  session.Outcome
		moved   time.Duration
		then    []string // changes, one after the other, an hour apart
		more    string
		runs    []string
		outcome session.Outcome
	}{
		{name: "missed", start: 2 * time.Hour, before: session.Missed, moved: 3 * time.Hour, then: []string{"{to: 16:00-16:50}"}, runs: []string{"13:59-14:52"}, outcome: session.Recorded},
		{name: "missed, and another App ID", start: 2 * time.Hour, before: session.Missed, moved: 3 * time.Hour, then: []string{"{to: 16:00-16:50}"}, more: "    app: other", runs: []string{"13:59-14:52"}, outcome: session.Recorded},
		{
			name: "failed", start: -time.Hour, faults: []simulator.RequestFault{{Endpoint: "acquire", Times: 1, Status: 400, Code: 2, Reason: "invalid parameter"}}, before: session.Failed,
			moved: 3 * time.Hour, then: []string{"{to: 16:00-16:50}"}, runs: []string{"13:59-14:52"}, outcome: session.Recorded,
		},
		{name: "recorded", start: -time.Hour, before: session.Recorded, moved: 3 * time.Hour, then: []string{"{to: 16:00-16:50}"}, runs: []string{"06:59-07:52", "13:59-14:52"}, outcome: session.Recorded},
		{name: "recorded, and over for long", start: -time.Hour, before: session.Recorded, moved: 6 * time.Hour, then: []string{"{to: 2031-09-16 16:00-16:50}"}, runs: []string{"06:59-07:52", "16 13:59-14:52"}, outcome: session.Recorded},
		{name: "recorded, and over for long, and another App ID", start: -time.Hour, before: session.Recorded, moved: 6 * time.Hour, then: []string{"{to: 2031-09-16 16:00-16:50}"}, more: "    app: other", runs: []string{"06:59-07:52", "16 13:59-14:52"}, outcome: session.Recorded},
		{name: "recorded, and the new time has begun", start: -time.Hour, before: session.Recorded, moved: 55 * time.Minute, then: []string{"{to: 09:00-10:30}"}, runs: []string{"06:59-07:52", "07:55-08:32"}, outcome: session.Partial},
		{name: "recorded long ago", start: -time.Hour, before: session.Recorded, moved: 9 * 24 * time.Hour, then: []string{"{to: 2031-09-25 09:00-09:50}"}, runs: []string{"06:59-07:52", "25 06:59-07:52"}, outcome: session.Recorded},
		{name: "recorded, and moved to what is past", start: -time.Hour, before: session.Recorded, moved: 3 * time.Hour, then: []string{"{to: 10:00-10:50}"}, runs: []string{"06:59-07:52"}, outcome: session.Recorded},
		{name: "cancelled by the plan while it ran", start: -time.Hour, moved: 20*time.Minute + 30*time.Second, then: []string{"cancelled", "{to: 16:00-16:50}"}, runs: []string{"06:59-07:20", "13:59-14:52"}, outcome: session.Recorded},
		{name: "moved twice", start: -time.Hour, before: session.Recorded, moved: 3 * time.Hour, then: []string{"{to: 2031-09-16 16:00-16:50}", "{to: 16:00-16:50}"}, runs: []string{"06:59-07:52", "13:59-14:52"}, outcome: session.Recorded},
		{name: "moved and cancelled", start: -time.Hour, before: session.Recorded, moved: 3 * time.Hour, then: []string{"{to: 16:00-16:50}", "cancelled"}, runs: []string{"06:59-07:52"}, outcome: session.Cancelled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-25 * time.Hour))
				h := newHouse(t, simulator.Config{Faults: simulator.Faults{Requests: tt.faults}})
				h.poll = time.Hour
				h.shut(h.open(loadPlan(t, moving(""), "school.yaml")))
				until(monday.Add(tt.start))
				e := h.open(loadPlan(t, moving(""), "school.yaml"))
				until(monday.Add(tt.moved))
				if s := h.state(german); s.Outcome != tt.before {
					t.Errorf("%s: %s, want %s", s.Outcome, s.Reason, tt.before)
				}
				for i, change := range tt.then {
					until(monday.Add(tt.moved + time.Duration(i)*time.Hour))
					if _, err := e.Apply(context.Background(), loadPlan(t, moving(change, tt.more), "school.yaml")); err != nil {
						t.Fatal(err)
					}
				}
				untilOver(tt.runs, monday.Add(tt.moved+time.Duration(len(tt.then))*time.Hour))
				s, story := h.state(german), h.story(german)
				h.shut(e)
				if runs := h.runs(); !slices.Equal(runs, tt.runs) || s.Outcome != tt.outcome {
					t.Errorf("ran %v and ended %s, want %v and %s: %s\n%s", runs, s.Outcome, tt.runs, tt.outcome, s.Reason, story)
				}
			})
		})
	}
}

// TestAClassThatIsMovedTwice changes the plan a second time before the new time has come, and restarts the daemon after it.
func TestAClassThatIsMovedTwice(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		then    files
		between time.Duration // after the first change
		runs    []string
		outcome session.Outcome
	}{
		{"and back, while it lasts", moving(""), 10 * time.Minute, []string{"06:59-07:20", "07:30-07:52"}, session.Partial},
		{"and back, before it was stopped", moving(""), 0, []string{"06:59-07:20", "07:20-07:52"}, session.Partial}, // or without a gap
		{"to another time", moving("{to: 15:00-15:50}"), time.Hour, []string{"06:59-07:20", "12:59-13:52"}, session.Recorded},
		{"and cancelled", moving("cancelled"), time.Hour, []string{"06:59-07:20"}, session.Cancelled},
		{"and removed", files{"school.yaml": strings.Replace(moving("")["school.yaml"], "2031-09-15 09:00-09:50, ", "", 1)}, time.Hour, []string{"06:59-07:20"}, session.Cancelled},
		{"to another App ID", moving("{to: 14:00-14:50}", "    app: other"), time.Hour, []string{"06:59-07:20", "11:59-12:52"}, session.Recorded},
		{"beyond the horizon", moving("{to: 2031-10-16 09:00-09:50}"), time.Hour, []string{"06:59-07:20"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				h.poll = time.Hour
				e := h.open(loadPlan(t, moving(""), "school.yaml"))
				at := monday.Add(20*time.Minute + 30*time.Second)
				until(at)
				for _, f := range []files{moving("{to: 14:00-14:50}"), tt.then} {
					if _, err := e.Apply(context.Background(), loadPlan(t, f, "school.yaml")); err != nil {
						t.Fatal(err)
					}
					until(at.Add(tt.between))
				}
				until(monday.Add(6 * time.Hour)) // what the store holds is what counts
				h.shut(e)
				e = h.open(loadPlan(t, tt.then, "school.yaml"))
				until(monday.Add(10 * time.Hour))
				s, story := h.state(german), h.story(german)
				h.shut(e)
				runs := h.runs()
				if tt.between == 0 && slices.Equal(runs, []string{"06:59-07:52"}) && s.Outcome == session.Recorded {
					return // the worker saw the second change only
				}
				if !slices.Equal(runs, tt.runs) || s.Outcome != tt.outcome {
					t.Errorf("ran %v and ended %s, want %v and %s: %s\n%s", runs, s.Outcome, tt.runs, tt.outcome, s.Reason, story)
				}
			})
		})
	}
}

// TestAClassThatWasMovedIsStoppedWhereThePlanCancelsIt cancels a class in mid-recording whose planned time is past: the
// change then names that time, not the one at which it is recorded.
func TestAClassThatWasMovedIsStoppedWhereThePlanCancelsIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		h.poll = time.Hour
		e := h.open(loadPlan(t, moving("{to: 11:00-11:50}"), "school.yaml"))
		until(monday.Add(140*time.Minute + 30*time.Second))
		if _, err := e.Apply(context.Background(), loadPlan(t, moving("cancelled"), "school.yaml")); err != nil {
			t.Fatal(err)
		}
		until(monday.Add(5 * time.Hour))
		h.shut(e)
		h.audit()
		if s, runs := h.outcomes()[german], h.runs(); s.Outcome != session.Cancelled || !slices.Equal(runs, []string{"08:59-09:20"}) {
			t.Errorf("ran %v and ended %s: %s", runs, s.Outcome, s.Reason)
		}
	})
}

// TestAClassThatIsMovedBeyondTheHorizonStaysWhatThePlanSays moves a class that is being recorded by eleven days, and
// then the plan drops it, moves it again, or leaves it, while it is still beyond the horizon; with a restart in between.
func TestAClassThatIsMovedBeyondTheHorizonStaysWhatThePlanSays(t *testing.T) {
	t.Parallel()
	far := moving("{to: 2031-09-26 09:00-09:50}") // the horizon is eight days
	tests := []struct {
		name    string
		then    files
		runs    []string
		outcome session.Outcome
	}{
		{"left", far, []string{"06:59-07:20", "26 06:59-07:52"}, session.Recorded},
		{"moved again", moving("{to: 2031-09-27 09:00-09:50}"), []string{"06:59-07:20", "27 06:59-07:52"}, session.Recorded},
		{"dropped", files{"school.yaml": strings.Replace(moving("")["school.yaml"], "2031-09-15 09:00-09:50, ", "", 1)}, []string{"06:59-07:20"}, session.Cancelled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				h.poll = time.Hour
				e := h.open(loadPlan(t, moving(""), "school.yaml"))
				until(monday.Add(20*time.Minute + 30*time.Second))
				if _, err := e.Apply(context.Background(), loadPlan(t, far, "school.yaml")); err != nil {
					t.Fatal(err)
				}
				until(monday.Add(24 * time.Hour))
				h.shut(e)
				until(monday.Add(25 * time.Hour))
				e = h.open(loadPlan(t, tt.then, "school.yaml"))
				until(monday.Add(13 * 24 * time.Hour))
				s, story := h.state(german), h.story(german)
				h.shut(e)
				if runs := h.runs(); !slices.Equal(runs, tt.runs) || s.Outcome != tt.outcome {
					t.Errorf("ran %v and ended %s, want %v and %s: %s\n%s", runs, s.Outcome, tt.runs, tt.outcome, s.Reason, story)
				}
			})
		})
	}
}

// TestAClassWhoseSessionIsBeingStoppedIsNotRevivedByTimesThatArePast cancels a class in mid-recording and then gives it
// times that are past, while its stop is still without an answer.
func TestAClassWhoseSessionIsBeingStoppedIsNotRevivedByTimesThatArePast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{Faults: simulator.Faults{Requests: []simulator.RequestFault{
			{Endpoint: "stop", Times: 1, Delay: simulator.Duration(8 * time.Second)},
		}}})
		h.poll = time.Hour
		e := h.open(loadPlan(t, moving(""), "school.yaml"))
		until(monday.Add(20*time.Minute + 30*time.Second))
		for _, change := range []string{"cancelled", "{to: 07:00-07:50}"} {
			if _, err := e.Apply(context.Background(), loadPlan(t, moving(change), "school.yaml")); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		until(monday.Add(5 * time.Hour))
		h.shut(e)
		h.audit()
		if s, runs := h.outcomes()[german], h.runs(); s.Outcome != session.Cancelled || !slices.Equal(runs, []string{"06:59-07:20"}) {
			t.Errorf("ran %v and ended %s: %s", runs, s.Outcome, s.Reason)
		}
	})
}
