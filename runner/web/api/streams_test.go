package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"rundown/runner/notify"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/web/api"
	"rundown/schemas"
)

// streamed is a message as a client reads it.
type streamed struct {
	ID    string          `json:"id,omitempty"`
	Event string          `json:"event"`
	Data  json.RawMessage `json:"data"`
}

// streamReader reads a stream of server-sent events.
type streamReader struct {
	t     *testing.T
	lines *bufio.Scanner
	leave context.CancelFunc
}

// follow opens a stream that has begun: what happens afterwards is in it.
func follow(t *testing.T, server *httptest.Server, path, last string) *streamReader {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+readToken)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = response.Body.Close() })
	if response.StatusCode != 200 || response.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%s %v", response.Status, response.Header)
	}
	s := &streamReader{t, bufio.NewScanner(response.Body), cancel}
	if first := s.next(); first.Event != "tick" {
		t.Fatalf("it begins with %+v", first)
	}
	return s
}

// next gives the next message.
func (s *streamReader) next() (m streamed) {
	s.t.Helper()
	for s.lines.Scan() {
		name, value, _ := strings.Cut(s.lines.Text(), ": ")
		switch name {
		case "id":
			m.ID = value
		case "event":
			m.Event = value
		case "data":
			m.Data = json.RawMessage(value)
			return m
		case "", "retry":
		default:
			s.t.Errorf("a line that is none of a message: %q", s.lines.Text())
		}
	}
	s.t.Fatalf("the stream ended: %v", s.lines.Err())
	return m
}

// happen writes what the engine and the notifier announce of a class that ends, and of the daemon.
func happen(t *testing.T, s *store.Store, before, after session.State) {
	t.Helper()
	for _, a := range notify.Changes(before, after, now) {
		if err := s.Announce(t.Context(), nil, a); err != nil {
			t.Fatal(err)
		}
	}
}

// ended is the state of the German class at its end, and before.
func ended(outcome session.Outcome, reasonText string) (before, after session.State) {
	before.Identity = session.Identity{ID: "school/german/20310917T070000Z", Plan: "school", Recording: "german", Zone: "Europe/Madrid"}
	before.Interval = session.Interval{Start: now.Add(-30 * time.Minute), End: now.Add(30 * time.Minute)}
	before.Phase = session.Recording
	after = before
	after.Phase, after.Outcome, after.EndedAt = session.Ended, outcome, now
	after.Reason, after.ReasonCode = reasonText, reason.IssueAccountRefused
	return before, after
}

// closeDay closes the day after, which has one class.
func closeDay(t *testing.T, server *httptest.Server, token string) {
	t.Helper()
	if answer, text := ask(t, server, "POST", "/api/v1/closures", token, `{"kind":"cancel","day":"2031-09-18","reason":"snow"}`); answer.StatusCode != http.StatusAccepted {
		t.Fatalf("%s: %s", answer.Status, text)
	}
}

// asDocumented holds a message against the OpenAPI document.
func asDocumented(t *testing.T, path string, m streamed) {
	t.Helper()
	whole, err := jsonschema.UnmarshalJSON(strings.NewReader(string(schemas.OpenAPI)))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	if err := compiler.AddResource("openapi.json", whole); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("openapi.json#/paths/" + strings.ReplaceAll(path, "/", "~1") + "/get/responses/200/content/text~1event-stream/schema")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal([]streamed{m})
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}

// TestEventsAreStreamedInTheWordsOfNotifications: each is the CloudEvent that a webhook gets, under the id of the event, and
// a client that comes back hears of what it missed.
func TestEventsAreStreamedInTheWordsOfNotifications(t *testing.T) {
	server, s := served(t)
	stream := follow(t, server, "/api/v1/events", "")
	happen(t, s, session.State{}, session.State{}) // nothing
	before, after := ended(session.Failed, "the account is refused, says https://api.example/?key=canary with canary-secret")
	happen(t, s, before, after)
	m := stream.next()
	var e notify.CloudEvent
	if err := json.Unmarshal(m.Data, &e); err != nil {
		t.Fatal(err)
	}
	if m.Event != "class.failed" || m.ID == "" || e.Type != "rundown.class.failed" || e.Source != "rundown/school" || e.Subject != after.ID || e.SpecVersion != "1.0" {
		t.Errorf("%+v %+v", m, e)
	}
	if o := e.Data.Occurrence; o == nil || o.ID != after.ID || *o.Outcome != "failed" || o.Start.Format(time.RFC3339) != "2031-09-17T09:00:00+02:00" ||
		o.Labels["campus"] != "madrid" || *o.Title != "German; for, beginners" {
		t.Errorf("%s", m.Data)
	}
	if e.Data.Severity != "critical" || *e.Data.ReasonCode != reason.IssueAccountRefused || !strings.Contains(e.Data.Text, "the account is refused") || e.Data.Advice == "" {
		t.Errorf("%+v", e.Data)
	}
	if want := "https://rundown.school.example/" + after.ID; e.Data.Link != want {
		t.Errorf("it leads to %q, want %q", e.Data.Link, want)
	}
	if strings.Contains(string(m.Data), "canary") {
		t.Errorf("a secret: %s", m.Data)
	}
	asDocumented(t, "/api/v1/events", m)
	closeDay(t, server, operateToken)
	m = stream.next()
	if err := json.Unmarshal(m.Data, &e); err != nil || m.Event != "order.given" || e.Data.Link != "https://rundown.school.example/" || !strings.Contains(e.Data.Text, "covers 1 class now") {
		t.Errorf("%v: %s leads to %q: %s", err, m.Event, e.Data.Link, e.Data.Text)
	}
	stream.leave()
	before, after = ended(session.Recorded, "")
	happen(t, s, before, after)
	again := follow(t, server, "/api/v1/events", m.ID)
	if missed := again.next(); missed.Event != "class.recorded" {
		t.Errorf("what was missed: %+v", missed)
	}
	before, after = ended(session.Missed, "")
	happen(t, s, before, after)
	if next := again.next(); next.Event != "class.missed" {
		t.Errorf("what came then: %+v", next)
	}
}

// TestEventsAreChosen by globs and by plan; what is made for one target is in no stream.
func TestEventsAreChosen(t *testing.T) {
	server, s := served(t)
	critical := follow(t, server, "/api/v1/events?event=class.f*&event=node.lost&plan=school", "")
	everything := follow(t, server, "/api/v1/events", "")
	announce := func(kind, plan string) {
		t.Helper()
		a := store.Announcement{ID: store.AnnouncementID(kind, plan), At: now, Kind: kind, Plan: plan, Subject: "x", Data: []byte(`{}`)}
		if err := s.Announce(t.Context(), nil, a); err != nil {
			t.Fatal(err)
		}
	}
	announce("test", "")
	announce("digest", "school")
	announce("class.failed", "other")
	announce("class.recorded", "school")
	announce("class.failed", "school")
	if m := critical.next(); m.Event != "class.failed" || !strings.Contains(string(m.Data), `"rundown/school"`) {
		t.Errorf("%+v", m)
	}
	for _, want := range []string{"class.failed", "class.recorded", "class.failed"} {
		if m := everything.next(); m.Event != want {
			t.Errorf("%s, want %s", m.Event, want)
		}
	}
	if response, text := ask(t, server, "GET", "/api/v1/events?event=klass.*", readToken, ""); response.StatusCode != 422 || !strings.Contains(text, "query.event") {
		t.Errorf("a glob that fits nothing: %s %s", response.Status, text)
	}
	if response, text := ask(t, server, "GET", "/api/v1/events?event=test", readToken, ""); response.StatusCode != 422 {
		t.Errorf("an event that is in no stream: %s %s", response.Status, text)
	}
}

// TestWhoMissedTooMuchIsTold, since what it shows is old.
func TestWhoMissedTooMuchIsTold(t *testing.T) {
	server, s := served(t)
	var many []store.Announcement
	for i := range 1200 {
		many = append(many, store.Announcement{ID: fmt.Sprint(i), At: now, Kind: "class.recorded", Plan: "school", Subject: "x"})
	}
	if err := s.Announce(t.Context(), nil, many...); err != nil {
		t.Fatal(err)
	}
	stream := follow(t, server, "/api/v1/events", "100")
	m := stream.next()
	if m.Event != "missed" || string(m.Data) != `{"after":100}` || m.ID != "" {
		t.Errorf("%+v", m)
	}
	asDocumented(t, "/api/v1/events", m)
	if err := s.Announce(t.Context(), nil, store.Announcement{ID: "new", At: now, Kind: "class.failed", Plan: "school", Subject: "x"}); err != nil {
		t.Fatal(err)
	}
	if m := stream.next(); m.Event != "class.failed" {
		t.Errorf("it goes on with %+v", m)
	}
	all := follow(t, server, "/api/v1/events", "300")
	for i := range 900 {
		if m := all.next(); m.Event != "class.recorded" {
			t.Fatalf("%d: %+v", i, m)
		}
	}
}

// TestTheLogIsStreamedAndResumed follows the log, and comes back with the last entry.
func TestTheLogIsStreamedAndResumed(t *testing.T) {
	server, s := served(t)
	tell := func(text string) {
		t.Helper()
		if err := s.Log(t.Context(), store.Event{At: now, Kind: "command", Who: "duty", Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	next := func(stream *streamReader) (id string, c api.Change) {
		t.Helper()
		m := stream.next()
		if err := json.Unmarshal(m.Data, &c); err != nil || m.Event != "change" {
			t.Fatalf("%+v, %v", m, err)
		}
		asDocumented(t, "/api/v1/changes", m)
		return m.ID, c
	}
	stream := follow(t, server, "/api/v1/changes", "")
	tell("one")
	id, c := next(stream)
	if c.Text != "one" || *c.Who != "duty" || c.Occurrence != nil {
		t.Errorf("%+v", c)
	}
	stream.leave()
	tell("two\r\nevent: forged")
	stream = follow(t, server, "/api/v1/changes", id)
	if _, c = next(stream); c.Text != "two event: forged" && c.Text != "two  event: forged" {
		t.Errorf("%+v", c)
	}
	tell("three")
	if _, c = next(stream); c.Text != "three" {
		t.Errorf("%+v", c)
	}
}
