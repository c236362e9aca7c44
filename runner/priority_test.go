package runner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
)

// TestWhatHasPriorityIsBegunFirst has classes of all priorities at one bell, which are placed before it, and then at
// another that passed while nobody ran, so that all of them wait for the budget at once.
func TestWhatHasPriorityIsBegunFirst(t *testing.T) {
	t.Parallel()
	const each = 20
	text := strings.Split(school("")["school.yaml"], "  german:")[0]
	text = strings.Replace(text, `id: "${APP}"`, `id: "${APP}", limits: {concurrent: 100}`, 1)
	for i := range each { // by their names alone, those with the least priority would be placed first
		for name, priority := range map[string]string{"a": "high", "m": "normal", "z": "low"} {
			text += fmt.Sprintf("  %s-%d: {when: [2031-09-15 09:00-09:50, 2031-09-15 11:00-11:50], priority: %s}\n", name, i, priority)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		p := loadPlan(t, files{"school.yaml": text}, "school.yaml")
		h := newHouse(t, simulator.Config{Concurrent: 100})
		e := h.open(p)
		until(monday.Add(time.Hour))
		h.shut(e)
		late := monday.Add(2*time.Hour + 10*time.Minute)
		until(late)
		e = h.open(p)
		until(monday.Add(4 * time.Hour))
		h.shut(e)

		placed, waited := "", ""
		sessions := h.sim.Ledger().Sessions
		slices.SortStableFunc(sessions, func(a, b simulator.LedgerSession) int { return a.StartedAt.Compare(b.StartedAt) })
		for _, s := range sessions {
			kind := strings.TrimPrefix(s.Cname, "school-")[:1]
			if s.StartedAt.Before(late) {
				placed += kind
			} else {
				waited += kind
			}
		}
		if want := strings.Repeat("a", each) + strings.Repeat("m", each) + strings.Repeat("z", each); placed != want {
			t.Errorf("placed in the order %s", placed)
		}
		// Those that come upon an idle budget need not wait: a second's requests, of which each class takes two. Whether
		// their starts follow their acquires at once or wait behind others is the budget's affair.
		const strays = 10
		if len(waited) != 3*each || strings.LastIndex(waited, "a") >= each+strays || strings.Count(waited[:2*each], "z") > strays {
			t.Errorf("begun late in the order %s", waited)
		}
		h.audit()
	})
}
