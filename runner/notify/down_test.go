package notify_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/plan"
	"rundown/runner/notify"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// TestALossNamesTheClassesOfItsTime has a daemon end without a word for an hour: a class lies in that hour, one after it,
// one was cancelled, and one is of another plan, of which the target is not told.
func TestALossNamesTheClassesOfItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneHook)
		pass(time.Minute)
		down := time.Now()
		for _, s := range []session.State{
			class("algebra", down.Add(5*time.Minute), session.Planned), class("german-a1", down.Add(3*time.Hour), session.Planned),
		} {
			r.write(s, s, 0)
		}
		other := class("art", down.Add(7*time.Minute), session.Planned)
		other.ID, other.Plan = strings.Replace(other.ID, "school", "other", 1), "other"
		r.write(other, other, 0)
		cancelled := class("german-a1", down.Add(6*time.Minute), session.Ended)
		cancelled.Outcome, cancelled.EndedAt = session.Cancelled, down
		r.write(class("german-a1", cancelled.Start, session.Planned), cancelled, 0)
		first := r.notifier.Swap(nil)
		r.crash(first)
		pass(time.Hour)
		r.start()
		pass(time.Minute)
		got := r.receiver.events("node.lost")
		if len(got) != 1 {
			t.Fatalf("lost: %+v", got)
		}
		text := got[0].Data.Text + " " + got[0].Data.Advice
		for _, want := range []string{"Rundown on host was down from ", "It runs again, as host:1.", "algebra, ", "If one is not, record it by other means"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not in %q", want, text)
			}
		}
		if strings.Contains(text, "german-a1") || strings.Contains(text, "art, ") {
			t.Errorf("it names a class that is later, was cancelled, or is of another plan: %q", text)
		}
	})
}

// crash ends a notifier whose end cannot be stored.
func (r *rig) crash(n *notify.Notifier) {
	r.fails("Announce", true)
	n.Close()
	r.fails("Announce", false)
}

// TestAPlanThatWaitsSaysWhoGaveItAndLeadsToIt has a revision in the store that waits.
func TestAPlanThatWaitsSaysWhoGaveItAndLeadsToIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneHook)
		r.close()
		r.link = func(subject string) string { return "https://rundown.school.example/" + subject }
		r.open()
		revision, err := r.store.AddRevision(t.Context(), store.Revision{At: time.Now(), Plan: "school", Path: "/plans/school.yaml", Hash: "h2", Who: "ops", Text: []byte("{}")})
		if err == nil {
			err = r.store.SetRevision(t.Context(), revision.ID, store.RevisionWaiting, string(reason.PlanRemovesMany), "it removes much")
		}
		if err != nil {
			t.Fatal(err)
		}
		issue := notify.Issue{ID: reason.IssuePlanWaiting, Severity: plan.NotifyWarning, Since: time.Now(), About: "school", Text: "plan school waits"}
		rejected := notify.Issue{ID: reason.IssuePlanRejected, Severity: plan.NotifyWarning, Since: time.Now(), About: "school", Text: "plan school was not read"}
		r.raise(issue, rejected)
		pass(10 * time.Second)
		for kind, want := range map[string]string{
			"plan.waiting":  fmt.Sprintf("https://rundown.school.example/school/%d Plan school waits. ops gave it. Until somebody decides, classes are recorded by the old plan.", revision.ID),
			"plan.rejected": "https://rundown.school.example/ Plan school was not read. Classes are recorded as before: changes in the file have no effect yet.",
		} {
			got := r.receiver.events(kind)
			if len(got) != 1 || got[0].Data.Link+" "+got[0].Data.Text != want {
				t.Errorf("%s: %+v, want %q", kind, got, want)
			} else if kind == "plan.rejected" && !strings.Contains(got[0].Data.Advice, "rundown validate /plans/school.yaml lists") {
				t.Errorf("it advises %q", got[0].Data.Advice)
			}
		}
		r.raise()
		pass(3 * time.Minute)
		for _, e := range r.receiver.events("health.cleared") {
			if !strings.Contains(e.Data.Text, ", since ") || !strings.Contains(e.Data.Text, "The problem lasted 1") {
				t.Errorf("it says %q", e.Data.Text)
			}
		}
		if n := len(r.receiver.events("health.cleared")); n != 2 {
			t.Errorf("%d are told as over", n)
		}
	})
}
