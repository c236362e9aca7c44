package metrics_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/plan/forecast"
	"rundown/runner"
	"rundown/runner/notify"
	"rundown/runner/session"
	"rundown/runner/view"
	"rundown/runner/web/access"
	"rundown/runner/web/api"
	dutypage "rundown/runner/web/page"
)

// hook takes what is sent to a webhook. Each fifth message is not taken at first.
type hook struct {
	mu    sync.Mutex
	asked int
	ids   map[string]bool
	told  map[string]string // the outcome by class
	twice int               // outcomes that came under two ids
}

func (h *hook) RoundTrip(r *http.Request) (*http.Response, error) {
	var e notify.CloudEvent
	if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	answer := httptest.NewRecorder()
	if h.asked++; h.asked%5 == 0 {
		answer.WriteHeader(http.StatusServiceUnavailable)
		return answer.Result(), nil
	}
	if o := e.Data.Occurrence; o != nil && o.Outcome != nil && strings.HasPrefix(e.Type, "rundown.class.") && !h.ids[e.ID] {
		if _, told := h.told[o.ID]; told {
			h.twice++
		}
		h.told[o.ID] = *o.Outcome
	}
	h.ids[e.ID] = true
	answer.WriteHeader(http.StatusNoContent)
	return answer.Result(), nil
}

// shownOn reads the outcomes from the timeline of the page of a day.
var shownOn = regexp.MustCompile(`<a href="/class/([^"]+)" tabindex="-1" class="k-([a-z-]+)"`)

// get asks a daemon's handler as a browser of this machine does.
func get(t *testing.T, h http.Handler, path string) []byte {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1"+path, nil)
	r.RemoteAddr = "127.0.0.1:50000"
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	if answer.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, answer.Code, answer.Body)
	}
	return bytes.Clone(answer.Body.Bytes())
}

// TestEverybodyTellsTheSameOfADayUnderFaults has one request in ten fail, three sessions of each lesson end by themselves
// and a webhook that refuses each fifth message: the events, the API, the page and the metrics tell of each class what the
// ledger of the service says.
func TestEverybodyTellsTheSameOfADayUnderFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(day.Add(7 * time.Hour))) // virtual: an hour before the first lesson
		p := loadPlan(t, oneFile(strings.Replace(string(timetable()), "recordings:", `notify: [{webhook: "${HOOK}", severity: info}]`+"\nrecordings:", 1)))
		w := start(t, tenInAHundred(), p)
		told := &hook{ids: map[string]bool{}, told: map[string]string{}}
		n, err := notify.Start(context.Background(), notify.Config{
			Store: w.store, Node: "host:1", Transport: told, Now: time.Now,
			Plans: func() []notify.Plan { return []notify.Plan{{Plan: p, Revision: 1}} },
			Lookup: func(*plan.Plan) plan.Lookup {
				return func(plan.Reference) (string, error) { return "http://127.0.0.1:1/", nil }
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Until(day.Add(15 * time.Hour))) // virtual: after the last lesson
		n.Close()
		metrics, api, shown := w.scrape(), outcomesOfTheAPI(t, w), outcomesOnThePage(t, w)
		ledger := w.sim.Ledger()
		w.end()

		if !maps.Equal(told.told, api) || told.twice > 0 {
			t.Errorf("the events tell %v, of %d twice; the API %v", told.told, told.twice, api)
		}
		if !maps.Equal(shown, api) {
			t.Errorf("the page shows %v, the API %v", shown, api)
		}
		count := map[string]float64{}
		for id, outcome := range api {
			count[outcome]++
			start, err := time.Parse("20060102T150405Z", id[strings.LastIndexByte(id, '/')+1:])
			if err != nil {
				t.Fatal(err)
			}
			lost := lostBy(ledger, strings.Split(id, "/")[1], start)
			if whole := lost < 2*time.Second; whole != (outcome == string(session.Recorded)) {
				t.Errorf("%s is told as %s, and %v of it are missing by the ledger", id, outcome, lost)
			}
		}
		if len(api) != 10*lessons || count[string(session.Partial)] == 0 {
			t.Errorf("%d classes, by outcome %v", len(api), count)
		}
		for outcome, want := range count {
			if v := metrics.sum("rundown_classes_total", "outcome", outcome); v != want {
				t.Errorf("the metrics count %v as %s, the API %v", v, outcome, want)
			}
		}
	})
}

// outcomesOfTheAPI are the outcomes by class as scripts read them.
func outcomesOfTheAPI(t *testing.T, w *works) map[string]string {
	t.Helper()
	served := api.New(api.Config{
		Store: w.store, Now: time.Now, Log: slog.New(slog.DiscardHandler), Version: "v1.2.3",
		Health: func() (bool, string, []runner.Issue) { return true, "", w.engine.Issues() },
	})
	defer served.Close()
	guard := access.New(access.Config{Loopback: true}, func(int, string, netip.Addr) {})
	var list struct {
		Occurrences []view.Occurrence `json:"occurrences"`
	}
	if err := json.Unmarshal(get(t, guard.Handler(served), "/api/v1/occurrences?from=2031-09-15&until=2031-09-15"), &list); err != nil {
		t.Fatal(err)
	}
	outcomes := map[string]string{}
	for _, o := range list.Occurrences {
		if o.Outcome != nil {
			outcomes[o.ID] = *o.Outcome
		}
	}
	return outcomes
}

// outcomesOnThePage are the outcomes by class as people see them.
func outcomesOnThePage(t *testing.T, w *works) map[string]string {
	t.Helper()
	pages := dutypage.New(&dutypage.Source{
		Store: w.store, Clock: time.Now, Issues: w.engine.Issues, State: func() (bool, string) { return true, "" }, Started: day, Version: "v1.2.3",
		GroupText: func(forecast.DifferenceGroup) string { return "" },
	}, slog.New(slog.DiscardHandler))
	guard := access.New(access.Config{Loopback: true}, func(int, string, netip.Addr) {})
	outcomes := map[string]string{}
	for _, found := range shownOn.FindAllStringSubmatch(string(get(t, guard.Handler(pages), "/day/2031-09-15")), -1) {
		outcomes[found[1]] = found[2]
	}
	return outcomes
}

// lostBy is how much of a lesson is missing by the ledger.
func lostBy(ledger simulator.Ledger, room string, start time.Time) time.Duration {
	var sessions []simulator.LedgerSession
	for _, x := range ledger.Sessions {
		if x.Cname == "school-"+room {
			sessions = append(sessions, x)
		}
	}
	lost, _ := uncovered(start, start.Add(50*time.Minute), sessions)
	return lost
}
