package runner_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
)

// TestANewPlanIsOfferedAtOnce applies a plan with another App ID beside a daemon whose next heartbeat is a minute away: who asks
// for a recording at once reads there that the daemon works on it.
func TestANewPlanIsOfferedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		h.poll, h.revision = time.Second, archived
		e := h.open()
		s := h.beside()
		until(monday.Add(-time.Hour + 10*time.Second))
		r, err := archived(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
		must(t, err)
		r.At = time.Now()
		_, err = s.AddRevision(context.Background(), r)
		must(t, err)
		until(monday.Add(-time.Hour + 15*time.Second))
		nodes, err := s.Nodes(context.Background())
		must(t, err)
		leases, err := s.Leases(context.Background())
		must(t, err)
		if len(nodes) != 1 || len(leases) != 1 || !slices.Contains(nodes[0].Apps, leases[0].App) {
			t.Errorf("the daemon offers %+v, and owns %+v", nodes, leases)
		}
		h.shut(e)
	})
}
