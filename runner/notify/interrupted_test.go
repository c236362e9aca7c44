package notify

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"rundown/runner/session"
	"rundown/runner/store"
)

// span is a session that records from one minute of a class to another, and is then lost or, for some minutes, not seen.
type span struct{ from, until, suspect float64 }

// play is a class of 50 minutes, as it is in the store from minute to minute. Where a time is 0 that does not happen.
type play struct {
	sessions   []span
	restart    float64    // another observer goes on, with the marks
	cancelled  float64    // by an operator
	ended      float64    // Rundown gives it up
	unreadable [2]float64 // the rows cannot be read from one minute to the other
	anew       [2]float64 // it is begun anew from one minute to the other, as where its plan gave it to another App ID and back
}

const forEver = 1e6

// at is the class at a minute: nil where it has no session yet.
func (p play) at(minute float64) *session.State {
	s := &session.State{Target: session.Target{
		Identity: session.Identity{ID: "lingua/german-a1/20310917T170000Z", Plan: "lingua", Recording: "german-a1", Zone: "Europe/Madrid"},
		Interval: session.Interval{Start: sampleStart, End: sampleStart.Add(50 * time.Minute), From: sampleStart.Add(-time.Minute), Until: sampleStart.Add(52 * time.Minute)},
		UIDs:     [][2]string{{"11", "12"}},
	}}
	s.Phase = session.Recording
	for _, one := range p.sessions {
		if minute < one.from {
			break
		}
		x := session.Session{Attempt: len(s.Sessions) + 1, State: session.SessionRunning}
		x.RecordingAt, x.LastGood = afterStart(one.from), afterStart(min(minute, one.until))
		switch {
		case minute < one.until:
		case minute < one.until+one.suspect:
			x.State = session.SessionSuspect
		default:
			x.State, x.StoppedAt, x.Reason, x.ReasonCode = session.SessionLost, afterStart(one.until), "the recording stopped, code 6 recorder_error", "ended-by-service"
		}
		s.Sessions = append(s.Sessions, x)
	}
	switch {
	case minute >= p.anew[0] && minute < p.anew[1]:
		s.Phase, s.Sessions = session.Starting, nil
	case p.cancelled > 0 && minute >= p.cancelled:
		s.Phase, s.Cancel = session.Stopping, &session.Cancel{}
	case p.ended > 0 && minute >= p.ended:
		s.Phase, s.Outcome = session.Ended, session.Partial
	case len(s.Sessions) == 0:
		return nil
	}
	return s
}

func afterStart(minutes float64) time.Time {
	return sampleStart.Add(time.Duration(minutes * float64(time.Minute)))
}

// observe looks at the class as the notifier does, and gives what is announced, with its minute and second.
func (p play) observe(t testing.TB) (told []string, announced []store.Announcement) {
	t.Helper()
	o := newObserver(map[string]string{})
	class := Class{ID: "lingua/german-a1/20310917T170000Z", Plan: "lingua", Recording: "german-a1", Start: sampleStart, End: sampleStart.Add(50 * time.Minute), Zone: "Europe/Madrid"}
	for now := sampleStart.Add(-2 * time.Minute); now.Before(class.End.Add(3 * time.Minute)); now = now.Add(observeEvery) {
		minute := now.Sub(sampleStart).Minutes()
		if p.restart > 0 && minute >= p.restart {
			o, p.restart = newObserver(maps.Clone(o.marks)), 0
		}
		brief := store.Brief{ID: class.ID, Plan: class.Plan, Recording: class.Recording, Start: class.Start, End: class.End, State: string(session.Planned)}
		states := map[string]*session.State{}
		if s := p.at(minute); s != nil {
			brief.State, brief.Outcome = string(s.Phase), string(s.Outcome)
			for _, x := range s.Sessions {
				brief.Sessions = append(brief.Sessions, string(x.State))
			}
			if minute < p.unreadable[0] || minute >= p.unreadable[1] {
				states[class.ID] = s
			}
		}
		briefs := []store.Brief{brief}
		if !now.Before(class.End) { // it is no more among the next classes
			briefs = nil
		}
		var found news
		o.classes(classLook{now, &found, func(store.Brief) []Cause { return nil }, func(store.Brief) *Class { return &class }, states}, briefs)
		o.take(found.marks)
		for _, a := range found.announcements {
			after := now.Sub(sampleStart)
			told = append(told, fmt.Sprintf("%s %02d:%02d", strings.TrimPrefix(a.Kind, "class."), int(after.Minutes()), int(after.Seconds())%60))
			announced = append(announced, a)
		}
	}
	if len(o.marks) > 0 || len(o.silent) > 0 {
		t.Errorf("after the class these are remembered: %v, %v", o.marks, o.silent)
	}
	return told, announced
}

// comesAndGoes are sessions of two minutes with 90 s between them, until a minute.
func comesAndGoes(until float64) (list []span) {
	for from := -1.0; from < until; from += 3.5 {
		list = append(list, span{from: from, until: from + 3.5 - 1.5})
	}
	return list
}

func TestAnInterruptionIsToldOnceAfterTheTimeOfAReplacement(t *testing.T) {
	lost := span{from: -1, until: 12}
	for _, tt := range []struct {
		name string
		play play
		want []string
	}{
		{"recorded from start to end", play{sessions: []span{{from: -1, until: forEver}}}, nil},
		{"replaced in time", play{sessions: []span{lost, {from: 12.9, until: forEver}}}, nil},
		{"never replaced", play{sessions: []span{lost}}, []string{"late 13:00"}},
		{"replaced later", play{sessions: []span{lost, {from: 20, until: forEver}}}, []string{"late 13:00", "recovered 20:00"}},
		{"each of two is told", play{sessions: []span{lost, {from: 15, until: 30}, {from: 35, until: forEver}}}, []string{"late 13:00", "recovered 15:00", "late 31:00", "recovered 35:00"}},
		{"short ones do not add up", play{sessions: []span{lost, {from: 12.8, until: 14}, {from: 14.8, until: 16}, {from: 16.8, until: forEver}}}, nil},
		{"it comes and goes", play{sessions: comesAndGoes(50)}, []string{"late 02:00", "recovered 02:30", "late 05:30"}},
		{"it comes and goes, and then stays", play{sessions: append(comesAndGoes(20), span{from: 23.5, until: forEver})}, []string{"late 02:00", "recovered 02:30", "late 05:30", "recovered 33:30"}},
		{"it comes and goes, stays, and is lost later", play{sessions: append(comesAndGoes(20), span{from: 23.5, until: 44})}, []string{"late 02:00", "recovered 02:30", "late 05:30", "recovered 33:30", "late 45:00"}},
		{"the daemon restarts", play{sessions: []span{lost, {from: 20, until: forEver}}, restart: 16}, []string{"late 13:00", "recovered 20:00"}},
		{"another daemon takes over within the grace", play{sessions: []span{lost}, restart: 12.5}, []string{"late 13:30"}},
		{"cancelled meanwhile", play{sessions: []span{lost}, cancelled: 14}, []string{"late 13:00"}},
		{"cancelled within the grace", play{sessions: []span{lost}, cancelled: 12.5}, nil},
		{"it ends meanwhile", play{sessions: []span{lost}, ended: 14}, []string{"late 13:00"}},
		{"it ends within the grace", play{sessions: []span{lost}, ended: 12.5}, nil},
		{"it cannot be read for a while", play{sessions: []span{lost, {from: 20, until: forEver}}, unreadable: [2]float64{14, 16}}, []string{"late 13:00", "recovered 20:00"}},
		{"it cannot be read at first", play{sessions: []span{lost}, unreadable: [2]float64{12, 16}}, []string{"late 17:00"}},
		{"it cannot be read as it is recorded again", play{sessions: []span{lost, {from: 20, until: forEver}}, unreadable: [2]float64{19, 22}}, []string{"late 13:00", "recovered 20:00"}},
		{"lost in the padding before its start", play{sessions: []span{{from: -1, until: -0.25}}}, []string{"late 01:00"}},
		{"lost in the padding before its start, and replaced", play{sessions: []span{{from: -1, until: -0.25}, {from: 0.5, until: forEver}}}, nil},
		{"lost shortly before its end", play{sessions: []span{{from: -1, until: 49.5}}}, nil},
		{"lost in the padding after its end", play{sessions: []span{{from: -1, until: 50.5}}}, nil},
		{"not seen in a failover", play{sessions: []span{{from: -1, until: 12, suspect: 1.5}, {from: 13.5, until: forEver}}}, nil},
		{"not seen, and then lost", play{sessions: []span{{from: -1, until: 12, suspect: 1.5}}}, []string{"late 14:30"}},
		{"not seen, and nobody answers", play{sessions: []span{{from: -1, until: 12, suspect: forEver}}}, []string{"late 14:30"}},
		{"never begun", play{sessions: []span{{from: 5, until: forEver}}}, []string{"late 00:30", "recovered 05:00"}},
		{"begun late, and then begun anew", play{sessions: []span{{from: 5, until: forEver}}, anew: [2]float64{15, 17}}, []string{"late 00:30", "recovered 05:00", "late 15:00", "recovered 17:00"}},
		{"begun late, and lost soon", play{sessions: []span{{from: 5, until: 8}}}, []string{"late 00:30", "recovered 05:00", "late 09:00"}},
	} {
		got, announced := tt.play.observe(t)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: told %v, want %v", tt.name, got, tt.want)
		}
		ids := map[string]bool{}
		for _, a := range announced {
			ids[a.ID] = true
		}
		if len(ids) != len(announced) {
			t.Errorf("%s: two announcements have one id", tt.name)
		}
	}
}

// TestWhatFollowsAnInterruptionIsSaid has what the next session may come to, and a class that is interrupted again and again.
func TestWhatFollowsAnInterruptionIsSaid(t *testing.T) {
	next := Interruption{Since: afterStart(12), Session: 1}
	with := func(change func(*Interruption)) Interruption {
		i := next
		change(&i)
		return i
	}
	for _, tt := range []struct {
		name        string
		is          Interruption
		causes      []Cause
		says, omits []string
	}{
		{
			"it is to begin at a time", with(func(i *Interruption) { i.NextAt = afterStart(13.5) }), nil,
			[]string{"Nothing of it has been recorded since 19:12:00 CEST.", "Rundown begins another session at 19:13:30.", "You are told when it is recorded again."},
			[]string{"Another session follows"},
		},
		{"it is to begin now", next, nil, []string{"Rundown begins another session now."}, nil},
		{"it was refused", with(func(i *Interruption) {
			i.Next, i.State, i.Answer, i.Code, i.NextAt = 2, session.SessionAcquiring, "acquire: HTTP 400, code 406", "concurrency", afterStart(13.25)
		}), nil, []string{"Rundown tries to begin session 2, without success so far: acquire: HTTP 400, code 406. The next try is at 19:13:15."}, nil},
		{"its answer is awaited", with(func(i *Interruption) { i.Next, i.State = 2, session.SessionStarting }), nil, []string{"Rundown tries to begin session 2, without success so far. It tries again now."}, nil},
		{"it is not seen", with(func(i *Interruption) { i.Next, i.State = 2, session.SessionConfirming }), nil, []string{"has started session 2, but the service does not show it recording yet."}, nil},
		{"the first one is not seen", with(func(i *Interruption) { i.Suspect = true }), nil, []string{"The service does not show its recording (session 1) running any more.", "If it stays so, Rundown begins another session while class time is left."}, []string{"ended. Cause"}},
		{
			"none can begin", next,
			[]Cause{{ID: "account-refused", Text: "the service does not accept the credentials", Advice: "check customer_id"}},
			[]string{"It cannot be recorded again while this lasts: the service does not accept the credentials.", "Check customer_id."},
			nil,
		},
		{
			"none follows", with(func(i *Interruption) { i.GivenUp, i.Code = "3 sessions in a row failed", "attempts-used-up" }), nil,
			[]string{"Rundown begins no other session: 3 sessions in a row failed.", "Record the rest of the class by other means"},
			[]string{"You are told", "Another session"},
		},
		{"again and again", with(func(i *Interruption) { i.Again = true }), nil, []string{"This is not the first time", "once that has lasted for ten minutes"}, []string{"You are told when"}},
	} {
		f := samples(t)[kindLate]
		f.Code, f.Reason, f.Causes, f.Interruption = "ended-by-service", "the recording stopped, code 6 recorder_error", tt.causes, &tt.is
		_, e := eventAt(kindLate, afterStart(13), f)
		got := e.Data.Text + "\n" + e.Data.Advice
		for _, part := range tt.says {
			if !strings.Contains(strings.Replace(got, "nothing of it", "Nothing of it", 1), part) {
				t.Errorf("%s: %q is not in %q", tt.name, part, got)
			}
		}
		for _, part := range tt.omits {
			if strings.Contains(got, part) {
				t.Errorf("%s: %q is in %q", tt.name, part, got)
			}
		}
		if e.Data.ReasonCode == nil || *e.Data.ReasonCode != "ended-by-service" || steadyAfter != 10*time.Minute {
			t.Errorf("%s: the code is %v", tt.name, e.Data.ReasonCode)
		}
	}
}
