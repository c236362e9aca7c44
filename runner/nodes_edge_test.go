package runner_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/runner"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// TestANodeThatIsSlowToStartIsNotTakenForDead has a node write its plan for longer than a heartbeat keeps it alive.
func TestANodeThatIsSlowToStartIsNotTakenForDead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-5 * time.Minute))
		f := newFleet(t, simulator.Config{})
		a := f.join("a", nil)
		time.Sleep(10*time.Second + 300*time.Millisecond)
		f.failpoint = func(at string) {
			if at == "before writing the plan" {
				time.Sleep(8 * time.Second)
			}
		}
		b := f.join("b", nil, loadPlan(t, twoApps(bell), "school.yaml"))
		until(monday.Add(15 * time.Minute))
		f.recorded(b.store, 4)
		if log := a.log.String() + b.log.String(); strings.Contains(log, "dead") || strings.Contains(log, "taken over") {
			t.Errorf("a node was taken for dead:\n%s", log)
		}
		f.leave(a)
		f.leave(b)
		f.once()
	})
}

// TestAPlanThatIsWrittenForLongHoldsUpNoTakeOver kills a node while the other one writes a plan that takes longer than the classes last.
func TestAPlanThatIsWrittenForLongHoldsUpNoTakeOver(t *testing.T) {
	t.Parallel()
	for how, apply := range map[string]func(n *fleetNode, r store.Revision, p *plan.Plan){
		"applied by a command": func(n *fleetNode, r store.Revision, _ *plan.Plan) {
			_, err := n.store.AddRevision(context.Background(), r)
			must(t, err)
		},
		"reloaded": func(n *fleetNode, _ store.Revision, p *plan.Plan) { go n.Apply(context.Background(), p) },
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-5*time.Minute + 700*time.Millisecond))
				f := newFleet(t, simulator.Config{})
				var large, begun atomic.Bool
				written := make(chan struct{})
				f.failpoint = func(at string) {
					if large.Load() && at == "before writing the plan" {
						begun.Store(true)
						<-written
					}
				}
				writes, dies := f.join("a", nil, loadPlan(t, twoApps(bell), "school.yaml")), f.join("b", nil)
				until(monday.Add(-4 * time.Minute))
				if f.owners(writes.store)["canary-APP_A"] != writes.name { // who owns the first App ID writes the plan
					writes, dies = dies, writes
				}
				large.Store(true)
				p := loadPlan(t, twoApps(bell, "2031-09-16 09:00-09:10"), "school.yaml")
				r, err := wholeRevision(p)
				must(t, err)
				r.At = time.Now()
				apply(writes, r, p)
				until(monday.Add(-time.Minute))
				f.kill(dies)
				time.Sleep(6 * time.Second) // virtual: for so long at most a node is taken for alive
				if got := f.owners(writes.store); !begun.Load() || got["canary-APP_A"] != writes.name || got["canary-APP_B"] != writes.name {
					t.Errorf("6 s after %s died the owners are %v, the plan is being written: %v", dies.name, got, begun.Load())
				}
				until(monday.Add(15 * time.Minute))
				f.end(dies, writes)
				close(written)
			})
		})
	}
}

// TestANodeDoesNotWriteAnOlderRevision has a plan applied while a node is about to write the revision before it, as one does
// that was frozen there.
func TestANodeDoesNotWriteAnOlderRevision(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		f := newFleet(t, simulator.Config{})
		var once sync.Once
		f.failpoint = func(at string) {
			if at == "before writing the plan" {
				once.Do(func() {
					r, err := wholeRevision(loadPlan(t, twoApps("2031-09-15 10:00-10:10"), "school.yaml"))
					must(t, err)
					r.At = time.Now()
					_, err = f.beside().AddRevision(context.Background(), r)
					must(t, err)
				})
			}
		}
		a := f.join("a", nil, loadPlan(t, twoApps(bell), "school.yaml"))
		for _, want := range []int{0, 4} { // before it has looked for plans, and after that
			rows, err := a.store.Occurrences(t.Context(), store.Filter{})
			if err != nil || len(rows) != want || slices.ContainsFunc(rows, func(o store.Occurrence) bool { return !o.Start.Equal(monday.Add(time.Hour)) }) {
				t.Errorf("%+v, %v: want %d classes of the newer revision", rows, err, want)
			}
			time.Sleep(3 * time.Second) // virtual: some looks for plans
		}
		log := a.log.String()
		if strings.Contains(log, `msg="plan active" plan=school revision=1 `) || !strings.Contains(log, `msg="plan applied" plan=school revision=2 added=4`) {
			t.Errorf("the log says that the older revision is active, or not that the newer one is:\n%s", log)
		}
		f.leave(a)
	})
}

// TestAnAppliedPlanThatIsNotWrittenIsNotCalledApplied has a newer revision be applied while a node applies one.
func TestAnAppliedPlanThatIsNotWrittenIsNotCalledApplied(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		f := newFleet(t, simulator.Config{})
		var between func()
		f.failpoint = func(at string) {
			if do := between; do != nil && at == "before writing the plan" {
				between = nil
				do()
			}
		}
		a := f.join("a", nil, loadPlan(t, twoApps(bell), "school.yaml"))
		between = func() {
			r, err := wholeRevision(loadPlan(t, twoApps("2031-09-15 10:00-10:10"), "school.yaml"))
			must(t, err)
			r.At = time.Now()
			_, err = f.beside().AddRevision(context.Background(), r)
			must(t, err)
		}
		_, err := a.Apply(t.Context(), loadPlan(t, twoApps("2031-09-15 11:00-11:10"), "school.yaml"))
		must(t, err)
		time.Sleep(3 * time.Second) // virtual: some looks for plans
		events, err := a.store.FollowEvents(t.Context(), 0, 1000)
		must(t, err)
		var told []string
		for _, ev := range events {
			if ev.Kind == "plan" && ev.Occurrence == "" {
				told = append(told, ev.Text)
			}
		}
		if len(told) != 1 || !strings.HasPrefix(told[0], "plan school, revision 3: applied") {
			t.Errorf("the event log tells of the plans %q, want revision 3 alone: nothing of revision 2 was written", told)
		}
		f.leave(a)
	})
}

// TestAPlanThatWaitsIsTakenUpByNoNode has a node start with a file that removes most classes, slowly, while another one looks
// for plans each second.
func TestAPlanThatWaitsIsTakenUpByNoNode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		f := newFleet(t, simulator.Config{})
		a := f.join("a", nil, loadPlan(t, classes(12), "school.yaml"))
		time.Sleep(10 * time.Second)
		var fast atomic.Bool // an end waits for the store only for some seconds
		f.slow = func(time.Duration) {
			if !fast.Load() {
				time.Sleep(1200 * time.Millisecond) // virtual: how slow the store is
			}
		}
		b := f.join("b", nil, loadPlan(t, classes(2), "school.yaml"))
		time.Sleep(time.Minute)
		fast.Store(true)
		rows, err := a.store.Occurrences(t.Context(), store.Filter{})
		if err != nil || len(rows) != 12 {
			t.Errorf("%d classes are planned, %v: want all of the active plan", len(rows), err)
		}
		for _, n := range []*fleetNode{b, a} {
			f.leave(n)
		}
	})
}

// TestAnAnswerThatComesWhileANodeEndsIsStored ends a node while start is out, and has the answer come when a node without
// heartbeats would have lost its App IDs.
func TestAnAnswerThatComesWhileANodeEndsIsStored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, a, b := twoNodes(t)
		var once sync.Once
		closed := make(chan struct{})
		a.wire.onAnswer = func(r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/mode/web/start") {
				return
			}
			once.Do(func() {
				go func() {
					a.Close()
					close(closed)
				}()
				time.Sleep(5500 * time.Millisecond)
			})
		}
		until(monday.Add(15 * time.Minute))
		<-closed
		f.recorded(b.store, 4)
		must(t, a.store.Close())
		f.leave(b)
		f.once()
		if t.Failed() {
			t.Logf("a: %s\nb: %s", a.log.String(), b.log.String())
		}
	})
}

// TestAnAppThatCannotBeReleasedIsHandedOverLater has the store refuse the hand-over for a while.
func TestAnAppThatCannotBeReleasedIsHandedOverLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-5 * time.Minute))
		f := newFleet(t, simulator.Config{})
		a := f.join("a", nil, loadPlan(t, twoApps(bell), "school.yaml"))
		f.define(`CREATE TRIGGER refuse BEFORE UPDATE ON leases WHEN NEW.node = 0 BEGIN SELECT raise(ABORT, 'not now'); END`)
		time.Sleep(600 * time.Millisecond)
		b := f.join("b", nil)
		time.Sleep(10 * time.Second)
		f.define(`DROP TRIGGER refuse`)
		time.Sleep(10 * time.Second)
		if got := f.owners(b.store); len(got) != 2 || got["canary-APP_A"] == got["canary-APP_B"] {
			t.Errorf("the owners are %v, want one App ID for each", got)
		}
		if !strings.Contains(a.log.String(), "cannot be released") {
			t.Errorf("nothing was refused: it proves nothing\n%s", a.log.String())
		}
		until(monday.Add(15 * time.Minute))
		f.bothEnd(a, b, 4)
	})
}

// TestATakeOverTellsWhyARequestHasNoAnswer kills a node while its acquires are out. The other node is told of them by the store.
func TestATakeOverTellsWhyARequestHasNoAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, a, b := twoNodes(t)
		until(monday.Add(-50 * time.Second))
		a.wire.silent.Store(true)
		until(monday.Add(-40 * time.Second))
		f.kill(a)
		until(monday.Add(15 * time.Minute))
		events, err := b.store.FollowEvents(t.Context(), 0, 1000)
		must(t, err)
		told := 0
		for _, ev := range events {
			if strings.Contains(ev.Text, "rundown ended") {
				t.Errorf("%s: %s: the node was killed, and this one did not end", ev.Occurrence, ev.Text)
			}
			if strings.Contains(ev.Text, "acquire: asked, no answer known: the node that asked it no longer owns the app") {
				told++
			}
		}
		if told != 2 {
			t.Errorf("the event log tells of %d requests without an answer, want those of the two classes of the other node", told)
		}
		f.end(a, b)
	})
}

// TestAnAppIsHandedOverWhileQueriesAreOut has classes be recorded of which some query is always waiting for its answer.
func TestAnAppIsHandedOverWhileQueriesAreOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-2 * time.Minute))
		slow := simulator.RequestFault{Endpoint: "query", Delay: simulator.Duration(9 * time.Second)}
		f := newFleet(t, simulator.Config{Faults: simulator.Faults{Requests: []simulator.RequestFault{slow}}})
		f.watch = session.MinQueryInterval
		text := twoApps(bell)
		text["school.yaml"] += "  latin: {app: a, when: 2031-09-15 09:00-09:10}\n  greek: {app: b, when: 2031-09-15 09:00-09:10}\n"
		a := f.join("a", nil, loadPlan(t, text, "school.yaml"))
		until(monday.Add(5 * time.Minute))
		b := f.join("b", nil)
		time.Sleep(15 * time.Second) // virtual: some looks at the nodes
		if got := f.owners(b.store); len(got) != 2 || got["canary-APP_A"] == got["canary-APP_B"] {
			t.Errorf("the owners are %v, want one App ID for each", got)
		}
		until(monday.Add(15 * time.Minute))
		f.bothEnd(a, b, 6)
	})
}

// TestAnAppThatItsOwnerDoesNotWorkOnIsFreed has a node own an App ID by the store alone, as after a claim whose answer was lost, that
// is to be the other's.
func TestAnAppThatItsOwnerDoesNotWorkOnIsFreed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, a, b := twoNodes(t)
		before := f.owners(b.store)
		f.define(`UPDATE leases SET term = term + 1, node = (SELECT node FROM leases WHERE app = 'canary-APP_A') WHERE app = 'canary-APP_B'`)
		time.Sleep(5 * time.Second) // virtual: several looks at the nodes
		if after := f.owners(b.store); before["canary-APP_A"] == before["canary-APP_B"] || !maps.Equal(before, after) {
			t.Errorf("the owners are %v and were %v", after, before)
		}
		until(monday.Add(15 * time.Minute))
		f.bothEnd(a, b, 4)
	})
}

// define changes the schema of the fleet's store, at once.
func (f *fleet) define(statement string) {
	f.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(f.dir, "rundown.db")+"?_pragma=busy_timeout(5000)")
	must(f.t, err)
	_, err = db.ExecContext(context.Background(), statement)
	must(f.t, err)
	must(f.t, db.Close())
}

// TestAWithdrawnPlansClassesAreStoppedByTheNodeThatLives kills the nodes that record classes of a plan that was withdrawn. The
// node that takes over has never had an active plan.
func TestAWithdrawnPlansClassesAreStoppedByTheNodeThatLives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, a, b := twoNodes(t)
		until(monday.Add(2 * time.Minute))
		if _, err := b.store.AddRevision(t.Context(), store.Revision{At: time.Now(), Plan: "school", Who: "operator"}); err != nil {
			t.Fatal(err)
		}
		until(monday.Add(4 * time.Minute))
		c := f.join("c", nil)
		until(monday.Add(5 * time.Minute))
		if n := a.Plans() + b.Plans() + c.Plans(); n != 0 {
			t.Errorf("%d plans are active", n)
		}
		f.kill(a)
		f.kill(b)
		until(monday.Add(15 * time.Minute))
		b.Abandon()
		b.Close()
		f.end(a, c)
	})
}

// TestANodeThatIsGivenTheActiveRevisionWaitsForWhatItLacks starts one with the file that another node was given.
func TestANodeThatIsGivenTheActiveRevisionWaitsForWhatItLacks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-10 * time.Minute))
		f := newFleet(t, simulator.Config{})
		p := loadPlan(t, twoApps(bell), "school.yaml")
		a := f.join("a", nil, p)
		var lacks atomic.Bool
		lacks.Store(true)
		b := f.join("b", lacksKey(&lacks), p)
		time.Sleep(30 * time.Second) // virtual: what it lacks is looked at every 10 s, and a hand-over takes 10 s
		if got, issues := f.owners(b.store), fmt.Sprint(b.Issues()); got["canary-APP_A"] != got["canary-APP_B"] || !strings.Contains(issues, "node-unfit") {
			t.Errorf("the owners are %v, the health issues %s", got, issues)
		}
		lacks.Store(false)
		time.Sleep(30 * time.Second) // virtual: what it lacks is looked at every 10 s, and a hand-over takes 10 s
		if got := f.owners(b.store); got["canary-APP_A"] == got["canary-APP_B"] {
			t.Errorf("in the end the owners are %v", got)
		}
		f.leave(b)
		f.leave(a)
	})
}

// TestANodeThatIsGivenAnOlderFileWorksOnTheActiveRevision starts one with a file that the store has replaced. It lacks what the
// active revision refers to, or what the file does, which does not matter. It stays, and takes its share once it lacks nothing.
func TestANodeThatIsGivenAnOlderFileWorksOnTheActiveRevision(t *testing.T) {
	t.Parallel()
	for name, lacks := range map[string]bool{"lacks what the active one needs": true, "lacks nothing": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-10 * time.Minute))
				f := newFleet(t, simulator.Config{})
				old := loadPlan(t, twoApps(bell), "school.yaml")
				a := f.join("a", nil, old)
				if _, err := a.Apply(context.Background(), loadPlan(t, twoApps(bell, "2031-09-15 10:00-10:10"), "school.yaml")); err != nil {
					t.Fatal(err)
				}
				var lack atomic.Bool
				lack.Store(lacks)
				b := f.join("b", lacksKey(&lack), old)
				time.Sleep(30 * time.Second) // virtual: what it lacks is looked at every 10 s, and a hand-over takes 10 s
				shared := f.owners(b.store)["canary-APP_A"] != f.owners(b.store)["canary-APP_B"]
				if issues := fmt.Sprint(b.Issues()); shared == lacks || strings.Contains(issues, "node-unfit") != lacks {
					t.Errorf("the owners are %v, the health issues %s", f.owners(b.store), issues)
				}
				lack.Store(false)
				time.Sleep(30 * time.Second) // virtual: what it lacks is looked at every 10 s, and a hand-over takes 10 s
				if got := f.owners(b.store); got["canary-APP_A"] == got["canary-APP_B"] {
					t.Errorf("in the end the owners are %v", got)
				}
				if all, err := b.store.Revisions(t.Context(), "school"); err != nil || len(all) != 2 {
					t.Errorf("%d revisions, %v", len(all), err)
				}
				f.leave(b)
				f.leave(a)
			})
		})
	}
}

// TestANodeOwnsNoAppOfAPlanThatItCannotWorkOn has two plans name one App ID, and one of two nodes lack what the larger of them refers
// to. The App ID is the other node's, unless that dies: then the first records the classes of the smaller plan.
func TestANodeOwnsNoAppOfAPlanThatItCannotWorkOn(t *testing.T) {
	t.Parallel()
	evening := strings.Replace(twoApps(bell)["school.yaml"], "name: school", "name: evening", 1)
	evening = evening[:strings.Index(evening, "recordings:")] + "recordings: {chess: {app: a, when: [\"2031-09-15 09:20-09:30\"]}}\n"
	for _, dies := range []bool{false, true} {
		t.Run(fmt.Sprintf("the other dies: %v", dies), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-10 * time.Minute))
				f := newFleet(t, simulator.Config{})
				a := f.join("a", nil, loadPlan(t, twoApps(bell), "school.yaml"), loadPlan(t, files{"evening.yaml": evening}, "evening.yaml"))
				b := f.join("b", func(p *plan.Plan) error {
					if p.Name == "school" {
						return errors.New("KEY is not set")
					}
					return nil
				})
				until(monday.Add(-2 * time.Minute))
				if got := f.owners(b.store); got["canary-APP_A"] != "a" || got["canary-APP_B"] != "a" {
					t.Errorf("the owners are %v, want the node that can work on both plans", got)
				}
				until(monday.Add(15 * time.Minute)) // the classes of the larger plan are over
				if dies {
					f.dies(a)
				} else {
					defer f.leave(a)
				}
				until(monday.Add(35 * time.Minute))
				f.recorded(b.store, 5)
				f.leave(b)
			})
		})
	}
}

// TestANodeThatCanOnlyFinishWhatRunsGivesWay has the only node be one that lacks what new classes need, as after a start beside what a dead
// one recorded. Another comes that lacks nothing.
func TestANodeThatCanOnlyFinishWhatRunsGivesWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-10 * time.Minute))
		f := newFleet(t, simulator.Config{})
		var lacks atomic.Bool
		lacks.Store(true)
		f.finishes = func(*plan.Plan) bool { return lacks.Load() }
		a := f.join("a", nil, loadPlan(t, twoApps(bell), "school.yaml"))
		f.finishes = nil
		if got := f.owners(a.store); got["canary-APP_A"] != "a" || got["canary-APP_B"] != "a" {
			t.Errorf("of the only node the owners are %v", got)
		}
		b := f.join("b", nil)
		time.Sleep(30 * time.Second) // virtual: a hand-over takes 10 s
		if got := f.owners(b.store); got["canary-APP_A"] != "b" || got["canary-APP_B"] != "b" || a.OnDuty() || !b.OnDuty() {
			t.Errorf("the owners are %v, on duty a: %v, b: %v", got, a.OnDuty(), b.OnDuty())
		}
		lacks.Store(false)
		time.Sleep(30 * time.Second) // virtual: a hand-over takes 10 s
		if got := f.owners(b.store); got["canary-APP_A"] == got["canary-APP_B"] {
			t.Errorf("once it lacks nothing the owners are %v", got)
		}
		for _, n := range []*fleetNode{b, a} {
			f.leave(n)
		}
	})
}

// TestANodeThatCannotWorkOnAPlanTellsOfWhatNobodyCanStop kills the node that records beside one that lacks what the plan refers to.
func TestANodeThatCannotWorkOnAPlanTellsOfWhatNobodyCanStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-10 * time.Minute))
		f := newFleet(t, simulator.Config{})
		a := f.join("a", nil, loadPlan(t, twoApps(bell), "school.yaml"))
		var lacks atomic.Bool
		lacks.Store(true)
		b := f.join("b", lacksKey(&lacks))
		until(monday.Add(2 * time.Minute))
		unfit := func() (issue runner.Issue) {
			for _, i := range b.Issues() {
				if i.ID == reason.IssueNodeUnfit {
					issue = i
				}
			}
			return issue
		}
		if i := unfit(); !strings.Contains(i.Text, "KEY") || strings.Contains(i.Text, "no node can stop") || i.Blocking {
			t.Errorf("beside a node that records it says %v", i)
		}
		if got := b.UnfitPlans(); len(got) != 1 || got[0].Plan.Name != "school" || got[0].Revision == 0 {
			t.Errorf("the plans that it cannot work on are %v", got)
		}
		f.dies(a)
		if i := unfit(); i.Severity != runner.SeverityCritical || !strings.Contains(i.Text, "no node can stop what is being recorded: ") || strings.Count(i.Text, "school/") != 4 || !i.Blocking {
			t.Errorf("once nobody records it says %v", i)
		}
		lacks.Store(false)
		time.Sleep(12 * time.Second) // virtual: what it lacks is looked at every 10 s
		if i := unfit(); i.ID != "" {
			t.Errorf("once it lacks nothing it says %v", i)
		}
		until(monday.Add(20 * time.Minute))
		f.recorded(b.store, 4)
		f.leave(b)
		f.once()
	})
}

// TestTheLastOfThreeNodesRecordsAll kills two of three nodes a second apart: first the one that lacks what the plan refers to, or last.
func TestTheLastOfThreeNodesRecordsAll(t *testing.T) {
	t.Parallel()
	for _, lackingFirst := range []bool{true, false} {
		t.Run(fmt.Sprintf("the lacking one first: %v", lackingFirst), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-10 * time.Minute))
				f := newFleet(t, simulator.Config{})
				a := f.join("a", nil, loadPlan(t, twoApps(bell), "school.yaml"))
				time.Sleep(600 * time.Millisecond) // virtual: their heartbeats are not sent at once
				var lacks atomic.Bool
				lacks.Store(true)
				b := f.join("b", lacksKey(&lacks))
				time.Sleep(300 * time.Millisecond) // virtual: nor are those of the third
				c := f.join("c", nil)
				until(monday.Add(-20 * time.Second))
				if got := f.owners(c.store); len(got) != 2 || got["canary-APP_A"] == got["canary-APP_B"] {
					t.Errorf("the owners are %v, want one App ID for each of two", got)
				}
				dying := []*fleetNode{b, a}
				if !lackingFirst {
					dying = []*fleetNode{a, b}
				}
				for _, n := range dying {
					f.kill(n)
					time.Sleep(time.Second) // virtual: the one dies before the other
				}
				for _, n := range dying {
					n.Abandon()
					n.Close()
				}
				time.Sleep(6 * time.Second) // virtual: both are dead after 5 s
				if got := f.owners(c.store); got["canary-APP_A"] != "c" || got["canary-APP_B"] != "c" || !c.OnDuty() {
					t.Errorf("the owners are %v, on duty is the last: %v", got, c.OnDuty())
				}
				until(monday.Add(20 * time.Minute))
				f.recorded(c.store, 4)
				f.leave(c)
				f.once()
			})
		})
	}
}

// TestANodeThatGoesOnWithTheRevisionBeforeIsReady has the only node lack what a new revision refers to. It records by the one before.
func TestANodeThatGoesOnWithTheRevisionBeforeIsReady(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-10 * time.Minute))
		f := newFleet(t, simulator.Config{})
		var lacks atomic.Bool
		a := f.join("a", lacksKey(&lacks), loadPlan(t, twoApps(bell), "school.yaml"))
		lacks.Store(true)
		r, err := wholeRevision(loadPlan(t, twoApps(bell, "2031-09-15 10:00-10:10"), "school.yaml"))
		must(t, err)
		r.At = time.Now()
		_, err = a.store.AddRevision(t.Context(), r)
		must(t, err)
		time.Sleep(3 * time.Second) // virtual: it has looked for plans
		issues := a.Issues()
		if len(issues) != 1 || issues[0].ID != reason.IssueNodeUnfit || issues[0].Blocking || !strings.Contains(issues[0].Advice, "rundown apply --revision 1") {
			t.Errorf("the health issues are %+v", issues)
		}
		until(monday.Add(20 * time.Minute))
		f.recorded(a.store, 4)
		f.leave(a)
		f.once()
	})
}

// TestANodeThatHasTheRevisionBeforeTakesOver has one of two nodes lack what a new revision refers to, or both, and the other one die
// before the bell or while it records. The first goes on by the revision before. It turns nothing back that the other one wrote.
func TestANodeThatHasTheRevisionBeforeTakesOver(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		dies      time.Duration
		bothLack  bool
		wantLater int // classes that the new revision adds, and that the store has
	}{
		{-2 * time.Minute, false, 4},
		{2 * time.Minute, false, 4},
		{-2 * time.Minute, true, 0},
		{2 * time.Minute, true, 0},
	} {
		t.Run(fmt.Sprintf("at the bell and %v, both lack it: %v", tt.dies, tt.bothLack), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-10 * time.Minute))
				f := newFleet(t, simulator.Config{})
				var aLacks, bLacks atomic.Bool
				a := f.join("a", lacksKey(&aLacks), loadPlan(t, twoApps(bell), "school.yaml"))
				time.Sleep(600 * time.Millisecond) // virtual: the two do not poll at the same instant
				b := f.join("b", lacksKey(&bLacks))
				time.Sleep(20 * time.Second) // virtual: a hand-over takes 10 s
				aLacks.Store(true)
				bLacks.Store(tt.bothLack)
				r, err := wholeRevision(loadPlan(t, twoApps(bell, "2031-09-15 10:00-10:10"), "school.yaml"))
				must(t, err)
				r.At = time.Now()
				_, err = a.store.AddRevision(t.Context(), r)
				must(t, err)
				time.Sleep(30 * time.Second) // virtual: a hand-over takes 10 s
				if got := f.owners(a.store); !tt.bothLack && (got["canary-APP_A"] != "b" || got["canary-APP_B"] != "b") || tt.bothLack && got["canary-APP_A"] == got["canary-APP_B"] {
					t.Errorf("the owners are %v", got)
				}
				until(monday.Add(tt.dies))
				f.dies(b)
				time.Sleep(2 * time.Second) // virtual: it has looked at the plans again
				if got := f.owners(a.store); got["canary-APP_A"] != "a" || got["canary-APP_B"] != "a" {
					t.Errorf("once the other is dead the owners are %v", got)
				}
				issues := a.Issues()
				if len(issues) != 1 || issues[0].ID != reason.IssueNodeUnfit || issues[0].Blocking == tt.bothLack || strings.Contains(issues[0].Text, "no node can stop") {
					t.Errorf("the health issues are %+v", issues)
				}
				until(monday.Add(20 * time.Minute))
				f.recorded(a.store, 4)
				later, err := a.store.Occurrences(t.Context(), store.Filter{Open: true})
				if err != nil || len(later) != tt.wantLater {
					t.Errorf("%d classes are left, %v: want %d", len(later), err, tt.wantLater)
				}
				aLacks.Store(false)
				until(monday.Add(80 * time.Minute))
				f.recorded(a.store, 8)
				f.leave(a)
				f.once()
				if t.Failed() {
					t.Logf("a: %s", a.log.String())
				}
			})
		})
	}
}

// TestARevisionThatOnlyRemovesIsNotTurnedBack has one of two nodes lack what a new revision refers to, which holds less than the one
// before, and the other one die. The first records by the one before, and does not bring back what the other one removed.
func TestARevisionThatOnlyRemovesIsNotTurnedBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-10 * time.Minute))
		f := newFleet(t, simulator.Config{})
		var lacks atomic.Bool
		a := f.join("a", lacksKey(&lacks), loadPlan(t, twoApps(bell, "2031-09-15 10:00-10:10"), "school.yaml"))
		b := f.join("b", nil)
		lacks.Store(true)
		r, err := wholeRevision(loadPlan(t, twoApps(bell), "school.yaml"))
		must(t, err)
		r.At = time.Now()
		_, err = a.store.AddRevision(t.Context(), r)
		must(t, err)
		time.Sleep(30 * time.Second) // virtual: a hand-over takes 10 s
		later := store.Filter{EndAfter: monday.Add(time.Hour)}
		if rows, err := a.store.Occurrences(t.Context(), later); err != nil || len(rows) > 0 {
			t.Fatalf("the node that lacks nothing has not removed %+v, %v", rows, err)
		}
		f.dies(b)
		until(monday.Add(-time.Minute))
		if rows, err := a.store.Occurrences(t.Context(), later); err != nil || len(rows) > 0 {
			t.Errorf("the revision before is back: %+v, %v", rows, err)
		}
		if issues := a.Issues(); len(issues) != 1 || !issues[0].Blocking {
			t.Errorf("the health issues are %+v", issues)
		}
		until(monday.Add(80 * time.Minute))
		f.recorded(a.store, 4)
		f.leave(a)
		f.once()
	})
}

// TestNodesThatDoNotKnowTheAppIDsDoNotRelyOnEachOther has two nodes be unable to read a plan's App IDs.
func TestNodesThatDoNotKnowTheAppIDsDoNotRelyOnEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-10 * time.Minute))
		f := newFleet(t, simulator.Config{})
		f.lookup = func(r plan.Reference) (string, error) {
			if strings.HasPrefix(r.Name, "APP_") {
				return "", errors.New("not set")
			}
			return values(r)
		}
		a, b := f.join("a", nil), f.join("b", nil)
		r, err := wholeRevision(loadPlan(t, twoApps(bell), "school.yaml"))
		must(t, err)
		r.At = time.Now()
		_, err = a.store.AddRevision(t.Context(), r)
		must(t, err)
		time.Sleep(25 * time.Second) // virtual: each has looked at the plan again since it knows that the other cannot work on it
		for _, n := range []*fleetNode{a, b} {
			issues := n.Issues()
			if len(issues) != 1 || issues[0].ID != reason.IssueNodeUnfit || !issues[0].Blocking || strings.Contains(issues[0].Advice, "other nodes own") {
				t.Errorf("the health issues of %s are %+v", n.name, issues)
			}
			f.leave(n)
		}
	})
}

// TestAPlanThatANodeCannotWorkOnIsNotReadAtEachPoll has a node lack what a plan refers to while others write into the store.
func TestAPlanThatANodeCannotWorkOnIsNotReadAtEachPoll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-10 * time.Minute))
		f := newFleet(t, simulator.Config{})
		a := f.join("a", nil, loadPlan(t, twoApps(bell), "school.yaml"))
		var looks atomic.Int32
		b := f.join("b", func(*plan.Plan) error {
			looks.Add(1)
			return errors.New("KEY is not set")
		})
		looks.Store(0)
		for i := range 30 {
			must(t, a.store.SetHealth(t.Context(), time.Now(), fmt.Appendf(nil, "[%d]", i)))
			time.Sleep(time.Second) // virtual: a poll of each node
		}
		if n := looks.Load(); n < 2 || n > 4 {
			t.Errorf("in 30 s it has looked at the plan %d times, want every 10 s", n)
		}
		f.leave(b)
		f.leave(a)
	})
}
