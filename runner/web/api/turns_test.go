package api_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rundown/runner"
	"rundown/runner/web/access"
	"rundown/runner/web/api"
	"rundown/schemas"
)

// TestFewRequestsReadManyClassesAtATime has two lists that take long. What else reads many classes waits and is refused at
// last. What is small is answered meanwhile, and so is an order.
func TestFewRequestsReadManyClassesAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var toHold atomic.Int32 // the next so many that ask for the time, which a list does in its turn
		slow := make(chan struct{})
		clock := func() time.Time {
			if toHold.Add(-1) >= 0 {
				<-slow
			}
			return now
		}
		a := api.New(api.Config{
			Store: filled(t), Now: clock, Log: slog.New(slog.DiscardHandler), Version: "test",
			Health: func() (bool, string, []runner.Issue) { return true, "", nil },
		})
		defer a.Close()
		guarded := access.New(access.Config{Policy: policy(t), Loopback: true}, nil).Handler(a)
		ask := func(method, path, token, body string) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
			r.RemoteAddr = "127.0.0.1:5000"
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			guarded.ServeHTTP(w, r)
			return w
		}
		const list, day = "/api/v1/occurrences?from=2031-09-16", `{"kind":"cancel","day":"2031-09-18"`
		var all sync.WaitGroup
		toHold.Store(2)
		for range 2 {
			all.Go(func() {
				if w := ask("GET", list, readToken, ""); w.Code != http.StatusOK {
					t.Errorf("a list that takes long: %d %s", w.Code, w.Body)
				}
			})
		}
		synctest.Wait()
		for _, one := range []struct{ method, path, body string }{
			{"GET", list, ""},
			{"GET", "/api/v1/forecast", ""},
			{"GET", "/api/v1/calendar.ics?plan=school", ""},
			{"POST", "/api/v1/closures", day + `,"preview":true}`},
		} {
			begin := time.Now()
			w := ask(one.method, one.path, readToken, one.body)
			if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "too many requests") {
				t.Errorf("%s meanwhile: %d %v %s", one.path, w.Code, w.Header(), w.Body)
			}
			if waited := time.Since(begin); waited != 5*time.Second {
				t.Errorf("%s waited for %v, want 5s", one.path, waited)
			}
		}
		if w := ask("GET", "/api/v1/orders", readToken, ""); w.Code != http.StatusOK {
			t.Errorf("what is small: %d %s", w.Code, w.Body)
		}
		if w := ask("POST", "/api/v1/closures", operateToken, day+"}"); w.Code != http.StatusAccepted {
			t.Errorf("an order: %d %s", w.Code, w.Body)
		}
		close(slow)
		all.Wait()
		if w := ask("GET", list, readToken, ""); w.Code != http.StatusOK {
			t.Errorf("afterwards: %d %s", w.Code, w.Body)
		}
	})
}

// TestEachRefusalIsInTheDocument sends what cannot be read, too much, and to a store that cannot be used.
func TestEachRefusalIsInTheDocument(t *testing.T) {
	server, s := served(t)
	var doc struct {
		Paths map[string]map[string]struct{ Responses map[string]any }
	}
	if err := json.Unmarshal(schemas.OpenAPI, &doc); err != nil {
		t.Fatal(err)
	}
	const class, template = "/api/v1/occurrences/school/latin/20310918T090000Z", "/api/v1/occurrences/{plan}/{recording}/{start}"
	check := func(want int, method, path, in, body string, header ...string) {
		t.Helper()
		response, text := ask(t, server, method, path, operateToken, body, header...)
		if response.StatusCode != want {
			t.Errorf("%s %s: %s %s, want %d", method, path, response.Status, text, want)
		}
		if doc.Paths[in][strings.ToLower(method)].Responses[fmt.Sprint(want)] == nil {
			t.Errorf("%s %s answers %d, which is not in the document", method, in, want)
		}
	}
	tooLarge := strings.Repeat("x", 70<<10)
	check(400, "POST", class+"/cancel", template+"/cancel", "{broken")
	check(400, "POST", class+"/extend", template+"/extend", "")
	check(415, "POST", class+"/cancel", template+"/cancel", "reason=x", "Content-Type", "application/x-www-form-urlencoded")
	check(413, "POST", "/api/v1/closures", "/api/v1/closures", `{"kind":"cancel","reason":"`+tooLarge+`"}`)
	check(413, "POST", "/api/v1/plans/school/confirm", "/api/v1/plans/{name}/confirm", `{"revision":1,"reason":"`+tooLarge+`"}`)
	check(413, "GET", "/api/v1/health", "/api/v1/health", tooLarge)
	known, _ := ask(t, server, "GET", "/api/v1/status", operateToken, "")
	check(304, "GET", "/api/v1/status", "/api/v1/status", "", "If-None-Match", known.Header.Get("ETag"))
	_ = s.Close()
	check(503, "GET", "/api/v1/status", "/api/v1/status", "")
	check(503, "POST", class+"/cancel", template+"/cancel", "{}")
}
