package api_test

import (
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
			{"GET", list, ""}, {"GET", "/api/v1/forecast", ""}, {"GET", "/api/v1/calendar.ics?plan=school", ""},
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
