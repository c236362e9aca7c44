package page

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rundown/plan/schedule"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/store/storetest"
	"rundown/runner/web/access"
)

// bigDay is a store with 2,000 classes on one day, in 250 rooms: those of the morning are over, of which each fiftieth
// failed; an eighth is being recorded at noon.
func bigDay(t testing.TB) *Source {
	t.Helper()
	var b strings.Builder
	b.WriteString(`version: 1
name: school
account: {customer_id: "${ID}", customer_secret: "${SECRET}"}
apps: {main: {id: "${APP}", limits: {concurrent: 400}}}
storage: {videos: {vendor: s3, region: eu-central-1, bucket: videos, access_key: "${ACCESS}", secret_key: "${KEY}"}}
calendars: {term: [2031-09-01..2031-12-19]}
defaults: {timezone: Europe/Berlin, url: "https://school.example/rooms/{id}", only: term}
recordings:
`)
	for room := range 250 {
		fmt.Fprintf(&b, "  room-%03d:\n    title: Lessons in room %d\n    when:\n", room, room)
		for lesson := range 8 {
			fmt.Fprintf(&b, "      - Mon-Fri %02d:%02d-%02d:%02d\n", 8+lesson, room%10, 8+lesson, 50+room%10)
		}
	}
	p := loadText(t, b.String())
	file := filepath.Join(t.TempDir(), "rundown.db")
	s, err := store.Open(t.Context(), file, store.Options{Create: true, Work: true, Service: "simulator"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	now := time.Date(2031, 9, 17, 12, 20, 0, 0, zone(t, "Europe/Berlin"))
	revision, err := revisionOf(p)
	if err != nil {
		t.Fatal(err)
	}
	revision.At = now.AddDate(0, 0, -3)
	if revision, err = s.AddRevision(t.Context(), revision); err != nil {
		t.Fatal(err)
	}
	from, until := dayIn(now, now.Location())
	var steps []storetest.Row
	for i, o := range schedule.Occurrences(p, from, until) {
		row := store.Occurrence{
			ID: o.ID, Plan: o.Plan, Recording: o.Recording.ID, Day: o.Start.Format(time.DateOnly), Clock: o.Start.Format("15:04"), App: "app", URL: o.URL.String(),
			Start: o.Start, End: o.End, State: string(session.Planned), Revision: revision.ID,
			Doc: fmt.Appendf(nil, `{"timezone":"Europe/Berlin","app_name":"main","storage":"videos","bucket":"videos","from":%q,"until":%q}`, o.RecordFrom.Format(time.RFC3339), o.RecordUntil.Format(time.RFC3339)),
		}
		x := store.Session{Attempt: 1, App: "app", Cname: "school-" + o.Recording.ID, UID: "1", SID: fmt.Sprintf("%032x", i), State: string(session.SessionEnded)}
		recorded := fmt.Sprintf(`{"recording_at":%q,"stopped_at":%q}`, o.RecordFrom.Format(time.RFC3339), o.RecordUntil.Format(time.RFC3339))
		switch {
		case o.End.Before(now) && i%50 == 0:
			row.State, row.Outcome, row.ReasonCode, row.Reason = string(session.Ended), string(session.Failed), "attempts-used-up", "3 sessions in a row failed"
			x.State, recorded = string(session.SessionFailed), "{}"
		case o.End.Before(now):
			row.State, row.Outcome, row.Reason = string(session.Ended), string(session.Recorded), "recorded from the first minute to the last"
		case o.Start.Before(now):
			row.State, x.State = string(session.Recording), string(session.SessionRunning)
			recorded = fmt.Sprintf(`{"recording_at":%q}`, o.RecordFrom.Format(time.RFC3339))
		}
		step := storetest.Row{Occurrence: row}
		if row.State != string(session.Planned) {
			x.Doc = []byte(recorded)
			step.Sessions = []store.Session{x}
		}
		steps = append(steps, step)
	}
	results, err := storetest.Write(t.Context(), s, "app", steps...)
	if err != nil || slices.ContainsFunc(results, func(err error) bool { return err != nil }) {
		t.Fatal(err, results)
	}
	if err := s.Beat(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	reader, err := store.Open(t.Context(), file, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = reader.Close() })
	return &Source{Store: reader, Clock: func() time.Time { return now }}
}

// somebody is who may read, as the guard lets them in on the same machine.
func somebody(t testing.TB) (caller access.Caller) {
	t.Helper()
	guard := access.New(access.Config{Loopback: true}, nil)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/", nil)
	r.RemoteAddr = "127.0.0.1:1024"
	guard.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { caller = access.CallerOf(r.Context()) })).
		ServeHTTP(httptest.NewRecorder(), r)
	return caller
}

// ask gives a page to somebody who may read; it goes over no network.
func ask(t testing.TB, pages http.Handler, path string) string {
	t.Helper()
	r := httptest.NewRequestWithContext(access.WithCaller(t.Context(), somebody(t)), http.MethodGet, path, nil)
	w := httptest.NewRecorder()
	pages.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return w.Body.String()
}

// mostBytes is how large a page of a large day may be.
const mostBytes = 300_000

func TestADayOf2000ClassesIsSmallEnoughToLookAt(t *testing.T) {
	pages := New(bigDay(t), slog.New(slog.DiscardHandler))
	for _, path := range []string{"/", "/?show=recorded&page=5", "/week/", "/forecast", "/plans", "/class/school/room-000/20310917T060000Z"} {
		body := ask(t, pages, path)
		if len(body) > mostBytes {
			t.Errorf("%s has %d bytes", path, len(body))
		}
		t.Logf("%s: %d bytes", path, len(body))
	}
	body := ask(t, pages, "/")
	for _, want := range []string{"2000 classes", "20 classes were not recorded whole", "250 at once", ">12:00<"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func BenchmarkADayOf2000Classes(b *testing.B) {
	source := bigDay(b)
	pages := New(source, slog.New(slog.DiscardHandler))
	ask(b, pages, "/")
	var took []time.Duration
	for b.Loop() {
		source.forget()
		begin := time.Now()
		ask(b, pages, "/")
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms/median")
}

// TestManyMayLookAtOnce asks for pages side by side: all get the same, and what was read once serves them.
func TestManyMayLookAtOnce(t *testing.T) {
	source := bigDay(t)
	pages := New(source, slog.New(slog.DiscardHandler))
	want := ask(t, pages, "/")
	paths := []string{"/", "/week/", "/system", "/plans", "/?show=recorded"}
	var all sync.WaitGroup
	for i := range 15 {
		all.Go(func() {
			if i%10 == 0 {
				source.forget()
			}
			if body := ask(t, pages, paths[i%len(paths)]); i%len(paths) == 0 && body != want {
				t.Errorf("viewer %d sees another day", i)
			}
		})
	}
	all.Wait()
}
