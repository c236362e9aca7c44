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
