package notify_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/runner/notify"
	"rundown/runner/session"
	"rundown/runner/store"
)

// nearAndFar are two targets, at /near and /far, that hear of a class at risk half an hour and two hours ahead.
const nearAndFar = `notify: [{name: near, webhook: "http://127.0.0.1:1/near", secret: "${HOOK_SECRET}", events: ["class.*"]},
  {name: far, webhook: "http://127.0.0.1:1/far", secret: "${HOOK_SECRET}", events: ["class.*"], lead: 2h}]` + "\n"

// atRisk is a class in 90 minutes that cannot begin.
func (r *rig) atRisk() session.State {
	r.t.Helper()
	planned := class("algebra", time.Now().Add(90*time.Minute), session.Planned)
	r.write(planned, planned, 0)
	r.raise(refused())
	pass(5 * time.Minute)
	return planned
}

// move has a plan move a class.
func (r *rig) move(s session.State, by time.Duration) {
	r.t.Helper()
	spec := store.Spec{ID: s.ID, Plan: s.Plan, Recording: s.Recording, App: s.App, Start: s.Start.Add(by), End: s.End.Add(by)}
	r.specs(func(t *store.SpecTx) error { _, err := t.Update(spec); return err })
}

// specs changes what is wanted.
func (r *rig) specs(write func(*store.SpecTx) error) {
	r.t.Helper()
	if err := r.store.WriteSpecs(context.Background(), write); err != nil {
		r.t.Fatal(err)
	}
}

// TestARiskThatIsOverIsNotToldLater has a class at risk, of which only far is told by now, and something happen to it. near, which is due
// an hour later, hears nothing of the risk.
func TestARiskThatIsOverIsNotToldLater(t *testing.T) {
	for name, c := range map[string]struct {
		happens   func(r *rig, s session.State)
		near, far []string
	}{
		"it is cancelled": {
			happens: func(r *rig, s session.State) {
				over := s
				over.Phase, over.Outcome, over.EndedAt = session.Ended, session.Cancelled, time.Now()
				r.write(s, over, 1)
			},
			near: []string{"class.cancelled"}, far: []string{"class.at-risk", "class.cancelled"},
		},
		"it is moved to the afternoon": {
			happens: func(r *rig, s session.State) { r.move(s, 3*time.Hour) },
			far:     []string{"class.at-risk"},
		},
		"it is moved by a quarter of an hour": { // it is a risk all the same, of another time
			happens: func(r *rig, s session.State) { r.move(s, 15*time.Minute) },
			near:    []string{"class.at-risk"}, far: []string{"class.at-risk", "class.at-risk"},
		},
		"it leaves its plan": {
			happens: func(r *rig, s session.State) {
				r.specs(func(t *store.SpecTx) error { _, err := t.Remove(s.ID); return err })
			},
			far: []string{"class.at-risk"},
		},
		"it is resolved, and messages cannot be posted at first": {
			happens: func(r *rig, _ session.State) {
				r.fails("Post", true)
				r.raise()
				pass(2 * time.Minute)
				r.fails("Post", false)
			},
			far: []string{"class.at-risk", "class.recovered"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nearAndFar)
				c.happens(r, r.atRisk())
				pass(75 * time.Minute)
				if near := r.receiver.heard("/near"); !slices.Equal(near, c.near) {
					t.Errorf("near hears %v, want %v", near, c.near)
				}
				if far := r.receiver.heard("/far"); !slices.Equal(far, c.far) {
					t.Errorf("far hears %v, want %v", far, c.far)
				}
			})
		})
	}
}

// TestARiskThatComesAndGoesWhileTheStoreIsFull: who is told of it directly is told of its end, and nobody else is told of either. Where
// nobody could be told before it was over, nobody is.
func TestARiskThatComesAndGoesWhileTheStoreIsFull(t *testing.T) {
	for name, c := range map[string]struct {
		full []string // what fails
		long time.Duration
		far  []string
	}{
		"for some minutes":             {full: []string{"Announce"}, long: 4 * time.Minute, far: []string{"class.at-risk", "class.recovered"}},
		"until after the lead of near": {full: []string{"Announce"}, long: 70 * time.Minute, far: []string{"class.at-risk", "class.recovered"}},
		"for messages alone":           {full: []string{"Post"}, long: 4 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nearAndFar)
				pass(10 * time.Second)
				for _, call := range c.full {
					r.fails(call, true)
				}
				r.atRisk()
				r.raise()
				pass(c.long)
				for _, call := range c.full {
					r.fails(call, false)
				}
				pass(85*time.Minute - c.long)
				if near, far := r.receiver.heard("/near"), r.receiver.heard("/far"); len(near) > 0 || !slices.Equal(far, c.far) {
					t.Errorf("near hears %v, want nothing; far hears %v, want %v", near, far, c.far)
				}
			})
		})
	}
}

// TestAClassThatIsAtRiskAgainIsToldAgain cancels a class at risk, and takes that back while the cause lasts.
func TestAClassThatIsAtRiskAgainIsToldAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nearAndFar)
		s := r.atRisk()
		over := s
		over.Phase, over.Outcome, over.EndedAt = session.Ended, session.Cancelled, time.Now()
		r.write(s, over, 1)
		pass(5 * time.Minute)
		r.write(over, s, 2)
		pass(65 * time.Minute)
		if near, want := r.receiver.heard("/near"), []string{"class.cancelled", "class.at-risk"}; !slices.Equal(near, want) {
			t.Errorf("near hears %v, want %v", near, want)
		}
		if far, want := r.receiver.heard("/far"), []string{"class.at-risk", "class.cancelled", "class.at-risk"}; !slices.Equal(far, want) {
			t.Errorf("far hears %v, want %v", far, want)
		}
	})
}

// TestALongLeadOfOneTargetDropsNothingOfAnother has a class found at risk more than a week before one of two targets is to be told. Its
// message is tried from then on, however old it is.
func TestALongLeadOfOneTargetDropsNothingOfAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, strings.Replace(nearAndFar, "lead: 2h", "lead: 180h", 1))
		planned := class("algebra", time.Now().Add(179*time.Hour), session.Planned)
		r.write(planned, planned, 0)
		r.raise(refused())
		pass(time.Minute)
		r.close() // so that the week takes no time here
		pass(178 * time.Hour)
		r.open()
		r.receiver.answers(func(_ notify.CloudEvent, w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) })
		pass(31 * time.Minute)
		r.receiver.answers(nil)
		pass(20 * time.Minute)
		if near := r.receiver.heard("/near"); !slices.Equal(near, []string{"class.at-risk"}) {
			list, err := r.store.Outbox(t.Context(), store.OutboxFilter{Target: "school/near"})
			t.Errorf("near hears %v, of %+v, %v", near, list, err)
		}
	})
}

// TestWhoWasToldOfARiskHearsThatItIsOver has a class at risk, of which near was told, and that is moved by an hour. It is at risk at its
// new time as well, of which near is not due to hear yet when the cause is gone.
func TestWhoWasToldOfARiskHearsThatItIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nearAndFar)
		s := r.atRisk()
		pass(57 * time.Minute)
		r.move(s, time.Hour)
		pass(3 * time.Minute)
		r.raise()
		pass(20 * time.Minute)
		if near, want := r.receiver.heard("/near"), []string{"class.at-risk", "class.recovered"}; !slices.Equal(near, want) {
			t.Errorf("near hears %v, want %v", near, want)
		}
	})
}
