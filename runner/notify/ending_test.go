package notify_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/runner/notify"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// TestWhatWasTakenIsWrittenAsTheNotifierEnds has a message be taken while that cannot be stored, and the store be in order again when the
// notifier ends.
func TestWhatWasTakenIsWrittenAsTheNotifierEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneHook)
		pass(5 * time.Second)
		r.fails("Settle", true)
		r.ends("algebra", time.Now().Add(-time.Hour), session.Failed)
		pass(7 * time.Second)
		r.fails("Settle", false)
		r.close()
		r.open()
		pass(time.Minute)
		if n := len(r.receiver.events("class.failed")); n != 1 {
			t.Errorf("taken %d times", n)
		}
	})
}

// TestTargetsThatAreRemovedHoldUpNobody removes targets that do not answer, and one that comes back before its message was answered.
func TestTargetsThatAreRemovedHoldUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		entry := func(name, path string) string {
			return `{name: ` + name + `, webhook: "http://127.0.0.1:1/` + path + `", secret: "${HOOK_SECRET}", severity: info}`
		}
		duty := entry("duty", "duty")
		var all []string
		for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
			all = append(all, entry(name, "hangs"))
		}
		slow := entry("slow", "slow")
		r := newRig(t, "notify: ["+strings.Join(append(all, slow, duty), ", ")+"]\n")
		pass(5 * time.Second)
		r.receiver.answers(func(_ notify.CloudEvent, w http.ResponseWriter) {
			switch w.(*statusWriter).path {
			case "/hangs":
				pass(time.Minute)
			case "/slow":
				pass(3500 * time.Millisecond) // it is removed, and comes back, before that
			}
		})
		r.ends("german-a1", time.Now().Add(-time.Hour), session.Failed)
		pass(2 * time.Second)
		r.replan("notify: [" + duty + "]\n")
		pass(1100 * time.Millisecond)
		at := time.Now()
		r.ends("algebra", at.Add(-time.Hour), session.Failed)
		pass(100 * time.Millisecond)
		r.replan("notify: [" + slow + ", " + duty + "]\n")
		pass(10 * time.Second)
		r.ends("algebra", at.Add(-2*time.Hour), session.Failed)
		pass(time.Minute)
		got := map[string]int{}
		for _, e := range r.receiver.events("class.failed") {
			if got[e.path]++; e.path == "/duty" && got[e.path] == 2 && e.at.Sub(at) > 3*time.Second {
				t.Errorf("duty hears of it after %v", e.at.Sub(at))
			}
		}
		if got["/duty"] != 3 || got["/slow"] != 3 {
			t.Errorf("taken %v: want each of three once by both", got)
		}
	})
}

// TestARemovedTargetIsNoIssueAnyMore removes a target that does not take what it is sent, as the advice says, while messages wait for it.
// They wait on for some days, in which it may come back.
func TestARemovedTargetIsNoIssueAnyMore(t *testing.T) {
	const other = `{name: other, webhook: "${OTHER}", secret: "${HOOK_SECRET}", events: ["health.*"]}`
	for name, status := range map[string]int{"stuck": http.StatusInternalServerError, "gone": http.StatusGone} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, strings.Replace(oneHook, "]", ", "+other+"]", 1))
				pass(5 * time.Second)
				r.receiver.answers(func(e notify.CloudEvent, w http.ResponseWriter) {
					if strings.HasPrefix(e.Type, "rundown.class") {
						w.WriteHeader(status)
					}
				})
				r.ends("algebra", time.Now().Add(-time.Hour), session.Failed)
				pass(15 * time.Minute)
				if issues := r.notifierIssues(); len(issues) != 1 || issues[0].ID != reason.IssueOutboxStuck {
					t.Fatalf("issues %+v", issues)
				}
				r.replan("notify: [" + other + "]\n")
				pass(10 * time.Second)
				if issues := r.notifierIssues(); len(issues) != 0 {
					t.Errorf("after the target was removed: %+v", issues)
				}
				waits := r.waiting()
				r.receiver.answers(nil)
				r.replan(oneHook)
				pass(time.Hour)
				if got := len(r.receiver.events("class.failed")); got != waits || r.waiting() != 0 {
					t.Errorf("it is back, and takes %d of %d messages", got, waits)
				}
				r.receiver.answers(func(_ notify.CloudEvent, w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) })
				r.ends("german-a1", time.Now().Add(-time.Hour), session.Failed)
				pass(time.Minute)
				r.replan("notify: [" + other + "]\n")
				r.close() // so that the days take no time here
				pass(8 * 24 * time.Hour)
				r.open()
				pass(time.Minute)
				if left, err := r.store.Outbox(t.Context(), store.OutboxFilter{State: store.MessageWaiting, Target: "school/duty"}); err != nil || len(left) > 0 {
					t.Errorf("after eight days %+v wait, %v", left, err)
				}
			})
		})
	}
}
