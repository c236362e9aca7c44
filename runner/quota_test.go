package runner_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/session"
)

// TestAQuotaThatIsUsedUpIsTold has an account that may have one recording, and a second class while the first runs: until a
// place is free for it, or for a while after its end.
func TestAQuotaThatIsUsedUpIsTold(t *testing.T) {
	t.Parallel()
	for name, free := range map[string]bool{"until a place is free": true, "until nobody waits for one": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{Concurrent: 1})
				e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50", `  latin: {when: "2031-09-15 09:10-09:30"}`), "school.yaml"))
				until(monday.Add(8 * time.Minute))
				if told := e.Troubles(); len(told) != 0 {
					t.Errorf("troubles before: %q", told)
				}
				until(monday.Add(12 * time.Minute))
				if told := e.Troubles(); len(told) != 1 || !e.Blocked() || !strings.HasPrefix(told[0], "quota-taken: as many recordings run as the account of app ") || !strings.Contains(told[0], "406") {
					t.Errorf("troubles: %q", told)
				}
				if free {
					order(t, h.beside(), session.CommandCancel, german, nil)
					until(monday.Add(14 * time.Minute))
				} else {
					until(monday.Add(42 * time.Minute))
				}
				if told := e.Troubles(); len(told) != 0 {
					t.Errorf("troubles afterwards: %q", told)
				}
				until(monday.Add(2 * time.Hour))
				h.shut(e)
				if n := strings.Count(h.log.String(), "the quota of the account is used up"); n != 1 {
					t.Errorf("the log tells it %d times", n)
				}
			})
		})
	}
}
