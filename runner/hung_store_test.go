package runner_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
)

// holdWrites has the house's store take no writes until the returned function is called: they wait behind one that does
// not end.
func (h *house) holdWrites() (release func()) {
	h.t.Helper()
	held, end, ended := make(chan struct{}), make(chan struct{}), make(chan error)
	none := errors.New("nothing is written")
	go func() {
		ended <- h.store.WriteSpecs(context.Background(), func(*store.SpecTx) error {
			close(held)
			<-end
			return none
		})
	}()
	<-held
	return sync.OnceFunc(func() {
		close(end)
		if err := <-ended; !errors.Is(err, none) {
			h.t.Error(err)
		}
	})
}

// TestACancelThatTheStoreDoesNotTakeIsCarriedOut cancels a class while a step of it waits for the store: the order waits no
// longer than a while, and the class ends as soon as the step is stored.
func TestACancelThatTheStoreDoesNotTakeIsCarriedOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
		until(monday.Add(10 * time.Minute))
		release := h.holdWrites()
		until(monday.Add(11 * time.Minute)) // the answer to a query is to be stored
		must(t, e.Cancel(german, "ops", "snow"))
		if waited := time.Since(monday.Add(11 * time.Minute)); waited > 10*time.Second {
			t.Errorf("the order waited for %v", waited)
		}
		released := time.Now()
		release()
		until(monday.Add(time.Hour))
		h.shut(e)
		ran := h.sim.Ledger().Sessions
		if len(ran) != 1 || ran[0].StoppedAt == nil || ran[0].StoppedAt.Sub(released) > 2*time.Second {
			t.Errorf("cancelled at %v, and the sessions are %+v", released, ran)
		}
		if s := h.outcomes()[german]; s.Outcome != session.Cancelled {
			t.Errorf("%s: %s", s.Outcome, s.Reason)
		}
	})
}

// TestAnAppIDThatWaitsForTheStoreHoldsUpNothing applies a plan with another App ID, and from then on the store takes no
// writes.
func TestAnAppIDThatWaitsForTheStoreHoldsUpNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		h.revision = archived
		var release func()
		hold := sync.OnceFunc(func() { release = h.holdWrites() })
		h.lookup = func(r plan.Reference) (string, error) {
			if r.Name == "OTHER" {
				hold()
			}
			return values(r)
		}
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
		until(monday.Add(10*time.Minute + 30*time.Second))
		more := school("2031-09-15 09:00-09:50", "  spanish: {when: 2031-09-16 09:00-09:50, app: other}\n")
		more["school.yaml"] = strings.NewReplacer(`{main: {id: "${APP}"}}`, `{main: {id: "${APP}"}, other: {id: "${OTHER}"}}`, "defaults:\n", "defaults:\n  app: main\n").Replace(more["school.yaml"])
		r, err := archived(loadPlan(t, more, "school.yaml"))
		must(t, err)
		r.At = time.Now()
		r, err = h.beside().AddRevision(context.Background(), r)
		must(t, err)
		until(monday.Add(20 * time.Minute))
		if told := e.Troubles(); len(told) != 0 {
			t.Errorf("troubles: %q", told)
		}
		release()
		until(monday.Add(22 * time.Minute))
		if plans := e.ActivePlans(); len(plans) != 1 || plans[0].Revision != r.ID {
			t.Errorf("active: %+v, want revision %d", plans, r.ID)
		}
		until(monday.Add(2 * time.Hour))
		h.shut(e)
		if s := h.outcomes()[german]; s.Outcome != session.Recorded {
			t.Errorf("%s: %s", s.Outcome, s.Reason)
		}
	})
}

// microseconds is a network whose answers name the beginnings of files in microseconds.
type microseconds struct{ below http.RoundTripper }

var sliceStart = regexp.MustCompile(`("sliceStartTime":\d+)`)

func (m microseconds) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := m.below.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	say(resp, string(sliceStart.ReplaceAll(bytes.Clone(raw), []byte("${1}000000"))))
	return resp, nil
}

// TestATimeThatCannotBeStoredCostsNoStop has the service name times that no document of the store can hold, before the
// session was seen running.
func TestATimeThatCannotBeStoredCostsNoStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{Faults: simulator.Faults{Requests: []simulator.RequestFault{{Endpoint: "query", Times: 3, Status: 503}}}})
		h.transport = microseconds{h.sim.Transport()}
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
		until(monday.Add(2 * time.Hour))
		h.shut(e)
		ran := h.sim.Ledger().Sessions
		if len(ran) != 1 || ran[0].StoppedAt == nil || ran[0].StoppedAt.Sub(monday.Add(52*time.Minute)) > 2*time.Second {
			t.Errorf("the sessions are %+v", ran)
		}
		if s := h.outcomes()[german]; s.Outcome != session.Recorded {
			t.Errorf("%s: %s", s.Outcome, s.Reason)
		}
	})
}

// TestARowThatCannotBeReadIsAnError changes the plan of a class whose row cannot be read.
func TestARowThatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		h.shut(h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml")))
		h.alter(`UPDATE occurrences SET revision_id = 'x'`)
		s, err := store.Open(context.Background(), h.dir+"/rundown.db", store.Options{Work: true, Service: "simulator"})
		must(t, err)
		defer s.Close()
		e := runner.New(runner.Config{Store: s, Connect: h.connect})
		if err := e.Start(context.Background(), loadPlan(t, school("2031-09-15 09:00-09:40"), "school.yaml")); err == nil || !strings.Contains(err.Error(), "write specs") {
			t.Errorf("started: %v", err)
		}
	})
}
