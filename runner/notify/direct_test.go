package notify_test

import (
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rundown/runner/notify"
	"rundown/runner/session"
)

// TestWhatIsTriedDirectlyIsTakenOnce has a class at risk while the store is full. The store can be written again before the receiver takes
// what is tried directly: from then on the outbox sends it, and nobody else does. No two requests of it are out at once.
func TestWhatIsTriedDirectlyIsTakenOnce(t *testing.T) {
	for name, c := range map[string]struct {
		full   time.Duration // how long the store is
		answer func(w http.ResponseWriter)
	}{
		"the receiver refuses at first":         {time.Minute, func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) }},
		"the receiver takes its time":           {8 * time.Second, func(http.ResponseWriter) { pass(15 * time.Second) }},
		"the receiver takes its time to refuse": {8 * time.Second, func(w http.ResponseWriter) { pass(15 * time.Second); w.WriteHeader(http.StatusServiceUnavailable) }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, oneHook)
				planned := class("algebra", time.Now().Add(20*time.Minute), session.Planned)
				r.write(planned, planned, 0)
				pass(9 * time.Second)
				r.fails("Announce", true)
				var out atomic.Int32
				r.receiver.answers(func(e notify.CloudEvent, w http.ResponseWriter) {
					if e.Type == "rundown.class.at-risk" {
						if out.Add(1) > 1 {
							t.Error("two requests of one message are out")
						}
						c.answer(w)
						out.Add(-1)
					}
				})
				r.raise(refused())
				pass(c.full)
				r.fails("Announce", false)
				pass(20 * time.Second)
				r.receiver.answers(nil)
				pass(5 * time.Minute)
				if n := len(r.receiver.events("class.at-risk")); n != 1 || r.waiting() > 0 {
					t.Errorf("it is taken %d times, and %d messages wait", n, r.waiting())
				}
			})
		})
	}
}

// TestARiskThatIsOverIsTriedDirectlyNoMore has a risk come and go while the store is full. The receiver refuses all until both were found,
// so the outbox tells of them, in their order.
func TestARiskThatIsOverIsTriedDirectlyNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nearAndFar)
		pass(10 * time.Second)
		r.fails("Announce", true)
		r.receiver.answers(func(_ notify.CloudEvent, w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) })
		planned := class("algebra", time.Now().Add(90*time.Minute), session.Planned)
		r.write(planned, planned, 0)
		r.raise(refused())
		pass(40 * time.Second)
		r.raise()
		pass(70 * time.Second)
		r.receiver.answers(nil)
		pass(40 * time.Minute)
		if far := r.receiver.heard("/far"); len(far) > 0 {
			t.Errorf("while the store is full, far hears %v of a risk that is over", far)
		}
		r.fails("Announce", false)
		pass(2 * time.Minute)
		if far, want := r.receiver.heard("/far"), []string{"class.at-risk", "class.recovered"}; !slices.Equal(far, want) {
			t.Errorf("far hears %v, want %v", far, want)
		}
	})
}

// TestWhatTheOutboxMayHaveIsNotTriedDirectly has the store take a message that is tried directly, and its answer be lost. The outbox sends
// it, and nobody else does.
func TestWhatTheOutboxMayHaveIsNotTriedDirectly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneHook)
		planned := class("algebra", time.Now().Add(20*time.Minute), session.Planned)
		r.write(planned, planned, 0)
		pass(9 * time.Second)
		r.fails("Announce", true)
		r.receiver.answers(func(_ notify.CloudEvent, w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) })
		r.raise(refused())
		pass(time.Minute)
		r.fails("Post, whose answer is lost", true)
		r.fails("Announce", false)
		pass(20 * time.Second)
		r.fails("Post, whose answer is lost", false)
		r.receiver.answers(nil)
		pass(5 * time.Minute)
		if n := len(r.receiver.events("class.at-risk")); n != 1 || r.waiting() > 0 {
			t.Errorf("it is taken %d times, and %d messages wait", n, r.waiting())
		}
	})
}
