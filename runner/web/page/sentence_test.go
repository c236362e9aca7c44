package page

import (
	"strings"
	"testing"
	"time"

	"rundown/runner/session"
)

// TestASentenceLeavesIdentitiesAndCommandsAsTheyAreTyped has texts as refusals and issues have them.
func TestASentenceLeavesIdentitiesAndCommandsAsTheyAreTyped(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "the class is over": "The class is over.", "is it over?": "Is it over?", "rundown status shows it": "rundown status shows it.",
		"school/teachers/20310917T140000Z is not cancelled": "school/teachers/20310917T140000Z is not cancelled.",
	} {
		if got := sentence(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// TestOnlyWhatIsRecordedCountsAsRecording has a class of each kind that is on, one of which is recorded.
func TestOnlyWhatIsRecordedCountsAsRecording(t *testing.T) {
	now := time.Date(2031, 9, 17, 9, 30, 0, 0, time.UTC)
	class := func(state session.Phase, of session.SessionState) Class {
		c := Class{Zone: time.UTC}
		c.Start, c.End = now.Add(-30*time.Minute), now.Add(30*time.Minute)
		c.Phase, c.Sessions = state, []session.Session{{State: of}}
		return c
	}
	classes := []Class{
		class(session.Recording, session.SessionRunning), class(session.Recording, session.SessionLost), class(session.Starting, session.SessionStarting),
		class(session.Planned, session.SessionStarting),
	}
	s := scribe{now: now, day: time.UTC}
	if got := new(dayPage).sums(s, classes); got != "1 recording · 0 of 4 classes done" {
		t.Errorf("the day says %q", got)
	}
	over := classes[0]
	over.End = now.Add(-90 * time.Second)
	if got := s.detail(&over, lookRecording); !strings.HasPrefix(got, "class ended ") {
		t.Errorf("of a class that is over it says %q", got)
	}
}
