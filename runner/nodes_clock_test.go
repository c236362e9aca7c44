package runner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rundown/agora/simulator"
	"rundown/runner"
	"rundown/runner/reason"
	"rundown/runner/store/pgtest"
)

// shortBell is a bell of a minute, with a padding of ten seconds after it, and before which two nodes come.
const (
	shortBell = "2031-09-15 09:00-09:01"
	shortEnd  = 70 * time.Second
	enter     = -100 * time.Second
	middle    = 30 * time.Second
)

// clockIssue is the health issue about the clock of a node; the zero Issue: there is none.
func clockIssue(n *fleetNode) runner.Issue {
	for _, i := range n.Issues() {
		if i.ID == reason.IssueNodeClock {
			return i
		}
	}
	return runner.Issue{}
}

// clockFleet is two nodes on a PostgreSQL, some minutes before their bell. The clock of the first is ahead of the database's.
func clockFleet(t *testing.T, d *database, ahead time.Duration) (f *fleet, off, right *fleetNode, clock *wallClock) {
	t.Helper()
	f, off, clock = clockNode(t, d, ahead)
	time.Sleep(600 * time.Millisecond) // virtual: the two do not poll at the same instant
	right = f.join("right", nil)
	time.Sleep(2 * time.Second) // virtual: each has given a heartbeat, and they share the App IDs
	if told := clockIssue(off).ID != ""; told != (ahead != 0) {
		t.Errorf("the health issues of a node whose clock is %v ahead are %v", ahead, off.Issues())
	}
	if clockIssue(right).ID != "" {
		t.Errorf("the health issues of a node whose clock is right are %v", right.Issues())
	}
	return f, off, right, clock
}

// clockNode is the first of two nodes, before the second has come.
func clockNode(t *testing.T, d *database, ahead time.Duration) (f *fleet, off *fleetNode, clock *wallClock) {
	t.Helper()
	clock = &wallClock{}
	clock.set(ahead)
	f = newFleet(t, simulator.Config{})
	f.address, f.now = d.address, clock.now
	text := strings.Replace(twoApps(shortBell)["school.yaml"], "timezone:", "padding: {before: 30s, after: 10s}, timezone:", 1)
	off = f.join("off", nil, loadPlan(t, files{"school.yaml": text}, "school.yaml"))
	f.now = nil
	return f, off, clock
}

// dies kills a node, and waits until others have taken over what it owned.
func (f *fleet) dies(n *fleetNode) {
	f.t.Helper()
	f.kill(n)
	n.Abandon()
	n.Close()
	time.Sleep(6 * time.Second) // virtual: it is dead after 5 s
}

// wholeDespite wants all four classes written from their bell to their end, once, and stopped at the end of their padding by a clock that
// may be off.
func (f *fleet) wholeDespite(off time.Duration, nodes ...*fleetNode) {
	f.t.Helper()
	f.recorded(nodes[0].store, 4)
	for _, n := range nodes {
		f.leave(n)
	}
	f.once()
	for _, s := range f.sim.Ledger().Sessions {
		if s.RecordingAt == nil || s.RecordingAt.After(monday) || s.StoppedAt == nil || s.StoppedAt.Sub(monday.Add(shortEnd)).Abs() > off.Abs()+time.Second {
			f.t.Errorf("%s was written from %v to %v", s.Cname, s.RecordingAt, s.StoppedAt)
		}
	}
	if f.t.Failed() {
		for _, n := range f.nodes {
			f.t.Logf("%s: %s", n.name, n.log.String())
		}
	}
}

// TestANodeWhoseClockIsOffByALittleWorksOn has one of two nodes be off by a little more than two seconds, and one of them die, or
// none. It is told at once, and no class is late.
func TestANodeWhoseClockIsOffByALittleWorksOn(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	for _, ahead := range []time.Duration{2200 * time.Millisecond, -2200 * time.Millisecond} {
		for _, tt := range []struct {
			dies string
			at   time.Duration
		}{{"nobody", 0}, {"off", -45 * time.Second}, {"right", middle}} {
			t.Run(fmt.Sprintf("%v ahead, dies: %s, at the bell and %v", ahead, tt.dies, tt.at), func(t *testing.T) {
				virtually(t, server, monday.Add(enter), func(t *testing.T, d *database) {
					f, off, right, _ := clockFleet(t, d, ahead)
					until(monday.Add(enter / 2))
					if got := f.owners(right.store); got["canary-APP_A"] == got["canary-APP_B"] {
						t.Errorf("the owners are %v, want one App ID for each", got)
					}
					until(monday.Add(tt.at))
					nodes := []*fleetNode{off, right}
					if i := slices.IndexFunc(nodes, func(n *fleetNode) bool { return n.name == tt.dies }); i >= 0 {
						dead := nodes[i]
						nodes = slices.Delete(nodes, i, i+1)
						f.dies(dead)
						if got := f.owners(nodes[0].store); len(got) != 2 || got["canary-APP_A"] != nodes[0].name || got["canary-APP_B"] != nodes[0].name {
							t.Errorf("6 s after one died the owners are %v", got)
						}
					}
					until(monday.Add(2 * time.Minute))
					f.wholeDespite(ahead, nodes...)
				})
			})
		}
	}
}

// TestANodeWhoseClockIsWrongOwnsNothing has one of two nodes be off by more than ten seconds from its start, or from an instant on at
// which it owns an App ID. It is told at once, and the other node records all.
func TestANodeWhoseClockIsWrongOwnsNothing(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	for _, ahead := range []time.Duration{10200 * time.Millisecond, -10200 * time.Millisecond} {
		for _, at := range []time.Duration{enter, middle} {
			t.Run(fmt.Sprintf("%v ahead, from the bell and %v on", ahead, at), func(t *testing.T) {
				virtually(t, server, monday.Add(enter), func(t *testing.T, d *database) {
					begins := at == enter
					first := time.Duration(0)
					if begins {
						first = ahead
					}
					f, off, right, clock := clockFleet(t, d, first)
					until(monday.Add(at))
					if !begins {
						clock.set(ahead)
					}
					time.Sleep(1100 * time.Millisecond) // virtual: until after the next heartbeat
					// From its start on it may have handed over already.
					if i := clockIssue(off); i.Severity != runner.SeverityCritical || !begins && !strings.Contains(i.Text, "too ") || off.OnDuty() && begins {
						t.Errorf("on duty: %v, the health issues are %v", off.OnDuty(), off.Issues())
					}
					until(monday.Add(max(at, 0) + 20*time.Second))
					if got := f.owners(right.store); got["canary-APP_A"] != "right" || got["canary-APP_B"] != "right" || off.OnDuty() {
						t.Errorf("the owners are %v, on duty: %v", got, off.OnDuty())
					}
					if i := clockIssue(off); i.Severity != runner.SeverityCritical || !strings.Contains(i.Text, "takes on no App IDs") {
						t.Errorf("once it has handed over the health issues are %v", off.Issues())
					}
					until(monday.Add(2 * time.Minute))
					f.wholeDespite(0, off, right)
				})
			})
		}
	}
}

// TestANodeWhoseClockIsWrongRecordsWhatNoOtherNodeCan has a node whose clock is off by more than ten seconds be the only one, from its
// start or after another died, or be beside one whose clock is wrong, too. It records all classes, and tells by how much they begin too
// early or too late.
func TestANodeWhoseClockIsWrongRecordsWhatNoOtherNodeCan(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	for _, ahead := range []time.Duration{10200 * time.Millisecond, -10200 * time.Millisecond} {
		way := map[bool]string{true: "too early", false: "too late"}[ahead > 0]
		for name, alone := range map[string]func(t *testing.T, f *fleet, off *fleetNode) *fleetNode{
			"from its start": func(_ *testing.T, _ *fleet, off *fleetNode) *fleetNode { return off },
			"after a node whose clock is right died": func(t *testing.T, f *fleet, off *fleetNode) *fleetNode {
				right := f.join("right", nil)
				until(monday.Add(enter / 2))
				if got := f.owners(off.store); got["canary-APP_A"] != "right" || got["canary-APP_B"] != "right" {
					t.Errorf("beside a node whose clock is right the owners are %v", got)
				}
				if i := clockIssue(off); !strings.Contains(i.Text, "takes on no App IDs") {
					t.Errorf("beside a node whose clock is right it says %v", i)
				}
				f.dies(right)
				return off
			},
			"after another whose clock is wrong died": func(t *testing.T, f *fleet, off *fleetNode) *fleetNode {
				clock := &wallClock{}
				clock.set(ahead)
				f.now = clock.now
				other := f.join("other", nil)
				until(monday.Add(enter / 2))
				if got := f.owners(other.store); len(got) != 2 {
					t.Errorf("of two nodes whose clocks are wrong the owners are %v", got)
				}
				f.dies(off)
				return other
			},
		} {
			t.Run(fmt.Sprintf("%v ahead, %s", ahead, name), func(t *testing.T) {
				virtually(t, server, monday.Add(enter), func(t *testing.T, d *database) {
					f, off, _ := clockNode(t, d, ahead)
					last := alone(t, f, off)
					if got := f.owners(last.store); got["canary-APP_A"] != last.name || got["canary-APP_B"] != last.name {
						t.Errorf("where no other node could record the owners are %v", got)
					}
					time.Sleep(1100 * time.Millisecond) // virtual: until after the next heartbeat
					if i := clockIssue(last); i.Severity != runner.SeverityCritical || !strings.Contains(i.Text, "begin and end about 10s "+way) {
						t.Errorf("the health issues are %v", last.Issues())
					}
					until(monday.Add(2 * time.Minute))
					f.wholeDespite(ahead, last)
				})
			})
		}
	}
}

// TestANodeWhoseClockIsWrongHandsOverInOrder has a node whose clock is right come while another, whose clock is wrong, waits for its
// bell or records.
func TestANodeWhoseClockIsWrongHandsOverInOrder(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	ahead := -10200 * time.Millisecond
	for _, comes := range []time.Duration{enter / 2, -8 * time.Second, middle} {
		t.Run(fmt.Sprintf("at the bell and %v", comes), func(t *testing.T) {
			virtually(t, server, monday.Add(enter), func(t *testing.T, d *database) {
				f, off, _ := clockNode(t, d, ahead)
				until(monday.Add(comes))
				right := f.join("right", nil)
				until(monday.Add(max(comes, 0) + 20*time.Second))
				if got := f.owners(right.store); got["canary-APP_A"] != "right" || got["canary-APP_B"] != "right" || off.OnDuty() || !right.OnDuty() {
					t.Errorf("the owners are %v, on duty is the one whose clock is off: %v, right: %v", got, off.OnDuty(), right.OnDuty())
				}
				if i := clockIssue(off); !strings.Contains(i.Text, "takes on no App IDs") {
					t.Errorf("the health issues are %v", off.Issues())
				}
				until(monday.Add(2 * time.Minute))
				f.wholeDespite(0, off, right)
			})
		})
	}
}

// TestALeapOfTheDatabasesClockMovesNoApp has all nodes look dead at once, or each node's clock look wrong before that of the other. A leap
// may be that of a failover: nobody reaches the database for some seconds before it.
func TestALeapOfTheDatabasesClockMovesNoApp(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	for _, tt := range []struct{ by, outage time.Duration }{
		{6 * time.Second, 0},
		{time.Hour, 0},
		{-time.Hour, 0},
		{15 * time.Second, 8 * time.Second},
		{-15 * time.Second, 8 * time.Second},
	} {
		t.Run(fmt.Sprintf("by %v, after an outage of %v", tt.by, tt.outage), func(t *testing.T) {
			virtually(t, server, monday.Add(enter), func(t *testing.T, d *database) {
				d.address = d.narrow
				f, a, b, _ := clockFleet(t, d, 0)
				until(monday.Add(middle))
				before, err := b.store.Leases(t.Context())
				must(t, err)
				if tt.outage > 0 {
					d.outside(d.network.Break)
					time.Sleep(tt.outage) // virtual: how long the database is away
				}
				d.ahead.set(tt.by)
				if tt.outage > 0 {
					time.Sleep(2 * clockTick) // virtual: the database has the new time
					d.network.Mend()
				}
				time.Sleep(10 * time.Second) // virtual: several looks at the nodes, and more than the TTL
				after, err := b.store.Leases(t.Context())
				must(t, err)
				if !slices.Equal(before, after) {
					t.Errorf("the leases are %+v and were %+v", after, before)
				}
				for _, n := range []*fleetNode{a, b} {
					if clockIssue(n).ID == "" {
						t.Errorf("the health issues of %s are %v", n.name, n.Issues())
					}
				}
				d.ahead.set(-tt.by)
				until(monday.Add(2 * time.Minute))
				f.wholeDespite(0, a, b)
			})
		})
	}
}
