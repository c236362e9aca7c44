package runner_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner/notify"
	"rundown/runner/session"
)

// duty is who gets what is critical, and what says that it is over, of a house with a notifier.
type duty struct {
	mu   sync.Mutex
	took []message
}

type message struct {
	at time.Time
	notify.CloudEvent
}

func (d *duty) RoundTrip(r *http.Request) (*http.Response, error) {
	var e notify.CloudEvent
	if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.took = append(d.took, message{time.Now(), e})
	answer := httptest.NewRecorder()
	answer.WriteHeader(http.StatusNoContent)
	return answer.Result(), nil
}

// told lists the kinds of what came about classes.
func (d *duty) told() (list []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range d.took {
		if kind, ok := strings.CutPrefix(m.Type, "rundown.class."); ok {
			list = append(list, kind)
		}
	}
	return list
}

// the is the message of a kind that came first; the test ends where there is none.
func (d *duty) the(t *testing.T, kind string) message {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range d.took {
		if m.Type == "rundown.class."+kind {
			return m
		}
	}
	t.Fatalf("no class.%s is told", kind)
	return message{}
}

// onDuty has a notifier send what is critical in the house to a duty, until the test calls end.
func (h *house) onDuty(p *plan.Plan) (d *duty, end func()) {
	h.t.Helper()
	d = &duty{}
	n, err := notify.Start(context.Background(), notify.Config{
		Store: h.store, Node: "host:1", Transport: d, Now: time.Now,
		Plans: func() []notify.Plan { return []notify.Plan{{Plan: p, Revision: 1}} },
		Lookup: func(*plan.Plan) plan.Lookup {
			return func(plan.Reference) (string, error) { return "http://127.0.0.1:1/", nil }
		},
	})
	must(h.t, err)
	return d, n.Close
}

// interrupted plays a class of 25 minutes whose sessions end from minute 12 on, and what a fault leaves of others, and gives what the duty
// heard.
func interrupted(t *testing.T, redundancy int, fault simulator.RequestFault) (*duty, *house) {
	t.Helper()
	until(monday.Add(-2 * time.Minute))
	fault.Skip = redundancy
	h, carrier := listening(t, simulator.Faults{Requests: []simulator.RequestFault{fault}})
	text := school("2031-09-15 09:00-09:25", fmt.Sprintf("    redundancy: %d", redundancy))
	text["school.yaml"] = strings.Replace(text["school.yaml"], "recordings:", `notify: [{webhook: "${HOOK}", severity: critical}]`+"\nrecordings:", 1)
	p := loadPlan(t, text, "school.yaml")
	e := h.open(p)
	carrier.to(h, e)
	until(monday.Add(12 * time.Minute))
	d, closed := h.onDuty(p)
	for o := range schedule.All(p, monday, monday.Add(time.Second)) {
		for replica := range redundancy {
			end(t, h, p, o.UIDs(replica)[0])
			if replica < redundancy-1 {
				time.Sleep(3 * time.Minute) // virtual: the other one records alone
				if got := d.told(); len(got) > 0 {
					t.Errorf("told %v although a session records", got)
				}
			}
		}
	}
	until(monday.Add(28 * time.Minute))
	must(t, h.sim.Close())
	closed()
	h.shut(e)
	h.audit()
	return d, h
}

// recordsAgain is when the ledger has the sessions that came after the first ones begin.
func recordsAgain(h *house, first int) (since []time.Time) {
	for _, x := range h.sim.Ledger().Sessions[first:] {
		since = append(since, x.StartedAt)
	}
	return since
}

// noCapacity refuses each acquire after the first ones.
var noCapacity = simulator.RequestFault{Endpoint: "acquire", Status: 400, Code: 406, Reason: "vendor_over_load"}

// TestAClassThatLosesItsRecordingIsToldOfWhileSomethingCanBeDone has no other session begin.
func TestAClassThatLosesItsRecordingIsToldOfWhileSomethingCanBeDone(t *testing.T) {
	t.Parallel()
	for redundancy := 1; redundancy <= 2; redundancy++ {
		t.Run(fmt.Sprint(redundancy), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				lost := monday.Add(12*time.Minute + time.Duration(redundancy-1)*3*time.Minute)
				d, h := interrupted(t, redundancy, noCapacity)
				if got, want := d.told(), []string{"late"}; !slices.Equal(got, want) { // partial, at its end, is a warning
					t.Fatalf("told %v, want %v", got, want)
				}
				m := d.the(t, "late")
				if after := m.at.Sub(lost); after < session.ReplacedWithin || after > session.ReplacedWithin+30*time.Second {
					t.Errorf("it is told %v after the loss", after)
				}
				for _, part := range []string{"german, Mon 15 Sep 2031 09:00 to 09:25 CEST", "nothing of it has been recorded since " + lost.Add(2*time.Hour).Format("15:04:0"), "vendor_over_load", "The next try is at 09:1"} {
					if !strings.Contains(m.Data.Text, part) {
						t.Errorf("%q is not in %q", part, m.Data.Text)
					}
				}
				if !strings.Contains(m.Data.Advice, "Record the rest of the class by other means") || m.Data.ReasonCode == nil {
					t.Errorf("it advises %q, by code %v", m.Data.Advice, m.Data.ReasonCode)
				}
				if s := h.outcomes()[german]; s.Outcome != session.Partial || len(recordsAgain(h, redundancy)) > 0 {
					t.Errorf("%s: %s; sessions that followed: %v", s.Outcome, s.Reason, recordsAgain(h, redundancy))
				}
			})
		})
	}
}

// TestAClassThatRecordsAgainIsToldOf has another session begin after some minutes, and after some seconds.
func TestAClassThatRecordsAgainIsToldOf(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		some := noCapacity
		some.Times = 30
		d, h := interrupted(t, 1, some)
		if got, want := d.told(), []string{"late", "recovered"}; !slices.Equal(got, want) {
			t.Fatalf("told %v, want %v", got, want)
		}
		again := recordsAgain(h, 1)
		m := d.the(t, "recovered")
		if len(again) != 1 || m.at.Before(again[0]) || m.at.Sub(again[0]) > 15*time.Second {
			t.Errorf("told at %v that it records again, and the ledger says %v", m.at, again)
		}
		for _, part := range []string{"has been recorded again since 09:19:", "Nothing was recorded from 09:12:0", " to 09:19:"} {
			if !strings.Contains(m.Data.Text, part) {
				t.Errorf("%q is not in %q", part, m.Data.Text)
			}
		}
	})
	synctest.Test(t, func(t *testing.T) {
		soon := noCapacity
		soon.Times = 2
		if d, h := interrupted(t, 1, soon); len(d.told()) > 0 || len(recordsAgain(h, 1)) != 1 {
			t.Errorf("told %v of a class that was replaced within seconds by %v", d.told(), recordsAgain(h, 1))
		}
	})
}

// TestAClassThatIsGivenUpIsCriticalWhileItLasts has the service refuse the start of the replacement for good: the class has its outcome
// although most of it is to come.
func TestAClassThatIsGivenUpIsCriticalWhileItLasts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, _ := interrupted(t, 1, simulator.RequestFault{Endpoint: "start", Status: 400, Code: 2, Reason: "invalid parameter"})
		if got, want := d.told(), []string{"partial"}; !slices.Equal(got, want) {
			t.Fatalf("told %v, want %v", got, want)
		}
		m := d.the(t, "partial")
		if after := m.at.Sub(monday.Add(12 * time.Minute)); after > 30*time.Second || m.Data.Severity != plan.NotifyCritical {
			t.Errorf("told %v after the loss as %s", after, m.Data.Severity)
		}
		for _, part := range []string{"it was recorded until 09:12:0", "does not try any more"} {
			if !strings.Contains(m.Data.Text, part) {
				t.Errorf("%q is not in %q", part, m.Data.Text)
			}
		}
		if !strings.Contains(m.Data.Advice, "Record the rest of the class by other means") {
			t.Errorf("it advises %q", m.Data.Advice)
		}
	})
}
