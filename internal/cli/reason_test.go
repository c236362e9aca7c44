package cli

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"rundown/runner/store"
	"rundown/runner/store/storetest"
)

// TestReasonCodesStandBesideReasons looks for the codes in all that shows reasons: of a class, of its session, of what is
// told of it, of a class that nobody looks after and of a plan that waits.
func TestReasonCodesStandBesideReasons(t *testing.T) {
	dsn := filledStore(t)
	const id = "lingua/late/20310916T160000Z"
	s, err := store.Open(t.Context(), dsn, store.Options{Work: true})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2031, 9, 16, 16, 0, 0, 0, time.UTC)
	failures, err := storetest.Write(t.Context(), s, "app", []storetest.Row{{
		Occurrence: store.Occurrence{
			ID: id, Plan: "lingua", Recording: "late", Day: "2031-09-16", Clock: "18:00", App: "app", Start: start, End: start.Add(time.Hour),
			State: "ended", Outcome: "partial", Reason: "5m0s of the class are missing", ReasonCode: "session-lost",
			Doc: []byte(`{"cancel":{"who":"ops","reason":"snow","reason_code":"cancelled-by-operator"}}`),
		},
		Sessions: []store.Session{{Attempt: 1, App: "app", State: "lost", Doc: []byte(`{"reason":"it was not running","reason_code":"session-lost"}`)}},
		Events:   []store.Event{{At: start.Add(time.Hour), Kind: "state", Text: "ended", Data: []byte(`{"reason_code":"session-lost"}`)}},
	}}...)
	if err != nil || failures[0] != nil {
		t.Fatal(failures, err)
	}
	r := store.Revision{At: noon, Plan: "lingua", Hash: "1", State: store.RevisionWaiting, Note: "it removes much", ReasonCode: "plan-removes-many"}
	if _, err := s.AddRevision(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Beat(t.Context(), noon.Add(-time.Hour)), s.Close()); err != nil { // no daemon is there
		t.Fatal(err)
	}
	ask := func(args ...string) string {
		t.Helper()
		status, out, said := rundown(t, append(args, "--store", dsn)...)
		if status != 0 {
			t.Fatalf("%v: status %d, %s", args, status, said)
		}
		return out
	}
	type coded struct {
		ID        string
		Reason    *string
		Code      *string `json:"reason_code"`
		Cancelled *coded
		Sessions  []coded
	}
	var doc struct {
		Occurrences []coded
		Log         []struct{ Data coded }
		Waiting     []coded
		Revisions   []coded
	}
	is := func(what string, c *coded, want string) {
		t.Helper()
		if c == nil || orUnknown(c.Code) != want {
			t.Errorf("%s: %+v, want code %s", what, c, want)
		}
	}
	read := func(args ...string) {
		t.Helper()
		out := ask(append(args, "--format", "json")...)
		if err := json.Unmarshal([]byte(out), &doc); err != nil {
			t.Fatalf("%v in %s", err, out)
		}
	}
	read("history", id)
	is("the class", &doc.Occurrences[0], "session-lost")
	is("its cancellation", doc.Occurrences[0].Cancelled, "cancelled-by-operator")
	is("its session", &doc.Occurrences[0].Sessions[0], "session-lost")
	if orUnknown(doc.Occurrences[0].Sessions[0].Reason) != "it was not running" {
		t.Errorf("the session has no reason: %+v", doc.Occurrences[0].Sessions[0])
	}
	is("what is told of it", &doc.Log[0].Data, "session-lost")
	if text := ask("history", id); strings.Count(text, "\n  code       session-lost\n") != 2 {
		t.Errorf("history does not show the codes of class and session:\n%s", text)
	}
	read("history", "--plans")
	is("the revision", &doc.Revisions[0], "plan-removes-many")
	read("status")
	is("the plan that waits", &doc.Waiting[0], "plan-removes-many")
	for _, o := range doc.Occurrences {
		if strings.HasPrefix(o.ID, "lingua/stuck/") {
			is("a class that nobody looks after", &o, "unattended")
		}
		if (o.Reason == nil) != (o.Code == nil) {
			t.Errorf("%s has a reason or a code, and not both", o.ID)
		}
	}
}
