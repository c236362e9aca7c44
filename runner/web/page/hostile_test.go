package page

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rundown/plan/schedule"
	"rundown/runner"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/store/storetest"
)

// hostile is a text that would leave an element, an attribute, a header or a line, wherever it is not escaped.
const hostile = "\"'><b id=hit>x</b> \" onmouseover=hit ' onmouseover=hit \r\nSet-Cookie: hit=1\u2028javascript:hit"

// hostileDay is a store of a plan and of a class in which each text that a person, the service or a target writes is
// hostile.
func hostileDay(t *testing.T) *Source {
	t.Helper()
	ctx := t.Context()
	quoted, _ := json.Marshal(hostile)
	p := loadText(t, fmt.Sprintf(`version: 1
name: school
account: {customer_id: "${ID}", customer_secret: "${SECRET}"}
apps: {main: {id: "${APP}"}}
storage: {videos: {vendor: s3, region: eu-central-1, bucket: videos, access_key: "${ACCESS}", secret_key: "${KEY}"}}
defaults: {timezone: Europe/Berlin, url: "https://school.example/rooms/{id}"}
recordings:
  german: {title: %[1]s, note: %[1]s, labels: {campus: %[1]s}, when: [2031-09-17 12:00-13:00, 2031-09-17 15:00-16:00], changes: {2031-09-17: {note: %[1]s}}}
`, quoted))
	file := filepath.Join(t.TempDir(), "rundown.db")
	s, err := store.Open(ctx, file, store.Options{Create: true, Work: true, Service: "simulator"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	now := time.Date(2031, 9, 17, 12, 20, 0, 0, zone(t, "Europe/Berlin"))
	r, err := revisionOf(p)
	if err != nil {
		t.Fatal(err)
	}
	r.At, r.Who, r.Path, r.Commit = now.AddDate(0, 0, -3), hostile, hostile, hostile
	if _, err := s.AddRevision(ctx, r); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddRevision(ctx, store.Revision{At: now, Plan: "school", Hash: "new", State: store.RevisionRefused, Note: hostile, Who: hostile, ReasonCode: "plan-rejected"}); err != nil {
		t.Fatal(err)
	}
	from, until := dayIn(now, now.Location())
	var steps []storetest.Row
	for _, o := range schedule.Occurrences(p, from, until) {
		doc, _ := json.Marshal(map[string]any{
			"timezone": "Europe/Berlin", "app_name": hostile, "storage": hostile, "bucket": hostile, "from": o.RecordFrom, "until": o.RecordUntil,
			"cancel": map[string]any{"who": hostile, "reason": hostile},
		})
		account, _ := json.Marshal(map[string]any{"reason": hostile, "upload_status": hostile, "files": []string{hostile}, "recording_at": o.Start})
		steps = append(steps, storetest.Row{
			Occurrence: store.Occurrence{
				ID: o.ID, Plan: o.Plan, Recording: o.Recording.ID, Day: o.Start.Format(time.DateOnly), Clock: o.Start.Format("15:04"), App: "app", URL: o.URL.String() + "?" + hostile,
				Start: o.Start, End: o.End, State: string(session.Ended), Outcome: string(session.Failed), Reason: hostile, ReasonCode: hostile, Doc: doc,
			},
			Sessions: []store.Session{{Attempt: 1, App: "app", Cname: hostile, UID: hostile, SID: hostile, ResourceID: hostile, State: string(session.SessionFailed), Doc: account}},
			Events:   []store.Event{{Occurrence: o.ID, At: o.Start, Kind: "outcome", Who: hostile, Text: hostile}, {Occurrence: o.ID, At: o.Start, Kind: hostile, Text: hostile}},
		})
	}
	failures, err := storetest.Write(ctx, s, "app", steps...)
	if err != nil || slices.ContainsFunc(failures, func(err error) bool { return err != nil }) {
		t.Fatal(err, failures)
	}
	if _, err := s.AddClosure(ctx, store.Closure{At: now, Kind: store.ClosureCancel, Day: "2031-09-18", Labels: map[string]string{"campus": hostile}, Recording: hostile, Who: hostile, Reason: hostile}, nil, func(int64) store.Announcement { return store.Announcement{} }); err != nil {
		t.Fatal(err)
	}
	if err := s.Post(ctx, store.Routed{Messages: []store.Message{{ID: "evt_1", Target: hostile, Kind: hostile, Plan: "school", Subject: hostile, Severity: hostile, At: now, Due: now, Tries: 3, State: store.MessageWaiting, Result: hostile, Body: []byte(`{}`)}}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Beat(ctx, now); err != nil {
		t.Fatal(err)
	}
	issue := runner.Issue{ID: reason.IssueStoreFailed, Severity: hostile, Since: now, Text: hostile, Advice: hostile}
	return &Source{
		Store: s, Clock: func() time.Time { return now }, Issues: func() []runner.Issue { return []runner.Issue{issue} }, Version: hostile,
		State: func() (bool, string) { return true, hostile },
	}
}

// TestTextsOfPlansServiceAndTargetsStayTexts: none becomes an element, an attribute or a header on any page.
func TestTextsOfPlansServiceAndTargetsStayTexts(t *testing.T) {
	server := httptest.NewServer(guarded(t, New(hostileDay(t), slog.New(slog.DiscardHandler))))
	t.Cleanup(server.Close)
	server.URL = as(server.URL, "duty")
	shown := 0
	for _, path := range []string{
		"/", "/day/2031-09-17", "/?q=" + url.QueryEscape(hostile), "/week/", "/plans", "/plans/school/2", "/system", "/forecast", "/closures",
		"/class/school/german/20310917T100000Z", "/class/school/german/20310917T130000Z", "/class/school/german/20310917T130000Z/cancel?reason=" + url.QueryEscape(hostile),
		"/class/school/" + url.PathEscape(hostile) + "/20310917T100000Z",
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		body := string(text)
		for _, raw := range []string{"<b id=hit", `" onmouseover=hit`, "' onmouseover=hit", `href="javascript:`} {
			if strings.Contains(body, raw) {
				t.Errorf("%s has %q in it", path, raw)
			}
		}
		if answer.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s sets a cookie", path)
		}
		if answer.StatusCode >= 500 {
			t.Errorf("%s is answered %d", path, answer.StatusCode)
		}
		shown += strings.Count(html.UnescapeString(body), "<b id=hit>")
	}
	if shown < 20 {
		t.Errorf("only %d hostile texts are shown, so that this proves little", shown)
	}
}

// TestAFormLeadsToThisSiteAlone: where a form says to go back to is a path of this site in every browser, and a name in the
// path of a form is no header.
func TestAFormLeadsToThisSiteAlone(t *testing.T) {
	server, _ := schoolDay(t).serve(t)
	client := *server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	post := func(path string, form url.Values) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		return answer
	}
	for _, back := range []string{
		"//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "javascript:alert(1)", "/\t/evil.example", "\t//evil.example", "/\n/evil.example",
		" //evil.example", "", "evil.example", "/%0d%0aSet-Cookie:x=y/../..//evil.example", "/.//evil.example", "/x/..//evil.example",
	} {
		answer := post("/zone", url.Values{"zone": {"Europe/Lisbon"}, "back": {back}})
		place := answer.Header.Get("Location")
		to, err := url.Parse(place)
		if answer.StatusCode != http.StatusSeeOther || err != nil || to.Host != "" || to.Scheme != "" || !strings.HasPrefix(place, "/") || strings.HasPrefix(place, "//") ||
			strings.ContainsAny(place, "\\\t\r\n") {
			t.Errorf("back to %q leads to %q (%d)", back, place, answer.StatusCode)
		}
	}
	if place := post("/zone", url.Values{"zone": {"Europe/Lisbon"}, "back": {"/week/2031-W38?q=german"}}).Header.Get("Location"); place != "/week/2031-W38?q=german" {
		t.Errorf("back to a week leads to %q", place)
	}
	for _, path := range []string{"/class/school/german%0d%0aSet-Cookie:x=y/20310917T140000Z/cancel", "/class/..%2f..%2fetc/passwd/x/cancel", "/plans/..%2f..%2fetc/1/confirm", "/closures/..%2f1/end"} {
		answer := post(path, url.Values{"reason": {"x"}})
		if answer.StatusCode < 400 || answer.StatusCode >= 500 || answer.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s is answered %d %v", path, answer.StatusCode, answer.Header)
		}
	}
}
