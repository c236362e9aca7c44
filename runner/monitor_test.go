package runner_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/catalog"
	"rundown/agora/simulator"
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
			text += fmt.Sprintf("  room-%d: {when: 2031-09-15 09:%02d-09:50}\n", i, 6*(i%2))
		}
		h := newHouse(t, simulator.Config{Concurrent: 100})
		seen := &queries{next: h.sim.Transport(), at: map[string][]time.Time{}}
		h.transport = seen
		p := loadPlan(t, files{"school.yaml": text}, "school.yaml")
		e := h.open(p)
		until(monday.Add(25 * time.Minute))
		h.shut(e)
		until(monday.Add(27 * time.Minute))
		e = h.open(p)
		until(monday.Add(2 * time.Hour))
		h.shut(e)
		h.audit()
		if len(seen.at) != 60 {
			t.Fatalf("%d sessions were watched", len(seen.at))
		}
		settled := func(at time.Time) bool {
			since := at.Sub(monday)
			return since > 10*time.Minute && since < 25*time.Minute || since > 30*time.Minute && since < 49*time.Minute
		}
		seconds := map[int64]int{}
		for path, list := range seen.at {
			for i, at := range list {
				if !settled(at) {
					continue
				}
				if gap := at.Sub(list[i-1]); settled(list[i-1]) && gap > catalog.MonitorInterval()+time.Second {
					t.Errorf("%s was not asked about for %v before %v", path[len(path)-50:len(path)-30], gap, at)
				}
				if seconds[at.Unix()]++; seconds[at.Unix()] == 3 {
					t.Errorf("more than 2 queries in the second %v", at)
				}
			}
		}
	})
}
