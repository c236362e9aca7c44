package session

import (
	"fmt"
	"strings"
	"time"

	"rundown/agora"
)

// transition is a change of a session's state that Decide may make.
type transition struct {
	move
	when string // what leads to it
}

// transitions are all that Decide makes of a session: it makes no other, and each of these is made.
var transitions = []transition{
	{move{"", SessionAcquiring}, "class time is near or left, and nothing carries the replica"},
	{move{SessionAcquiring, SessionStarting}, "acquire: 200"},
	{move{SessionAcquiring, SessionFailed}, "acquire: refused for good, the sid of an orphan turned up, its replica is no longer wanted, or the class ended meanwhile"},
	{move{SessionStarting, SessionConfirming}, "start: 200, or 201 code 7 with a sid; a notification tells the sid"},
	{move{SessionStarting, SessionAcquiring}, "start: 400 code 53, while another session of ours may have the uid: it waits for a free one"},
	{move{SessionStarting, SessionFailed}, "start: a definite failure, refused for good, no repeat is left after 5xx, 65, 62 or no answer, its replica is no longer wanted, or the class ended meanwhile"},
	{move{SessionStarting, SessionOrphan}, "start: 201 code 7 without a sid, 400 code 53 after a start whose effect is open, or its effect is still open when the class ends"},
	{move{SessionStarting, SessionStopping}, "a notification tells the sid once the class is over"},
	{move{SessionConfirming, SessionRunning}, "query: status 4 or 5"},
	{move{SessionConfirming, SessionFailed}, "query: 6, 7, 8, 20 or exit, or a notification of its end is confirmed, and it never wrote"},
	{move{SessionConfirming, SessionLost}, "the same, after a notification or a file named when it began to write"},
	{move{SessionConfirming, SessionStopping}, "not seen running within 90 s, its hold cannot be ended, its replica is no longer wanted, or the class is over"},
	{move{SessionRunning, SessionSuspect}, "query or update: 404"},
	{move{SessionRunning, SessionLost}, "query: 6, 7, 8, 20 or exit, or a notification of its end is confirmed"},
	{move{SessionRunning, SessionFailed}, "the same, on hold and before it wrote"},
	{move{SessionRunning, SessionStopping}, "the class is over, cancelled or moved, a successor writes, its hold cannot be ended, or its replica is no longer wanted"},
	{move{SessionSuspect, SessionRunning}, "query: status 4 or 5"},
	{move{SessionSuspect, SessionLost}, "query: ended, or a notification of its end is confirmed"},
	{move{SessionSuspect, SessionFailed}, "the same, on hold and before it wrote"},
	{move{SessionSuspect, SessionStopping}, "404 for 90 s, its replica is no longer wanted, or the class is over"},
	{move{SessionStopping, SessionEnded}, "stop: done or ended, or its hours are over"},
	{move{SessionStopping, SessionFailed}, "the same, of one that never wrote"},
	{move{SessionStopping, SessionLost}, "the same, of one that was taken for dead"},
	{move{SessionStopping, SessionOrphan}, "stop: 404 for 90 s, where nothing told that it had ended"},
	{move{SessionFailed, SessionOrphan}, "a start with its uid met 400 code 53, or its doubt was never settled"},
	{move{SessionFailed, SessionConfirming}, "a notification tells the sid, and nothing else carries the replica"},
	{move{SessionFailed, SessionStopping}, "a notification tells the sid, and it is not needed"},
	{move{SessionOrphan, SessionConfirming}, "a notification tells the sid, and nothing else carries the replica"},
	{move{SessionOrphan, SessionStopping}, "a notification tells the sid, and it is not needed; or tells of one whose sid is known"},
	{move{SessionOrphan, SessionEnded}, "a notification tells the end of one whose sid is known"},
}

// stateMachine is the page docs/state-machine.md.
func stateMachine() string {
	name := func(s SessionState) string {
		if s == "" {
			return "[*]"
		}
		return string(s)
	}
	var b strings.Builder
	b.WriteString(`# The state machine of a session

Generated from the code by ` + "`go test ./runner/session -run StateMachine -update`" + `, and held by that test: Decide makes these
changes and no others.

An occurrence has one replica, with ` + "`redundancy`" + ` up to four; a replica has one session after the other, which alternate between
its two uids. A state is stored before a request that has an effect is sent and after its answer; what a crash leaves is
a request without an answer, which is an observation like any other. A query has no effect: nothing is stored before it.

`)
	b.WriteString("```mermaid\nstateDiagram-v2\n")
	for _, t := range transitions {
		fmt.Fprintf(&b, "    %s --> %s\n", name(t.from), name(t.to))
	}
	for _, s := range []SessionState{SessionEnded, SessionFailed, SessionLost, SessionOrphan} {
		fmt.Fprintf(&b, "    %s --> [*]\n", s)
	}
	b.WriteString("```\n\n| from | to | when |\n| --- | --- | --- |\n")
	for _, t := range transitions {
		from := string(t.from)
		if from == "" {
			from = "(new)"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", from, t.to, t.when)
	}
	b.WriteString(specChanges())
	return b.String()
}

// specChange is a change of what is wanted of a class of 50 minutes.
type specChange struct {
	what   string
	before func(*Spec) // what held before, and was taken in; nil: the plan as it is
	change func(*Spec)
}

var specChangesTold = []specChange{
	{what: "moved two hours ahead", change: func(s *Spec) { s.Interval = shiftedInterval(s.Interval, 2*time.Hour, 2*time.Hour) }},
	{what: "moved by five minutes", change: func(s *Spec) { s.Interval = shiftedInterval(s.Interval, 5*time.Minute, 5*time.Minute) }},
	{what: "its end moved 30 minutes later, by the plan or by an operator's extension", change: func(s *Spec) { s.Interval = shiftedInterval(s.Interval, 0, 30*time.Minute) }},
	{what: "its end moved ten minutes earlier", change: func(s *Spec) { s.Interval = shiftedInterval(s.Interval, 0, -10*time.Minute) }},
	{what: "cancelled, by the plan or by an operator", change: func(s *Spec) { s.CancelledByPlan = &Cancel{At: bell.Add(-time.Hour), Who: "the plan"} }},
	{
		what:   "a cancellation taken back",
		before: func(s *Spec) { s.CancelledByPlan = &Cancel{At: bell.Add(-time.Hour), Who: "the plan"} },
		change: func(s *Spec) { s.CancelledByPlan = nil },
	},
	{what: "removed from the plan", change: func(s *Spec) { s.Absent = true }},
	{
		what:   "in the plan again",
		before: func(s *Spec) { s.Absent = true },
		change: func(s *Spec) { s.Absent = false },
	},
	{what: "given to another App ID", change: func(s *Spec) { s.App, s.OtherApp = "other", true }},
	{what: "given another push address", change: func(s *Spec) { s.CDN = "other" }},
	{what: "given another page, storage or video size", change: func(s *Spec) { s.URL, s.Storage, s.StreamClass = "other", "other", "hd" }},
}

func shiftedInterval(i Interval, start, end time.Duration) Interval {
	return Interval{Start: i.Start.Add(start), From: i.From.Add(start), End: i.End.Add(end), Until: i.Until.Add(end)}
}

// situation is a class as a change of its spec may find it.
type situation struct {
	name   string
	status func() Status
	now    time.Time
}

func situations() []situation {
	running := Session{
		UID: "11", State: SessionRunning, SID: "sid", Request: Request{Next: bell.Add(11 * time.Minute)},
		PushFacts: PushFacts{CDN: "main"}, Limits: Limits{MaxHour: 2, ExpireHour: 26},
	}
	ended := running
	ended.State, ended.StopFacts, ended.Next = SessionEnded, StopFacts{StoppedAt: bell.Add(52 * time.Minute)}, time.Time{}
	return []situation{
		{"planned", func() Status { return lesson().Status }, bell.Add(-10 * time.Minute)},
		{"being recorded, 10 minutes in", func() Status { return inHand(running).Status }, bell.Add(10 * time.Minute)},
		{"ended, 10 minutes after its end", func() Status {
			s := inHand(ended).Status
			s.Phase, s.Outcome = Ended, Recorded
			return s
		}, bell.Add(60 * time.Minute)},
	}
}

// specChanges is the section of the page on what Decide makes of a change of the spec. Each cell is what Decide says, not
// what somebody wrote about it.
func specChanges() string {
	var b strings.Builder
	b.WriteString(`
## What a change of the spec does

The table shows what Decide does at once when the spec of a class has changed: the new state of the class and the requests that
follow. Each cell was made by running Decide. What is recorded goes on unless a cell says stop. Where a class is planned
again, its sessions so far stay in its history.

The page, the storage and the format of the video are sent with the start of a session. A session that runs keeps its own; one that is
begun later, because the first one failed, has the new ones. To change the page of a class that is being recorded, cancel the class, wait
until its session has stopped, and take the cancellation back: then another session begins. Taken back at once, it changes nothing. An
update that renews storage credentials sends the storage block as the plan has it now, since the service wants it whole.

An end that is already past is not written into a spec: the command or the reload that asks for it is refused.

A class of which nothing records any more, and for which no session can begin before its end, ends then and not after its padding. An
operator's extension that comes in the padding is then refused, since the class has ended. A class that still records in its padding can be
extended: a replica that had no class time left then begins another session.

| the class is … |`)
	all := situations()
	for _, s := range all {
		b.WriteString(" " + s.name + " |")
	}
	b.WriteString("\n|" + strings.Repeat(" --- |", len(all)+1) + "\n")
	for _, c := range specChangesTold {
		fmt.Fprintf(&b, "| %s |", c.what)
		for _, s := range all {
			fmt.Fprintf(&b, " %s |", c.effect(s))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// effect is what Decide makes of a change in a situation.
func (c specChange) effect(s situation) string {
	spec := Spec{Target: lesson().Target}
	spec.CDN = "main"
	status := s.status()
	status.Observed = Observed{Start: spec.Start, End: spec.End}
	if c.before != nil {
		c.before(&spec)
		status, _, _, _ = Decide(spec, status, TimePassed{}, s.now)
	}
	before := status.Clone()
	c.change(&spec)
	next, actions, _, _ := Decide(spec, status, TimePassed{}, s.now)
	text := string(next.Phase)
	switch {
	case next.Phase == before.Phase && next.Outcome == before.Outcome && len(actions) == 0 && next.EarlierSessions == before.EarlierSessions:
		text = "stays " + text
	case next.EarlierSessions > before.EarlierSessions && next.Phase != Planned:
		text += ", then planned again"
	case before.Phase == Ended && next.Phase == Planned:
		text += " again"
	}
	if next.Outcome != "" {
		text += " (" + string(next.Outcome) + ")"
	}
	for _, a := range actions {
		text += ", " + string(a.Op)
		if a.Op == agora.OpAcquire {
			text += " of a new session"
		}
	}
	return text
}
