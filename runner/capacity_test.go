package runner_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner"
)

func TestPaddingGivesWayToCapacity(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, next string
		until      string // of the class that ends first, which gives its place
	}{
		{"the tail of the class before", "09:51:00-10:30:00", "09:50:1"},
		{"the tail and the lead of the class after", "09:50:20-10:30:00", "09:50:0"},
		{"none where there is room for both", "09:53:00-10:30:00", "09:52:0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				text := strings.Replace(school("2031-09-15 09:00-09:50")["school.yaml"], `id: "${APP}"`, `id: "${APP}", limits: {concurrent: 2}`, 1)
				text += "  latin: {when: 2031-09-15 09:00-10:30}\n  next: {when: 2031-09-15 " + tt.next + "}\n"
				h := newHouse(t, simulator.Config{Concurrent: 2})
				e := h.open(load(t, files{"school.yaml": text}, "school.yaml"))
				until(monday.Add(3 * time.Hour))
				h.shut(e)
				h.audit()
				for id, s := range h.outcomes() {
					if s.Outcome != runner.Recorded || len(s.Sessions) != 1 {
						t.Errorf("%s: %s after %d sessions: %s", id, s.Outcome, len(s.Sessions), s.Reason)
					}
				}
				ledger := h.sim.Ledger()
				if len(ledger.Sessions) != 3 || ledger.Answers["406"] > 0 {
					t.Errorf("%d sessions, answers %v", len(ledger.Sessions), ledger.Answers)
				}
				for _, s := range ledger.Sessions {
					if got := s.StoppedAt.Add(2 * time.Hour).Format("15:04:05"); s.Cname == "school-german" && !strings.HasPrefix(got, tt.until) {
						t.Errorf("the class before was recorded until %s, want %s", got, tt.until)
					}
				}
			})
		})
	}
}
