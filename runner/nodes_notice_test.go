package runner_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner"
	"rundown/runner/store"
	"rundown/runner/web"
)

// TestANotificationReachesTheOwnerByAnyNode has each session end after seven minutes, and the notifications of it reach the
// nodes in several ways. Queries alone would find the end within two minutes.
func TestANotificationReachesTheOwnerByAnyNode(t *testing.T) {
	t.Parallel()
	for name, to := range map[string]func() []int{ // which nodes hear of each notification
		"by both":               func() []int { return []int{0, 1} },
		"twice by the one node": func() []int { return []int{1, 1} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-5*time.Minute + 700*time.Millisecond))
				carrier := &callbacks{}
				f := newFleet(t, simulator.Config{
					Callback: "https://rundown.example/webhooks/agora", CallbackSecret: "example", CallbackTransport: carrier,
					Faults: simulator.Faults{Sessions: []simulator.SessionFault{{After: simulator.Duration(7 * time.Minute), Stop: "recorder_error"}}},
				})
				a := f.join("a", nil, loadPlan(t, twoApps(bell), "school.yaml"))
				time.Sleep(600 * time.Millisecond)
				b := f.join("b", nil)
				nodes := []*fleetNode{a, b}
				carrier.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, err := io.ReadAll(r.Body)
					must(t, err)
					for _, i := range to() {
						again := r.Clone(r.Context())
						again.Body = io.NopCloser(bytes.NewReader(body))
						answer := httptest.NewRecorder()
						web.Notices(func() (string, error) { return "example", nil }, nodes[i].TakeNotice, nil).ServeHTTP(answer, again)
						if answer.Code != http.StatusOK {
							t.Errorf("node %d answered %d", i, answer.Code)
						}
					}
				}))
				until(monday.Add(15 * time.Minute))
				must(t, f.sim.Close())
				f.noticed(b.store)
				for _, n := range nodes {
					f.leave(n)
				}
				f.once()
			})
		})
	}
}

// noticed wants all four classes to have been interrupted once, and for some seconds only, each notification to be in its history
// once, and none to wait.
func (f *fleet) noticed(s *store.Store) {
	f.t.Helper()
	rows, err := s.Occurrences(f.t.Context(), store.Filter{})
	must(f.t, err)
	for _, o := range rows {
		sessions, err := s.Sessions(f.t.Context(), o.ID)
		must(f.t, err)
		state, err := runner.Decode(o, sessions[o.ID])
		must(f.t, err)
		if len(state.Gaps) != 1 || state.Gaps[0].Until.Sub(state.Gaps[0].From) > 15*time.Second {
			f.t.Errorf("%s: %s, gaps %v: %s", o.ID, o.Outcome, state.Gaps, o.Reason)
		}
		events, err := s.Events(f.t.Context(), o.ID, 0, 0)
		must(f.t, err)
		var texts []string
		for _, e := range events {
			if e.Kind == store.KindNotice {
				texts = append(texts, e.Text+string(e.Data))
			}
		}
		slices.Sort(texts)
		if len(texts) < 10 || len(slices.Compact(slices.Clone(texts))) != len(texts) {
			f.t.Errorf("%s: the notifications are %s", o.ID, strings.Join(texts, "\n"))
		}
	}
	if waiting, err := s.RelayedNotices(f.t.Context()); err != nil || len(waiting) > 0 || len(rows) != 4 {
		f.t.Errorf("%d classes; notifications that wait for their owners: %+v, %v", len(rows), waiting, err)
	}
}
