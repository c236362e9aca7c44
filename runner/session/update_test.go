package session

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rundown/agora"
	"rundown/plan/schedule"
)

// exact is the lesson, to be written from the bell on.
func exact() State {
	s := lesson()
	s.Exact, s.From = true, bell.Add(-schedule.HoldLead())
	s.Begin = s.FirstRequest()
	return s
}

// heldService answers as a service does whose sessions begin on hold and are resumed by update.
func heldService(more service) service {
	resumed := map[int]time.Time{}
	return func(r request) *Answer {
		if more != nil {
			if a := more(r); a != nil {
				return a
			}
		}
		switch {
		case r.op == agora.OpUpdate && r.session.Change == ChangeHold:
			resumed[r.session.Attempt] = bell.Add(r.at)
		case r.op == agora.OpQuery && (r.session.Held || !resumed[r.session.Attempt].IsZero()):
			on := resumed[r.session.Attempt].IsZero()
			payload := agora.ServicePayload{State: "inProgress", OnHold: &on}
			if !on {
				payload.FileList = []agora.File{{Filename: "a.m3u8", SliceStartTime: resumed[r.session.Attempt].UnixMilli()}}
			}
			return &Answer{Result: agora.Done, Server: agora.ServerResponse{Status: agora.StatusReady, Services: []agora.ServiceState{{ServiceName: agora.ServiceWebRecorder, Payload: payload}}}}
		}
		return nil
	}
}

func updates(trace []string) []string {
	return slices.DeleteFunc(slices.Clone(trace), func(line string) bool { return !strings.Contains(line, " update ") })
}

func TestAnExactStartIsHeldForAMinuteAndResumedAtTheBell(t *testing.T) {
	s, trace := play(t, exact(), heldService(nil))
	if diff := cmp.Diff([]string{"-1m13s acquire 1 uid 11", "-1m13s start 1 uid 11", "0s update 1 uid 11", "52m0s stop 1 uid 11"}, without(trace, agora.OpQuery)); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if s.Outcome != Recorded || !s.Sessions[0].RecordingAt.Equal(bell) || s.Sessions[0].Held {
		t.Errorf("%s: %s; written from %v, held %v", s.Outcome, s.Reason, s.Sessions[0].RecordingAt, s.Sessions[0].Held)
	}
	if !slices.Contains(trace, "1s query 1 uid 11") {
		t.Errorf("the end of the hold was not looked at: %v", trace)
	}
}

func TestAnUpdateThatEndsAHoldIsRepeatedUntilAQueryShowsIt(t *testing.T) {
	n := 0
	s, trace := play(t, exact(), heldService(func(r request) *Answer {
		if r.op == agora.OpUpdate {
			if n++; n <= 2 {
				return []*Answer{noAnswer, {Result: agora.Done}}[n-1] // the second is accepted and does nothing
			}
		}
		return nil
	}))
	if diff := cmp.Diff([]string{"0s update 1 uid 11", "1s update 1 uid 11", "2s update 1 uid 11"}, updates(trace)); diff != "" {
		t.Errorf("updates (-want +got):\n%s", diff)
	}
	if s.Outcome != Partial || len(s.Gaps) != 1 || s.Gaps[0].Until.Sub(bell) < 2*time.Second {
		t.Errorf("%s with the gaps %v: the time on hold is missing and must be told", s.Outcome, s.Gaps)
	}
}

func TestASessionThatCannotBeResumedIsReplacedWithoutAHold(t *testing.T) {
	s, trace := play(t, exact(), heldService(func(r request) *Answer {
		if r.op == agora.OpUpdate {
			return refusal(agora.Permanent, 400, 2, "onhold")
		}
		return nil
	}))
	if len(s.Sessions) != 2 || s.Sessions[0].State != SessionFailed || s.Sessions[1].Held || s.Outcome != Partial {
		t.Errorf("%s %q after %v", s.Outcome, s.Reason, without(trace, agora.OpQuery))
	}
	if got := s.Gaps[0].Until.Sub(bell); got > 10*time.Second {
		t.Errorf("the class was lost for %v", got)
	}
}

func TestAPauseThatNobodyAskedForIsEndedAndTold(t *testing.T) {
	paused := bell.Add(20 * time.Minute)
	resumed := false
	s, trace := play(t, lesson(), func(r request) *Answer {
		if r.op == agora.OpUpdate {
			resumed = true
		}
		if r.op == agora.OpQuery {
			a := running(r.session.StartedAt.Add(5 * time.Second))
			on := bell.Add(r.at).After(paused) && !resumed
			a.Server.Services[0].Payload.OnHold = &on
			return a
		}
		return nil
	})
	if len(updates(trace)) != 1 || s.Outcome != Partial || !strings.Contains(s.Reason, "found on hold") {
		t.Fatalf("%s %q after the updates %v", s.Outcome, s.Reason, updates(trace))
	}
	if g := s.Gaps; len(g) != 1 || g[0].From.After(paused) || g[0].Until.Before(paused) || g[0].Until.Sub(g[0].From) > 3*time.Minute {
		t.Errorf("gaps %v, want the pause from %v on, to one poll", g, paused)
	}
}

// pushing is a query's answer with a push in some state.
func pushing(r request, status string) *Answer {
	a := running(r.session.StartedAt.Add(5 * time.Second))
	a.Server.Services = append(a.Server.Services, agora.ServiceState{ServiceName: agora.ServiceRTMPPublish, Payload: agora.ServicePayload{Outputs: []agora.OutputState{{Status: status}}}})
	return a
}

func TestABrokenPushMovesToTheFallbackAndStaysThere(t *testing.T) {
	s := lesson()
	s.CDN, s.Fallback = "main", "spare"
	s, trace := play(t, s, func(r request) *Answer {
		if r.op != agora.OpQuery {
			return nil
		}
		if r.session.CDN == "main" && r.at > 10*time.Minute && r.at < 20*time.Minute {
			return pushing(r, "disconnected")
		}
		return pushing(r, "publishing")
	})
	if diff := cmp.Diff([]string{"11m22s update 1 uid 11"}, updates(trace)); diff != "" {
		t.Errorf("updates (-want +got):\n%s", diff)
	}
	if s.Sessions[0].CDN != "spare" || !strings.Contains(s.Reason, "moved to its fallback, where it stays") || s.Outcome != Recorded {
		t.Errorf("pushes to %s; %s: %s", s.Sessions[0].CDN, s.Outcome, s.Reason)
	}
}

func TestAPushThatBreaksOrDoesNotComeUpIsReported(t *testing.T) {
	for _, status := range []string{"disconnected", "connecting"} {
		s := lesson()
		s.CDN = "main"
		s, trace := play(t, s, func(r request) *Answer {
			if r.op == agora.OpQuery {
				return pushing(r, status)
			}
			return nil
		})
		if len(updates(trace)) > 0 || !strings.Contains(s.Reason, "the push to main") || strings.Count(s.Reason, "the push") != 1 {
			t.Errorf("%s: %q after %v", status, s.Reason, updates(trace))
		}
	}
}

func TestAnUpdateThatMeetsAnEndedRecordingIsFollowedByAQueryAtOnce(t *testing.T) {
	for _, answer := range []*Answer{refusal(agora.Ended, 400, 49, "invalid operation"), refusal(agora.Ended, 500, 501, "is exiting"), gone} {
		for name, change := range map[string]change{
			"push": {at: 20*time.Minute + time.Second, do: func(s *State) { s.CDN = "other" }},
			"hold": {do: func(*State) {}},
		} {
			s := lesson()
			s.CDN, s.Exact = "main", name == "hold"
			ended, asked := time.Duration(0), 0
			s, trace := play(t, s, func(r request) *Answer {
				switch {
				case r.session.Attempt > 1:
				case r.op == agora.OpUpdate:
					asked, ended = asked+1, r.at
					return answer
				case r.op == agora.OpQuery && asked > 0:
					return status(20)
				}
				return nil
			}, change)
			if asked != 1 || len(s.Sessions) != 2 || len(s.Gaps) > 0 && s.Gaps[0].Until.Sub(bell)-ended > 10*time.Second {
				t.Errorf("%s, %v: %d updates of the recording that had ended at %v, %d sessions, %s: %s\n%v", name, answer, asked, ended, len(s.Sessions), s.Outcome, s.Reason, trace)
			}
		}
	}
}

func TestTemporaryKeysAreRenewedEveryHourAndAFailureIsTriedAgain(t *testing.T) {
	s := lesson()
	s.End, s.Until, s.MaxHour = bell.Add(4*time.Hour), bell.Add(4*time.Hour+2*time.Minute), 6
	until := bell.Add(4*time.Hour + 10*time.Minute)
	n := 0
	s, trace := play(t, s, func(r request) *Answer {
		switch r.op {
		case agora.OpStart:
			return &Answer{Result: agora.Done, SID: "sid1", CredentialsUntil: until}
		case agora.OpUpdate:
			if n++; n == 1 {
				return &Answer{Result: agora.Wait, Reason: "storage guests: sts: the command failed"}
			}
			until = until.Add(4 * time.Hour)
			return &Answer{Result: agora.Done, CredentialsUntil: until}
		}
		return nil
	})
	want := []string{"59m17s update 1 uid 11", "59m47s update 1 uid 11", "1h59m47s update 1 uid 11", "2h59m47s update 1 uid 11", "3h59m47s update 1 uid 11"}
	if diff := cmp.Diff(want, updates(trace)); diff != "" {
		t.Errorf("updates (-want +got):\n%s", diff)
	}
	if s.Outcome != Recorded || !s.Sessions[0].CredentialsUntil.Equal(until) {
		t.Errorf("%s: %s", s.Outcome, s.Reason)
	}
}

func TestKeysThatCannotBeRenewedBeforeTheyRunOutAreTold(t *testing.T) {
	s := lesson()
	s.End, s.Until, s.MaxHour = bell.Add(6*time.Hour), bell.Add(6*time.Hour), 8
	s, trace := play(t, s, func(r request) *Answer {
		switch r.op {
		case agora.OpStart:
			return &Answer{Result: agora.Done, SID: "sid1", CredentialsUntil: bell.Add(4 * time.Hour)}
		case agora.OpUpdate:
			return &Answer{Result: agora.Wait, Reason: "the command failed"}
		}
		return nil
	})
	if !strings.Contains(s.Reason, "ran out at 2031-09-17 21:00:00Z and could not be renewed: the command failed") {
		t.Errorf("%s: %s", s.Outcome, s.Reason)
	}
	if got := updates(trace); !slices.Contains(got, "4h0m0s update 1 uid 11") {
		t.Errorf("no renewal is tried at the instant at which they run out: %v", got)
	}
	queries := len(trace) - len(without(trace, agora.OpQuery))
	if want := 6 * 30; queries < want-10 {
		t.Errorf("%d queries in six hours: the renewals starve them", queries)
	}
}

func TestARenewalThatMeetsAnEndedRecordingSaysNothingOfTheKeys(t *testing.T) {
	for _, answer := range []*Answer{refusal(agora.Ended, 400, 49, "invalid operation"), gone} {
		s := lesson()
		s.End, s.Until, s.MaxHour = bell.Add(2*time.Hour), bell.Add(2*time.Hour), 4
		renewed := false
		s, _ = play(t, s, func(r request) *Answer {
			switch {
			case r.session.Attempt > 1:
			case r.op == agora.OpStart:
				return &Answer{Result: agora.Done, SID: "sid1", CredentialsUntil: bell.Add(5 * time.Hour)}
			case r.op == agora.OpUpdate:
				renewed = true
				return answer
			case r.op == agora.OpQuery && renewed:
				return status(20)
			}
			return nil
		})
		if x := s.Sessions[0]; !renewed || x.RenewalError != "" || strings.Contains(x.Reason+s.Reason, "credentials") {
			t.Errorf("%v: renewed %v, told %q: %s, %s", answer, renewed, x.RenewalError, x.Reason, s.Reason)
		}
	}
}

func TestKeysThatRotatedAreSentAtOnce(t *testing.T) {
	rotated := false
	s, trace := play(t, lesson(), func(r request) *Answer {
		switch {
		case r.op == agora.OpQuery && r.at > 10*time.Minute && !rotated:
			rotated = true
			a := ordinary(r)
			a.Rotated = true
			return a
		}
		return nil
	})
	if diff := cmp.Diff([]string{"11m22s update 1 uid 11"}, updates(trace)); diff != "" || s.Outcome != Recorded {
		t.Errorf("%s; updates (-want +got):\n%s", s.Outcome, diff)
	}
}

func TestKeysAreRenewedAtHalfOfTheTimeThatIsLeft(t *testing.T) {
	lasting := 40 * time.Minute
	var late []string
	until := time.Time{}
	s, trace := play(t, lesson(), func(r request) *Answer {
		switch r.op {
		case agora.OpStart:
			until = bell.Add(r.at + lasting)
			return &Answer{Result: agora.Done, SID: "sid1", CredentialsUntil: until}
		case agora.OpUpdate:
			if !bell.Add(r.at).Before(until) {
				late = append(late, r.at.String())
			}
			until = bell.Add(r.at + lasting)
			return &Answer{Result: agora.Done, CredentialsUntil: until}
		}
		return nil
	})
	if diff := cmp.Diff([]string{"19m17s update 1 uid 11", "39m17s update 1 uid 11"}, updates(trace)); diff != "" || late != nil || s.Outcome != Recorded {
		t.Errorf("%s; renewed after they ran out: %v; updates (-want +got):\n%s", s.Outcome, late, diff)
	}
}
