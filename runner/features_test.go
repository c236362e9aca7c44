package runner_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rundown/agora"
	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/runner"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/web"
)

func TestAnExactStartIsWrittenFromTheBellOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50", "    exact_start: true"), "school.yaml"))
		until(monday.Add(2 * time.Hour))
		h.shut(e)
		s := h.outcomes()[german]
		ran := h.sim.Ledger().Sessions
		if s.Outcome != session.Recorded || len(ran) != 1 {
			t.Fatalf("%s with %d sessions: %s", s.Outcome, len(ran), s.Reason)
		}
		if at := ran[0].RecordingAt.Sub(monday); at < 0 || at > time.Second {
			t.Errorf("written %v after the bell", at)
		}
		if held := monday.Sub(ran[0].StartedAt); held < time.Minute {
			t.Errorf("opened %v before the bell, want a minute at least", held)
		}
		h.audit()
	})
}

func TestAnExactStartOutlivesARestartAtTheBell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{Faults: simulator.Faults{Requests: []simulator.RequestFault{{Endpoint: "update", Times: 2, Status: 504, Code: 62, Reason: "request timeout"}}}})
		p := loadPlan(t, school("2031-09-15 09:00-09:50", "    exact_start: true"), "school.yaml")
		e := h.open(p)
		until(monday.Add(-10 * time.Second))
		h.shut(e)
		until(monday.Add(5 * time.Second))
		e = h.open(p)
		until(monday.Add(2 * time.Hour))
		h.shut(e)
		if s := h.outcomes()[german]; s.Outcome != session.Partial || len(s.Gaps) != 1 || s.Gaps[0].Until.Sub(monday) > 12*time.Second {
			t.Errorf("%s, gaps %v: %s", s.Outcome, s.Gaps, s.Reason)
		}
		h.audit()
	})
}

func TestAClassThatIsExtendedBeyondTheHoursOfItsSessionIsRecordedWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
		until(monday.Add(30 * time.Minute))
		if _, err := e.Apply(context.Background(), loadPlan(t, school("2031-09-15 09:00-15:00"), "school.yaml")); err != nil {
			t.Fatal(err)
		}
		until(monday.Add(8 * time.Hour))
		h.shut(e)
		ran := h.sim.Ledger().Sessions
		if s := h.outcomes()[german]; s.Outcome != session.Recorded || len(ran) != 2 || ran[0].StopReason != "stop" {
			t.Errorf("%s with the sessions %+v: %s", s.Outcome, ran, s.Reason)
		}
		h.audit()
	})
}

func TestASessionThatOutlivesItsHoursWithoutASuccessorIsToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{Faults: simulator.Faults{Requests: []simulator.RequestFault{{Endpoint: "acquire", Skip: 1, Status: 400, Code: 406, Reason: "vendor_over_load"}}}})
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
		until(monday.Add(30 * time.Minute))
		if _, err := e.Apply(context.Background(), loadPlan(t, school("2031-09-15 09:00-15:00"), "school.yaml")); err != nil {
			t.Fatal(err)
		}
		until(monday.Add(5 * time.Hour))
		if got := strings.Join(e.Troubles(), "\n"); !strings.HasPrefix(got, "orphan: "+german+": it outlived the hours of its session") {
			t.Errorf("troubles during the class: %q", got)
		}
		until(monday.Add(8 * time.Hour))
		if got := e.Troubles(); len(got) != 0 {
			t.Errorf("troubles after the class: %q", got)
		}
		h.shut(e)
		if s := h.outcomes()[german]; s.Outcome != session.Partial || !strings.Contains(s.Reason, "its hours ended at") {
			t.Errorf("%s: %s", s.Outcome, s.Reason)
		}
		h.audit()
	})
}

// TestTheEndOfASessionByItsHoursIsKnownToTheSecond holds the store against the ledger where no stop ends a session:
// told of by a notification, found missing by a query, or refused to be stopped until it ends.
func TestTheEndOfASessionByItsHoursIsKnownToTheSecond(t *testing.T) {
	noMore := simulator.RequestFault{Endpoint: "acquire", Skip: 1, Status: 400, Code: 406, Reason: "vendor_over_load"}
	refused := simulator.RequestFault{Endpoint: "stop", Status: 401, Reason: "Unauthorized"}
	tests := []struct {
		name   string
		told   bool
		when   string // after the edit
		faults []simulator.RequestFault
	}{
		{"a notification tells", true, "2031-09-15 09:00-15:00", []simulator.RequestFault{noMore}},
		{"a query finds out", false, "2031-09-15 09:00-15:00", []simulator.RequestFault{noMore}},
		{"its stop is refused", false, "2031-09-15 09:00-09:50", []simulator.RequestFault{refused}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h, carrier := listening(t, simulator.Faults{Requests: tt.faults})
				e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
				if tt.told {
					carrier.to(h, e)
				}
				until(monday.Add(30 * time.Minute))
				if _, err := e.Apply(context.Background(), loadPlan(t, school(tt.when), "school.yaml")); err != nil {
					t.Fatal(err)
				}
				until(monday.Add(8 * time.Hour))
				if err := h.sim.Close(); err != nil {
					t.Error(err)
				}
				h.shut(e)
				if ran := h.sim.Ledger().Sessions; len(ran) != 1 || ran[0].StopReason != "max_recording_hour" {
					t.Errorf("sessions %+v, want one that its hours ended", ran)
				}
				h.audit()
			})
		})
	}
}

func TestKeyFilesThatAreReplacedDuringAClassAreSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		f := school("2031-09-15 09:00-09:50")
		f["school.yaml"] = strings.Replace(f["school.yaml"], `"${KEY}"`, `"${file:key}"`, 1)
		h := newHouse(t, simulator.Config{})
		var mu sync.Mutex
		key := "canary-first"
		h.lookup = func(r plan.Reference) (string, error) {
			if r.File == "" {
				return values(r)
			}
			mu.Lock()
			defer mu.Unlock()
			return key, nil
		}
		e := h.open(loadPlan(t, f, "school.yaml"))
		until(monday.Add(10 * time.Minute))
		before := h.sim.Ledger().Requests["update"]
		mu.Lock()
		key = "canary-second"
		mu.Unlock()
		until(monday.Add(40 * time.Minute))
		if n := h.sim.Ledger().Requests["update"]; before != 0 || n != 1 {
			t.Errorf("%d updates before the file was replaced and %d after, want 0 and 1", before, n)
		}
		until(monday.Add(2 * time.Hour))
		h.shut(e)
		h.audit()
	})
}

func TestTemporaryKeysAreFetchedAheadRenewedHourlyAndNeverKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		f := school("2031-09-15 09:00-13:00")
		f["school.yaml"] = strings.Replace(f["school.yaml"], `access_key: "${ACCESS}", secret_key: "${KEY}"`, `sts: {command: [./issue]}`, 1)
		h := newHouse(t, simulator.Config{})
		var mu sync.Mutex
		var issued []time.Duration
		h.issue = func(context.Context, *plan.STS) ([]byte, error) {
			time.Sleep(20 * time.Second)
			mu.Lock()
			defer mu.Unlock()
			issued = append(issued, time.Since(monday))
			if len(issued) == 1 || len(issued) == 3 {
				return nil, errors.New("command ./issue ended with status 1")
			}
			return []byte(`{"access_key":"canary-ACCESS","secret_key":"canary-SECRET","token":"canary-KEY","expiration":"` + time.Now().Add(5*time.Hour).Format(time.RFC3339) + `"}`), nil
		}
		e := h.open(loadPlan(t, f, "school.yaml"))
		until(monday.Add(6 * time.Hour))
		h.shut(e)
		if s := h.outcomes()[german]; s.Outcome != session.Recorded {
			t.Errorf("%s: %s", s.Outcome, s.Reason)
		}
		if n := h.sim.Ledger().Requests["update"]; n != 4 {
			t.Errorf("%d renewals in four hours; issued at %v", n, issued)
		}
		if len(issued) < 2 || issued[1] > -time.Minute {
			t.Errorf("issued at %v: nothing was there ahead of the class", issued)
		}
		h.audit()
		noCanary(t, h)
	})
}

// TestACheckOfTheKeysServesTheStart has an issuer that is asked 20 minutes before a class, 10 minutes before it, and by its start.
func TestACheckOfTheKeysServesTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-20 * time.Minute))
		f := school("2031-09-15 09:00-09:30")
		f["school.yaml"] = strings.Replace(f["school.yaml"], `access_key: "${ACCESS}", secret_key: "${KEY}"`, `sts: {command: [./issue]}`, 1)
		h := newHouse(t, simulator.Config{})
		var issued atomic.Int32
		h.issue = func(context.Context, *plan.STS) ([]byte, error) {
			issued.Add(1)
			return []byte(`{"access_key":"canary-ACCESS","secret_key":"canary-SECRET","token":"canary-KEY","expiration":"` + time.Now().Add(5*time.Hour).Format(time.RFC3339) + `"}`), nil
		}
		p := loadPlan(t, f, "school.yaml")
		e := h.open(p)
		conn, err := h.connect(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []time.Duration{-20 * time.Minute, -10 * time.Minute} {
			until(monday.Add(at))
			if _, err := e.StorageCredentials(t.Context(), conn, p.Storages[0]); err != nil {
				t.Fatal(err)
			}
		}
		until(monday.Add(time.Hour))
		h.shut(e)
		if s := h.outcomes()[german]; s.Outcome != session.Recorded || issued.Load() != 1 {
			t.Errorf("%s: %s; the issuer was asked %d times", s.Outcome, s.Reason, issued.Load())
		}
		h.audit()
		noCanary(t, h)
	})
}

func TestKeysThatCannotBeRenewedAreToldWhileTheyAreValidAndOnceTheyRanOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		f := school("2031-09-15 09:00-19:00")
		f["school.yaml"] = strings.Replace(f["school.yaml"], `access_key: "${ACCESS}", secret_key: "${KEY}"`, `sts: {command: [./issue]}`, 1)
		h := newHouse(t, simulator.Config{})
		h.issue = func(context.Context, *plan.STS) ([]byte, error) {
			if at := time.Since(monday); at > 0 && at < 7*time.Hour {
				return nil, errors.New("command ./issue ended with status 1")
			}
			return []byte(`{"access_key":"canary-ACCESS","secret_key":"canary-SECRET","token":"canary-KEY","expiration":"2031-09-15T12:30:00Z"}`), nil
		}
		e := h.open(loadPlan(t, f, "school.yaml"))
		warning := `level=WARN msg="the storage credentials run out at 2031-09-15 14:30:00+02:00 and could not be renewed: storage videos: sts: command ./issue`
		gone := `level=ERROR msg="the storage credentials ran out at 2031-09-15 14:30:00+02:00 and could not be renewed: storage videos: sts: command ./issue`
		for _, step := range []struct {
			bell         time.Duration
			warned, told int
		}{{30 * time.Minute, 0, 0}, {70 * time.Minute, 1, 0}, {5*time.Hour + 29*time.Minute, 1, 0}, {5*time.Hour + 31*time.Minute, 1, 1}, {7 * time.Hour, 1, 1}} {
			until(monday.Add(step.bell))
			if step.bell > time.Hour && step.bell < 7*time.Hour { // a restart changes nothing of them
				h.shut(e)
				e = h.open(loadPlan(t, f, "school.yaml"))
			}
			if log := h.log.String(); strings.Count(log, warning) != step.warned || strings.Count(log, gone) != step.told {
				t.Errorf("%v after the bell it warned %d times and told %d times that they ran out, want %d and %d", step.bell,
					strings.Count(log, warning), strings.Count(log, gone), step.warned, step.told)
			}
			var want []runner.Severity
			if step.told > 0 {
				want = []runner.Severity{runner.SeverityCritical}
			} else if step.warned > 0 {
				want = []runner.Severity{runner.SeverityWarning}
			}
			var got []runner.Severity
			for _, issue := range e.Issues() {
				if got = append(got, issue.Severity); issue.ID != reason.IssueCredentialsFailing || issue.Blocking {
					t.Errorf("%v after the bell: %v", step.bell, issue)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%v after the bell the issues are %v, want %v", step.bell, got, want)
			}
		}
		until(monday.Add(11 * time.Hour))
		if is := e.Issues(); len(is) != 0 {
			t.Errorf("the class is over, and the issues are %v", is)
		}
		h.shut(e)
		noCanary(t, h)
	})
}

func TestReloadsDoNotPileUpSourcesOfTemporaryKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		read := func(when string, n int) *plan.Plan {
			f := school(when, fmt.Sprintf("    # %d", n))
			f["school.yaml"] = strings.Replace(f["school.yaml"], `access_key: "${ACCESS}", secret_key: "${KEY}"`, `sts: {command: [./issue]}`, 1)
			return loadPlan(t, f, "school.yaml")
		}
		h := newHouse(t, simulator.Config{})
		h.issue = func(context.Context, *plan.STS) ([]byte, error) {
			return []byte(`{"access_key":"canary-ACCESS","secret_key":"canary-SECRET","token":"canary-KEY","expiration":"` + time.Now().Add(5*time.Hour).Format(time.RFC3339) + `"}`), nil
		}
		e := h.open(read("2031-09-15 09:00-19:00", 0))
		for n := range 9 { // each reading is followed by a renewal
			until(monday.Add(time.Duration(n)*time.Hour + 30*time.Minute))
			when := "2031-09-15 09:00-19:00"
			if n > 5 {
				when = "2031-09-16 09:00-19:00" // the class goes on, though the plan no longer holds it
			}
			if _, err := e.Apply(context.Background(), read(when, n+1)); err != nil {
				t.Fatal(err)
			}
			until(monday.Add(time.Duration(n+1)*time.Hour + 20*time.Minute))
			if k := runner.KeySources(e); k != 1 {
				t.Errorf("after %d readings of the plan %d sources are remembered, want the one in use", n+2, k)
			}
		}
		until(monday.Add(11 * time.Hour))
		h.shut(e)
		if n := h.sim.Ledger().Requests["update"]; n < 9 {
			t.Errorf("%d renewals in ten hours", n)
		}
		if s := h.outcomes()[german]; s.Outcome != session.Recorded {
			t.Errorf("%s: %s", s.Outcome, s.Reason)
		}
		h.audit()
	})
}

// noCanary looks for secrets in the log and in every file of the house.
func noCanary(t *testing.T, h *house) {
	t.Helper()
	written := map[string]string{"the log": h.log.String()}
	entries, err := os.ReadDir(h.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		b, err := os.ReadFile(filepath.Join(h.dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		written[entry.Name()] = string(b)
	}
	for where, text := range written {
		for _, secret := range []string{"canary-SECRET", "canary-ACCESS", "canary-KEY", "canary-RTMP", "canary-ROOM"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds %s", where, secret)
			}
		}
	}
}

// callbacks carries the simulator's notifications to a handler without a network.
type callbacks struct {
	mu      sync.Mutex
	handler http.Handler
	answers []int
	bodies  [][]byte
	headers []http.Header
}

// again sends all that was sent so far once more, the last first, and says how much that was.
func (c *callbacks) again(t *testing.T) int {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, body := range slices.Backward(c.bodies) {
		r := httptest.NewRequest(http.MethodPost, "/webhooks/agora", bytes.NewReader(body))
		r.Header = c.headers[i]
		w := httptest.NewRecorder()
		if c.handler.ServeHTTP(w, r); w.Code != http.StatusOK {
			t.Errorf("a notification that comes again is answered with %d", w.Code)
		}
	}
	return len(c.bodies)
}

func (c *callbacks) serve(h http.Handler) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handler = h
}

// RoundTrip answers with what the handler says; 502 while there is none.
func (c *callbacks) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	c.bodies, c.headers = append(c.bodies, body), append(c.headers, r.Header)
	w := httptest.NewRecorder()
	if c.handler == nil {
		w.WriteHeader(http.StatusBadGateway)
	} else {
		c.handler.ServeHTTP(w, r)
	}
	c.answers = append(c.answers, w.Code)
	return w.Result(), nil
}

// listening is a house whose simulator sends notifications.
func listening(t *testing.T, faults simulator.Faults) (*house, *callbacks) {
	carrier := &callbacks{}
	h := newHouse(t, simulator.Config{Callback: "https://rundown.example/webhooks/agora", CallbackSecret: "example", CallbackTransport: carrier, Faults: faults})
	return h, carrier
}

func (c *callbacks) to(h *house, e *runner.Engine) {
	c.serve(web.Notices(func() (string, error) { return "example", nil }, e.TakeNotice, slog.New(slog.NewTextHandler(&h.log, nil))))
}

func TestANotificationOfASessionsEndReplacesItWithinSeconds(t *testing.T) {
	for name, notices := range map[string][]simulator.NoticeFault{
		"in order":                     nil,
		"late, twice and out of order": {{Event: 71, Delay: simulator.Duration(3 * time.Second), Copies: 2}, {Event: 70, Delay: simulator.Duration(4 * time.Minute)}, {Copies: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h, carrier := listening(t, simulator.Faults{
					Sessions: []simulator.SessionFault{{After: simulator.Duration(20 * time.Minute), Stop: "recorder_error"}},
					Notices:  notices,
				})
				e := h.open(loadPlan(t, school("2031-09-15 09:00-09:25", "    cdn: one"), "school.yaml"))
				carrier.to(h, e)
				until(monday.Add(2 * time.Hour))
				if err := h.sim.Close(); err != nil {
					t.Error(err)
				}
				h.shut(e)
				s := h.outcomes()[german]
				if s.Outcome != session.Partial || len(s.Gaps) != 1 || s.Gaps[0].Until.Sub(s.Gaps[0].From) > 15*time.Second || !strings.Contains(s.Reason, "code 6 recorder_error") {
					t.Errorf("%s, gaps %v: %s", s.Outcome, s.Gaps, s.Reason)
				}
				if n := strings.Count(h.log.String(), `level=WARN msg="session lost"`); n != 1 || !strings.Contains(h.log.String(), "reason_code=ended-by-service") {
					t.Errorf("the log tells %d times of a lost session", n)
				}
				if len(carrier.answers) < 10 {
					t.Errorf("%d notifications: it proves little", len(carrier.answers))
				}
				for _, status := range carrier.answers {
					if status != http.StatusOK {
						t.Errorf("a notification was answered with %d", status)
					}
				}
				h.audit()
				noCanary(t, h)
			})
		})
	}
}

// TestNotificationsThatComeAgainAfterARestartChangeNothing restarts an engine after a session died and its orphan was
// found, and again after the class, and sends it each time all that the one before knew, the last first.
func TestNotificationsThatComeAgainAfterARestartChangeNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h, carrier := listening(t, simulator.Faults{
			Requests: []simulator.RequestFault{{Endpoint: "start", Times: 1, Drop: "after"}},
			Sessions: []simulator.SessionFault{{After: simulator.Duration(20 * time.Minute), Stop: "access_url_failed"}},
		})
		p := loadPlan(t, school("2031-09-15 09:00-09:50, 2031-09-15 15:00-15:10"), "school.yaml")
		e := h.open(p)
		carrier.to(h, e)
		steady := func(s session.State) session.State { // what a query more may change
			s.Sessions = slices.Clone(s.Sessions)
			for i := range s.Sessions {
				x := &s.Sessions[i]
				x.LastGood, x.Next, x.AskedAt = time.Time{}, time.Time{}, time.Time{}
			}
			return s
		}
		read := func() session.State {
			t.Helper()
			rows, err := h.store.Occurrences(context.Background(), store.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			row := rows[slices.IndexFunc(rows, func(r store.Occurrence) bool { return r.ID == german })]
			sessions, err := h.store.Sessions(context.Background(), german)
			if err != nil {
				t.Fatal(err)
			}
			s, err := runner.Decode(row, sessions[german])
			if err != nil {
				t.Fatal(err)
			}
			return steady(s)
		}
		stranger := agora.Event{NoticeID: "n1", ProductID: agora.ProductCloudRecording, Type: 99, SID: "stranger"}
		events := func() (out []string) {
			t.Helper()
			list, err := h.store.Events(context.Background(), "", 0, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, ev := range list {
				if ev.Kind == "webhook" {
					out = append(out, ev.Text)
				}
			}
			return out
		}
		for _, at := range []time.Duration{25 * time.Minute, 2 * time.Hour} {
			until(monday.Add(at))
			if err := e.TakeNotice(stranger); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Second) // it is written down
			h.shut(e)
			e = h.open(p)
			carrier.to(h, e)
			time.Sleep(3 * time.Second) // the adoption is behind us
			before, logged := read(), events()
			n := carrier.again(t)
			if err := e.TakeNotice(stranger); err != nil {
				t.Error(err)
			}
			time.Sleep(3 * time.Second) // any query that they led to is answered
			if diff := cmp.Diff(before, read()); diff != "" || n < 8 {
				t.Errorf("%v after the bell, %d notifications that came again changed (-before +after):\n%s", at, n, diff)
			}
			if diff := cmp.Diff(logged, events()); diff != "" {
				t.Errorf("%v after the bell, %d notifications that came again were logged again (-before +after):\n%s", at, n, diff)
			}
		}
		if err := h.sim.Close(); err != nil {
			t.Error(err)
		}
		until(monday.Add(12 * time.Hour))
		h.shut(e)
		if n := len(h.sim.Ledger().Sessions); n != 5 { // an orphan, its replacement and two more as each died at 20 minutes, and the second class
			t.Errorf("%d sessions", n)
		}
		h.audit()
	})
}

func TestAnOrphanIsStoppedOnceANotificationTellsItsSID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h, carrier := listening(t, simulator.Faults{Requests: []simulator.RequestFault{{Endpoint: "start", Times: 1, Drop: "after"}}})
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
		until(monday.Add(-10 * time.Second))
		if log := h.log.String(); strings.Count(log, "level=ERROR") != 1 || !strings.Contains(log, `level=ERROR msg="orphan: session 1 (cname school-german`) {
			t.Errorf("nobody was told of the orphan, once, when it was one:\n%s", log)
		}
		if is := e.Troubles(); len(is) != 1 || !strings.HasPrefix(is[0], "orphan: "+german+": session 1 (cname school-german") {
			t.Errorf("the troubles are %q, want the orphan", is)
		}
		carrier.to(h, e)
		until(monday.Add(10 * time.Minute))
		if is := e.Troubles(); len(is) != 0 {
			t.Errorf("the troubles are %q, though the orphan was found and stopped", is)
		}
		until(monday.Add(2 * time.Hour))
		if err := h.sim.Close(); err != nil {
			t.Error(err)
		}
		h.shut(e)
		s := h.outcomes()[german]
		if s.Outcome != session.Recorded || !strings.Contains(s.Reason, "orphan: ") {
			t.Errorf("%s: %s", s.Outcome, s.Reason)
		}
		h.audit() // every session is known and was stopped
	})
}

func TestANotificationOfNoKnownRecordingIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
		for range 2 {
			if err := e.TakeNotice(agora.Event{NoticeID: "n1", ProductID: agora.ProductCloudRecording, Type: 99, SID: "stranger", RawDetails: []byte(`{"rtmpUrl":"rtmps://x.example/canary-RTMP","what":"news"}`)}); err != nil {
				t.Error(err)
			}
		}
		if err := e.TakeNotice(agora.Event{ProductID: 1, Type: 99, SID: "another product"}); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		time.Sleep(time.Second)
		events, err := h.store.Events(context.Background(), "", 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		var kept []string
		for _, ev := range events {
			if ev.Kind == "webhook" {
				kept = append(kept, ev.Text+" "+string(ev.Data))
			}
		}
		if len(kept) != 1 || !strings.Contains(kept[0], "stranger") || !strings.Contains(kept[0], "news") {
			t.Errorf("kept %q", kept)
		}
		h.shut(e)
		noCanary(t, h)
	})
}

// TestNoClassBeginsWithKeysThatRunOutTooSoon has a file of temporary credentials that would run out during the class:
// nothing is asked of the service with them, the class waits for better ones, and its reason says why.
func TestNoClassBeginsWithKeysThatRunOutTooSoon(t *testing.T) {
	for name, tt := range map[string]struct {
		mended  time.Duration // after the bell; 0: never
		outcome session.Outcome
		starts  int
	}{
		"never mended":             {outcome: session.Failed},
		"mended during the class":  {mended: 10 * time.Minute, outcome: session.Partial, starts: 1},
		"mended before it was due": {mended: -5 * time.Minute, outcome: session.Recorded, starts: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				f := school("2031-09-15 09:00-10:30")
				f["school.yaml"] = strings.Replace(f["school.yaml"], `access_key: "${ACCESS}", secret_key: "${KEY}"`, `sts: {file: keys.json}`, 1)
				h := newHouse(t, simulator.Config{})
				h.issue = func(context.Context, *plan.STS) ([]byte, error) {
					runsOut := monday.Add(4*time.Hour - 10*time.Minute) // long after the class, and sooner than the service asks for
					if tt.mended != 0 && !time.Now().Before(monday.Add(tt.mended)) {
						runsOut = monday.Add(12 * time.Hour)
					}
					return []byte(`{"access_key":"canary-ACCESS","secret_key":"canary-SECRET","token":"canary-KEY","expiration":"` + runsOut.Format(time.RFC3339) + `"}`), nil
				}
				e := h.open(loadPlan(t, f, "school.yaml"))
				until(monday.Add(3 * time.Hour))
				h.shut(e)
				h.audit()
				noCanary(t, h)
				s := h.outcomes()[german]
				asked := h.sim.Ledger().Requests
				if s.Outcome != tt.outcome || asked["start"] != tt.starts || asked["acquire"] != tt.starts {
					t.Errorf("%s after %v: %s", s.Outcome, asked, s.Reason)
				}
				if told := strings.Contains(s.Reason, "asks for at least 4h"); told != (tt.outcome != session.Recorded) {
					t.Errorf("the reason says %q", s.Reason)
				}
			})
		})
	}
}
