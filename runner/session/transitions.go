package session

import (
	"fmt"
	"strings"
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
	{move{SessionStarting, SessionFailed}, "start: a definite failure, refused for good, repeats at an end, its replica is no longer wanted, or the class ended meanwhile"},
	{move{SessionStarting, SessionOrphan}, "start: 201 code 7 without a sid, 400 code 53 after an unanswered one, or unanswered to the end"},
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
	return b.String()
}
