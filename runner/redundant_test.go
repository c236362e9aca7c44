package runner_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rundown/agora"
	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner"
	"rundown/runner/session"
)

// acquires notes what each acquire asks for, in the order in which they are sent.
type acquires struct {
	next http.RoundTripper
	mu   sync.Mutex
	sent []agora.AcquireRequest
}

func (a *acquires) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/acquire") {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		var sent agora.AcquireRequest
		if err := json.Unmarshal(body, &sent); err != nil {
			return nil, err
		}
		a.mu.Lock()
		a.sent = append(a.sent, sent)
		a.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return a.next.RoundTrip(r)
}

// TestUpToFourSessionsRecordAClassAtOnceAndEachIsReplacedOnlyAsItsReplica ends the session of each replica in turn.
func TestUpToFourSessionsRecordAClassAtOnceAndEachIsReplacedOnlyAsItsReplica(t *testing.T) {
	t.Parallel()
	for redundancy := 1; redundancy <= 4; redundancy++ {
		t.Run(fmt.Sprint(redundancy), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { recordAtOnce(t, redundancy) })
		})
	}
}

func recordAtOnce(t *testing.T, redundancy int) {
	until(monday.Add(-time.Hour))
	h, carrier := listening(t, simulator.Faults{})
	spy := &acquires{next: h.sim.Transport()}
	h.transport = spy
	p := loadPlan(t, school("2031-09-15 09:00-09:50", fmt.Sprintf("    redundancy: %d", redundancy), "    cdn: one"), "school.yaml")
	e := h.open(p)
	carrier.to(h, e)
	var own [][2]string // the uids of each replica
	for o := range schedule.All(p, monday, monday.Add(time.Second)) {
		for replica := range redundancy {
			own = append(own, o.UIDs(replica))
		}
	}
	running := func() map[string]string { // uid → resource id
		out := map[string]string{}
		for _, x := range h.sim.Ledger().Sessions {
			if x.StoppedAt == nil {
				out[x.UID] = x.ResourceID
			}
		}
		return out
	}
	apart := func(lives map[string]string, but string) []string {
		var out []string
		for uid, id := range lives {
			if uid != but {
				out = append(out, id)
			}
		}
		slices.Sort(out)
		return out
	}
	carrying := make([]string, redundancy) // the uid that records each replica
	check := func(when string) {
		t.Helper()
		lives := running()
		for replica, uid := range carrying {
			if _, ok := lives[uid]; !ok || len(lives) != redundancy {
				t.Errorf("%s: uids %v run, want %v, of which %s is replica %d's", when, lives, carrying, uid, replica)
			}
		}
	}

	until(monday.Add(5 * time.Minute))
	for replica := range redundancy {
		carrying[replica] = own[replica][0]
	}
	check("after the bell")
	for n, sent := range spy.sent {
		var want []string
		for _, uid := range carrying[:n] {
			want = append(want, running()[uid])
		}
		if diff := cmp.Diff(want, sent.ClientRequest.ExcludeResourceIDs); diff != "" || sent.UID != carrying[n] {
			t.Errorf("acquire %d, of uid %s: apart from (-want +got):\n%s", n, sent.UID, diff)
		}
	}
	for replica := range redundancy {
		until(monday.Add(time.Duration(10+5*replica) * time.Minute))
		before, died := running(), carrying[replica]
		end(t, h, p, died)
		carrying[replica] = own[replica][1]
		time.Sleep(time.Minute)
		check(fmt.Sprintf("after the session of replica %d died", replica))
		replacement := spy.sent[len(spy.sent)-1]
		got := slices.Sorted(slices.Values(replacement.ClientRequest.ExcludeResourceIDs))
		if diff := cmp.Diff(apart(before, died), got); diff != "" || replacement.UID != own[replica][1] {
			t.Errorf("the replacement in replica %d has uid %s and is placed apart from (-want +got):\n%s", replica, replacement.UID, diff)
		}
	}
	until(monday.Add(2 * time.Hour))
	if err := h.sim.Close(); err != nil {
		t.Error(err)
	}
	h.shut(e)
	s := h.outcomes()[german]
	want := session.Recorded
	if redundancy == 1 {
		want = session.Partial
	}
	if s.Outcome != want || len(s.Sessions) != 2*redundancy {
		t.Errorf("%s with %d sessions: %s", s.Outcome, len(s.Sessions), s.Reason)
	}
	for _, x := range h.sim.Ledger().Sessions {
		if got, want := x.RTMPURL != "", slices.Contains(own[0][:], x.UID); got != want {
			t.Errorf("that the session of uid %s pushes is %v; only those of the first replica are to", x.UID, got)
		}
	}
	h.audit()
}

// end stops a session behind the engine's back.
func end(t *testing.T, h *house, p *plan.Plan, uid string) {
	t.Helper()
	conn, err := h.connect(p)
	if err != nil {
		t.Fatal(err)
	}
	client, err := conn.Client("")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range h.sim.Ledger().Sessions {
		if x.UID == uid && x.StoppedAt == nil {
			if _, err := client.App("canary-APP", agora.NewBudget(10)).Stop(context.Background(), x.ResourceID, x.SID, runner.StopRequest(x.Cname, x.UID)); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("no session of uid %s runs", uid)
}
