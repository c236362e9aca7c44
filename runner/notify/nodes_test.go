package notify_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rundown/plan"
	"rundown/runner/notify"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// fleet are the daemons of a store, as the rig's notifier reads them.
type fleet struct {
	mu   sync.Mutex
	rows map[int64]notify.Node
}

func (f *fleet) set(nodes ...notify.Node) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range nodes {
		f.rows[n.ID] = n
	}
}

func (f *fleet) read(_ context.Context, known []int64) (nodes []notify.Node, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id := int64(1); id < 10; id++ {
		if n, there := f.rows[id]; there && (n.Gone.IsZero() || slices.Contains(known, id)) {
			nodes = append(nodes, n)
		}
	}
	return nodes, nil
}

// TestOneOfSeveralDaemonsThatIsLostIsToldWithWhatFollows has three daemons, of which one ends, and one is taken for dead while a class
// of its begins and one of another daemon's does.
func TestOneOfSeveralDaemonsThatIsLostIsToldWithWhatFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneHook)
		r.close()
		several := &fleet{rows: map[int64]notify.Node{}}
		r.nodes = several.read
		owner := func(id int64, name string, apps ...string) notify.Node {
			return notify.Node{ID: id, Name: name, Seen: time.Now(), Apps: apps}
		}
		several.set(owner(1, "host-a:1"), owner(2, "host-b:2", "app"), owner(3, "host-c:3", "other"))
		r.open()
		pass(time.Minute)
		lost := time.Now()
		its := class("algebra", lost.Add(2*time.Second), session.Planned)
		r.write(its, its, 0)
		before := class("german-a1", lost.Add(-10*time.Minute), session.Recording) // it goes on
		r.write(before, before, 0)
		pass(5 * time.Second)
		dead, left := owner(2, "host-b:2"), owner(3, "host-c:3")
		dead.Seen, dead.Gone, left.Gone, left.Left = lost, time.Now(), time.Now(), true
		several.set(dead, left, owner(1, "host-a:1", "app", "other"))
		pass(time.Minute)
		r.close()
		r.open() // another one has the duties now
		pass(time.Minute)
		got := r.receiver.events("node.lost")
		if len(got) != 1 {
			t.Fatalf("lost: %+v", got)
		}
		text := got[0].Data.Text + " " + got[0].Data.Advice
		for _, want := range []string{"The daemon host-b:2 is lost: it was last seen on ", "Its classes are taken over by host-a:1, and what it was recording goes on", "in between, and may be late: algebra, ", "If one is not, record it by other means", "Start it again"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not in %q", want, text)
			}
		}
		if strings.Contains(text, "german-a1") || strings.Contains(text, "host-c") {
			t.Errorf("it names what was not lost: %q", text)
		}
		for name, with := range map[string]string{"host-a:1": "host-b:2 and host-c:3", "host-b:2": "host-a:1 and host-c:3", "host-c:3": "host-a:1 and host-b:2"} {
			joined := slices.DeleteFunc(r.receiver.events("node.joined"), func(e taken) bool { return e.Subject != name })
			if len(joined) != 1 || !strings.Contains(joined[0].Data.Text, "It records the classes of 1 plan, together with "+with+".") {
				t.Errorf("%s joined: %+v", name, joined)
			}
		}
	})
}

// TestAnotherDaemonIsSaidToHaveTheClassesOfALostOneOnlyWhereItHasThem has a daemon that is taken for dead while one class of its runs,
// with what becomes of its App ID. Where nobody has one, the loss is critical, and who hears of nothing else hears of it.
func TestAnotherDaemonIsSaidToHaveTheClassesOfALostOneOnlyWhereItHasThem(t *testing.T) {
	for _, tt := range []struct {
		name         string
		down         time.Duration // from its last heartbeat until it counts as dead
		takes, again []string      // what another daemon and the same one, under another number, own from 8 s later on
		severity     plan.NotifySeverity
		want, not    []string
	}{
		{
			"nobody could work on it", 5 * time.Second, nil, nil, plan.NotifyCritical,
			[]string{"Daemon lost, and nobody has its classes", "Nobody has taken over its classes of App IDs app and second: no class of these App IDs begins", "may be late, partial or missed: algebra, ", "If one is not, record it by other means"},
			[]string{"taken over by", "Nothing.", "goes on"},
		},
		{
			"a part has been taken over", 5 * time.Second,
			[]string{"app"},
			nil,
			plan.NotifyCritical,
			[]string{"Daemon lost, and nobody has some of its classes", "classes of App ID second: no class of this App ID begins", "Its other classes are taken over by host-a:1.", "missed: algebra, "},
			[]string{"goes on"},
		},
		{
			"a while later, within reason", 5 * time.Second,
			[]string{"app", "second"},
			nil,
			plan.NotifyWarning,
			[]string{"Daemon lost, its classes taken over", "taken over by host-a:1, and what it was recording goes on", "No class of yours is known to have begun in between."},
			[]string{"Nobody", "algebra"},
		},
		{
			"by itself", 5 * time.Second, nil,
			[]string{"app", "second"},
			plan.NotifyWarning,
			[]string{"taken over by host-b:2, which works on the store again, and"},
			[]string{"Nobody"},
		},
		{
			"all were down for long", 40 * time.Minute,
			[]string{"app", "second"},
			nil,
			plan.NotifyWarning,
			[]string{"taken over by host-a:1.", "may be late, partial or missed: algebra, ", "If one is not, record it by other means"},
			[]string{"goes on", "Nobody"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, `notify: [{name: duty, webhook: "${HOOK}", secret: "${HOOK_SECRET}"}, {name: urgent, webhook: "${OTHER}", secret: "${HOOK_SECRET}", severity: critical}]`+"\n")
				r.close()
				several := &fleet{rows: map[int64]notify.Node{}}
				r.nodes = several.read
				first := notify.Node{ID: 1, Name: "host-a:1", Seen: time.Now()}
				lost := notify.Node{ID: 2, Name: "host-b:2", Seen: time.Now(), Apps: []string{"app", "second"}}
				several.set(first, lost)
				r.open()
				pass(time.Minute)
				runs := class("algebra", time.Now().Add(-10*time.Minute), session.Recording)
				runs.End = time.Now().Add(time.Hour)
				r.write(runs, runs, 0)
				lost.Seen = time.Now()
				pass(tt.down)
				lost.Gone = time.Now()
				several.set(lost)
				pass(8 * time.Second)
				first.Apps = tt.takes
				several.set(first)
				if tt.again != nil {
					several.set(notify.Node{ID: 3, Name: lost.Name, Seen: time.Now(), Apps: tt.again})
				}
				pass(time.Minute)
				var got, urgent []taken
				for _, e := range r.receiver.events("node.lost") {
					if e.path == "/other" {
						urgent = append(urgent, e)
					} else {
						got = append(got, e)
					}
				}
				if len(got) != 1 {
					t.Fatalf("lost: %+v", got)
				}
				if critical := tt.severity == plan.NotifyCritical; got[0].Data.Severity != tt.severity || len(urgent) > 0 != critical {
					t.Errorf("it is told as %s, and %d times to who hears of what is critical; it is %s", got[0].Data.Severity, len(urgent), tt.severity)
				}
				text := got[0].Data.Title + " " + got[0].Data.Text + " " + got[0].Data.Advice
				for _, want := range tt.want {
					if !strings.Contains(text, want) {
						t.Errorf("%q is not in %q", want, text)
					}
				}
				for _, not := range tt.not {
					if strings.Contains(text, not) {
						t.Errorf("%q is in %q", not, text)
					}
				}
			})
		})
	}
}

// TestADaemonThatWasTakenForDeadAndJoinsAgainHasNotStarted has it join under a new number, some time before it is seen.
func TestADaemonThatWasTakenForDeadAndJoinsAgainHasNotStarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneHook)
		r.close()
		several := &fleet{rows: map[int64]notify.Node{}}
		r.nodes = several.read
		day := "Mon 2 Jan 15:04:05 MST"
		began := time.Now()
		several.set(notify.Node{ID: 1, Name: "host-a:1", Started: began, Seen: began})
		pass(time.Minute)
		lost, again := time.Now(), time.Now().Add(30*time.Second)
		several.set(notify.Node{ID: 2, Name: "host-b:2", Started: again, Seen: again, Lost: lost})
		pass(time.Minute)
		r.open()
		pass(time.Minute)
		// The daemon of the rig itself may have told of its start before it was closed.
		got := slices.DeleteFunc(r.receiver.events("node.joined"), func(e taken) bool { return e.Subject == "host:1" })
		if len(got) != 2 {
			t.Fatalf("joined: %+v", got)
		}
		zone, _ := plan.Zone("Europe/Berlin") // of the rig's plan
		for _, e := range got {
			want := "The daemon host-a:1 started on " + began.In(zone).Format(day) + "."
			if e.Subject == "host-b:2" {
				want = "The daemon host-b:2, which counted as dead since " + lost.In(zone).Format(day) + ", works on the store again since " + again.In(zone).Format(day) + "."
			}
			if !strings.Contains(e.Data.Text, want) || (e.Subject == "host-b:2") == strings.Contains(e.Data.Title, "started") {
				t.Errorf("%s: %s, want %q", e.Data.Title, e.Data.Text, want)
			}
		}
	})
}

// TestTheTargetsOfAPlanHearOfItFromADaemonThatCannotWorkOnIt has the daemon that sends lack what the plan refers to.
func TestTheTargetsOfAPlanHearOfItFromADaemonThatCannotWorkOnIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "ping: \"${PING}\"\n"+oneHook)
		r.close()
		r.unfit = true
		r.open()
		opened := time.Now()
		pass(time.Minute)
		r.raise(notify.Issue{ID: reason.IssueNodeUnfit, Severity: plan.NotifyCritical, Since: time.Now(), Text: "KEY is not set", About: "school", Blocking: true})
		r.ends("algebra", time.Now().Add(-time.Hour), session.Failed)
		pass(3 * time.Minute)
		if got := r.receiver.kinds(); !slices.Contains(got, "health.raised") || !slices.Contains(got, "class.failed") {
			t.Errorf("the target was told of %v", got)
		}
		for _, e := range r.receiver.events("") {
			if e.path == "/ping" && e.at.After(opened) {
				t.Errorf("its ping was called at %v, as if all were well", e.at)
			}
		}
	})
}

// TestAPlanKeepsItsTargetsWhileADaemonBecomesAbleToWorkOnIt has that happen between the notifier's question for the plans at work and
// the one for the others, in the second in which a class fails.
func TestAPlanKeepsItsTargetsWhileADaemonBecomesAbleToWorkOnIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneHook)
		r.close()
		r.unfit = true
		r.open()
		pass(10*time.Second + time.Second/2) // between two looks of the notifier
		r.ends("algebra", time.Now().Add(-time.Hour), session.Failed)
		r.mu.Lock()
		r.fits = true
		r.mu.Unlock()
		pass(3 * time.Minute)
		if got := r.receiver.kinds(); !slices.Contains(got, "class.failed") {
			t.Errorf("the target was told of %v", got)
		}
	})
}

// TestASenderThatWakesLateRepeatsUnderTheSameID has a daemon stand still while a message of its is out, and another one do its work
// meanwhile. For a moment both of them send, and both see an issue come.
func TestASenderThatWakesLateRepeatsUnderTheSameID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneHook)
		r.close()
		r.nodes = (&fleet{rows: map[int64]notify.Node{}}).read
		r.open()
		awake := make(chan struct{})
		var asked atomic.Int64
		r.receiver.answers(func(e notify.CloudEvent, _ http.ResponseWriter) {
			if e.Type == "rundown.class.recorded" && asked.Add(1) == 1 {
				<-awake
			}
		})
		over := class("algebra", time.Now().Add(-time.Hour), session.Recording)
		after := over
		after.Phase, after.Outcome = session.Ended, session.Recorded
		r.write(over, after, 0)
		pass(5 * time.Second)
		late := r.notifier.Swap(nil)
		r.start() // another daemon has the duties now
		pass(5 * time.Second)
		close(awake)
		r.raise(notify.Issue{ID: reason.IssueClockOff, Severity: plan.NotifyWarning, Since: time.Now(), Text: "the clock is off"})
		pass(time.Minute)
		late.Close()
		pass(time.Minute)
		if asked.Load() != 2 {
			t.Fatalf("the receiver was asked %d times, want once by each daemon", asked.Load())
		}
		for kind, most := range map[string]int{"class.recorded": 2, "health.raised": 2} {
			got := r.receiver.events(kind)
			ids := map[string]bool{}
			for _, e := range got {
				ids[e.ID] = true
			}
			if len(ids) != 1 || len(got) > most {
				t.Errorf("%s was told %d times under %d ids, want one id", kind, len(got), len(ids))
			}
		}
		messages, err := r.store.Outbox(t.Context(), store.OutboxFilter{})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range messages {
			if m.State != store.MessageSent {
				t.Errorf("%s is %s: %s", m.Kind, m.State, m.Result)
			}
		}
	})
}

// TestASenderThatWakesLateSendsNothingMore has another node take the duties while a daemon stands still. When it wakes, there is a
// message to send and something to tell, and its engine has not noticed yet.
func TestASenderThatWakesLateSendsNothingMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneHook)
		r.close()
		r.nodes = (&fleet{rows: map[int64]notify.Node{}}).read
		r.open()
		pass(10 * time.Second)
		before := len(r.receiver.events(""))
		takes := func(another bool) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.taken = another
		}
		takes(true)
		r.raise(notify.Issue{ID: reason.IssueClockOff, Severity: plan.NotifyWarning, Since: time.Now(), Text: "the clock is off"})
		r.ends("algebra", time.Now().Add(-time.Hour), session.Failed)
		waits := store.Message{
			ID: "evt_1", Target: "school/duty", Kind: "test", Subject: "school/duty", At: time.Now(), Due: time.Now(), State: store.MessageWaiting,
			Body: []byte(`{}`),
		}
		if err := r.store.Post(t.Context(), store.Routed{Messages: []store.Message{waits}}); err != nil {
			t.Fatal(err)
		}
		pass(3 * time.Minute)
		if got := r.receiver.events("")[before:]; len(got) > 0 {
			t.Errorf("it sent %v, which the other node does", got)
		}
		takes(false)
		pass(3 * time.Minute)
		if got := r.receiver.kinds(); !slices.Contains(got, "health.raised") || !slices.Contains(got, "class.failed") || r.waiting() > 0 {
			t.Errorf("with the duties again it told of %v, and %d messages wait", got, r.waiting())
		}
	})
}
