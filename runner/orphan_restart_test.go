package runner_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// TestAnOrphanIsAnIssueOverEachRestart restarts the engine during a class, right after it, and long after it, with each
// kind of orphan: the issue stays until the hours of the session are over.
func TestAnOrphanIsAnIssueOverEachRestart(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		faults simulator.Faults
		lost   bool // the store is lost ten minutes after the bell
		from   time.Duration
		until  time.Duration // about when its hours are over
		says   string
	}{
		{
			"whose start was not answered",
			simulator.Faults{Requests: []simulator.RequestFault{{Endpoint: "start", Times: 1, Drop: "after"}}},
			false,
			time.Minute, 120 * time.Minute, "session 1 (cname school-german",
		},
		{
			"whose stop was answered 404", simulator.Faults{Sessions: []simulator.SessionFault{
				{Cname: "*", After: simulator.Duration(52*time.Minute + 40*time.Second), GoneFor: simulator.Duration(10 * time.Hour)},
			}}, false, 55 * time.Minute, 120 * time.Minute, "session 1 (cname school-german",
		},
		{"that this store does not know", simulator.Faults{}, true, 11 * time.Minute, 130 * time.Minute, "a recording that this store does not know runs with cname school-german"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{Faults: tt.faults})
				p := loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml")
				e := h.open(p)
				if tt.lost {
					until(monday.Add(10 * time.Minute))
					h.shut(e)
					must(t, os.Remove(filepath.Join(h.dir, "rundown.db")))
					e = h.open(p)
				}
				for _, at := range []time.Duration{12 * time.Minute, 40 * time.Minute, 58 * time.Minute, 115 * time.Minute, 118 * time.Minute, 132 * time.Minute} {
					until(monday.Add(at))
					h.shut(e)
					e = h.open(p)
					until(monday.Add(at + time.Second))
					issues, open := e.Issues(), at >= tt.from && at < tt.until
					switch {
					case !open && len(issues) > 0:
						t.Errorf("%v after the bell: %v, want no issue", at, issues)
					case !open:
					case len(issues) != 1 || issues[0].ID != reason.IssueOrphan || issues[0].Blocking || !strings.HasPrefix(issues[0].Text, german+": "+tt.says) || issues[0].Since.IsZero():
						t.Errorf("%v after the bell: %+v, want one orphan: %s", at, issues, tt.says)
					}
				}
				h.shut(e)
			})
		})
	}
}

// TestAnOrphanOfAClassThatIsMovedFarAheadIsAnIssueOverEachRestart moves a class to the next month while it is recorded, after one of its
// starts went unanswered. No worker reads the class before that month, and what may run of it is an issue all the same.
func TestAnOrphanOfAClassThatIsMovedFarAheadIsAnIssueOverEachRestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{Faults: simulator.Faults{Requests: []simulator.RequestFault{{Endpoint: "start", Times: 1, Drop: "after"}}}})
		e := h.open(loadPlan(t, moving(""), "school.yaml"))
		until(monday.Add(20 * time.Minute))
		p := loadPlan(t, moving("{to: 2031-10-16 09:00-09:50}"), "school.yaml")
		if _, err := e.Apply(context.Background(), p); err != nil {
			t.Fatal(err)
		}
		until(monday.Add(30 * time.Minute))
		if s := h.state(german); s.Phase != session.Planned {
			t.Fatalf("the class is %s, and was to be planned again", s.Phase)
		}
		for _, at := range []time.Duration{31 * time.Minute, 115 * time.Minute, 132 * time.Minute} {
			h.shut(e)
			e = h.open(p)
			until(monday.Add(at))
			issues, open := e.Issues(), at < 2*time.Hour // about when its hours are over
			if shown := len(issues) == 1 && issues[0].ID == reason.IssueOrphan && strings.HasPrefix(issues[0].Text, german+": session 1 "); shown != open || !open && len(issues) > 0 {
				t.Errorf("%v after the bell: %v, want the orphan: %t", at, issues, open)
			}
		}
		h.shut(e)
	})
}

// TestAnOrphanOfAPlanThatWasWithdrawnIsAnIssueOverARestart withdraws the only plan after its class, and starts without any.
func TestAnOrphanOfAPlanThatWasWithdrawnIsAnIssueOverARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{Faults: simulator.Faults{Requests: []simulator.RequestFault{{Endpoint: "start", Times: 1, Drop: "after"}}}})
		h.revision = archived
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
		until(monday.Add(55 * time.Minute))
		_, err := h.beside().AddRevision(t.Context(), store.Revision{At: time.Now(), Plan: "school", Who: "operator"})
		must(t, err)
		until(monday.Add(57 * time.Minute))
		h.shut(e)
		e = h.open()
		if issues := e.Issues(); len(issues) != 1 || issues[0].ID != reason.IssueOrphan {
			t.Errorf("with %d plans: %v, want the orphan", e.Plans(), issues)
		}
		h.shut(e)
	})
}

// TestAnOrphanOfAClassThatIsRecordedIsAnIssueOfItsNodeAlone has a node start while another one records a class that has an orphan: that one
// alone hears of it when its sid turns up.
func TestAnOrphanOfAClassThatIsRecordedIsAnIssueOfItsNodeAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		f := newFleet(t, simulator.Config{Faults: simulator.Faults{Requests: []simulator.RequestFault{{Endpoint: "start", Times: 1, Drop: "after"}}}})
		p := loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml")
		a := f.join("a", nil, p)
		until(monday.Add(5 * time.Minute))
		b := f.join("b", nil, p)
		if mine, others := a.Issues(), b.Issues(); len(mine) != 1 || mine[0].ID != reason.IssueOrphan || len(others) > 0 {
			t.Errorf("the node that records shows %v, and the other one %v: want the orphan and nothing", mine, others)
		}
		f.leave(b)
		f.leave(a)
	})
}

// TestAnOrphanOfAClassThatHasEndedIsAnIssueOfSomeNode replaces the nodes of a shared store after a class that left an orphan: a node that
// is alive shows it until the hours of the session are over.
func TestAnOrphanOfAClassThatHasEndedIsAnIssueOfSomeNode(t *testing.T) {
	t.Parallel()
	const look = 10 * time.Second // virtual: some looks at the nodes
	for _, tt := range []struct {
		name   string
		nodes  int
		change func(f *fleet, join func() *fleetNode)
	}{
		{"killed and restarted at once", 1, func(f *fleet, join func() *fleetNode) {
			f.killed(f.nodes[0])
			join()
		}},
		{"taken over from a node that leaves", 2, func(f *fleet, _ func() *fleetNode) { f.leave(f.nodes[0]) }},
		{"taken over from a node that is killed", 2, func(f *fleet, _ func() *fleetNode) { f.killed(f.nodes[0]) }},
		{"a rolling restart", 2, func(f *fleet, join func() *fleetNode) {
			for range 2 {
				f.leave(f.nodes[0])
				time.Sleep(look) // virtual
				join()
				time.Sleep(look) // virtual
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				f := newFleet(t, simulator.Config{Faults: simulator.Faults{Requests: []simulator.RequestFault{{Endpoint: "start", Times: 1, Drop: "after"}}}})
				p := loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml")
				join := func() *fleetNode { return f.join("node", nil, p) }
				for range tt.nodes {
					join()
				}
				until(monday.Add(58 * time.Minute))
				tt.change(f, join)
				time.Sleep(look) // virtual
				var shown []string
				for _, n := range f.nodes {
					for _, issue := range n.Issues() {
						shown = append(shown, issue.String())
					}
				}
				if len(shown) == 0 || slices.ContainsFunc(shown, func(s string) bool { return !strings.HasPrefix(s, "orphan: "+german+": session 1 ") }) {
					t.Errorf("the nodes show %q, want the orphan alone", shown)
				}
				until(monday.Add(2 * time.Hour))
				for len(f.nodes) > 0 {
					if issues := f.nodes[0].Issues(); len(issues) > 0 {
						t.Errorf("when its hours are over: %v, want no issue", issues)
					}
					f.leave(f.nodes[0])
				}
			})
		})
	}
}

// killed kills a node, which is then no node of the fleet.
func (f *fleet) killed(n *fleetNode) {
	f.kill(n)
	n.Abandon()
	n.Close()
	f.nodes = slices.DeleteFunc(f.nodes, func(o *fleetNode) bool { return o == n })
}
