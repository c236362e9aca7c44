//go:build soak

package runner_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/store/pgtest"
)

var minutes = flag.Int("minutes", 5, "how long the soak of nodes on PostgreSQL has bells")

// bellEvery is how often a bell rings in the soak, and lesson how long its classes are.
const (
	bellEvery = 15 * time.Second
	lesson    = 20 * time.Second
)

// TestNodesOnPostgreSQLDieAtAnyTime has three nodes on one PostgreSQL, bells in quick succession, and at random instants a node that is
// killed or told to end, and one that takes its place, or a database that is stopped hard. In real time it shows what the week in virtual
// time does not: statements that take time while heartbeats and bells fall due. The ledger says what ran.
func TestNodesOnPostgreSQLDieAtAnyTime(t *testing.T) {
	t.Parallel()
	c := newCampus(t, pgtest.Start(t))
	begin := time.Now().UTC().Truncate(time.Second).Add(45 * time.Second)
	text := twoApps("2031-09-15 09:00-09:10")["school.yaml"]
	text = strings.ReplaceAll(text[:strings.Index(text, "  german:")], "timezone: Europe/Madrid", "timezone: UTC, padding: {before: 5s, after: 0s}, min_remainder: 1s")
	bells := *minutes * int(time.Minute/bellEvery)
	for i := range bells {
		at := begin.Add(time.Duration(i) * bellEvery)
		for _, app := range []string{"a", "b"} {
			for seat := range 2 {
				end := at.Add(lesson).Format("15:04:05")
				text += fmt.Sprintf("  %s-%d-%d: {app: %s, when: %s-%s}\n", app, i, seat, app, at.Format("2006-01-02 15:04:05"), end)
			}
		}
	}
	c.enter("node-0", loadPlan(t, files{"school.yaml": text}, "school.yaml"))
	c.enter("node-1")
	c.enter("node-2")
	rng := rand.New(rand.NewPCG(*seed, 2))
	dice := func(most time.Duration) time.Duration { return time.Duration(rng.Int64N(int64(most))) }
	var ended sync.WaitGroup
	killed, left, outages := 0, 0, 0
	for joined := 3; time.Now().Before(begin.Add(time.Duration(bells) * bellEvery)); {
		time.Sleep(8*time.Second + dice(20*time.Second)) // the instant of the fault is what is tried
		n := c.nodes[rng.IntN(len(c.nodes))]
		switch rng.IntN(5) {
		case 0:
			outages++
			c.server.Kill(t)
			time.Sleep(dice(8 * time.Second))
			c.server.Restart(t)
			continue
		case 1:
			left++
			c.leave(n)
		default:
			killed++
			c.kill(n)
			n.Abandon()
			ended.Go(n.Close)
			c.nodes = without(c.nodes, n)
		}
		time.Sleep(dice(6 * time.Second))
		c.enter(fmt.Sprint("node-", joined))
		joined++
	}
	ended.Wait()
	reader := c.nodes[0].store
	var rows []store.Occurrence
	for until := time.Now().Add(2 * time.Minute); ; time.Sleep(time.Second) {
		var err error
		rows, err = reader.Occurrences(context.Background(), store.Filter{States: []string{string(session.Ended)}})
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) == 4*bells || time.Now().After(until) {
			break
		}
	}
	if len(rows) != 4*bells {
		t.Errorf("%d of %d classes are over", len(rows), 4*bells)
	}
	outcomes, orphans := c.holdAgainstTheLedger(reader, rows)
	t.Logf("seed %d: %d classes: %v; %d nodes killed, %d told to end, the database stopped hard %d times; %d sessions that nobody could stop, all reported",
		*seed, len(rows), outcomes, killed, left, outages, orphans)
	for len(c.nodes) > 0 {
		c.leave(c.nodes[0])
	}
}

func without(nodes []*fleetNode, n *fleetNode) (rest []*fleetNode) {
	for _, one := range nodes {
		if one != n {
			rest = append(rest, one)
		}
	}
	return rest
}

// holdAgainstTheLedger wants each class recorded, or less with a reason, no class twice at once, and each session either in the
// store and stopped, or reported as one that nobody can stop.
func (c *campus) holdAgainstTheLedger(s *store.Store, rows []store.Occurrence) (outcomes map[string]int, orphans int) {
	c.t.Helper()
	outcomes = map[string]int{}
	known, reported, names := map[string]bool{}, map[string]bool{}, map[string]string{}
	for i := range rows {
		stored, err := s.Sessions(context.Background(), rows[i].ID)
		if err != nil {
			c.t.Fatal(err)
		}
		state, err := runner.Decode(rows[i], stored[rows[i].ID])
		if err != nil {
			c.t.Fatal(err)
		}
		outcomes[rows[i].Outcome]++
		switch {
		case rows[i].Outcome != string(session.Recorded) && rows[i].Outcome != string(session.Partial), rows[i].Reason == "":
			c.t.Errorf("%s: %s: %q", rows[i].ID, rows[i].Outcome, rows[i].Reason)
		}
		names[state.Cname] = rows[i].ID
		for _, x := range state.Sessions {
			known[x.SID] = true
			if x.State == session.SessionOrphan {
				reported[x.Cname+" "+x.UID] = true
			}
		}
	}
	last := map[string]time.Time{}
	for _, x := range c.sim.Ledger().Sessions {
		switch {
		case !known[x.SID] || x.StoppedAt == nil:
			orphans++
			if !reported[x.Cname+" "+x.UID] {
				c.t.Errorf("session %s of %s (stopped: %v) is known to nobody: %s", x.SID, x.Cname, x.StoppedAt, names[x.Cname])
			}
		case x.StartedAt.Before(last[x.Cname]):
			c.t.Errorf("%s was recorded twice at once", x.Cname)
		default:
			last[x.Cname] = *x.StoppedAt
		}
	}
	if n := c.sim.Ledger().Answers["429"]; n > 0 {
		c.t.Errorf("%d requests were over the rate", n)
	}
	return outcomes, orphans
}
