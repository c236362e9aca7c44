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
	"rundown/runner/store"
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

// TestUpToFourSessionsRecordAClassAtOnceAndEachIsReplacedOnlyInItsLane ends the session of each lane in turn.
func TestUpToFourSessionsRecordAClassAtOnceAndEachIsReplacedOnlyInItsLane(t *testing.T) {
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
	var own [][2]string // the uids of each lane
	for o := range schedule.All(p, monday, monday.Add(time.Second)) {
		for lane := range redundancy {
			own = append(own, o.UIDs(lane))
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
	carrying := make([]string, redundancy) // the uid that records each lane
	check := func(when string) {
		t.Helper()
		lives := running()
		for lane, uid := range carrying {
			if _, ok := lives[uid]; !ok || len(lives) != redundancy {
				t.Errorf("%s: uids %v run, want %v, of which %s is lane %d's", when, lives, carrying, uid, lane)
			}
		}
	}

	until(monday.Add(5 * time.Minute))
	for lane := range redundancy {
		carrying[lane] = own[lane][0]
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
	for lane := range redundancy {
		until(monday.Add(time.Duration(10+5*lane) * time.Minute))
		before, died := running(), carrying[lane]
		end(t, h, p, died)
		carrying[lane] = own[lane][1]
		time.Sleep(time.Minute)
		check(fmt.Sprintf("after the session of lane %d died", lane))
		replacement := spy.sent[len(spy.sent)-1]
		got := slices.Sorted(slices.Values(replacement.ClientRequest.ExcludeResourceIDs))
		if diff := cmp.Diff(apart(before, died), got); diff != "" || replacement.UID != own[lane][1] {
			t.Errorf("the replacement in lane %d has uid %s and is placed apart from (-want +got):\n%s", lane, replacement.UID, diff)
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
			t.Errorf("that the session of uid %s pushes is %v; only those of the first lane are to", x.UID, got)
		}
	}
	h.audit()
}

// TestAStoreThatHoldsTwoLanesInTheFormBeforeIsReadOn writes a class that is under way as it was written before lanes
// were lists, and lets the next start bring it up.
func TestAStoreThatHoldsTwoLanesInTheFormBeforeIsReadOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		p := loadPlan(t, school("2031-09-15 09:00-09:50, 2031-09-16 09:00-09:50", "    redundancy: 2"), "school.yaml")
		e := h.open(p)
		until(monday.Add(5 * time.Minute))
		h.shut(e)
		h.alter(
			`UPDATE occurrences SET doc = json_remove(json_set(doc, '$.uids', json_extract(doc, '$.uids[0]'), '$.second_uids', json_extract(doc, '$.uids[1]'),
				'$.failures', 1, '$.retry_at', '2031-09-15T06:59:30Z', '$.second', json('{"failures":2}')), '$.lanes')`,
			`DELETE FROM rundown_schema WHERE version_id >= 4`,
			`DROP INDEX sessions_by_sid`, `DROP INDEX events_of_notices`, `DROP INDEX occurrences_ended`, `DROP INDEX commands_by_start`,
			`ALTER TABLE commands DROP COLUMN day`, `ALTER TABLE commands DROP COLUMN clock`,
			`ALTER TABLE occurrences DROP COLUMN reason_code`, `ALTER TABLE commands DROP COLUMN reason_code`,
			`ALTER TABLE revisions DROP COLUMN reason_code`, `ALTER TABLE revisions DROP COLUMN back_to`,
		)
		e = h.open(p)
		rows, err := h.store.Occurrences(context.Background(), store.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			s, err := runner.Decode(row, nil)
			if err != nil {
				t.Fatal(err)
			}
			if s.ID != german {
				continue
			}
			var o plan.Occurrence
			for o = range schedule.All(p, monday, monday.Add(time.Second)) {
			}
			if diff := cmp.Diff([][2]string{o.UIDs(0), o.UIDs(1)}, s.UIDs); diff != "" {
				t.Errorf("uids (-want +got):\n%s", diff)
			}
			first := session.Lane{Failures: 1, RetryAt: monday.Add(-30 * time.Second)}
			if diff := cmp.Diff([]session.Lane{first, {Failures: 2}, {}, {}}, s.Lanes[:]); diff != "" {
				t.Errorf("lanes (-want +got):\n%s", diff)
			}
		}
		until(monday.Add(26 * time.Hour))
		h.shut(e)
		outcomes := h.outcomes()
		for id, s := range outcomes {
			if s.Outcome != session.Recorded || len(s.Sessions) != 2 {
				t.Errorf("%s: %s with %d sessions: %s", id, s.Outcome, len(s.Sessions), s.Reason)
			}
		}
		if len(outcomes) != 2 {
			t.Errorf("%d classes ended, want two", len(outcomes))
		}
		h.audit()
	})
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
