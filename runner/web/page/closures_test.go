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
// A closure of a past day is offered to be taken back only while it holds a class.
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
	for _, want := range []struct{ open, ended int }{{2, 1}, {1, 2}} {
		_, body := get("/closures")
		open, ended, _ := strings.Cut(body, "<h3>Ended</h3>")
		if strings.Count(open, "Take it back") != want.open || strings.Count(ended, "its day is past") != want.ended || strings.Contains(ended, "Take it back") {
			t.Errorf("at %v: %d hold and %d have ended, want %d and %d:\n%s", now, strings.Count(open, "Take it back"), strings.Count(ended, "its day is past"), want.open, want.ended, body)
		}
		now = now.Add(time.Second)
	}

	// The class of the first one is ahead: a plan had moved it to that day, and moves it no more.
	err = s.WriteSpecs(t.Context(), func(t *store.SpecTx) error { return t.SetClosureClass(1, "school/latin/20311020T160000Z", true) })
	if err != nil {
		t.Fatal(err)
	}
	_, body := get("/closures")
	_, ended, _ := strings.Cut(body, "<h3>Ended</h3>")
	if strings.Count(ended, "Take it back") != 1 || !strings.Contains(ended, "/closures/1/end") || strings.Count(ended, "its day is past") != 2 {
		t.Errorf("the closure of a past day that still holds a class cannot be taken back:\n%s", ended)
	}
	if _, err := s.EndClosure(t.Context(), 2, now, "duty", "", "", store.Announcement{At: now, Kind: "order.given"}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/closures/1/end": 200, "/closures/2/end": 404, "/closures/3/end": 200, "/closures/4/end": 404} {
		if got, _ := get(path); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}
