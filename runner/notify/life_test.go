package notify

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"rundown/agora"
	"rundown/runner/reason"
	"rundown/runner/session"
)

// sampleStart is when the class of the samples begins.
var sampleStart = time.Date(2031, 9, 17, 17, 0, 0, 0, time.UTC)

// life is a class as the engine plays it: its status is Decide's alone, the service answers at once, and what is announced of it is what
// the worker would announce.
type life struct {
	spec    session.Spec
	status  session.Status
	now     time.Time
	events  map[time.Time][]func(*session.State) session.Event // what happens beside answers, by when
	answers func(op agora.Op, x *session.Session, at time.Time) session.Answer
	told    map[string]Fact // the last of each kind
}

// newLife is the class of the samples, of a healthy service.
func newLife() *life {
	t := session.Target{
		Identity:    session.Identity{ID: "lingua/german-a1/20310917T170000Z", Plan: "lingua", Recording: "german-a1", Zone: "Europe/Madrid"},
		Interval:    session.Interval{Start: sampleStart, End: sampleStart.Add(50 * time.Minute), From: sampleStart.Add(-30 * time.Second), Until: sampleStart.Add(52 * time.Minute)},
		Service:     session.Service{App: "0123456789abcdef0123456789abcdef"},
		Destination: session.Destination{Storage: "videos", Bucket: "lingua-videos", Prefix: "autumn/german/"},
		Cname:       "lingua-german-a1", UIDs: [][2]string{{"11", "12"}}, Attempts: 3, MinRemainder: 5 * time.Minute, MaxHour: 3, ExpireHour: 27,
	}
	return &life{
		spec: session.Spec{Target: t}, status: session.Status{Begin: t.FirstRequest(), Phase: session.Planned}, now: sampleStart.Add(-30 * time.Minute),
		events: map[time.Time][]func(*session.State) session.Event{}, answers: healthy, told: map[string]Fact{},
	}
}

// healthy is what a healthy service answers. It writes five seconds after the start.
func healthy(op agora.Op, x *session.Session, _ time.Time) session.Answer {
	a := session.Answer{Result: agora.Done}
	switch op {
	case agora.OpAcquire:
		a.ResourceID = fmt.Sprintf("resource%d", x.Attempt)
	case agora.OpStart:
		a.SID = fmt.Sprintf("sid%d", x.Attempt)
	case agora.OpQuery:
		a.Server = agora.ServerResponse{Status: agora.StatusInProgress, Services: []agora.ServiceState{{
			ServiceName: agora.ServiceWebRecorder, Payload: agora.ServicePayload{
				State: "inProgress", FileList: []agora.File{{Filename: "a.m3u8", SliceStartTime: x.StartedAt.Add(5 * time.Second).UnixMilli()}},
			},
		}}}
	case agora.OpStop:
		a.Server = agora.ServerResponse{Services: []agora.ServiceState{{ServiceName: agora.ServiceUpload, Payload: agora.ServicePayload{UploadingStatus: agora.UploadComplete}}}}
	}
	return a
}

// at has something happen so long after the start of the class.
func (l *life) at(after time.Duration, event func(*session.State) session.Event) {
	l.events[sampleStart.Add(after)] = append(l.events[sampleStart.Add(after)], event)
}

// notice is a notification of the service about a session, by its number.
func (l *life) notice(attempt int, kind agora.EventType, details any) func(*session.State) session.Event {
	return func(s *session.State) session.Event {
		raw, _ := json.Marshal(details)
		e := agora.Event{NoticeID: fmt.Sprintf("notice%d.%d", attempt, kind), Type: kind, Cname: s.Cname, SID: fmt.Sprintf("sid%d", attempt), Sequence: 1, At: l.now, RawDetails: raw}
		if x := s.Session(attempt); x != nil {
			e.UID = x.UID
		}
		return session.NoticeArrived{Notice: session.NewNotice(e, func(text string) string { return text })}
	}
}

// step takes in an event, and the answers to what is asked then.
func (l *life) step(e session.Event) (wake time.Time) {
	before := session.View(l.spec, l.status)
	status, actions, _, wake := session.Decide(l.spec, l.status, e, l.now)
	l.status = status
	after := session.View(l.spec, status)
	for _, a := range Changes(before, after, l.now) {
		if f, err := factOf(a); err == nil {
			l.told[a.Kind] = f
		}
	}
	for _, act := range actions {
		x := after.Session(act.Attempt)
		answer := l.answers(act.Op, x, l.now)
		wake = l.step(session.Answered{Attempt: act.Attempt, Op: act.Op, Answer: answer})
	}
	return wake
}

// play lets the class happen, until so long after its end.
func (l *life) play(t testing.TB, after time.Duration) map[string]Fact {
	t.Helper()
	until := sampleStart.Add(50*time.Minute + after)
	for steps := 0; l.now.Before(until); steps++ {
		if steps > 5000 {
			t.Fatal("it comes to no end")
		}
		wake := l.step(session.TimePassed{})
		next := until
		if !wake.IsZero() && wake.Before(next) {
			next = wake
		}
		for at := range l.events {
			if at.After(l.now) && at.Before(next) {
				next = at
			}
		}
		if !next.After(l.now) {
			next = l.now.Add(time.Second)
		}
		l.now = next
		for _, event := range l.events[l.now] {
			s := session.View(l.spec, l.status)
			l.step(event(&s))
		}
	}
	return l.told
}

// lost is a class whose session is answered 404 from 20 minutes on.
func lost() *life {
	l := newLife()
	l.answers = func(op agora.Op, x *session.Session, at time.Time) session.Answer {
		if x.Attempt == 1 && (op == agora.OpQuery || op == agora.OpStop) && !at.Before(sampleStart.Add(20*time.Minute)) {
			return session.Answer{Result: agora.Ended, Status: 404, Code: 404, Reason: "failed to find worker"}
		}
		return healthy(op, x, at)
	}
	return l
}

// orphaned is a class whose first start is answered by what says that it runs, without its sid.
func orphaned() *life {
	l := newLife()
	l.answers = func(op agora.Op, x *session.Session, at time.Time) session.Answer {
		if x.Attempt == 1 && op == agora.OpStart {
			return session.Answer{Result: agora.Unknown, Status: 201, Code: 7, Reason: "already started"}
		}
		return healthy(op, x, at)
	}
	return l
}

// cancelled is a class with an order of an operator.
func cancelled(after time.Duration, why string) *life {
	l := newLife()
	l.at(after, func(*session.State) session.Event {
		l.spec.Cancel = &session.Cancel{At: l.now, Who: "ops", Reason: why, ReasonCode: reason.CancelledByOperator}
		return session.TimePassed{}
	})
	return l
}

// unloaded is a class whose page does not load: its sessions end by themselves, and nothing was written.
func unloaded() *life {
	l := newLife()
	over := map[int]bool{}
	for i, after := range []time.Duration{-10 * time.Second, 30 * time.Second} {
		ended := l.notice(i+1, agora.EventWebRecorderStopped, agora.WebRecorderStoppedDetails{Code: agora.StoppedPageLoadTimeout, Message: "page_load_timeout"})
		l.at(after, func(s *session.State) session.Event {
			over[i+1] = true
			return ended(s)
		})
	}
	l.answers = func(op agora.Op, x *session.Session, at time.Time) session.Answer {
		switch {
		case op == agora.OpQuery && over[x.Attempt]:
			return session.Answer{Result: agora.Ended, Status: 404, Code: 404, Reason: "failed to find worker"}
		case op == agora.OpQuery:
			return session.Answer{Result: agora.Done, Server: agora.ServerResponse{Status: agora.StatusInitialised}}
		}
		return healthy(op, x, at)
	}
	return l
}

// lives are what is announced of classes, each as the engine and the service make it.
func lives(t testing.TB) map[string]Fact {
	t.Helper()
	facts := map[string]Fact{}
	take := func(l *life, after time.Duration, kinds ...string) {
		told := l.play(t, after)
		for _, kind := range kinds {
			f, known := told[kind]
			if !known {
				t.Fatalf("%s is not announced, but %v", kind, told)
			}
			facts[kind] = f
		}
	}
	take(newLife(), 10*time.Minute, "class.recorded")
	take(lost(), 10*time.Minute, "class.partial")
	take(cancelled(-10*time.Minute, "snow"), 10*time.Minute, "class.cancelled")
	missed := newLife()
	missed.now = sampleStart.Add(52 * time.Minute)
	missed.step(session.Unattended{Since: sampleStart.Add(-5 * time.Minute)})
	take(missed, 10*time.Minute, "class.missed")
	take(unloaded(), 10*time.Minute, "class.failed")
	take(orphaned(), 10*time.Minute, kindOrphan)
	found := orphaned()
	found.at(40*time.Second, found.notice(1, agora.EventWebRecorderStarted, nil))
	take(found, 10*time.Minute, kindOrphanResolved)
	upload := newLife()
	upload.at(20*time.Minute, upload.notice(1, agora.EventError, agora.ErrorDetails{Module: 1, Level: 5, Code: 32}))
	upload.at(55*time.Minute, upload.notice(1, agora.EventUploaded, agora.StatusDetails{}))
	take(upload, 10*time.Minute, kindUploadFailed, kindUploadLate)
	return facts
}
