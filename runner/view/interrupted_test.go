package view_test

import (
	"strings"
	"testing"
	"time"

	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/view"
)

// TestAClassOfWhichNothingIsRecordedNowSaysSo: its state stays recording while another session is tried.
func TestAClassOfWhichNothingIsRecordedNowSaysSo(t *testing.T) {
	row := store.Occurrence{ID: "school/latin/20310915T070000Z", State: string(session.Recording)}
	of := func(states ...session.SessionState) (sessions []store.Session) {
		for i, state := range states {
			sessions = append(sessions, store.Session{Attempt: i + 1, State: string(state), Doc: []byte(`{"reason":"the recording stopped"}`)})
		}
		return sessions
	}
	for _, tt := range []struct {
		name     string
		sessions []store.Session
		want     string
	}{
		{"one runs", of(session.SessionRunning), ""},
		{"another runs", of(session.SessionLost, session.SessionRunning), ""},
		{"one of two runs", of(session.SessionRunning, session.SessionSuspect), ""},
		{"it is not known", nil, ""},
		{"it is not seen", of(session.SessionSuspect), "nothing is known to be recorded now: the service does not show session 1 running"},
		{"another is begun", of(session.SessionLost, session.SessionStarting), "not recorded now: session 2 is being begun"},
		{"it ended", of(session.SessionFailed, session.SessionLost), "not recorded now: session 2 ended (the recording stopped), and another is tried while enough of the class is left"},
	} {
		got := view.ReasonText(row, tt.sessions, "latin@2031-09-15", time.UTC)
		if want := tt.want; want != "" {
			want += "; rundown history latin@2031-09-15 shows what was tried"
			if got != want {
				t.Errorf("%s: %q, want %q", tt.name, got, want)
			}
		} else if got != "" {
			t.Errorf("%s: %q", tt.name, got)
		}
		if d := view.AccountOf(row, tt.sessions); d.Interrupted() != (tt.want != "") {
			t.Errorf("%s: interrupted %v", tt.name, d.Interrupted())
		}
	}
	row.State = string(session.Stopping)
	if got := view.ReasonText(row, of(session.SessionLost), "latin@2031-09-15", time.UTC); strings.Contains(got, "recorded now") {
		t.Errorf("at its end: %q", got)
	}
}

// TestAClassThatBeganLateSaysWhatIsMissing looks at a class of 7:00 to 8:00 at 7:40 and after its end.
func TestAClassThatBeganLateSaysWhatIsMissing(t *testing.T) {
	start := time.Date(2031, 9, 15, 7, 0, 0, 0, time.UTC)
	row := store.Occurrence{ID: "school/latin/20310915T070000Z", Start: start, End: start.Add(time.Hour)}
	wrote := func(state session.SessionState, doc string) store.Session {
		return store.Session{State: string(state), Doc: []byte(doc)}
	}
	late := wrote(session.SessionRunning, `{"recording_at":"2031-09-15T07:25:00Z","last_good":"2031-09-15T07:39:50Z"}`)
	first := wrote(session.SessionLost, `{"recording_at":"2031-09-15T06:59:00Z","stopped_at":"2031-09-15T07:20:00Z"}`)
	for _, tt := range []struct {
		name     string
		phase    session.Phase
		now      time.Duration
		sessions []store.Session
		want     string
	}{
		{"it began late", session.Recording, 40 * time.Minute, []store.Session{late}, "25m missing"},
		{"another session follows", session.Recording, 40 * time.Minute, []store.Session{first, late}, "5m missing"},
		{"it is being started", session.Starting, 40 * time.Minute, nil, "40m missing"},
		{"it begins ahead of its time", session.Starting, -10 * time.Second, nil, ""},
		{"all is there", session.Recording, 10 * time.Minute, []store.Session{wrote(session.SessionRunning, `{"recording_at":"2031-09-15T06:59:00Z"}`)}, ""},
		{"in its padding", session.Recording, 61 * time.Minute, []store.Session{late}, "25m missing"},
		{"it has ended", session.Ended, 70 * time.Minute, []store.Session{first}, ""},
	} {
		row.State = string(tt.phase)
		if got := view.MissingText(row, tt.sessions, start.Add(tt.now)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
