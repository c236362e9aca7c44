package runner_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/catalog"
	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/runner/session"
)

// foreignBody is something that stands between client and service and answers in its place.
type foreignBody struct {
	name    string
	body    string
	headers map[string]string
	quoted  string // what the reason tells of it; "": only the status
}

var foreignBodies = []foreignBody{
	{"json", `{"error":"denied by policy 7"}`, map[string]string{"Content-Type": "application/json"}, "denied by policy 7"},
	{"message", `{"message":"try later"}`, map[string]string{"Content-Type": "application/json"}, "try later"},
	{"html", "<!doctype html><html><head><title>Sign in to continue</title></head></html>", nil, "Sign in to continue"},
	{"empty", "", nil, ""},
}

func (b foreignBody) fault(endpoint, cname string, status int) simulator.RequestFault {
	headers := map[string]string{}
	for name, value := range b.headers {
		headers[name] = value
	}
	if status/100 == 3 {
		headers["Location"] = "https://login.example/?back=canary"
	}
	return simulator.RequestFault{Endpoint: endpoint, Cname: cname, Status: status, Body: &b.body, Headers: headers}
}

// says is what is told of it. A success is not quoted.
func (b foreignBody) says(status int) string {
	switch {
	case status/100 == 3:
		return "https://login.example"
	case status == 200 && strings.HasPrefix(b.body, "{"):
		return "the answer has no"
	default:
		return b.quoted
	}
}

// lessons are recordings of one class each, a minute after each other.
type lessons struct {
	plan   []string
	faults []simulator.RequestFault
	ids    []string
	next   time.Time
}

// add plans a class of a length, with further keys, and returns its id and its bell.
func (l *lessons) add(name string, length time.Duration, keys string) (string, time.Time) {
	if l.next.IsZero() {
		l.next = monday
	}
	bell := l.next
	l.next = bell.Add(time.Minute)
	local := bell.Add(2 * time.Hour)
	l.plan = append(l.plan, fmt.Sprintf("  %s: {when: %q%s}", name, local.Format("2006-01-02 15:04-")+local.Add(length).Format("15:04"), keys))
	id := fmt.Sprintf("school/%s/%s", name, bell.Format("20060102T150405Z"))
	l.ids = append(l.ids, id)
	return id, bell
}

// ledgerOf is what ran of a recording.
func (h *house) ledgerOf(name string) (out []simulator.LedgerSession) {
	for _, s := range h.sim.Ledger().Sessions {
		if s.Cname == "school-"+name {
			out = append(out, s)
		}
	}
	return out
}

// eventsOf reads an occurrence's log as history does.
func (h *house) eventsOf(id string) string {
	h.t.Helper()
	st := h.beside()
	defer st.Close()
	events, err := st.Events(h.t.Context(), id, 0, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	return strings.Join(slices.Collect(func(yield func(string) bool) {
		for _, e := range events {
			if !yield(e.Text) {
				return
			}
		}
	}), "\n")
}

// foreignLesson is a class that one foreign answer befalls.
type foreignLesson struct {
	name, op, id string
	bell         time.Time
	status       int
	body         foreignBody
}

// foreignLessons are a class for each kind of request, status and body.
func foreignLessons(length time.Duration) (l lessons, all []foreignLesson) {
	for _, op := range []string{"acquire", "start", "query", "update", "stop"} {
		for _, status := range []int{200, 302, 307, 400, 403, 404, 405, 407, 408, 409, 410, 413, 421, 451, 500, 502, 503, 504, 520} {
			for _, body := range foreignBodies {
				name, keys := fmt.Sprintf("%s-%d-%s", op, status, body.name), ""
				if op == "update" {
					keys = ", exact_start: true" // an update ends the hold
				}
				id, bell := l.add(name, length, keys)
				fault := body.fault(op, "school-"+name, status)
				fault.Times = 1
				l.faults = append(l.faults, fault)
				all = append(all, foreignLesson{name, op, id, bell, status, body})
			}
		}
	}
	return l, all
}

func TestOneAnswerThatIsNotTheServicesLosesNoClassAndLeavesNoGhost(t *testing.T) {
	t.Parallel()
	const length = 5 * time.Minute
	l, all := foreignLessons(length)
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{Faults: simulator.Faults{Requests: l.faults}})
		h.poll = time.Hour
		e := h.open(loadPlan(t, school("2031-09-15 08:30-08:35", l.plan...), "school.yaml"))
		until(l.next.Add(time.Hour))
		if told := e.Troubles(); len(told) != 0 {
			t.Errorf("troubles at the end: %q", told)
		}
		h.shut(e)
		h.audit()
		h.agrees()
		ended := h.outcomes()
		for _, x := range all {
			s, ran, log := ended[x.id], h.ledgerOf(x.name), h.eventsOf(x.id)
			late := x.op == "update" && len(s.Gaps) == 1 && s.Gaps[0].Until.Sub(x.bell) <= 2*time.Second // it ends a hold
			if s.Outcome != session.Recorded && !late || len(ran) != 1 {
				t.Errorf("%s: %s with %d sessions: %s", x.name, s.Outcome, len(ran), s.Reason)
				continue
			}
			if late := ran[0].StoppedAt.Sub(x.bell.Add(length + 2*time.Minute)); late < 0 || late > 10*time.Second {
				t.Errorf("%s: stopped %v late", x.name, late)
			}
			quoted := x.body.says(x.status)
			if want := fmt.Sprintf("HTTP %d", x.status); !strings.Contains(log, want) || !strings.Contains(log, quoted) {
				t.Errorf("%s: its events do not tell of %s %q:\n%s", x.name, want, quoted, log)
			}
			if !strings.Contains(s.Reason, "not the service's own") || !strings.Contains(s.Reason, fmt.Sprintf("HTTP %d", x.status)) {
				t.Errorf("%s: its reason does not tell of it: %s", x.name, s.Reason)
			}
			if strings.Contains(log+s.Reason, "canary") {
				t.Errorf("%s: shows the query of a redirect: %s", x.name, s.Reason)
			}
		}
	})
}

func TestAnswersThatAreNeverTheServicesAreToldWhileTheyLast(t *testing.T) {
	t.Parallel()
	const length = 50 * time.Minute
	for _, op := range []string{"acquire", "start"} {
		for _, status := range []int{302, 400, 404, 503} {
			body := foreignBodies[2]
			t.Run(fmt.Sprintf("%s-%d", op, status), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					until(monday.Add(-time.Hour))
					h := newHouse(t, simulator.Config{Faults: simulator.Faults{Requests: []simulator.RequestFault{body.fault(op, "school-german", status)}}})
					e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
					for at := monday.Add(-25 * time.Second); at.Before(monday.Add(length)); at = at.Add(37 * time.Second) {
						until(at)
						told := e.Troubles()
						if len(told) != 1 || !e.Blocked() || !strings.HasPrefix(told[0], "service-unreachable: app ") || !strings.Contains(told[0], op) || !strings.Contains(told[0], fmt.Sprintf("HTTP %d", status)) || !strings.Contains(told[0], body.says(status)) {
							t.Fatalf("%v after the bell: troubles %q", time.Since(monday), told)
						}
					}
					until(monday.Add(length + 5*time.Minute))
					if told := e.Troubles(); len(told) != 0 {
						t.Errorf("troubles after the class: %q", told)
					}
					h.shut(e)
					h.audit()
					s := h.outcomes()[german]
					if s.Outcome != session.Failed || !strings.Contains(s.Reason, fmt.Sprintf("HTTP %d", status)) || !strings.Contains(s.Reason, body.says(status)) || strings.Contains(s.Reason, "orphan") {
						t.Errorf("%s: %s", s.Outcome, s.Reason)
					}
					if s.EndedAt.Before(monday.Add(length - catalog.StartLead())) {
						t.Errorf("given up at %v, while class time was left", s.EndedAt)
					}
					if n := h.sim.Ledger().Requests[op]; n > 230 {
						t.Errorf("it was asked %d times", n)
					}
				})
			})
		}
	}
}

func TestAClassGoesOnOnceTheServiceAnswersAgain(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"acquire", "start"} {
		for _, status := range []int{302, 400, 502, 503} {
			t.Run(fmt.Sprintf("%s-%d", op, status), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					until(monday.Add(-time.Hour))
					h := newHouse(t, simulator.Config{})
					e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
					if err := h.sim.SetFaults(simulator.Faults{Requests: []simulator.RequestFault{foreignBodies[2].fault(op, "*", status)}}); err != nil {
						t.Fatal(err)
					}
					mended := monday.Add(20 * time.Minute)
					until(mended)
					if err := h.sim.SetFaults(simulator.Faults{}); err != nil {
						t.Fatal(err)
					}
					until(mended.Add(3 * time.Minute))
					if told := e.Troubles(); len(told) != 0 {
						t.Errorf("troubles once it is mended: %q", told)
					}
					until(monday.Add(2 * time.Hour))
					h.shut(e)
					h.audit()
					s, ran := h.outcomes()[german], h.sim.Ledger().Sessions
					if s.Outcome != session.Partial || len(ran) != 1 || ran[0].StartedAt.Sub(mended) > 2*time.Minute+15*time.Second {
						t.Errorf("%s, %d sessions: %s", s.Outcome, len(ran), s.Reason)
					}
					if strings.Contains(s.Reason, "orphan") {
						t.Errorf("a start that had no effect is told as an orphan: %s", s.Reason)
					}
				})
			})
		}
	}
}

func TestAStopIsTriedUntilTheServiceItselfAnswers(t *testing.T) {
	t.Parallel()
	for _, status := range []int{302, 404, 502} {
		for _, body := range foreignBodies {
			t.Run(fmt.Sprintf("%d-%s", status, body.name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					until(monday.Add(-time.Hour))
					h := newHouse(t, simulator.Config{Faults: simulator.Faults{Requests: []simulator.RequestFault{body.fault("stop", "*", status)}}})
					e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
					mended := monday.Add(58 * time.Minute)
					until(mended.Add(-time.Second))
					if told := e.Troubles(); len(told) != 1 || e.Blocked() || !strings.Contains(told[0], "stop") {
						t.Errorf("troubles: %q", told)
					}
					until(mended)
					if err := h.sim.SetFaults(simulator.Faults{}); err != nil {
						t.Fatal(err)
					}
					until(mended.Add(time.Minute))
					if told := e.Troubles(); len(told) != 0 {
						t.Errorf("troubles once it is mended: %q", told)
					}
					h.shut(e)
					h.audit()
					s, ran := h.outcomes()[german], h.sim.Ledger().Sessions
					if s.Outcome != session.Recorded || len(ran) != 1 || ran[0].StopReason != "stop" || ran[0].StoppedAt.Sub(mended) > 20*time.Second {
						t.Errorf("%s, sessions %+v: %s", s.Outcome, ran, s.Reason)
					}
				})
			})
		}
	}
}

func TestOnlyTheServices404SaysThatARecordingIsGone(t *testing.T) {
	t.Parallel()
	for _, body := range append(foreignBodies, foreignBody{"route", `{"message":"no Route matched with those values"}`, nil, "no Route"}) {
		t.Run(body.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				fault := body.fault("query", "*", 404)
				fault.Skip = 3
				h := newHouse(t, simulator.Config{Faults: simulator.Faults{Requests: []simulator.RequestFault{fault}}})
				e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
				until(monday.Add(30 * time.Minute))
				if told := e.Troubles(); len(told) != 1 || e.Blocked() || !strings.Contains(told[0], "query") {
					t.Errorf("troubles: %q", told)
				}
				until(monday.Add(time.Hour))
				h.shut(e)
				h.audit()
				s, ran := h.outcomes()[german], h.sim.Ledger().Sessions
				if s.Outcome != session.Recorded || len(ran) != 1 {
					t.Errorf("%s, %d sessions: %s", s.Outcome, len(ran), s.Reason)
				}
			})
		})
	}
}

func TestTheServicesOwnRefusalIsFinal(t *testing.T) {
	t.Parallel()
	for _, fault := range []simulator.RequestFault{
		{Endpoint: "acquire", Status: 400, Code: 2, Reason: "invalid parameter"},
		{Endpoint: "acquire", Status: 400, Code: 400, Reason: "invalid_appid"},
		{Endpoint: "acquire", Status: 400, Reason: "appid is invalid"},
		{Endpoint: "start", Status: 400, Code: 2, Reason: "invalid parameter"},
		{Endpoint: "start", Status: 400, Code: 432, Reason: "does not match"},
		{Endpoint: "start", Status: 403, Code: 1003, Reason: "does not belong"},
	} {
		t.Run(fmt.Sprintf("%s-%d-%d", fault.Endpoint, fault.Status, fault.Code), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h := newHouse(t, simulator.Config{Faults: simulator.Faults{Requests: []simulator.RequestFault{fault}}})
				e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
				until(monday.Add(time.Minute))
				s := h.outcomes()[german]
				if s.Outcome != session.Failed || !strings.Contains(s.Reason, fault.Reason) {
					t.Errorf("%s: %s", s.Outcome, s.Reason)
				}
				if told := e.Troubles(); len(told) != 0 {
					t.Errorf("troubles: %q", told)
				}
				h.shut(e)
			})
		})
	}
}

// replaced lets requests pass and gives answers that are not the service's, in a period.
func replaced(next http.RoundTripper, op string, status int, from, until time.Time) http.RoundTripper {
	return &spell{next: next, from: from, until: until, op: "/mode/web/" + op, spoil: func(_ *http.Request, resp *http.Response) {
		resp.StatusCode = status
		say(resp, "<html><title>upstream</title></html>")
	}}
}

// TestAnAnswerThatIsReplacedAfterItsEffectLeavesNoGhost lets start and stop have their effect and answers in place of the
// service, once and until the resource id is too old.
func TestAnAnswerThatIsReplacedAfterItsEffectLeavesNoGhost(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"start", "stop"} {
		for _, status := range []int{200, 403, 502, 503} {
			for _, lasting := range []time.Duration{2 * time.Second, 7 * time.Minute} {
				t.Run(fmt.Sprintf("%s-%d-%v", op, status, lasting), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						until(monday.Add(-time.Hour))
						h := newHouse(t, simulator.Config{})
						from := monday.Add(-time.Minute)
						if op == "stop" {
							from = monday.Add(52*time.Minute - time.Second)
						}
						h.transport = replaced(h.sim.Transport(), op, status, from, from.Add(lasting+20*time.Second))
						e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
						until(monday.Add(6 * time.Hour))
						h.shut(e)
						s := h.outcomes()[german]
						known := map[string]bool{} // by sid, and orphans by uid: one recording of a cname and a uid lives at most
						for _, x := range s.Sessions {
							known[x.SID] = x.SID != ""
							known[x.UID] = known[x.UID] || x.State == session.SessionOrphan && strings.Contains(s.Reason, "uid "+x.UID)
						}
						ran := h.sim.Ledger().Sessions
						for _, x := range ran {
							if !known[x.SID] && !known[x.UID] {
								t.Errorf("session %s ran from %v to %v, and nobody knows it: %s", x.SID, x.StartedAt, x.StoppedAt, s.Reason)
							}
						}
						if s.Outcome != session.Recorded && s.Outcome != session.Partial || len(ran) > 2 {
							t.Errorf("%s, %d sessions: %s", s.Outcome, len(ran), s.Reason)
						}
						if late := monday.Add(52 * time.Minute); op == "stop" && (len(ran) != 1 || ran[0].StoppedAt.Sub(late) > time.Second || s.Sessions[0].StoppedAt.Sub(*ran[0].StoppedAt).Abs() > time.Second) {
							t.Errorf("sessions %+v, told as stopped at %v", ran, s.Sessions[0].StoppedAt)
						}
					})
				})
			}
		}
	}
}

func TestASecretThatIsEmptyForAMomentLosesNoClass(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{})
		h.lookup = func(r plan.Reference) (string, error) {
			if r.Name == "SECRET" && time.Until(monday).Abs() < 5*time.Minute { // a file that is being replaced
				return "", nil
			}
			return values(r)
		}
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
		until(monday.Add(2 * time.Hour))
		h.shut(e)
		h.audit()
		ran := h.sim.Ledger().Sessions
		if s := h.outcomes()[german]; s.Outcome != session.Partial || len(ran) != 1 || ran[0].StartedAt.Sub(monday) > 5*time.Minute+15*time.Second {
			t.Errorf("%s, sessions %+v: %s", s.Outcome, ran, s.Reason)
		}
	})
}
