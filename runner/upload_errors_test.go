package runner_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rundown/agora/simulator"
	"rundown/runner"
	"rundown/runner/session"
	"rundown/runner/store"
)

// uploadError is a notification of an error of the uploader.
func uploadError(code int, after time.Duration) simulator.NoticeFault {
	return simulator.NoticeFault{After: simulator.Duration(after), Send: &simulator.NoticeSend{
		Event: 1, Details: map[string]any{"module": 1, "errorLevel": 5, "errorCode": code, "stat": 0, "errorMsg": "no access with canary-KEY"},
	}}
}

func TestAnUploadErrorIsToldAtOnceAndInTheOutcome(t *testing.T) {
	for name, tt := range map[string]struct {
		code  int
		after time.Duration // of the start, some 6 s before the class's padding
		words string
	}{
		"the storage is wrong":        {32, 10 * time.Minute, "the storage configuration is wrong"},
		"the upload fails":            {47, 10 * time.Minute, "the upload fails"},
		"the upload fails, by 51":     {51, 10 * time.Minute, "the upload fails"},
		"told once the class is over": {32, 2 * time.Hour, "the storage configuration is wrong"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				until(monday.Add(-time.Hour))
				h, carrier := listening(t, simulator.Faults{Notices: []simulator.NoticeFault{uploadError(tt.code, tt.after)}})
				e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
				carrier.to(h, e)
				until(monday.Add(tt.after + time.Minute))
				warned := false
				for line := range strings.Lines(h.log.String()) {
					warned = warned || strings.Contains(line, "level=WARN") && strings.Contains(line, german) && strings.Contains(line, tt.words)
				}
				if !warned {
					t.Errorf("a minute later the log holds no warning that says %q", tt.words)
				}
				until(monday.Add(4 * time.Hour))
				if err := h.sim.Close(); err != nil {
					t.Error(err)
				}
				s := stored(t, h, german)
				h.shut(e)
				if s.Outcome != session.Recorded || !strings.Contains(s.Reason, tt.words) || !strings.Contains(s.Reason, "there may be nothing in the bucket") {
					t.Errorf("%s: %s", s.Outcome, s.Reason)
				}
				if got := s.Sessions[0].UploadStatus; got != "failed" {
					t.Errorf("the upload status is %q", got)
				}
				noCanary(t, h)
				h.audit()
			})
		})
	}
}

// stored is an occurrence as the store holds it.
func stored(t *testing.T, h *house, id string) session.State {
	t.Helper()
	rows, err := h.store.Occurrences(context.Background(), store.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	sessions, err := h.store.Sessions(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row.ID == id {
			s, err := runner.Decode(row, sessions[id])
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
	}
	t.Fatalf("the store does not hold %s", id)
	return session.State{}
}

// TestNotificationsOfOthersAreTakenWithoutNoise has a minute in which 40 notifications of another recording of the App ID
// and 40 of another product come.
func TestNotificationsOfOthersAreTakenWithoutNoise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until(monday.Add(-time.Hour))
		var notices []simulator.NoticeFault
		for i := range 40 {
			at := simulator.Duration(10*time.Minute + time.Duration(i)*time.Second)
			notices = append(notices,
				simulator.NoticeFault{After: at, Send: &simulator.NoticeSend{Event: 40, Cname: "elsewhere", UID: "9", SID: "other", Details: map[string]any{"status": 0}}},
				simulator.NoticeFault{After: at, Send: &simulator.NoticeSend{Event: 101, Product: 1, Payload: []any{"of its own", map[string]any{"sid": 7}}}},
			)
		}
		h, carrier := listening(t, simulator.Faults{Notices: notices})
		e := h.open(loadPlan(t, school("2031-09-15 09:00-09:50"), "school.yaml"))
		carrier.to(h, e)
		until(monday.Add(2 * time.Hour))
		if err := h.sim.Close(); err != nil {
			t.Error(err)
		}
		h.shut(e)
		for i, answer := range carrier.answers {
			if answer != http.StatusOK {
				t.Errorf("notification %d is answered with %d: %s", i, answer, carrier.bodies[i])
			}
		}
		loud := 0
		for line := range strings.Lines(h.log.String()) {
			if strings.Contains(line, "notification") && !strings.Contains(line, "level=DEBUG") {
				loud++
			}
		}
		if loud > 2 {
			t.Errorf("%d lines were logged about them:\n%s", loud, h.log.String())
		}
		if s := h.outcomes()[german]; s.Outcome != session.Recorded {
			t.Errorf("%s: %s", s.Outcome, s.Reason)
		}
	})
}
