package runner_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/session"
)

// seenRequest is what the network saw of a request.
type seenRequest struct {
	at       time.Time
	host, op string
	area     string // before the version in the path; "" for none
	affinity any    // regionAffinity of an acquire; nil for none
	resource string // "" for an acquire
}

// watched is a network to the simulator that keeps what it sees. The hosts in down have no address.
type watched struct {
	below http.RoundTripper

	mu   sync.Mutex
	down []string
	seen []seenRequest
}

func (w *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	s := seenRequest{at: time.Now(), host: r.URL.Host, op: path.Base(r.URL.Path)}
	before, after, _ := strings.Cut(r.URL.Path, "/v1/apps/")
	s.area = before
	if _, rest, ok := strings.Cut(after, "/resourceid/"); ok {
		s.resource, _, _ = strings.Cut(rest, "/")
	}
	if r.Body != nil {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(raw))
		var body struct {
			ClientRequest map[string]any `json:"clientRequest"`
		}
		if err := json.Unmarshal(raw, &body); err != nil && len(raw) > 0 {
			return nil, err
		}
		s.affinity = body.ClientRequest["regionAffinity"]
	}
	if w.isDown(s) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: r.URL.Host}}
	}
	return w.below.RoundTrip(r)
}

// isDown says whether the request's host has no address; else the request is kept. The lock is not held while a request is
// under way, since waiting for a lock keeps virtual time from passing.
func (w *watched) isDown(s seenRequest) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if slices.Contains(w.down, s.host) {
		return true
	}
	w.seen = append(w.seen, s)
	return false
}

func (w *watched) requests() []seenRequest {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.seen)
}

func (w *watched) setDown(hosts ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = hosts
}

// TestTheAreaThatAPlanPrefersIsInEveryRequest records a class that begins on hold, with a restart in its middle, and looks
// at each request on the network.
func TestTheAreaThatAPlanPrefersIsInEveryRequest(t *testing.T) {
	for _, test := range []struct {
		name, storage, recording string
		area                     string
		affinity                 any
	}{
		{name: "without near"},
		{name: "of the recording", recording: "near: eu", area: "/eu", affinity: 3.0},
		{name: "of the storage", storage: "near: ap", area: "/ap", affinity: 2.0},
		{name: "of the recording before that of the storage", storage: "near: ap", recording: "near: us", area: "/us", affinity: 4.0},
		{name: "none in the recording removes that of the storage", storage: "near: ap", recording: "near: none"},
		{name: "with a region", recording: "near: cn\n    region: EU", area: "/cn", affinity: 1.0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{})
				network := &watched{below: h.sim.Transport()}
				h.transport = network
				text := school("2031-09-15 09:00-09:50", "    exact_start: true\n    redundancy: 2\n    "+test.recording)
				text["school.yaml"] = strings.Replace(text["school.yaml"], "bucket: videos,", "bucket: videos, "+strings.TrimPrefix(test.storage+", ", ", "), 1)
				p := loadPlan(t, text, "school.yaml")
				e := h.open(p)
				until(monday.Add(20 * time.Minute))
				h.shut(e)
				until(monday.Add(21 * time.Minute))
				e = h.open(p)
				until(monday.Add(2 * time.Hour))
				h.shut(e)
				if s := h.outcomes()[german]; s.Outcome != session.Recorded {
					t.Errorf("%s: %s", s.Outcome, s.Reason)
				}
				h.audit()

				ops, late := map[string]int{}, 0
				for _, r := range network.requests() {
					ops[r.op]++
					if r.at.After(monday.Add(21 * time.Minute)) {
						late++
					}
					if r.area != test.area {
						t.Errorf("a request to %s has the area %q in its address, want %q", r.op, r.area, test.area)
					}
					if r.op == "acquire" && r.affinity != test.affinity {
						t.Errorf("acquire has the regionAffinity %v, want %v", r.affinity, test.affinity)
					}
					if r.op != "acquire" && r.affinity != nil {
						t.Errorf("a request to %s has a regionAffinity", r.op)
					}
					if test.area != "" && r.host != "api.sd-rtn.com" {
						t.Errorf("a request to %s went to %s, and areas are documented for api.sd-rtn.com", r.op, r.host)
					}
				}
				if ops["acquire"] != 2 || ops["start"] != 2 || ops["query"] == 0 || ops["update"] != 2 || ops["stop"] != 2 || late == 0 {
					t.Errorf("the requests %v, %d of them after the restart: not each kind was seen", ops, late)
				}
			})
		})
	}
}

// TestASessionKeepsItsAreaWhenThePlanChanges edits near while a class is being recorded, live and before a restart. The
// session that runs is asked and stopped in the area where it was acquired; the next class has the new one.
func TestASessionKeepsItsAreaWhenThePlanChanges(t *testing.T) {
	for _, restart := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			until(monday.Add(-time.Hour))
			h := newHouse(t, simulator.Config{})
			network := &watched{below: h.sim.Transport()}
			h.transport = network
			const classes = "2031-09-15 09:00-09:50, 2031-09-16 09:00-09:50"
			e := h.open(loadPlan(t, school(classes, "    near: eu"), "school.yaml"))
			until(monday.Add(20 * time.Minute))
			edited := loadPlan(t, school(classes, "    near: us"), "school.yaml")
			if restart {
				h.shut(e)
				e = h.open(edited)
			} else if _, err := e.Apply(context.Background(), edited); err != nil {
				t.Fatal(err)
			}
			until(monday.Add(26 * time.Hour))
			h.shut(e)
			h.audit()
			areas := map[string]string{}
			for _, r := range network.requests() {
				want, affinity := "/eu", any(3.0)
				if r.at.After(monday.Add(12 * time.Hour)) {
					want, affinity = "/us", 4.0
				}
				if r.area != want {
					t.Errorf("restart %t: %v: a request to %s has the area %q, want %q", restart, r.at, r.op, r.area, want)
				}
				if r.op == "acquire" && r.affinity != affinity {
					t.Errorf("restart %t: acquire has the regionAffinity %v, want %v", restart, r.affinity, affinity)
				}
				areas[r.op+r.area] = r.area
			}
			for _, want := range []string{"acquire/eu", "stop/eu", "acquire/us", "stop/us"} {
				if areas[want] == "" {
					t.Errorf("restart %t: there was no %s", restart, want)
				}
			}
		})
	}
}

// TestTheAreaGoesAlongToEveryHost has the hosts fail that are asked first: the request that goes to another host has the
// area in its address too.
func TestTheAreaGoesAlongToEveryHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		network := &watched{below: h.sim.Transport()}
		h.transport = network
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50", "    near: eu"), "school.yaml"))
		until(monday.Add(10 * time.Minute))
		network.setDown("api.sd-rtn.com")
		until(monday.Add(30 * time.Minute))
		network.setDown("api.sd-rtn.com", "api.agora.io")
		until(monday.Add(2 * time.Hour))
		h.shut(e)
		h.audit()
		hosts := map[string]bool{}
		for _, r := range network.requests() {
			hosts[r.host] = true
			if r.area != "/eu" {
				t.Errorf("a request to %s at %s has the area %q", r.op, r.host, r.area)
			}
		}
		if len(hosts) < 3 {
			t.Errorf("only the hosts %v were asked", hosts)
		}
	})
}
