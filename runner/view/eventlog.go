package view

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"rundown/runner/session"
	"rundown/runner/store"
)

// LogEntry is an entry of an occurrence's log as history writes it.
type LogEntry struct {
	At   *string         `json:"at"`
	Kind string          `json:"kind"`
	Who  *string         `json:"who"`
	Text string          `json:"text"`
	Data json.RawMessage `json:"data"`
}

// LogOf puts the log of an occurrence into the form that scripts read.
func LogOf(events []store.Event) []LogEntry {
	told := []LogEntry{}
	for _, e := range events {
		told = append(told, LogEntry{SessionTime(e.At), e.Kind, OrNull(e.Who), e.Text, json.RawMessage(e.Data)})
	}
	return told
}

// asks are what a request is for, in words.
var asks = map[string]string{
	"acquire": "asks for a resource",
	"start":   "asks the service to start",
	"query":   "asks how it is",
	"update":  "asks the service for a change",
	"stop":    "asks the service to stop",
}

// changes are what an update is for, in words.
var changes = map[session.Change]string{
	session.ChangeHold:        "asks the service to end the hold",
	session.ChangePush:        "asks the service to move the push",
	session.ChangeCredentials: "sends fresh storage credentials",
}

// orders are what operators order, in words.
var orders = map[string]string{session.CommandUncancel: "take the cancel back", session.CommandUnextend: "take the extension back"}

// becomes are the states of an occurrence, in words.
var becomes = map[session.Phase]string{
	session.Planned:   "is planned",
	session.Starting:  "is being started",
	session.Recording: "is being recorded",
	session.Stopping:  "is being stopped",
	session.Ended:     "is over",
}

// sentenceOf puts an entry of an occurrence's log into words.
func sentenceOf(o store.Occurrence, e store.Event, zone *time.Location) string {
	var data struct {
		Session   int            `json:"session"`
		Change    session.Change `json:"change"`
		RequestID string         `json:"request_id"`
		Until     *time.Time     `json:"until"`
		Recorded  *bool          `json:"recorded_now"` // of a state
	}
	_ = json.Unmarshal(e.Data, &data) // what it does not hold is not told
	text := e.Text
	switch e.Kind {
	case "intent":
		if words := cmp.Or(changes[data.Change], asks[e.Text]); words != "" {
			text = words
		}
		if data.Session > 0 {
			text = fmt.Sprintf("session %d: %s", data.Session, text)
		}
	case "state":
		switch words := becomes[session.Phase(e.Text)]; {
		case e.Text == string(session.Ended) && e.At.Before(o.End): // cancelled or given up before its time
			text = "nothing more is done about the class"
		case data.Recorded != nil && !*data.Recorded:
			text = "the class goes on: another session is begun"
		case words != "":
			text = "the class " + words
		}
	case "command":
		kind, rest, _ := strings.Cut(text, ":")
		if words := orders[kind]; words != "" {
			text = strings.TrimSuffix(words+":"+rest, ":")
		}
		text = "order to " + text
		if e.Who == "" {
			text = "the " + text
		}
		if data.Until != nil {
			text += " (until " + data.Until.In(zone).Format(time.RFC3339) + ")"
		}
	}
	if data.RequestID != "" && !strings.Contains(text, data.RequestID) {
		text += " (request id " + data.RequestID + ")"
	}
	return text
}

// Sentence is an entry of an occurrence's log in words.
type Sentence struct {
	At   time.Time // in the class's zone
	Kind string
	Who  string // "" for the daemon
	Text string
}

// Story puts the log of an occurrence into words.
func Story(o store.Occurrence, events []store.Event) []Sentence {
	zone := ZoneOf(o)
	story := []Sentence{}
	for _, e := range events {
		story = append(story, Sentence{e.At.In(zone), e.Kind, e.Who, sentenceOf(o, e, zone)})
	}
	return story
}
