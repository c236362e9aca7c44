package runner_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner/session"
)

// TestARetryAfterOfAnHourCostsNoClassAndNoHourOfBilling has the service ask once for a pause that would outlast the class.
func TestARetryAfterOfAnHourCostsNoClassAndNoHourOfBilling(t *testing.T) {
	t.Parallel()
	const length = 10 * time.Minute
	inAnHour := func(bell time.Time) string { return bell.Add(time.Hour).UTC().Format(http.TimeFormat) }
	type lesson struct {
		op, name, id string
		bell         time.Time
	}
	var all []lesson
	var l lessons
	for _, op := range []string{"acquire", "start", "query", "update", "stop"} {
		for _, status := range []int{429, 503} {
			for _, form := range []string{"seconds", "date", "days"} {
				name, keys := fmt.Sprintf("%s-%d-%s", op, status, form), ""
				if op == "update" {
					keys = ", exact_start: true"
				}
				id, bell := l.add(name, length, keys)
				wait := map[string]string{"seconds": "3600", "date": inAnHour(bell), "days": "2147483647"}[form]
				l.faults = append(l.faults, simulator.RequestFault{
					Endpoint: op, Cname: "school-" + name, Times: 1, Status: status, Headers: map[string]string{"Retry-After": wait},
				})
				all = append(all, lesson{op, name, id, bell})
			}
		}
	}
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{Faults: simulator.Faults{Requests: l.faults}})
		h.poll = time.Hour
		e := h.open(loadPlan(t, school("2031-09-15 08:30-08:35", l.plan...), "school.yaml"))
		until(l.next.Add(2 * time.Hour))
		h.shut(e)
		h.audit()
		ended := h.outcomes()
		for _, x := range all {
			s, ran := ended[x.id], h.ledgerOf(x.name)
			late := len(s.Gaps) == 1 && s.Gaps[0].Until.Sub(x.bell) <= 31*time.Second
			if s.Outcome != session.Recorded && !late || len(ran) != 1 {
				t.Errorf("%s: %s with %d sessions: %s", x.name, s.Outcome, len(ran), s.Reason)
				continue
			}
			if late := ran[0].StoppedAt.Sub(x.bell.Add(length + 2*time.Minute)); late < 0 || late > 31*time.Second {
				t.Errorf("%s: stopped %v late", x.name, late)
			}
		}
	})
}

// TestARetryAfterTakesAtMostAThirdOfWhatIsLeftOfAShortClass begins late, where half a minute would be most of the class.
func TestARetryAfterTakesAtMostAThirdOfWhatIsLeftOfAShortClass(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"acquire", "start"} {
		for _, status := range []int{429, 503} {
			t.Run(fmt.Sprintf("%s-%d", op, status), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					until(monday.Add(10 * time.Second))
					h := newHouse(t, simulator.Config{Faults: simulator.Faults{Requests: []simulator.RequestFault{
						{Endpoint: op, Times: 1, Status: status, Headers: map[string]string{"Retry-After": "3600"}},
					}}})
					e := h.open(loadPlan(t, school("2031-09-15 09:00:00-09:00:40", "    min_remainder: 10s"), "school.yaml"))
					until(monday.Add(time.Hour))
					h.shut(e)
					h.audit()
					ran := h.sim.Ledger().Sessions
					if s := h.outcomes()[german]; s.Outcome != session.Partial || len(ran) != 1 || ran[0].StartedAt.Sub(monday) > 21*time.Second {
						t.Errorf("%s, sessions %+v: %s", s.Outcome, ran, s.Reason)
					}
				})
			})
		}
	}
}

// TestARetryAfterOfOneClassKeepsNoOtherWaiting has one class told to wait while others of its App ID begin.
func TestARetryAfterOfOneClassKeepsNoOtherWaiting(t *testing.T) {
	t.Parallel()
	var l lessons
	l.add("first", 10*time.Minute, "")
	l.next = monday
	other, _ := l.add("second", 10*time.Minute, "")
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		h := newHouse(t, simulator.Config{Faults: simulator.Faults{Requests: []simulator.RequestFault{
			{Endpoint: "acquire", Cname: "school-first", Times: 5, Status: 429, Headers: map[string]string{"Retry-After": "3600"}},
		}}})
		e := h.open(loadPlan(t, school("2031-09-15 08:30-08:35", l.plan...), "school.yaml"))
		until(monday.Add(time.Hour))
		h.shut(e)
		h.audit()
		ran := h.ledgerOf("second")
		if s := h.outcomes()[other]; s.Outcome != session.Recorded || len(ran) != 1 || ran[0].StartedAt.After(monday.Add(-25*time.Second)) {
			t.Errorf("%s, sessions %+v: %s", s.Outcome, ran, s.Reason)
		}
	})
}
