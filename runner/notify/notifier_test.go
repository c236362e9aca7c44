package notify_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
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

func TestNothingIsLostWhileAReceiverIsDownForAnHour(t *testing.T) {
	for name, answer := range map[string]func(notify.CloudEvent, http.ResponseWriter){
		"answers 500": func(_ notify.CloudEvent, w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) },
		"answers 429": func(_ notify.CloudEvent, w http.ResponseWriter) { w.WriteHeader(http.StatusTooManyRequests) },
		"redirects": func(_ notify.CloudEvent, w http.ResponseWriter) {
			w.Header().Set("Location", "/")
			w.WriteHeader(http.StatusFound)
		},
		"never answers": func(notify.CloudEvent, http.ResponseWriter) { pass(time.Minute); panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, oneHook)
				r.receiver.answers(answer)
				var want []string
				for i := range 20 {
					want = append(want, r.ends("algebra", time.Now().Add(-time.Hour+time.Duration(i)*time.Second), session.Failed).ID)
				}
				pass(time.Hour)
				if got := r.receiver.events("class.failed"); len(got) > 0 { // the first messages of the daemon may have come before
					t.Fatalf("taken while it is down: %d", len(got))
				}
				if asked := r.receiver.requests(); asked > 20*25 {
					t.Errorf("asked %d times for 22 messages in an hour", asked)
				}
				if issues := r.notifierIssues(); len(issues) != 1 || issues[0].ID != reason.IssueOutboxStuck {
					t.Errorf("health issues %+v", issues)
				}
				r.receiver.answers(nil)
				pass(75 * time.Minute) // the longest wait so far, once more
				var got []string
				took := r.receiver.events("class.failed")
				for _, e := range took {
					got = append(got, e.Subject)
				}
				if last := took[len(took)-1]; last.at.Sub(took[0].at) > 2*time.Minute {
					t.Errorf("the last is taken %v after the first, though it answers again", last.at.Sub(took[0].at))
				}
				slices.Sort(got)
				slices.Sort(want)
				if !slices.Equal(got, want) || r.waiting() != 0 {
					t.Errorf("taken %d of %d, %d wait", len(got), len(want), r.waiting())
				}
				if issues := r.notifierIssues(); len(issues) != 0 {
					t.Errorf("health issues after it is up: %+v", issues)
				}
			})
		})
	}
}

func TestMessagesOfOneClassComeInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneHook)
		start := time.Now().Add(-time.Hour)
		refused := 0
		r.receiver.answers(func(e notify.CloudEvent, w http.ResponseWriter) {
			// What comes first is refused most often, so that what comes later would overtake it.
			if e.Type == "rundown.session.orphan" && refused < 4 {
				refused++
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})
		before := class("algebra", start, session.Recording)
		orphaned := before
		orphaned.Sessions = []session.Session{{Attempt: 1, State: session.SessionOrphan, ReasonCode: reason.OrphanSID, StartFacts: session.StartFacts{StartedAt: start}, Limits: session.Limits{MaxHour: 3}}}
		r.write(before, orphaned, 0)
		found := orphaned.Clone()
		found.Sessions[0].State = session.SessionEnded
		r.write(orphaned, found, 1)
		over := found
		over.Phase, over.Outcome, over.EndedAt = session.Ended, session.Partial, time.Now()
		over.Gaps = []session.Gap{{From: start, Until: start.Add(time.Minute)}}
		r.write(found, over, 2)
		other := r.ends("german-a1", start, session.Recorded)
		pass(2 * time.Second)
		if got := r.receiver.kinds(); !slices.Equal(got, []string{"class.recorded"}) {
			t.Errorf("a class waits for another: %v, want that of %s alone", got, other.ID)
		}
		pass(10 * time.Minute)
		want := []string{"class.recorded", "session.orphan", "session.orphan-resolved", "class.partial"}
		if got := r.receiver.kinds(); !slices.Equal(got, want) {
			t.Errorf("taken %v, want %v", got, want)
		}
	})
}

func TestAReceiverThatIsGoneIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneHook)
		pass(5 * time.Second)
		r.receiver.answers(func(_ notify.CloudEvent, w http.ResponseWriter) { w.WriteHeader(http.StatusGone) })
		r.ends("algebra", time.Now().Add(-time.Hour), session.Failed)
		pass(10 * time.Second)
		asked := r.receiver.requests()
		r.receiver.answers(nil)
		r.close()
		r.open() // it is remembered
		r.ends("german-a1", time.Now().Add(-time.Hour), session.Failed)
		pass(time.Hour)
		if r.receiver.requests() != asked || r.waiting() != 0 {
			t.Errorf("%d requests after 410, %d messages wait", r.receiver.requests()-asked, r.waiting())
		}
		issues := r.notifierIssues()
		if len(issues) != 1 || issues[0].ID != reason.IssueOutboxStuck || !strings.Contains(issues[0].Text, "410") || !strings.Contains(issues[0].Text, "school/duty") {
			t.Errorf("health issues %+v", issues)
		}
		if err := r.store.Announce(context.Background(), nil, notify.TestOf("school/duty", time.Now())); err != nil {
			t.Fatal(err)
		}
		pass(10 * time.Second)
		r.ends("algebra", time.Now().Add(-2*time.Hour), session.Missed)
		pass(10 * time.Second)
		if len(r.receiver.events("test")) != 1 || len(r.receiver.events("class.missed")) != 1 || len(r.notifierIssues()) != 0 {
			t.Errorf("after a test was taken: %v, issues %v", r.receiver.kinds(), r.notifierIssues())
		}
	})
}

func TestEachTargetHearsOfWhatItAsksFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		entry := func(name, more string) string {
			return fmt.Sprintf(`{name: %s, webhook: "http://127.0.0.1:1/%s", secret: "${HOOK_SECRET}"%s}`, name, name, more)
		}
		r := newRig(t, "notify: ["+strings.Join([]string{
			entry("default", ""), entry("critical", ", severity: critical"), entry("all", ", severity: info"),
			entry("berlin", ", severity: info, labels: {campus: berlin}"), entry("owner", `, severity: info, for: "german-*"`),
			entry("events", `, events: [failed, "plan.*"]`),
		}, ", ")+"]\n")
		start := time.Now().Add(-time.Hour)
		r.ends("algebra", start, session.Recorded)
		r.ends("algebra", start.Add(time.Minute), session.Failed)
		r.ends("german-a1", start, session.Partial)
		pass(time.Minute)
		got := map[string][]string{}
		for _, e := range r.receiver.events("") {
			if kind := strings.TrimPrefix(e.Type, "rundown."); kind != "node.joined" {
				got[e.path[1:]] = append(got[e.path[1:]], kind)
			}
		}
		want := map[string][]string{
			"default": {"class.failed", "class.partial"}, "critical": {"class.failed"},
			"all":    {"class.failed", "class.partial", "class.recorded", "plan.applied"},
			"berlin": {"class.failed", "class.recorded"}, "owner": {"class.partial"}, "events": {"class.failed", "plan.applied"},
		}
		for name, kinds := range want {
			slices.Sort(got[name])
			if !slices.Equal(got[name], kinds) {
				t.Errorf("%s hears of %v, want %v", name, got[name], kinds)
			}
		}
	})
}

func TestQuietHoursHoldBackWhatIsNotCritical(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone, _ := plan.Zone("Europe/Madrid")
		pass(time.Until(time.Date(2000, 3, 14, 6, 30, 0, 0, zone)))
		r := newRig(t, `notify: [{webhook: "${HOOK}", secret: "${HOOK_SECRET}", severity: info, quiet: 22:00-07:00}]`+"\n")
		r.ends("german-a1", time.Now().Add(-time.Hour), session.Partial)
		r.ends("algebra", time.Now().Add(-time.Hour), session.Failed)
		pass(time.Minute)
		if got := r.receiver.kinds(); !slices.Equal(got, []string{"class.failed"}) {
			t.Errorf("at night: %v, want what is critical", got)
		}
		pass(time.Hour)
		got := r.receiver.events("class.partial")
		if len(got) != 1 || got[0].at.In(zone).Format("15:04") != "07:00" {
			t.Errorf("in the morning: %+v", got)
		}
	})
}

func TestADigestComesOnceADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone, _ := plan.Zone("Europe/Madrid")
		pass(time.Until(time.Date(2000, 3, 14, 17, 30, 0, 0, zone)))
		r := newRig(t, `notify: [{webhook: "${HOOK}", secret: "${HOOK_SECRET}", severity: critical, digest: 18:00}]`+"\n")
		r.ends("algebra", time.Now().Add(-time.Hour), session.Recorded)
		r.ends("german-a1", time.Now().Add(-time.Hour), session.Partial)
		next := class("algebra", time.Now().Add(24*time.Hour), session.Planned)
		r.write(next, next, 0)
		pass(time.Hour)
		r.close()
		r.open() // tells it not again
		pass(10 * time.Minute)
		got := r.receiver.events("digest")
		if len(got) != 1 || got[0].at.In(zone).Format("15:04") != "18:00" {
			t.Fatalf("digests %+v", got)
		}
		for _, part := range []string{"1 recorded, 1 partial", "german-a1 16:30 (partial)", "1 class, the first on Wed 15 Mar 17:30 CET", "No open problems"} {
			if !strings.Contains(got[0].Data.Text, part) {
				t.Errorf("%q is not in %q", part, got[0].Data.Text)
			}
		}
		r.close()
		pass(24 * time.Hour) // to 18:40 of the next day
		r.open()
		pass(time.Minute)
		if got := r.receiver.events("digest"); len(got) != 2 {
			t.Errorf("%d digests in two days", len(got))
		}
	})
}

func refused() notify.Issue {
	return notify.Issue{
		ID: reason.IssueAccountRefused, Severity: plan.NotifyCritical, Since: time.Now(), About: "app", Blocking: true,
		Text: "the account of app app is refused: HTTP 401", Advice: "check customer_id and customer_secret",
	}
}

func TestAClassAtRiskIsToldBeforeItsBellAndResolvedAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, `notify: [{name: near, webhook: "http://127.0.0.1:1/near", secret: "${HOOK_SECRET}"},
  {name: far, webhook: "http://127.0.0.1:1/far", secret: "${HOOK_SECRET}", lead: 2h}]`+"\n")
		start := time.Now().Add(3 * time.Hour)
		planned := class("algebra", start, session.Planned)
		r.write(planned, planned, 0)
		r.raise(refused())
		pass(2*time.Hour + 45*time.Minute)
		at := map[string]time.Duration{}
		for _, e := range r.receiver.events("class.at-risk") {
			at[e.path] = start.Sub(e.at).Round(time.Minute)
			if !strings.Contains(e.Data.Text, "Algebra I (algebra)") || !strings.Contains(e.Data.Text, "HTTP 401") || !strings.Contains(e.Data.Advice, "customer_id") {
				t.Errorf("it says %+v", e.Data)
			}
		}
		if len(at) != 2 || at["/near"] != 30*time.Minute || at["/far"] != 2*time.Hour {
			t.Errorf("told so long before the start: %v", at)
		}
		if len(r.receiver.events("health.raised")) != 2 {
			t.Errorf("raised: %v", r.receiver.kinds())
		}
		r.raise()
		pass(5 * time.Minute)
		if got := r.receiver.events("class.recovered"); len(got) != 2 {
			t.Errorf("recovered: %v", r.receiver.kinds())
		}
		if got := r.receiver.events("health.cleared"); len(got) != 2 {
			t.Errorf("cleared: %v", r.receiver.kinds())
		}
	})
}

// TestEachOutageOfTheStoreIsToldAtOnce has two outages with more messages than are remembered of both together.
func TestEachOutageOfTheStoreIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const targets, classes = 30, 18
		const each = targets * classes
		var entries []string
		for i := range targets {
			entries = append(entries, fmt.Sprintf(`{name: t%d, webhook: "http://127.0.0.1:1/%d", secret: "${HOOK_SECRET}", events: [at-risk]}`, i, i))
		}
		r := newRig(t, "notify: ["+strings.Join(entries, ", ")+"]\n")
		for outage := range 2 {
			for i := range classes {
				planned := class("algebra", time.Now().Add(15*time.Minute+time.Duration(i)*time.Second), session.Planned)
				r.write(planned, planned, 0)
			}
			r.fails("Announce", true)
			r.raise(refused())
			time.Sleep(time.Minute)
			if got, want := len(r.receiver.events("class.at-risk")), each*(outage+1); got != want {
				t.Errorf("outage %d: %d messages came, want %d", outage, got, want)
			}
			r.fails("Announce", false)
			r.raise()
			time.Sleep(20 * time.Minute) // the classes have begun
			if got, want := len(r.receiver.events("class.at-risk")), each*(outage+1); got != want {
				t.Errorf("after outage %d: %d messages came, want %d", outage, got, want)
			}
		}
	})
}

func TestWhatACheckFoundEndsWithThePlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneHook)
		planned := class("algebra", time.Now().Add(20*time.Minute), session.Planned)
		r.write(planned, planned, 0)
		r.close()
		r.check = func(context.Context, notify.Look) []notify.Issue { return []notify.Issue{refused()} }
		r.open()
		time.Sleep(2 * time.Minute)
		if got := r.notifierIssues(); len(got) != 1 {
			t.Fatalf("found %v", got)
		}
		r.mu.Lock()
		r.gone = true
		r.mu.Unlock()
		time.Sleep(2 * time.Minute)
		if got := r.notifierIssues(); len(got) != 0 {
			t.Errorf("without the plan %v", got)
		}
	})
}

// TestACheckLooksAtWhatIsStillToBegin has classes of which one was cancelled, one is being recorded and one is far.
func TestACheckLooksAtWhatIsStillToBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneHook)
		soon, far := time.Now().Add(20*time.Minute), time.Now().Add(70*time.Minute)
		for _, s := range []session.State{
			class("algebra", soon, session.Planned), class("algebra", far, session.Planned), class("german-a1", soon, session.Ended),
			class("german-a1", soon.Add(time.Minute), session.Planned), class("german-a1", time.Now().Add(-time.Minute), session.Recording),
			class("german-a1", time.Now().Add(5*time.Minute), session.Ended), class("algebra", time.Now().Add(45*time.Second), session.Starting),
		} {
			r.write(s, s, 0)
		}
		r.close()
		looks := make(chan notify.Look, 1000)
		r.check = func(_ context.Context, l notify.Look) []notify.Issue { looks <- l; return nil }
		r.open()
		pass(5 * time.Minute)
		first := <-looks
		var ids []string
		for _, b := range first.Classes {
			ids = append(ids, b.ID)
		}
		want := []string{class("algebra", soon, session.Planned).ID, class("german-a1", soon.Add(time.Minute), session.Planned).ID}
		if !slices.Equal(ids, want) || first.Plan.Name != "school" || !first.Bell {
			t.Errorf("looked at %v of %s, bell %v; want %v", ids, first.Plan.Name, first.Bell, want)
		}
		last := first
		for len(looks) > 0 {
			last = <-looks
		}
		if last.Bell {
			t.Error("a class that began five minutes ago is taken for one that begins now")
		}
	})
}

func TestARiskThatIsResolvedBeforeTheLeadIsNotTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, `notify: [{name: near, webhook: "http://127.0.0.1:1/near", secret: "${HOOK_SECRET}", events: ["class.*"]},
  {name: far, webhook: "http://127.0.0.1:1/far", secret: "${HOOK_SECRET}", events: ["class.at-risk"], lead: 2h}]`+"\n")
		planned := class("algebra", time.Now().Add(90*time.Minute), session.Planned)
		r.write(planned, planned, 0)
		r.raise(refused())
		pass(10 * time.Minute)
		r.raise()
		pass(time.Hour)
		got := map[string][]string{}
		for _, e := range r.receiver.events("") {
			got[e.path] = append(got[e.path], e.Type)
		}
		if far := got["/far"]; !slices.Equal(far, []string{"rundown.class.at-risk", "rundown.class.recovered"}) {
			t.Errorf("far hears %v", far)
		}
		if near := got["/near"]; len(near) > 0 {
			t.Errorf("near hears %v", near)
		}
	})
}

func TestARiskIsToldOnceOverARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, `notify: [{webhook: "${HOOK}", secret: "${HOOK_SECRET}", events: ["class.*", "health.*"]}]`+"\n")
		planned := class("algebra", time.Now().Add(20*time.Minute), session.Planned)
		r.write(planned, planned, 0)
		r.raise(refused())
		for range 3 {
			pass(time.Minute)
			r.close()
			r.open()
		}
		r.raise()
		pass(2 * time.Minute)
		want := []string{"class.at-risk", "class.recovered", "health.cleared", "health.raised"}
		got := r.receiver.kinds()
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("told %v, want %v", got, want)
		}
	})
}

func TestAClassThatIsNotRecordedAfterItsStartIsLate(t *testing.T) {
	for name, record := range map[string]func(r *rig, write func()){
		"one daemon runs": func(_ *rig, write func()) { write() },
		"another takes over, which cannot read the classes at first": func(r *rig, write func()) {
			r.close()
			r.fails("Briefs", true)
			r.open()
			pass(time.Minute)
			write()
			r.fails("Briefs", false)
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, oneHook)
			start := time.Now().Add(time.Minute)
			planned := class("algebra", start, session.Planned)
			r.write(planned, planned, 0)
			pass(2 * time.Minute)
			got := r.receiver.events("class.late")
			if len(got) != 1 || got[0].at.Sub(start) < 30*time.Second || got[0].at.Sub(start) > time.Minute {
				t.Fatalf("%s: late: %+v", name, got)
			}
			recording := planned
			recording.Phase = session.Recording
			record(r, func() { r.write(planned, recording, 1) })
			pass(3 * time.Minute)
			if got := r.receiver.kinds(); !slices.Equal(got, []string{"class.late", "class.recovered"}) {
				t.Errorf("%s: told %v", name, got)
			}
		})
	}
}

func TestOrdersAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneHook)
		planned := class("algebra", time.Now().Add(time.Hour), session.Planned)
		r.write(planned, planned, 0)
		order := store.Command{At: time.Now(), DoneAt: time.Now(), Occurrence: planned.ID, Kind: "cancel", Who: "ops", Reason: "snow"}
		if err := r.store.WriteSpecs(context.Background(), func(t *store.SpecTx) error { return t.AddCommand(&order) }); err != nil {
			t.Fatal(err)
		}
		pass(5 * time.Second)
		got := r.receiver.events("order.given")
		if len(got) != 1 || !strings.HasPrefix(got[0].Data.Text, "ops cancelled the recording of Algebra I (algebra), ") || !strings.Contains(got[0].Data.Text, "snow") {
			t.Errorf("orders %+v", got)
		}
	})
}

func TestPingIsCalledEachMinuteWhileTheEngineMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "ping: \"${PING}\"\n")
		pass(10*time.Minute + time.Second)
		if got := len(r.receiver.events("")); got != 11 {
			t.Errorf("%d calls in ten minutes", got)
		}
		r.mu.Lock()
		r.moves = fmt.Errorf("it hangs")
		r.mu.Unlock()
		pass(10 * time.Minute)
		if got := len(r.receiver.events("")); got != 11 {
			t.Errorf("%d calls while it hangs", got-11)
		}
	})
}

func TestADaemonThatEndedWithoutAWordIsToldAsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneHook)
		pass(time.Minute)
		r.close()
		r.open()
		pass(time.Minute)
		if got := r.receiver.events("node.lost"); len(got) != 0 {
			t.Errorf("one that ended as it should is lost: %+v", got)
		}
		first := r.notifier.Load()
		t.Cleanup(first.Close)
		r.start() // while the one before has not ended
		pass(time.Minute)
		ids := map[string]bool{} // both send, so that a message may come twice, with the same id
		for _, got := range r.receiver.events("node.lost") {
			if ids[got.ID] = true; got.Subject != "host:1" {
				t.Errorf("lost: %+v", got)
			}
		}
		if len(ids) != 1 {
			t.Errorf("%d messages of a loss, want one", len(ids))
		}
	})
}

// TestADaemonThatSendsAgainWasNotLost has a notifier stop while the store cannot be written, as beside other daemons.
func TestADaemonThatSendsAgainWasNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneHook)
		pass(time.Minute)
		r.raise(notify.Issue{ID: reason.IssueStoreFailed, Severity: plan.NotifyCritical, Since: time.Now(), Text: "it cannot be written", Blocking: true})
		r.notifier.Swap(nil).Close()
		r.raise()
		r.again = true
		r.start()
		pass(time.Minute)
		if lost, joined := r.receiver.events("node.lost"), r.receiver.events("node.joined"); len(lost) != 0 || len(joined) != 1 {
			t.Errorf("lost: %+v, joined: %+v", lost, joined)
		}
		r.notifier.Swap(nil).Close() // now it ends as it should
		r.again = false
		r.start()
		pass(time.Minute)
		if lost, joined := r.receiver.events("node.lost"), r.receiver.events("node.joined"); len(lost) != 0 || len(joined) != 2 {
			t.Errorf("after a restart, lost: %+v, joined: %+v", lost, joined)
		}
	})
}

// TestWhatIsTakenAsTheNotifierEndsIsSentOnce ends it while messages are out, which the receiver takes some time to answer.
func TestWhatIsTakenAsTheNotifierEndsIsSentOnce(t *testing.T) {
	for name, c := range map[string]struct {
		answers time.Duration // after which the receiver answers
		asked   int64         // how often it is asked for the two messages
	}{
		"answers within the time":  {answers: 2 * time.Second, asked: 2},
		"answers one of them late": {answers: 20 * time.Second, asked: 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, oneHook)
				pass(5 * time.Second)
				var asked atomic.Int64
				count := func(e notify.CloudEvent) {
					if e.Type == "rundown.class.failed" {
						asked.Add(1)
					}
				}
				r.receiver.answers(func(e notify.CloudEvent, _ http.ResponseWriter) {
					count(e)
					if strings.Contains(e.Subject, "algebra") {
						pass(c.answers)
					}
				})
				r.ends("algebra", time.Now().Add(-time.Hour), session.Failed)
				r.ends("german-a1", time.Now().Add(-time.Hour), session.Failed)
				pass(1500 * time.Millisecond)
				if asked.Load() != 2 {
					t.Fatalf("%d messages are out, want 2", asked.Load())
				}
				closing := time.Now()
				r.close()
				if took := time.Since(closing); took > notify.EndsWithin {
					t.Errorf("it ends after %v", took)
				}
				r.receiver.answers(func(e notify.CloudEvent, _ http.ResponseWriter) { count(e) })
				r.open()
				pass(time.Minute)
				if asked.Load() != c.asked || r.waiting() != 0 {
					t.Errorf("asked %d times for two messages, want %d; %d wait", asked.Load(), c.asked, r.waiting())
				}
			})
		})
	}
}

// TestRisksAreAnnouncedWhereNobodyIsToHear: who follows the events of the API hears of them all the same, in the zone of
// the class.
func TestRisksAreAnnouncedWhereNobodyIsToHear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "")
		start := time.Now().Add(20 * time.Minute)
		r.write(session.State{}, class("algebra", start, session.Planned), 0)
		r.raise(notify.Issue{ID: reason.IssueAccountRefused, Severity: plan.NotifyCritical, Since: time.Now(), Text: "the account is refused", About: "app", Blocking: true})
		pass(10 * time.Second)
		all, err := r.store.Announcements(t.Context(), 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		told := 0
		for _, a := range all {
			if a.Kind == "class.at-risk" && strings.Contains(string(a.Data), `"timezone":"Europe/Madrid"`) {
				told++
			}
		}
		if told != 1 {
			t.Errorf("told %d times: %+v", told, all)
		}
	})
}
