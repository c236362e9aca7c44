package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"rundown/runner"
	"rundown/runner/reason"
)

func TestReadyzAnswers503WhereClassesCannotBegin(t *testing.T) {
	since := time.Date(2031, 9, 15, 7, 0, 0, 0, time.UTC)
	clock := runner.Issue{ID: reason.IssueClockOff, Severity: runner.SeverityWarning, Since: since, Text: "it is 7s behind", Advice: "use NTP"}
	refused := runner.Issue{ID: reason.IssueAccountRefused, Severity: runner.SeverityCritical, Since: since, Text: "HTTP 401", Blocking: true}
	for _, tt := range []struct {
		name    string
		ready   bool
		hangs   error
		issues  []runner.Issue
		accept  string
		status  int
		healthz int
		text    string
	}{
		{"ready", true, nil, nil, "", 200, 200, "ready\n"},
		{"it starts", false, nil, []runner.Issue{clock}, "", 503, 200, "not ready\nit is starting or ending\n"},
		{"an issue that blocks nothing", true, nil, []runner.Issue{clock}, "", 200, 200, "ready\nclock-off: it is 7s behind; use NTP\n"},
		{"an issue that keeps classes from beginning", true, nil, []runner.Issue{refused, clock}, "text/html, */*", 503, 200, "not ready\naccount-refused: HTTP 401\nclock-off: it is 7s behind; use NTP\n"},
		{"it does not move", true, errors.New("app 1 hangs"), []runner.Issue{clock}, "", 503, 503, "not ready\napp 1 hangs\nclock-off: it is 7s behind; use NTP\n"},
		{
			"as JSON", true, nil,
			[]runner.Issue{refused, clock},
			"application/json", 503, 200,
			`{"ready":false,"issues":[{"id":"account-refused","severity":"critical","since":"2031-09-15T07:00:00Z","text":"HTTP 401","reason_code":"account-refused"},` +
				`{"id":"clock-off","severity":"warning","since":"2031-09-15T07:00:00Z","text":"it is 7s behind","reason_code":"clock-off","advice":"use NTP"}]}` + "\n",
		},
		{"as JSON, without an issue", true, nil, nil, "application/json", 200, 200, `{"ready":true,"issues":[]}` + "\n"},
		{"as JSON, at its start", false, nil, nil, "application/json", 503, 200, `{"ready":false,"reason":"it is starting or ending","issues":[]}` + "\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ready := &Readiness{}
			ready.Set(tt.ready)
			h := Handler(ready, func(time.Duration) error { return tt.hangs }, func() []runner.Issue { return tt.issues })
			ask := func(path string) *httptest.ResponseRecorder {
				r := httptest.NewRequest(http.MethodGet, path, nil)
				r.Header.Set("Accept", tt.accept)
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				return w
			}
			w := ask("/readyz")
			if w.Code != tt.status || w.Body.String() != tt.text {
				t.Errorf("/readyz: %d %s\nwant %d %s", w.Code, w.Body, tt.status, tt.text)
			}
			if isJSON := json.Valid(w.Body.Bytes()); isJSON != (w.Header().Get("Content-Type") == "application/json") {
				t.Errorf("it is said to be %s", w.Header().Get("Content-Type"))
			}
			if w := ask("/healthz"); w.Code != tt.healthz {
				t.Errorf("/healthz: %d %s", w.Code, w.Body)
			}
		})
	}
}
