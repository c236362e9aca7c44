package session

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rundown/agora"
)

// bell is when the class of these tests begins; it lasts 50 minutes, with the default padding.
var bell = time.Date(2031, 9, 17, 17, 0, 0, 0, time.UTC)

func lesson() State {
	t := Target{
		Cname: "lingua-german-a1", UIDs: [][2]string{{"11", "12"}}, Attempts: 3, MinRemainder: 5 * time.Minute, MaxHour: 2, ExpireHour: 26,
		Identity: Identity{ID: "lingua/german-a1/20310917T170000Z", Plan: "lingua", Recording: "german-a1"},
		Service:  Service{App: "app"},
		Interval: Interval{Start: bell, End: bell.Add(50 * time.Minute), From: bell.Add(-30 * time.Second), Until: bell.Add(52 * time.Minute)},
	}
	return State{Target: t, Status: Status{Begin: t.FirstRequest(), Phase: Planned}}
}

// request is what a test's service is asked.
type request struct {
	op      agora.Op
	session Session
	n       int           // how many of this op were asked of this session before
	at      time.Duration // since the bell
}

// service answers requests; a nil answer is the ordinary one.
type service func(request) *Answer

// latency is how long each answer takes.
const latency = 10 * time.Millisecond

// ordinary is what a healthy service answers.
func ordinary(r request) *Answer {
	switch r.op {
	case agora.OpAcquire:
		return &Answer{Result: agora.Done, ResourceID: fmt.Sprintf("res%d.%d", r.session.Attempt, r.n)}
	case agora.OpStart:
		return &Answer{Result: agora.Done, SID: fmt.Sprintf("sid%d", r.session.Attempt)}
	case agora.OpQuery:
		return running(r.session.StartedAt.Add(5 * time.Second))
	case agora.OpStop:
		return &Answer{Result: agora.Done, Server: agora.ServerResponse{Services: []agora.ServiceState{{
			ServiceName: agora.ServiceUpload, Payload: agora.ServicePayload{UploadingStatus: "uploaded"},
		}}}}
	}
	return &Answer{Result: agora.Done}
}

func running(since time.Time) *Answer {
	return &Answer{Result: agora.Done, Server: agora.ServerResponse{Status: agora.StatusInProgress, Services: []agora.ServiceState{{
		ServiceName: agora.ServiceWebRecorder, Payload: agora.ServicePayload{
			State: "inProgress", FileList: []agora.File{{Filename: "a.m3u8", SliceStartTime: since.UnixMilli()}},
		},
	}}}}
}

func status(n agora.Status) *Answer {
	return &Answer{Result: agora.Done, Server: agora.ServerResponse{Status: n}}
}

func refusal(class agora.Result, status, code int, reason string) *Answer {
	return &Answer{Result: class, Status: status, Code: code, Reason: reason}
}

var (
	noAnswer = &Answer{Result: agora.Unknown, Reason: "timeout"}
	gone     = refusal(agora.Ended, 404, 404, "failed to find worker")
	broken   = refusal(agora.Retry, 500, 0, "oops")
)

// play runs a state to its end against a service, jumping from one event to the next, and returns the requests as
// lines such as "-43s acquire 1 uid 11". change may alter the state at an instant, as an operator does.
func play(t testing.TB, s State, serve service, changes ...change) (State, []string) {
	t.Helper()
	type answer struct {
		at time.Time
		o  observation
	}
	var out []answer
	arrive := func(a answer) {
		i, _ := slices.BinarySearchFunc(out, a, func(x, y answer) int {
			if x.at.After(y.at) {
				return 1
			}
			return -1
		})
		out = slices.Insert(out, i, a)
	}
	changes = slices.DeleteFunc(slices.Clone(changes), func(c change) bool {
		if c.notice != nil {
			arrive(answer{bell.Add(c.at), observation{Notice: c.notice}})
		}
		return c.notice != nil
	})
	var trace []string
	asked := map[string]int{}
	now, o := s.Begin, observation{}
	for range 20000 {
		for len(changes) > 0 && !bell.Add(changes[0].at).After(now) {
			changes[0].do(&s)
			changes = changes[1:]
		}
		before := s.Clone()
		var act decided
		next, act, _ := decideOne(s, o, now)
		if !reflect.DeepEqual(before, s) {
			t.Fatalf("decide changed its input:\n%s", cmp.Diff(before, s))
		}
		s, o = next, observation{}
		for _, bad := range Uncoded(s) {
			t.Errorf("at %v: %s", now.Sub(bell), bad)
		}
		if act.Op != "" {
			x := *s.Session(act.Attempt)
			key := fmt.Sprint(act.Attempt, act.Op)
			r := request{op: act.Op, session: x, n: asked[key], at: now.Sub(bell)}
			asked[key]++
			trace = append(trace, fmt.Sprintf("%v %s %d uid %s", r.at.Round(time.Second), act.Op, act.Attempt, x.UID))
			var a *Answer
			if serve != nil {
				a = serve(r)
			}
			if a == nil {
				a = ordinary(r)
			}
			arrive(answer{now.Add(latency), observation{Attempt: act.Attempt, Op: act.Op, Answer: *a}})
			continue
		}
		at := act.Wake
		if len(out) > 0 && (at.IsZero() || out[0].at.Before(at)) {
			at = out[0].at
		}
		if len(changes) > 0 && (at.IsZero() || bell.Add(changes[0].at).Before(at)) {
			at = bell.Add(changes[0].at)
		} else if len(out) > 0 && at.Equal(out[0].at) {
			o, out = out[0].o, out[1:]
		}
		if at.IsZero() {
			return s, trace
		}
		if at.Before(now) {
			t.Fatalf("at %v decide asks to be woken in the past, %v", now, at)
		}
		now = at
	}
	t.Fatalf("no end in sight after %d requests; the last: %v", len(trace), trace[max(0, len(trace)-5):])
	return s, nil
}

type change struct {
	at     time.Duration
	do     func(*State)
	notice *Notice // instead: a notification
}

// without drops the requests of an op from a trace.
func without(trace []string, op agora.Op) []string {
	return slices.DeleteFunc(slices.Clone(trace), func(line string) bool { return strings.Contains(line, " "+string(op)+" ") })
}

func TestDecide(t *testing.T) {
	nth := func(op agora.Op, answers ...*Answer) service { // the first answers to op, whichever session asks
		return func(r request) *Answer {
			if r.op != op || len(answers) == 0 {
				return nil
			}
			a := answers[0]
			answers = answers[1:]
			return a
		}
	}
	upTo := func(op agora.Op, from, until time.Duration, a *Answer) service {
		return func(r request) *Answer {
			if r.op == op && r.at >= from && r.at < until {
				return a
			}
			return nil
		}
	}
	tests := []struct {
		name    string
		state   func(*State)
		serve   service
		changes []change
		trace   []string // without queries
		outcome Outcome
		reason  string // a part of it
		gaps    []Gap
		states  []SessionState
	}{
		{
			name:  "a class goes well",
			trace: []string{"-43s acquire 1 uid 11", "-43s start 1 uid 11", "52m0s stop 1 uid 11"}, outcome: Recorded,
			reason: "start reported by the service", states: []SessionState{SessionEnded},
		},
		{
			name:  "an acquire that fails goes again with the documented waits",
			serve: nth(agora.OpAcquire, broken, broken, noAnswer),
			trace: []string{
				"-43s acquire 1 uid 11", "-42s acquire 1 uid 11", "-39s acquire 1 uid 11", "-33s acquire 1 uid 11",
				"-33s start 1 uid 11", "52m0s stop 1 uid 11",
			}, outcome: Recorded, states: []SessionState{SessionEnded},
		},
		{
			name:  "capacity that is used up is waited for inside the class",
			serve: upTo(agora.OpAcquire, -always, 0, refusal(agora.Wait, 400, 406, "vendor_over_load")),
			trace: []string{
				"-43s acquire 1 uid 11", "-38s acquire 1 uid 11", "-28s acquire 1 uid 11", "-13s acquire 1 uid 11",
				"2s acquire 1 uid 11", "2s start 1 uid 11", "52m0s stop 1 uid 11",
			}, outcome: Partial, reason: "7.1s of the class are missing",
			gaps: []Gap{{bell, bell.Add(7*time.Second + 60*time.Millisecond)}}, states: []SessionState{SessionEnded},
		},
		{
			name:  "a start on 50x is repeated after 3, 6 and 9 seconds, then the spare uid is taken",
			serve: nth(agora.OpStart, broken, broken, broken, broken),
			trace: []string{
				"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-40s start 1 uid 11", "-34s start 1 uid 11", "-25s start 1 uid 11",
				"-25s acquire 2 uid 12", "-25s start 2 uid 12", "52m0s stop 2 uid 12",
			}, outcome: Recorded, states: []SessionState{SessionFailed, SessionEnded},
		},
		{
			name:  "code 502 is not repeated",
			serve: nth(agora.OpStart, refusal(agora.NewResource, 500, 502, "Failed to allocate worker")),
			trace: []string{
				"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-43s acquire 2 uid 12", "-43s start 2 uid 12", "52m0s stop 2 uid 12",
			}, outcome: Recorded, states: []SessionState{SessionFailed, SessionEnded},
		},
		{
			name:  "code 65 is repeated twice, then the same uid is the safer probe",
			serve: nth(agora.OpStart, refusal(agora.Retry, 206, 65, "request not completed"), refusal(agora.Retry, 206, 65, ""), refusal(agora.Retry, 206, 65, "")),
			trace: []string{
				"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-40s start 1 uid 11", "-34s start 1 uid 11",
				"-34s acquire 2 uid 11", "-34s start 2 uid 11", "52m0s stop 2 uid 11",
			}, outcome: Recorded, states: []SessionState{SessionFailed, SessionEnded},
		},
		{
			name:  "a lost answer to start is asked for with the same resource id",
			serve: nth(agora.OpStart, noAnswer),
			trace: []string{"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-42s start 1 uid 11", "52m0s stop 1 uid 11"}, outcome: Recorded,
			states: []SessionState{SessionEnded},
		},
		{
			name:  "a session whose sid never comes is an orphan: it is replaced on the other uid, and the reason names it",
			serve: nth(agora.OpStart, noAnswer, refusal(agora.Unknown, 201, 7, "already started")),
			trace: []string{
				"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-42s start 1 uid 11",
				"-42s acquire 2 uid 12", "-42s start 2 uid 12", "52m0s stop 2 uid 12",
			}, outcome: Recorded, reason: "orphan: session 1 (cname lingua-german-a1, uid 11) may run", states: []SessionState{SessionOrphan, SessionEnded},
		},
		{
			name:  "orphans count as failures and are spaced",
			serve: upTo(agora.OpStart, -always, always, refusal(agora.Unknown, 201, 7, "already started")),
			trace: []string{
				"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-43s acquire 2 uid 12", "-43s start 2 uid 12", "-13s acquire 3 uid 11", "-13s start 3 uid 11",
			}, outcome: Failed, reason: "3 sessions in a row failed", gaps: []Gap{{bell, bell.Add(50 * time.Minute)}},
			states: []SessionState{SessionOrphan, SessionOrphan, SessionOrphan},
		},
		{
			name:  "a class that only an orphan may hold says where to look",
			state: func(s *State) { s.Attempts, s.Prefix = 1, "autumn/german/" },
			serve: upTo(agora.OpStart, -always, always, refusal(agora.Unknown, 201, 7, "already started")),
			trace: []string{"-43s acquire 1 uid 11", "-43s start 1 uid 11"}, outcome: Failed, gaps: []Gap{{bell, bell.Add(50 * time.Minute)}},
			reason: "nothing of ours recorded, an unconfirmed session may hold it (orphan: session 1, resource id res1.0): look under autumn/german/ for files of lingua-german-a1",
			states: []SessionState{SessionOrphan},
		},
		{
			name:  "a sid in the refusal makes the session ours again",
			serve: nth(agora.OpStart, noAnswer, &Answer{Result: agora.Unknown, Status: 201, Code: 7, SID: "found"}),
			trace: []string{"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-42s start 1 uid 11", "52m0s stop 1 uid 11"}, outcome: Recorded,
			states: []SessionState{SessionEnded},
		},
		{
			name:  "a task conflict tells that the doubtful session lives",
			serve: nth(agora.OpStart, noAnswer, noAnswer, noAnswer, noAnswer, refusal(agora.NewResource, 400, 53, "task conflict")),
			trace: []string{
				"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-42s start 1 uid 11", "-39s start 1 uid 11", "-33s start 1 uid 11",
				"-33s acquire 2 uid 11", "-33s start 2 uid 11", "-33s acquire 3 uid 12", "-33s start 3 uid 12", "52m0s stop 3 uid 12",
			}, outcome: Recorded, reason: "orphan: session 1", states: []SessionState{SessionOrphan, SessionFailed, SessionEnded},
		},
		{
			name: "of two sessions in doubt with one uid, a task conflict makes an orphan of the later one alone",
			serve: nth(agora.OpStart, refusal(agora.Retry, 206, 65, "pending"), refusal(agora.Retry, 206, 65, "pending"), refusal(agora.Retry, 206, 65, "pending"),
				refusal(agora.Retry, 206, 65, "pending"), refusal(agora.NewResource, 400, 53, "task conflict")),
			trace: []string{
				"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-40s start 1 uid 11", "-34s start 1 uid 11",
				"-34s acquire 2 uid 11", "-34s start 2 uid 11", "-31s start 2 uid 11", "-1s acquire 3 uid 12", "-1s start 3 uid 12", "52m0s stop 3 uid 12",
			}, outcome: Partial, reason: "orphan: session 2", states: []SessionState{SessionFailed, SessionOrphan, SessionEnded},
		},
		{
			name:  "of three sessions with one uid, a task conflict makes an orphan of the latest one in doubt alone",
			serve: nth(agora.OpStart, noAnswer, noAnswer, noAnswer, noAnswer, noAnswer, noAnswer, noAnswer, noAnswer, refusal(agora.NewResource, 400, 53, "task conflict")),
			trace: []string{
				"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-42s start 1 uid 11", "-39s start 1 uid 11", "-33s start 1 uid 11",
				"-33s acquire 2 uid 11", "-33s start 2 uid 11", "-32s start 2 uid 11", "-29s start 2 uid 11", "-23s start 2 uid 11",
				"7s acquire 3 uid 11", "7s start 3 uid 11", "7s acquire 4 uid 12", "7s start 4 uid 12", "52m0s stop 4 uid 12",
			}, outcome: Partial, gaps: []Gap{{bell, bell.Add(12*time.Second + 140*time.Millisecond)}}, reason: "orphan: session 2", states: []SessionState{SessionFailed, SessionOrphan, SessionFailed, SessionEnded},
		},
		{
			name:  "orphans on both uids are met again until one of them has ended",
			serve: beset(5*time.Minute, 5*time.Minute),
			trace: []string{
				"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-43s acquire 2 uid 12", "-43s start 2 uid 12", "-13s acquire 3 uid 11", "-13s start 3 uid 11",
				"1m47s acquire 3 uid 12", "1m47s start 3 uid 12", "3m47s acquire 3 uid 11", "3m47s start 3 uid 11", "5m47s acquire 3 uid 12", "5m47s start 3 uid 12", "52m0s stop 3 uid 12",
			}, outcome: Partial, gaps: []Gap{{bell, bell.Add(5*time.Minute + 52*time.Second + 120*time.Millisecond)}}, reason: "orphan: session 2", states: []SessionState{SessionOrphan, SessionOrphan, SessionEnded},
		},
		{
			name: "a session that dies is replaced on its own uid where an orphan has the other",
			serve: func(r request) *Answer {
				switch {
				case r.op == agora.OpStart && r.session.Attempt == 1:
					return alreadyStarted
				case r.op == agora.OpQuery && r.session.Attempt == 2 && r.at > 10*time.Minute:
					return status(agora.StatusExitedFaulty)
				}
				return nil
			},
			trace: []string{
				"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-43s acquire 2 uid 12", "-43s start 2 uid 12", "11m22s acquire 3 uid 12", "11m22s start 3 uid 12", "52m0s stop 3 uid 12",
			}, outcome: Partial, reason: "orphan: session 1", states: []SessionState{SessionOrphan, SessionLost, SessionEnded},
		},
		{
			name:  "a task conflict without a doubt of ours takes the spare uid",
			serve: nth(agora.OpStart, refusal(agora.NewResource, 400, 53, "task conflict")),
			trace: []string{
				"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-43s acquire 2 uid 12", "-43s start 2 uid 12", "52m0s stop 2 uid 12",
			}, outcome: Recorded, states: []SessionState{SessionOrphan, SessionEnded},
			reason: "orphan: a recording that this store does not know runs with cname lingua-german-a1 and uid 11, which session 1 asked for",
		},
		{
			name:  "task conflicts on both uids are met again until one of the recordings has ended",
			serve: unknownTasks(5*time.Minute, always),
			trace: []string{
				"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-43s acquire 2 uid 12", "-43s start 2 uid 12", "-13s acquire 3 uid 11", "-13s start 3 uid 11",
				"1m47s acquire 3 uid 12", "1m47s start 3 uid 12", "3m47s acquire 3 uid 11", "3m47s start 3 uid 11", "5m47s acquire 3 uid 12", "5m47s start 3 uid 12",
				"7m47s acquire 3 uid 11", "7m47s start 3 uid 11", "52m0s stop 3 uid 11",
			}, outcome: Partial, gaps: []Gap{{bell, bell.Add(7*time.Minute + 52*time.Second + 140*time.Millisecond)}}, reason: "and uid 12, which session 2 asked for",
			states: []SessionState{SessionOrphan, SessionOrphan, SessionEnded},
		},
		{
			name:  "a task conflict after an error that may have come after its effect is about that start",
			serve: nth(agora.OpStart, refusal(agora.Retry, 500, 2, "internal error"), taskConflict),
			trace: []string{
				"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-40s start 1 uid 11", "-40s acquire 2 uid 12", "-40s start 2 uid 12", "52m0s stop 2 uid 12",
			}, outcome: Recorded, states: []SessionState{SessionOrphan, SessionEnded}, reason: "orphan: session 1 (cname lingua-german-a1, uid 11) may run",
		},
		{
			name:  "a task conflict on the resource id of a lost answer tells that the session lives",
			serve: nth(agora.OpStart, noAnswer, refusal(agora.NewResource, 400, 53, "task conflict")),
			trace: []string{
				"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-42s start 1 uid 11", "-42s acquire 2 uid 12", "-42s start 2 uid 12", "52m0s stop 2 uid 12",
			}, outcome: Recorded, reason: "orphan: session 1 (cname lingua-german-a1, uid 11) may run", states: []SessionState{SessionOrphan, SessionEnded},
		},
		{
			name:  "a resource id that grew older than five minutes is not used any more",
			serve: upTo(agora.OpStart, -always, 4*time.Minute+30*time.Second, refusal(agora.Wait, 429, 0, "API rate limit exceeded")),
			// Neither the service nor the page is at fault, so it is no failure.
			state:   func(s *State) { s.Attempts = 1 },
			outcome: Partial, states: []SessionState{SessionFailed, SessionEnded},
		},
		{
			name: "a session that ends before it was seen running has failed",
			serve: func(r request) *Answer {
				if r.op == agora.OpQuery && r.session.Attempt == 1 {
					return status(20)
				}
				return nil
			},
			trace: []string{
				"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-38s acquire 2 uid 12", "-38s start 2 uid 12", "52m0s stop 2 uid 12",
			}, outcome: Recorded, states: []SessionState{SessionFailed, SessionEnded},
		},
		{
			name:  "wrong storage keys, which show as a recording that is not known, are told",
			state: func(s *State) { s.Attempts = 1 },
			serve: upTo(agora.OpQuery, -always, always, gone),
			trace: []string{"-43s acquire 1 uid 11", "-43s start 1 uid 11", "47s stop 1 uid 11"}, outcome: Failed,
			reason: "wrong storage keys", gaps: []Gap{{bell, bell.Add(50 * time.Minute)}}, states: []SessionState{SessionFailed},
		},
		{
			name:  "a start that is refused for its parameters is given up",
			serve: upTo(agora.OpStart, -always, always, refusal(agora.Permanent, 400, 2, "videoWidth")),
			trace: []string{"-43s acquire 1 uid 11", "-43s start 1 uid 11"}, outcome: Failed, reason: `code 2 "videoWidth"`,
			gaps: []Gap{{bell, bell.Add(50 * time.Minute)}}, states: []SessionState{SessionFailed},
		},
		{
			name:  "credentials that are mended during the class record what is left",
			serve: upTo(agora.OpAcquire, -always, time.Minute, refusal(agora.Permanent, 401, 0, "Invalid authentication credentials")),
			trace: []string{
				"-43s acquire 1 uid 11", "-33s acquire 1 uid 11", "-3s acquire 1 uid 11", "27s acquire 1 uid 11", "57s acquire 1 uid 11",
				"1m27s acquire 1 uid 11", "1m27s start 1 uid 11", "52m0s stop 1 uid 11",
			}, outcome: Partial, gaps: []Gap{{bell, bell.Add(92*time.Second + 70*time.Millisecond)}}, states: []SessionState{SessionEnded},
		},
		{
			name: "a session that is not seen running within 90 s is stopped and replaced",
			serve: func(r request) *Answer {
				if r.op == agora.OpQuery && r.session.Attempt == 1 {
					return status(2)
				}
				return nil
			},
			trace: []string{
				"-43s acquire 1 uid 11", "-43s start 1 uid 11", "47s stop 1 uid 11", "47s acquire 2 uid 12", "47s start 2 uid 12", "52m0s stop 2 uid 12",
			}, outcome: Partial, gaps: []Gap{{bell, bell.Add(52*time.Second + 50*time.Millisecond)}}, states: []SessionState{SessionFailed, SessionEnded},
		},
		{
			name:  "nobody who answers fails no session",
			serve: upTo(agora.OpQuery, -always, 10*time.Minute, noAnswer),
			trace: []string{"-43s acquire 1 uid 11", "-43s start 1 uid 11", "52m0s stop 1 uid 11"}, outcome: Recorded, states: []SessionState{SessionEnded},
		},
		{
			name:  "a failover of a minute is waited for",
			serve: upTo(agora.OpQuery, 21*time.Minute, 22*time.Minute, gone),
			trace: []string{"-43s acquire 1 uid 11", "-43s start 1 uid 11", "52m0s stop 1 uid 11"}, outcome: Recorded,
			reason: "answering 404", states: []SessionState{SessionEnded},
		},
		{
			name: "a session that is gone for 90 s is lost and replaced, and stopped all the same",
			serve: func(r request) *Answer {
				if r.session.Attempt == 1 && (r.op == agora.OpQuery || r.op == agora.OpStop) && r.at > 20*time.Minute {
					return gone
				}
				return nil
			},
			trace: []string{
				"-43s acquire 1 uid 11", "-43s start 1 uid 11", "22m52s stop 1 uid 11", "22m52s acquire 2 uid 12", "22m52s start 2 uid 12", "52m0s stop 2 uid 12",
			}, outcome: Partial, states: []SessionState{SessionLost, SessionEnded},
		},
		{
			name:  "50x while running never means that it is gone",
			serve: upTo(agora.OpQuery, 10*time.Minute, 40*time.Minute, broken),
			trace: []string{"-43s acquire 1 uid 11", "-43s start 1 uid 11", "52m0s stop 1 uid 11"}, outcome: Recorded, states: []SessionState{SessionEnded},
		},
		{
			name: "a recording that the service ends is replaced",
			serve: func(r request) *Answer {
				if r.op == agora.OpQuery && r.session.Attempt == 1 && r.at > 20*time.Minute {
					return status(20)
				}
				return nil
			},
			trace: []string{
				"-43s acquire 1 uid 11", "-43s start 1 uid 11", "21m22s acquire 2 uid 12", "21m22s start 2 uid 12", "52m0s stop 2 uid 12",
			}, outcome: Partial, states: []SessionState{SessionLost, SessionEnded},
		},
		{
			name:  "attempts come to an end",
			serve: upTo(agora.OpStart, -always, always, refusal(agora.NewResource, 500, 502, "Failed to allocate worker")),
			trace: []string{
				"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-43s acquire 2 uid 12", "-43s start 2 uid 12", "-13s acquire 3 uid 11", "-13s start 3 uid 11",
			}, outcome: Failed, reason: "3 sessions in a row failed", gaps: []Gap{{bell, bell.Add(50 * time.Minute)}},
			states: []SessionState{SessionFailed, SessionFailed, SessionFailed},
		},
		{
			name:  "a stop without an answer is sent again until it is known to have had its effect",
			serve: nth(agora.OpStop, noAnswer, refusal(agora.Retry, 504, 62, "request timeout"), gone),
			trace: []string{
				"-43s acquire 1 uid 11", "-43s start 1 uid 11", "52m0s stop 1 uid 11", "52m1s stop 1 uid 11", "52m4s stop 1 uid 11", "52m19s stop 1 uid 11",
			}, outcome: Recorded, states: []SessionState{SessionEnded},
		},
		{
			name:  "a stop that meets a failover is repeated for 90 s",
			serve: upTo(agora.OpStop, -always, 53*time.Minute, gone),
			trace: []string{
				"-43s acquire 1 uid 11", "-43s start 1 uid 11", "52m0s stop 1 uid 11", "52m5s stop 1 uid 11", "52m15s stop 1 uid 11",
				"52m30s stop 1 uid 11", "52m45s stop 1 uid 11", "53m0s stop 1 uid 11",
			}, outcome: Recorded, states: []SessionState{SessionEnded},
		},
		{
			name:  "nothing recorded, says the stop",
			serve: nth(agora.OpStop, refusal(agora.Ended, 206, 435, "no recorded data")),
			trace: []string{"-43s acquire 1 uid 11", "-43s start 1 uid 11", "52m0s stop 1 uid 11"}, outcome: Failed, reason: "nothing was recorded",
			gaps: []Gap{{bell, bell.Add(50 * time.Minute)}}, states: []SessionState{SessionEnded},
		},
		{
			name:    "a stop that is refused is tried until the session must have ended",
			serve:   upTo(agora.OpStop, -always, always, refusal(agora.Permanent, 401, 0, "Unauthorized")),
			outcome: Recorded, reason: "HTTP 401", states: []SessionState{SessionEnded},
		},
		{
			name:  "a late start records the remainder",
			state: func(s *State) { s.Begin = bell.Add(20 * time.Minute) },
			trace: []string{"20m0s acquire 1 uid 11", "20m0s start 1 uid 11", "52m0s stop 1 uid 11"}, outcome: Partial, reason: "begun late",
			gaps: []Gap{{bell, bell.Add(20*time.Minute + 5*time.Second + 20*time.Millisecond)}}, states: []SessionState{SessionEnded},
		},
		{
			name:    "a start that is too late is a missed class",
			state:   func(s *State) { s.Begin, s.Unattended = bell.Add(46*time.Minute), bell.Add(-time.Hour) },
			outcome: Missed, reason: "rundown did not run from 2031-09-17 16:00:00Z on: 3m55s of the class were left, less than the min_remainder of 5m",
			gaps: []Gap{{bell, bell.Add(50 * time.Minute)}},
		},
		{
			name:    "no late start where the plan wants none",
			state:   func(s *State) { s.Begin, s.MinRemainder = bell.Add(time.Minute), -1 },
			outcome: Missed, reason: "min_remainder is never", gaps: []Gap{{bell, bell.Add(50 * time.Minute)}},
		},
		{
			name:    "a class that was over before anybody was there is missed",
			state:   func(s *State) { s.Begin = bell.Add(3 * time.Hour) },
			outcome: Missed, gaps: []Gap{{bell, bell.Add(50 * time.Minute)}},
		},
		{
			name:    "what is cancelled before it begins sends nothing",
			changes: []change{{at: -time.Minute, do: func(s *State) { s.Cancel = &Cancel{At: bell.Add(-time.Minute), Who: "ops", Reason: "snow"} }}},
			state:   func(s *State) { s.Begin = bell.Add(-2 * time.Minute); s.Replicas[0].RetryAt = s.FirstRequest() },
			outcome: Cancelled, reason: "cancelled by ops: snow",
		},
		{
			name:    "a cancellation stops what runs",
			changes: []change{{at: 10 * time.Minute, do: func(s *State) { s.Cancel = &Cancel{At: bell.Add(10 * time.Minute), Who: "ops"} }}},
			trace:   []string{"-43s acquire 1 uid 11", "-43s start 1 uid 11", "10m0s stop 1 uid 11"}, outcome: Cancelled,
			gaps: []Gap{{bell.Add(10 * time.Minute), bell.Add(50 * time.Minute)}}, states: []SessionState{SessionEnded},
		},
		{
			name: "a cancellation that is undone in time records what is left",
			changes: []change{
				{at: 10 * time.Minute, do: func(s *State) { s.Cancel = &Cancel{At: bell.Add(10 * time.Minute), Who: "ops"} }},
				{at: 20 * time.Minute, do: func(s *State) { s.Cancel = nil }},
			},
			trace: []string{
				"-43s acquire 1 uid 11", "-43s start 1 uid 11", "10m0s stop 1 uid 11",
				"20m0s acquire 2 uid 12", "20m0s start 2 uid 12", "52m0s stop 2 uid 12",
			}, outcome: Partial, states: []SessionState{SessionEnded, SessionEnded},
		},
		{
			name:    "a new end is taken over",
			changes: []change{{at: 10 * time.Minute, do: func(s *State) { s.End, s.Until = bell.Add(time.Hour), bell.Add(62*time.Minute) }}},
			trace:   []string{"-43s acquire 1 uid 11", "-43s start 1 uid 11", "1h2m0s stop 1 uid 11"}, outcome: Recorded, states: []SessionState{SessionEnded},
		},
		{
			name:    "a new CDN target is sent at once, one update at a time",
			state:   func(s *State) { s.CDN = "a" },
			changes: []change{{at: 10 * time.Minute, do: func(s *State) { s.CDN = "b" }}},
			serve:   nth(agora.OpUpdate, broken),
			trace: []string{
				"-43s acquire 1 uid 11", "-43s start 1 uid 11", "10m0s update 1 uid 11", "10m5s update 1 uid 11", "52m0s stop 1 uid 11",
			}, outcome: Recorded, states: []SessionState{SessionEnded},
		},
		{
			name:    "a CDN target that is new is not sent to a session that was begun without a push",
			changes: []change{{at: 10 * time.Minute, do: func(s *State) { s.CDN = "a" }}},
			trace:   []string{"-43s acquire 1 uid 11", "-43s start 1 uid 11", "52m0s stop 1 uid 11"}, outcome: Recorded, states: []SessionState{SessionEnded},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := lesson()
			if tt.state != nil {
				tt.state(&s)
			}
			s, trace := play(t, s, tt.serve, tt.changes...)
			if tt.trace != nil || tt.states == nil {
				if diff := cmp.Diff(tt.trace, without(trace, agora.OpQuery)); diff != "" && !(len(tt.trace) == 0 && len(trace) == 0) {
					t.Errorf("requests (-want +got):\n%s", diff)
				}
			}
			if s.Phase != Ended || s.Outcome != tt.outcome || !strings.Contains(s.Reason, tt.reason) || s.Reason == "" {
				t.Errorf("ended %s as %s: %q; want %s with %q in its reason", s.Phase, s.Outcome, s.Reason, tt.outcome, tt.reason)
			}
			if tt.outcome == Partial && tt.gaps == nil {
				if len(s.Gaps) == 0 {
					t.Error("partial without a gap")
				}
			} else if diff := cmp.Diff(tt.gaps, s.Gaps); diff != "" {
				t.Errorf("gaps (-want +got):\n%s", diff)
			}
			var states []SessionState
			resources := map[string]int{}
			for _, x := range s.Sessions {
				states = append(states, x.State)
				if resources[x.ResourceID]++; x.ResourceID != "" && resources[x.ResourceID] > 1 {
					t.Errorf("resource id %s serves more than one session", x.ResourceID)
				}
			}
			if diff := cmp.Diff(tt.states, states); diff != "" {
				t.Errorf("sessions (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEachDocumentedAnswerLeadsWhereItIsToLead goes through the rows of the documented answers that no other test tells
// the story of: whichever session asks, the first requests of an op get these answers.
func TestEachDocumentedAnswerLeadsWhereItIsToLead(t *testing.T) {
	exit := running(bell)
	exit.Server.Services[0].Payload.State = "exit"
	unwritten := *exit
	unwritten.Server.Services = []agora.ServiceState{{ServiceName: agora.ServiceWebRecorder, Payload: agora.ServicePayload{State: "exit"}}}
	rate := refusal(agora.Wait, 429, 0, "API rate limit exceeded")
	asked := *rate
	asked.RetryAfter = 20 * time.Second
	pending := refusal(agora.Retry, 206, 65, "request not completed")
	timeout := refusal(agora.Retry, 500, 62, "request timeout")
	whole := []string{"-43s acquire 1 uid 11", "-43s start 1 uid 11", "52m0s stop 1 uid 11"}
	tests := []struct {
		name        string
		op          agora.Op
		from, until time.Duration // of these answers; both 0: the first so many
		answers     []*Answer
		trace       []string
		outcome     Outcome
		states      []SessionState
	}{
		{"acquire 429 that says how long", agora.OpAcquire, 0, 0, []*Answer{&asked}, []string{"-43s acquire 1 uid 11", "-23s acquire 1 uid 11", "-23s start 1 uid 11", "52m0s stop 1 uid 11"}, Recorded, []SessionState{SessionEnded}},
		{"acquire 429", agora.OpAcquire, 0, 0, []*Answer{rate, rate}, []string{"-43s acquire 1 uid 11", "-42s acquire 1 uid 11", "-39s acquire 1 uid 11", "-39s start 1 uid 11", "52m0s stop 1 uid 11"}, Recorded, []SessionState{SessionEnded}},
		{"acquire 400/401", agora.OpAcquire, -always, always, []*Answer{refusal(agora.Permanent, 400, 401, "invalid_channel_name")}, []string{"-43s acquire 1 uid 11"}, Failed, []SessionState{SessionFailed}},
		{"acquire 500/504", agora.OpAcquire, 0, 0, []*Answer{refusal(agora.Retry, 500, 504, "allocate_timeout")}, []string{"-43s acquire 1 uid 11", "-42s acquire 1 uid 11", "-42s start 1 uid 11", "52m0s stop 1 uid 11"}, Recorded, []SessionState{SessionEnded}},
		{"start 429", agora.OpStart, 0, 0, []*Answer{rate}, []string{"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-42s start 1 uid 11", "52m0s stop 1 uid 11"}, Recorded, []SessionState{SessionEnded}},
		{"start 429 longer than a resource id lives", agora.OpStart, -always, 5 * time.Minute, []*Answer{rate}, nil, Partial, []SessionState{SessionFailed, SessionEnded}},
		{"start 500/62 once", agora.OpStart, 0, 0, []*Answer{timeout}, []string{"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-40s start 1 uid 11", "52m0s stop 1 uid 11"}, Recorded, []SessionState{SessionEnded}},
		{"start 500/62 twice", agora.OpStart, 0, 0, []*Answer{timeout, timeout}, []string{"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-40s start 1 uid 11", "-40s acquire 2 uid 11", "-40s start 2 uid 11", "52m0s stop 2 uid 11"}, Recorded, []SessionState{SessionFailed, SessionEnded}},
		{"start 433", agora.OpStart, 0, 0, []*Answer{refusal(agora.NewResource, 400, 433, "")}, []string{"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-43s acquire 2 uid 12", "-43s start 2 uid 12", "52m0s stop 2 uid 12"}, Recorded, []SessionState{SessionFailed, SessionEnded}},
		{"confirm: status 7", agora.OpQuery, 0, 0, []*Answer{status(7)}, []string{"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-38s acquire 2 uid 12", "-38s start 2 uid 12", "52m0s stop 2 uid 12"}, Recorded, []SessionState{SessionFailed, SessionEnded}},
		{"confirm: the recorder exited", agora.OpQuery, 0, 0, []*Answer{&unwritten}, []string{"-43s acquire 1 uid 11", "-43s start 1 uid 11", "-38s stop 1 uid 11", "-38s acquire 2 uid 12", "-38s start 2 uid 12", "52m0s stop 2 uid 12"}, Recorded, []SessionState{SessionFailed, SessionEnded}},
		{"confirm: 206/65 for three minutes", agora.OpQuery, -always, 3 * time.Minute, []*Answer{pending}, whole, Recorded, []SessionState{SessionEnded}},
		{"confirm: 429 for three minutes", agora.OpQuery, -always, 3 * time.Minute, []*Answer{rate}, whole, Recorded, []SessionState{SessionEnded}},
		{"running: status 6", agora.OpQuery, 20 * time.Minute, 21*time.Minute + 23*time.Second, []*Answer{status(6)}, []string{"-43s acquire 1 uid 11", "-43s start 1 uid 11", "21m22s acquire 2 uid 12", "21m22s start 2 uid 12", "52m0s stop 2 uid 12"}, Partial, []SessionState{SessionLost, SessionEnded}},
		{"running: the recorder exited", agora.OpQuery, 20 * time.Minute, 21*time.Minute + 23*time.Second, []*Answer{exit}, []string{"-43s acquire 1 uid 11", "-43s start 1 uid 11", "21m22s stop 1 uid 11", "21m22s acquire 2 uid 12", "21m22s start 2 uid 12", "52m0s stop 2 uid 12"}, Partial, []SessionState{SessionLost, SessionEnded}},
		{"running: 400/2", agora.OpQuery, 20 * time.Minute, 30 * time.Minute, []*Answer{refusal(agora.Permanent, 400, 2, "")}, whole, Recorded, []SessionState{SessionEnded}},
		{"running: 401", agora.OpQuery, 20 * time.Minute, 30 * time.Minute, []*Answer{refusal(agora.Permanent, 401, 0, "Unauthorized")}, whole, Recorded, []SessionState{SessionEnded}},
		{"suspect: 50x", agora.OpQuery, 20 * time.Minute, 24 * time.Minute, []*Answer{gone, broken, broken, broken, broken, broken, broken, broken, broken}, whole, Recorded, []SessionState{SessionEnded}},
		{"stop 206/65", agora.OpStop, 0, 0, []*Answer{pending}, append(whole[:3:3], "52m1s stop 1 uid 11"), Recorded, []SessionState{SessionEnded}},
		{"stop 500", agora.OpStop, 0, 0, []*Answer{broken}, append(whole[:3:3], "52m1s stop 1 uid 11"), Recorded, []SessionState{SessionEnded}},
		{"stop 400/49", agora.OpStop, 0, 0, []*Answer{refusal(agora.Ended, 400, 49, "invalid operation")}, whole, Recorded, []SessionState{SessionEnded}},
		{"stop code 50", agora.OpStop, 0, 0, []*Answer{refusal(agora.Ended, 206, 50, "")}, whole, Recorded, []SessionState{SessionEnded}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := 0
			s, trace := play(t, lesson(), func(r request) *Answer {
				switch {
				case r.op != tt.op:
				case tt.from == tt.until && n < len(tt.answers), tt.from != tt.until && r.at >= tt.from && r.at < tt.until:
					n++
					return tt.answers[min(n, len(tt.answers))-1]
				}
				return nil
			})
			if diff := cmp.Diff(tt.trace, without(trace, agora.OpQuery)); diff != "" && tt.trace != nil {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			var states []SessionState
			for _, x := range s.Sessions {
				states = append(states, x.State)
			}
			if diff := cmp.Diff(tt.states, states); diff != "" || s.Outcome != tt.outcome || n == 0 {
				t.Errorf("%s: %s (-want +got):\n%s", s.Outcome, s.Reason, diff)
			}
		})
	}
}

func TestASessionWhoseRecorderExitedWroteUntilItWasLastSeenHoweverItsStopGoes(t *testing.T) {
	exit := running(bell)
	exit.Server.Services[0].Payload.State = "exit"
	s, _ := play(t, lesson(), func(r request) *Answer {
		if r.op == agora.OpQuery && r.session.Attempt == 1 && r.at > 20*time.Minute {
			return exit
		}
		return nil
	})
	if x := s.Sessions[0]; !x.StoppedAt.Equal(x.LastGood) || len(s.Gaps) != 1 || !s.Gaps[0].From.Equal(x.LastGood) {
		t.Errorf("ended at %v, last seen at %v; gaps %v", x.StoppedAt, x.LastGood, s.Gaps)
	}
}

func TestAStopWaitsForTheAnswerToAnUpdate(t *testing.T) {
	s := lesson()
	s.Phase, s.CDN = Recording, "b"
	s.Sessions = []Session{{Attempt: 1, UID: "11", SID: "sid1", ResourceID: "r", State: SessionRunning, StartFacts: StartFacts{StartedAt: bell}, Evidence: Evidence{RecordingAt: bell, LastGood: bell}, PushFacts: PushFacts{CDN: "a", AskedCDN: "b"}, Request: Request{Asked: agora.OpUpdate, Next: s.End}, UpdateFacts: UpdateFacts{Change: ChangePush}, Limits: Limits{MaxHour: 2}}}
	next, act, _ := decideOne(s, observation{}, s.Until)
	if act.Op != "" {
		t.Fatalf("at the end: %+v, want that the update is awaited", act)
	}
	if _, act, _ = decideOne(next, observation{Attempt: 1, Op: agora.OpUpdate, Answer: *noAnswer}, s.Until.Add(time.Second)); act.Op != agora.OpStop {
		t.Errorf("after the answer to the update: %+v, want a stop", act)
	}
}

func TestConfirmingQueriesFollowTheDocumentedBackOff(t *testing.T) {
	var at []time.Duration
	play(t, lesson(), func(r request) *Answer {
		if r.op != agora.OpQuery || r.session.Attempt > 1 {
			return nil
		}
		at = append(at, r.at.Round(time.Second)+43*time.Second)
		return gone // also how a bad page address and wrong storage keys show
	})
	want := []time.Duration{5, 10, 20, 35, 50, 65, 80, 90}
	for i := range want {
		want[i] *= time.Second
	}
	if diff := cmp.Diff(want, at); diff != "" {
		t.Errorf("seconds since the start (-want +got):\n%s", diff)
	}
}

func TestTenHealthyMinutesResetTheAttempts(t *testing.T) {
	died := map[int]time.Duration{1: 12 * time.Minute, 2: 24 * time.Minute, 3: 36 * time.Minute, 4: 48 * time.Minute}
	s, _ := play(t, lesson(), func(r request) *Answer {
		if r.op == agora.OpQuery && r.at > died[r.session.Attempt] && died[r.session.Attempt] > 0 {
			return status(20)
		}
		return nil
	})
	if len(s.Sessions) != 5 || s.Replicas[0].AbandonReason != "" {
		t.Errorf("%d sessions, gave up: %q; want 5, since no two failures were close", len(s.Sessions), s.Replicas[0].AbandonReason)
	}
}

func TestAQueryThatHangsDoesNotDelayTheStop(t *testing.T) {
	s := lesson()
	s.Sessions = []Session{{Attempt: 1, UID: "11", SID: "sid1", ResourceID: "r", State: SessionRunning, StartFacts: StartFacts{StartedAt: bell}, Evidence: Evidence{RecordingAt: bell}, Request: Request{Asked: agora.OpQuery}, Limits: Limits{MaxHour: 2}}}
	s.Phase = Recording
	next, act, _ := decideOne(s, observation{}, s.Until)
	if act.Op != agora.OpStop || next.Sessions[0].State != SessionStopping {
		t.Fatalf("at the end: %+v in state %s, want a stop", act, next.Sessions[0].State)
	}
	after, act, _ := decideOne(next, observation{Attempt: 1, Op: agora.OpQuery, Answer: *gone}, s.Until.Add(time.Second))
	if act.Op != "" || after.Sessions[0].State != SessionStopping || after.Sessions[0].Asked != agora.OpStop {
		t.Errorf("the query's late answer changed things: %+v, %+v", act, after.Sessions[0])
	}
}

func TestAStartThatWasNeverAnsweredBeforeTheEndIsReported(t *testing.T) {
	s, trace := play(t, lesson(), func(r request) *Answer {
		if r.op == agora.OpStart {
			return noAnswer
		}
		return nil
	}, change{at: -41 * time.Second, do: func(s *State) { s.Cancel = &Cancel{At: bell.Add(-41 * time.Second), Who: "ops"} }})
	if s.Outcome != Cancelled || !strings.Contains(s.Reason, "orphan: session 1") || !strings.Contains(s.Reason, "19:00") && !strings.Contains(s.Reason, "18:59") {
		t.Errorf("%s: %q after %v; want the orphan and the bound of its bill", s.Outcome, s.Reason, trace)
	}
}

// TestDecideAlwaysEnds throws any answers at any request and asks for what must hold whatever happens.
func TestDecideAlwaysEnds(t *testing.T) {
	answers := []*Answer{
		nil, nil, nil, nil, noAnswer, gone, broken, status(0), status(3), status(4), status(6), status(8), status(20),
		refusal(agora.Retry, 206, 65, "request not completed"), refusal(agora.Retry, 504, 62, "request timeout"),
		refusal(agora.NewResource, 500, 502, "x"), refusal(agora.Unknown, 201, 7, "already started"), refusal(agora.NewResource, 400, 53, "task conflict"),
		refusal(agora.Wait, 429, 0, "API rate limit exceeded"), refusal(agora.Wait, 400, 406, "vendor_over_load"),
		refusal(agora.Permanent, 401, 0, "Unauthorized"), refusal(agora.Permanent, 400, 2, "url"), refusal(agora.Ended, 400, 49, "invalid operation"),
		refusal(agora.Ended, 206, 435, "no recorded data"), refusal(agora.Ended, 200, 50, ""),
	}
	rapid.Check(t, func(rt *rapid.T) {
		s := lesson()
		s.Begin = s.Begin.Add(time.Duration(rapid.IntRange(-60, 3600).Draw(rt, "late")) * time.Second)
		faulty := rapid.IntRange(0, 10).Draw(rt, "faulty")
		sids := map[int]string{}
		stops := map[int]int{}
		end, trace := play(t, s, func(r request) *Answer {
			if r.at > 52*time.Minute && r.op != agora.OpStop {
				rt.Fatalf("%s at %v, after the end", r.op, r.at)
			}
			if r.op == agora.OpStop {
				stops[r.session.Attempt]++
			}
			a := ordinary(r)
			if rapid.IntRange(0, 10).Draw(rt, "luck") < faulty {
				if b := rapid.SampledFrom(answers).Draw(rt, "answer"); b != nil && (b.Result != agora.Done || r.op == agora.OpQuery) {
					a = b
				}
			}
			if r.op == agora.OpStart && a.Result == agora.Done {
				sids[r.session.Attempt] = a.SID
			}
			return a
		})
		if end.Phase != Ended || end.Outcome == "" || end.Reason == "" {
			rt.Fatalf("ended as %s %s %q", end.Phase, end.Outcome, end.Reason)
		}
		for _, x := range end.Sessions {
			if !x.State.Final() || x.Asked != "" {
				rt.Errorf("session %d is left %s, asked %q", x.Attempt, x.State, x.Asked)
			}
			if sids[x.Attempt] != "" && stops[x.Attempt] == 0 && !strings.Contains(x.Reason, "the service ended it") {
				rt.Errorf("session %d had a sid, was never stopped and is not known to have ended: %s %q\n%s", x.Attempt, x.State, x.Reason, strings.Join(trace, "\n"))
			}
		}
		if (end.Outcome == Recorded) != (len(end.Gaps) == 0) {
			rt.Errorf("%s with the gaps %v", end.Outcome, end.Gaps)
		}
	})
}

func TestALostSessionEndedWhenItWasLastSeenWhateverBecomesOfItsStop(t *testing.T) {
	lastGood := bell.Add(20 * time.Minute)
	s := lesson()
	s.Phase = Recording
	s.Sessions = []Session{{
		Attempt: 1, UID: "11", SID: "sid1", ResourceID: "r", State: SessionStopping,
		StopFacts:  StopFacts{FinalState: SessionLost, StoppedAt: lastGood, StopAskedAt: bell.Add(24 * time.Minute), StopUnansweredAt: bell.Add(24 * time.Minute)},
		StartFacts: StartFacts{StartedAt: bell},
		Evidence:   Evidence{RecordingAt: bell, LastGood: lastGood, SuspectAt: bell.Add(22 * time.Minute)},
		Request:    Request{Asked: agora.OpStop, AskedAt: bell.Add(24 * time.Minute)},
		Limits:     Limits{MaxHour: 2},
	}}
	next, _, _ := decideOne(s, observation{Attempt: 1, Op: agora.OpStop, Answer: *gone}, bell.Add(25*time.Minute))
	if x := next.Sessions[0]; x.State != SessionLost || !x.StoppedAt.Equal(lastGood) {
		t.Errorf("%s, ended at %v; want lost at %v", x.State, x.StoppedAt, lastGood)
	}
}
