package runner_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/session"
)

// queries notes when the service is asked about each session.
type queries struct {
	next http.RoundTripper
	mu   sync.Mutex
	at   map[string][]time.Time // by path, which holds the sid
}

func (q *queries) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/query") {
		q.mu.Lock()
		q.at[r.URL.Path] = append(q.at[r.URL.Path], time.Now())
		q.mu.Unlock()
	}
	return q.next.RoundTrip(r)
}

// TestSixtySessionsAreWatchedEvenly has two bells, three whole intervals of watching apart, and then a restart: without a stagger 30
// sessions of each are asked about in the same seconds of every interval, and after the restart all at once.
func TestSixtySessionsAreWatchedEvenly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		text := strings.Split(school("2031-09-15 09:00-09:50")["school.yaml"], "  german:")[0]
		text = strings.Replace(text, `id: "${APP}"`, `id: "${APP}", limits: {concurrent: 100}`, 1)
		for i := range 60 {
			text += fmt.Sprintf("  room-%d: {when: 2031-09-15 09:%02d-09:32}\n", i, 6*(i%2))
		}
		h := newHouse(t, simulator.Config{Concurrent: 100})
		seen := &queries{next: h.sim.Transport(), at: map[string][]time.Time{}}
		h.transport, h.watch = seen, session.MinQueryInterval
		p := loadPlan(t, files{"school.yaml": text}, "school.yaml")
		e := h.open(p)
		until(monday.Add(17 * time.Minute))
		h.shut(e)
		until(monday.Add(19 * time.Minute))
		e = h.open(p)
		until(monday.Add(time.Hour))
		h.shut(e)
		h.audit()
		if len(seen.at) != 60 {
			t.Fatalf("%d sessions were watched", len(seen.at))
		}
		settled := func(at time.Time) bool {
			since := at.Sub(monday)
			return since > 10*time.Minute && since < 17*time.Minute || since > 22*time.Minute && since < 31*time.Minute
		}
		interval := session.QueryInterval(session.MinQueryInterval, 60, 10)
		most := 60/int(interval.Seconds()) + 1
		seconds := map[int64]int{}
		for path, list := range seen.at {
			for i, at := range list {
				if !settled(at) {
					continue
				}
				if gap := at.Sub(list[i-1]); settled(list[i-1]) && gap > interval+time.Second {
					t.Errorf("%s was not asked about for %v before %v", path[len(path)-50:len(path)-30], gap, at)
				}
				if seconds[at.Unix()]++; seconds[at.Unix()] == most+1 {
					t.Errorf("more than %d queries in the second %v", most, at)
				}
			}
		}
	})
}

// TestAnEndIsNoticedInSecondsAndWatchingDelaysNoStart has twenty-five sessions, of which five end by themselves and no
// notification tells of that; and then a bell with twenty more classes, on the documented budget of five requests a second.
func TestAnEndIsNoticedInSecondsAndWatchingDelaysNoStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		text := strings.Split(school("2031-09-15 09:00-09:50")["school.yaml"], "  german:")[0]
		cfg := simulator.Config{}
		for i := range 25 {
			text += fmt.Sprintf("  long-%d: {when: 2031-09-15 09:%02d-10:30}\n", i, i%5)
			if i < 5 {
				cfg.Faults.Sessions = append(cfg.Faults.Sessions, simulator.SessionFault{Cname: fmt.Sprintf("school-long-%d", i), After: simulator.Duration(50 * time.Minute), Stop: "recorder_error"})
			}
		}
		for i := range 20 {
			text += fmt.Sprintf("  bell-%d: {when: 2031-09-15 10:00-10:20}\n", i)
		}
		h := newHouse(t, cfg)
		h.watch = session.MinQueryInterval
		e := h.open(loadPlan(t, files{"school.yaml": text}, "school.yaml"))
		until(monday.Add(2 * time.Hour))
		h.shut(e)
		ended := map[string]time.Time{}
		replaced, begun := 0, 0
		for _, x := range h.sim.Ledger().Sessions {
			if at, died := ended[x.Cname]; died {
				replaced++
				if gap := x.RecordingAt.Sub(at); gap > 30*time.Second {
					t.Errorf("%s is recorded again %v after its session ended", x.Cname, gap)
				}
			}
			delete(ended, x.Cname)
			if x.StopReason == "recorder_error" {
				ended[x.Cname] = *x.StoppedAt
			}
			if strings.HasPrefix(x.Cname, "school-bell-") {
				begun++
				if x.RecordingAt.After(monday.Add(time.Hour)) {
					t.Errorf("%s is recorded from %v on", x.Cname, x.RecordingAt)
				}
			}
		}
		if ledger := h.sim.Ledger(); replaced < 5 || begun != 20 || ledger.Answers["429"] > 0 {
			t.Errorf("%d sessions were replaced and %d begun at the bell; answers %v", replaced, begun, ledger.Answers)
		}
	})
}
