package page

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"rundown/runner/store"
	"rundown/runner/view"
)

// TestAClassKnowsWhenItsRecordingBegins by what the store says, also where no plan has it any more.
func TestAClassKnowsWhenItsRecordingBegins(t *testing.T) {
	start := time.Date(2031, 9, 17, 7, 0, 0, 0, time.UTC)
	c := classOf(store.Occurrence{
		ID: "school/german/20310917T070000Z", Start: start, End: start.Add(time.Hour),
		Doc: []byte(`{"timezone":"Europe/Berlin","from":"2031-09-17T06:59:30Z","until":"2031-09-17T08:02:00Z"}`),
	}, nil, view.Caption{})
	if !c.From.Equal(start.Add(-30*time.Second)) || !c.Until.Equal(start.Add(62*time.Minute)) {
		t.Errorf("recorded from %s to %s", c.From, c.Until)
	}
}

// TestAClassIsDecodedAgainWhereItChanged and only there: many look at a day each second, of which few classes change.
func TestAClassIsDecodedAgainWhereItChanged(t *testing.T) {
	start := time.Date(2031, 9, 17, 7, 0, 0, 0, time.UTC)
	row := store.Occurrence{
		ID: "school/german/20310917T070000Z", Plan: "school", Recording: "german", Start: start, End: start.Add(time.Hour), State: "recording",
		Doc: []byte(`{"timezone":"Europe/Berlin","from":"2031-09-17T06:59:30Z","until":"2031-09-17T08:02:00Z","app":"main"}`),
	}
	sessions := []store.Session{{Occurrence: row.ID, Attempt: 1, State: "running", Doc: []byte(`{"started_at":"2031-09-17T06:59:30Z"}`)}}
	caption := view.Caption{Title: "German", Labels: map[string]string{"campus": "berlin"}}
	var s Source
	s.decode(row, sessions, caption)
	// What the store gives the next time is equal, and not the same.
	again, doc := row, append([]byte{}, row.Doc...)
	again.Doc = doc
	if anew, once := testing.AllocsPerRun(20, func() { classOf(again, sessions, caption) }), testing.AllocsPerRun(20, func() { s.decode(again, sessions, caption) }); once > anew/2 {
		t.Errorf("%.0f allocations for a class that is as before, %.0f to decode one", once, anew)
	}
	for name, change := range map[string]func(){
		"nothing":           func() {},
		"its state":         func() { row.State = "ended" },
		"its outcome":       func() { row.Outcome, row.Reason, row.ReasonCode = "partial", "the recording stopped", "session-lost" },
		"its end":           func() { row.End = row.End.Add(time.Minute) },
		"its page":          func() { row.URL = "https://school.example/b" },
		"what it says":      func() { row.Doc = []byte(`{"timezone":"Europe/Berlin","app":"other"}`) },
		"a session":         func() { sessions = []store.Session{{Attempt: 1, State: "lost", Doc: sessions[0].Doc}} },
		"another session":   func() { sessions = append(sessions[:1:1], store.Session{Attempt: 2, State: "starting"}) },
		"a session's facts": func() { sessions = []store.Session{{Attempt: 1, State: "lost", Doc: []byte(`{"reason":"it left"}`)}} },
		"its title":         func() { caption.Title = "German A1" },
		"its labels":        func() { caption.Labels = map[string]string{"campus": "madrid"} },
		"no caption":        func() { caption = view.Caption{} },
	} {
		if change(); !reflect.DeepEqual(s.decode(row, sessions, caption), classOf(row, sessions, caption)) {
			t.Errorf("after %s changed it is shown as before", name)
		}
	}
}

// TestFewClassesAreKeptDecoded: of a long period the others are decoded each time, and are shown all the same.
func TestFewClassesAreKeptDecoded(t *testing.T) {
	var s Source
	for i := range mostDecoded + 10 {
		row := store.Occurrence{ID: fmt.Sprintf("school/german/%d", i)}
		if c := s.decode(row, nil, view.Caption{}); c.ID != row.ID {
			t.Fatalf("%s is shown as %s", row.ID, c.ID)
		}
	}
	if len(s.decoded) != mostDecoded {
		t.Errorf("%d are kept", len(s.decoded))
	}
}
