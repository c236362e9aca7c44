package page

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rundown/runner/store"
)

// TestAClosureOfAPastDayDoesNotHoldAnyMore has a day that is past everywhere, one that is not past far in the west, and a pause.
func TestAClosureOfAPastDayDoesNotHoldAnyMore(t *testing.T) {
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "rundown.db"), store.Options{Create: true, Work: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	now := time.Date(2031, 9, 17, 11, 59, 59, 0, time.UTC)
	for i, c := range []store.Closure{
		{Kind: store.ClosureCancel, Day: "2031-09-15"}, {Kind: store.ClosureCancel, Day: "2031-09-16"}, {Kind: store.ClosurePause, Recording: "latin"},
	} {
		c.At, c.Who = now.AddDate(0, 0, -3).Add(time.Duration(i)*time.Second), "duty"
		_, err := s.AddClosure(t.Context(), c, nil, func(int64) store.Announcement { return store.Announcement{At: c.At, Kind: "order.given"} })
		if err != nil {
			t.Fatal(err)
		}
	}
	pages := guarded(t, New(&Source{Store: s, Clock: func() time.Time { return now }}, slog.New(slog.DiscardHandler)))
	get := func(path string) (int, string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		r.RemoteAddr = "127.0.0.1:5000"
		r.SetBasicAuth("duty", password)
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	for _, want := range []struct {
		open, ended   int
		first, second int // the status of the page that takes them back
	}{{2, 1, 404, 200}, {1, 2, 404, 404}} {
		_, body := get("/closures")
		open, ended, _ := strings.Cut(body, "<h3>Ended</h3>")
		if strings.Count(open, "Take it back") != want.open || strings.Count(ended, "its day is past") != want.ended {
			t.Errorf("at %v: %d hold and %d have ended, want %d and %d:\n%s", now, strings.Count(open, "Take it back"), strings.Count(ended, "its day is past"), want.open, want.ended, body)
		}
		for path, status := range map[string]int{"/closures/1/end": want.first, "/closures/2/end": want.second, "/closures/3/end": 200} {
			if got, _ := get(path); got != status {
				t.Errorf("at %v: %s: %d, want %d", now, path, got, status)
			}
		}
		now = now.Add(time.Second)
	}
}
