package api_test

import (
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"rundown/plan/plantest"
	"rundown/plan/plantest/build"
	"rundown/runner"
	"rundown/runner/notify"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/store/storetest"
	"rundown/runner/web/access"
	"rundown/runner/web/api"
	"rundown/schemas"
)

var update = flag.Bool("update", false, "write schemas/openapi.json anew")

// now is in the middle of the German class.
var now = time.Date(2031, 9, 17, 7, 30, 0, 0, time.UTC)

const school = `version: 1
name: school
account: {customer_id: "${ID}", customer_secret: "${SECRET}"}
apps: {main: {id: "${APP}"}}
storage: {main: {vendor: s3, region: EU_WEST_1, bucket: example, access_key: "${KEY}", secret_key: "${SECRET}"}}
defaults: {timezone: Europe/Madrid, url: "https://school.example/rooms/{id}?key=canary"}
recordings:
  german: {title: "German; for, beginners", labels: {campus: madrid}, when: "2031-09-17 09:00-10:00"}
  latin: {when: ["2031-09-17 11:00-12:00", "2031-09-18 11:00-12:00"], note: "bring\tbooks"}
`

// filled is a store in which the school's plan is active, one class is being recorded and one was.
func filled(t *testing.T) *store.Store {
	t.Helper()
	ctx := t.Context()
	s, err := store.Open(ctx, ":memory:", store.Options{Create: true, Work: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	p := build.Loaded(t, plantest.Texts{"plan.yaml": school})
	r, err := runner.NewRevision(p, "/plans/school.yaml", p.Files)
	if err != nil {
		t.Fatal(err)
	}
	r.At, r.Who = now.Add(-24*time.Hour), "duty"
	if _, err := s.AddRevision(ctx, r); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddRevision(ctx, store.Revision{At: now, Plan: "school", Hash: "new", State: store.RevisionWaiting, Note: "removes 9 of 10 classes", ReasonCode: "plan-removes-many"}); err != nil {
		t.Fatal(err)
	}
	row := func(recording string, start time.Time, state, outcome string) storetest.Row {
		id := "school/" + recording + "/" + start.Format("20060102T150405Z")
		return storetest.Row{
			Occurrence: store.Occurrence{
				ID: id, Plan: "school", Recording: recording, Day: start.Format(time.DateOnly), Clock: "09:00", App: "app", URL: "https://school.example/rooms/german?token=canary",
				Start: start, End: start.Add(time.Hour), State: state, Outcome: outcome, Doc: []byte(`{"start":"` + start.Format(time.RFC3339) + `","end":"` + start.Add(time.Hour).Format(time.RFC3339) + `","timezone":"Europe/Madrid","gaps":[{"from":"2031-09-17T07:10:00Z","until":"2031-09-17T07:11:00Z"}]}`),
			},
			Sessions: []store.Session{{Attempt: 1, App: "app", Cname: "german", UID: "1", State: "running", Doc: []byte(`{"files":["a.m3u8"]}`)}},
			Events:   []store.Event{{Occurrence: id, At: start, Kind: "state", Text: "recording", Data: []byte(`{"session":1}`)}},
		}
	}
	failures, err := storetest.Write(ctx, s, "app", []storetest.Row{
		row("german", now.Add(-30*time.Minute), string(session.Recording), ""),
		row("german", now.Add(-24*time.Hour-30*time.Minute), string(session.Ended), "partial"),
	}...)
	for _, err := range append(failures, err) {
		if err != nil {
			t.Fatal(err)
		}
	}
	return s
}

const (
	readToken    = "example-token-that-may-read"
	operateToken = "example-token-that-may-operate"
	germanToken  = "example-token-of-the-german-room"
	latinToken   = "example-token-of-the-latin-room"
	dutyPassword = "example-password-of-duty"
)

const accessFile = `tokens:
  - {name: board, token: "${READ}", scopes: [read]}
  - {name: desk, token: "${OPERATE}", scopes: [operate]}
  - {name: german-room, token: "${GERMAN}", scopes: ["recording:german"]}
  - {name: latin-room, token: "${LATIN}", scopes: ["recording:school/latin"]}
users:
  - {name: duty, password: "${DUTY}", scopes: [operate]}
`

// policy is an access file with the tokens above.
func policy(t *testing.T) *access.Policy {
	t.Helper()
	path := filepath.Join(t.TempDir(), "access.yaml")
	if err := os.WriteFile(path, []byte(accessFile), 0o600); err != nil {
		t.Fatal(err)
	}
	secrets := map[string]string{"${READ}": readToken, "${OPERATE}": operateToken, "${GERMAN}": germanToken, "${LATIN}": latinToken, "${DUTY}": dutyPassword}
	p, err := access.Load(path, func(ref string) (access.Secret, error) {
		return func() (string, error) { return secrets[ref], nil }, nil
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// served is the API behind its guard on a loopback address, with tokens, and its store.
func served(t *testing.T) (*httptest.Server, *store.Store) {
	t.Helper()
	s := filled(t)
	issue := runner.Issue{ID: reason.IssueClockOff, Severity: runner.SeverityWarning, Since: now, Text: "it is 7s behind", Advice: "use NTP"}
	a := api.New(api.Config{
		Store: s, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler), Version: "test",
		Health: func() (bool, string, []runner.Issue) { return true, "", []runner.Issue{issue} },
		Plans: func() []notify.Plan {
			return []notify.Plan{{Plan: build.Loaded(t, plantest.Texts{"plan.yaml": school}), Revision: 1}}
		},
		Redact: func(text string) string { return strings.ReplaceAll(text, "canary-secret", "[redacted]") },
		Link:   func(occurrence string) string { return "https://rundown.school.example/" + occurrence },
	})
	guard := access.New(access.Config{Policy: policy(t), Loopback: true}, nil)
	server := httptest.NewServer(guard.Handler(a))
	t.Cleanup(server.Close)
	t.Cleanup(a.Close)
	return server, s
}

// ask sends a request and gives the answer with its body.
func ask(t *testing.T, server *httptest.Server, method, path, token, body string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(text)
}

// TestTheOpenAPIDocumentIsThatOfTheCode holds the file that is kept against the Go types.
func TestTheOpenAPIDocumentIsThatOfTheCode(t *testing.T) {
	server, _ := served(t)
	_, text := ask(t, server, "GET", "/openapi.json", readToken, "")
	text = strings.Replace(text, `"version": "test"`, `"version": "1"`, 1)
	if *update {
		if err := os.WriteFile("../../../schemas/openapi.json", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if text != string(schemas.OpenAPI) {
		t.Error("schemas/openapi.json is not that of the code: go test ./runner/web/api -run OpenAPI -update writes it")
	}
}

// TestAnswersAreAsTheDocumentSays asks each route that reads, and each act, and validates the answers.
func TestAnswersAreAsTheDocumentSays(t *testing.T) {
	server, _ := served(t)
	var doc struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct {
				Content map[string]struct{ Schema json.RawMessage }
			}
		}
	}
	if err := json.Unmarshal(schemas.OpenAPI, &doc); err != nil {
		t.Fatal(err)
	}
	whole, err := jsonschema.UnmarshalJSON(strings.NewReader(string(schemas.OpenAPI)))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	if err := compiler.AddResource("openapi.json", whole); err != nil {
		t.Fatal(err)
	}
	const german = "/api/v1/occurrences/school/german/20310917T070000Z"
	const template = "/api/v1/occurrences/{plan}/{recording}/{start}"
	asked := map[string]bool{}
	for _, one := range []struct{ method, template, path, token, body, status string }{
		{"get", "/api/v1/status", "", readToken, "", "200"},
		{"get", "/api/v1/health", "", readToken, "", "200"},
		{"get", "/api/v1/orders", "", readToken, "", "200"},
		{"get", "/api/v1/nodes", "", readToken, "", "200"},
		{"get", "/api/v1/occurrences", "/api/v1/occurrences?from=2031-09-16&until=2031-09-18", readToken, "", "200"},
		{"get", template, german, readToken, "", "200"},
		{"get", template, "/api/v1/occurrences/school/latin/20310918T090000Z", readToken, "", "200"},
		{"get", template, "/api/v1/occurrences/school/latin/20310919T090000Z", readToken, "", "404"},
		{"get", "/api/v1/plans", "", readToken, "", "200"},
		{"get", "/api/v1/plans/{name}/revisions", "/api/v1/plans/school/revisions", readToken, "", "200"},
		{"get", "/api/v1/forecast", "", readToken, "", "200"},
		{"get", "/api/v1/calendar.ics", "", readToken, "", "422"},
		{"get", "/api/v1/status", "", "", "", "401"},
		{"post", template + "/extend", german + "/extend", germanToken, `{"by":"15m"}`, "202"},
		{"post", template + "/undo", german + "/undo", germanToken, "", "403"},
		{"post", template + "/undo", german + "/undo", operateToken, "", "202"},
		{"post", template + "/undo", german + "/undo", operateToken, "", "409"},
		{"post", template + "/cancel", german + "/cancel", readToken, "", "403"},
		{"post", template + "/stop", german + "/stop", germanToken, `{"reason":"the room is empty"}`, "202"},
		{"post", template + "/extend", "/api/v1/occurrences/school/latin/20310917T090000Z/extend", operateToken, `{"by":"15m"}`, "202"},
		{"post", template + "/cancel", "/api/v1/occurrences/school/latin/20310917T090000Z/cancel", operateToken, "", "202"},
		{"post", template + "/undo", "/api/v1/occurrences/school/latin/20310917T090000Z/undo", operateToken, "", "202"},
		{"post", template + "/undo", "/api/v1/occurrences/school/latin/20310917T090000Z/undo", operateToken, "", "409"}, // sent twice
		{"post", "/api/v1/closures", "", readToken, `{"kind":"cancel","day":"2031-09-18","preview":true}`, "200"},
		{"post", "/api/v1/closures", "", readToken, `{"kind":"cancel","day":"2031-09-18"}`, "403"},
		{"post", "/api/v1/closures", "", operateToken, `{"kind":"cancel","day":"2031-09-18","reason":"snow"}`, "202"},
		{"post", "/api/v1/closures", "", operateToken, `{"kind":"cancel","day":"2031-09-18","reason":"snow"}`, "409"},
		{"post", "/api/v1/closures", "", operateToken, `{"kind":"pause","recording":"greek"}`, "404"},
		{"get", "/api/v1/closures", "", readToken, "", "200"},
		{"post", "/api/v1/closures/{closure}/undo", "/api/v1/closures/1/undo", operateToken, `{"reason":"it melted"}`, "202"},
		{"post", "/api/v1/closures/{closure}/undo", "/api/v1/closures/1/undo", operateToken, "", "409"},
		{"post", "/api/v1/plans/{name}/confirm", "/api/v1/plans/school/confirm", operateToken, `{"revision":1}`, "409"},
		{"post", "/api/v1/plans/{name}/confirm", "/api/v1/plans/school/confirm", operateToken, `{"revision":2}`, "200"},
		{"get", "/api/v1/orders", "", readToken, "", "200"},
	} {
		name := one.method + " " + one.template
		asked[name] = true
		path := one.path
		if path == "" {
			path = one.template
		}
		response, text := ask(t, server, strings.ToUpper(one.method), path, one.token, one.body)
		if response.Status[:3] != one.status {
			t.Errorf("%s %s: %s %s, want %s", one.method, path, response.Status, text, one.status)
			continue
		}
		kind := "application/json"
		if one.status[0] == '4' {
			kind = "application/problem+json"
		}
		if got := response.Header.Get("Content-Type"); got != kind {
			t.Errorf("%s %s is said to be %s", one.method, path, got)
		}
		at := "openapi.json#/paths/" + strings.ReplaceAll(one.template, "/", "~1") + "/" + one.method + "/responses/" + one.status + "/content/" + strings.ReplaceAll(kind, "/", "~1") + "/schema"
		schema, err := compiler.Compile(strings.NewReplacer("{", "%7B", "}", "%7D").Replace(at))
		if err != nil {
			t.Errorf("%s, %s: %v", name, one.status, err)
			continue
		}
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
		if strings.Contains(text, "canary") {
			t.Errorf("%s shows the query of an address: %s", name, text)
		}
	}
	for path, operations := range doc.Paths {
		for method := range operations {
			if name := method + " " + path; !asked[name] && path != "/api/v1/events" && path != "/api/v1/changes" {
				t.Errorf("%s is not asked", name)
			}
		}
	}
}
