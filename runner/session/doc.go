// Package session is the state machine of an occurrence. It is pure: no clock, no store, no client.
//
// What comes in and goes out:
//
//	Spec    what the plan and the operators want of a class    state.go
//	Status  what is happening to it, with a [Session] for each
//	        recording that was begun at the service            state.go, session.go
//	Event   an answer, a notification, or that time has passed decide.go
//	Decide  Spec, Status, Event, now -> Status, requests to send, notes for people, when to look again
//
// [View] lays Spec and Status over each other, for those who report.
//
// Start reading at [Decide]. First onEvent takes in what has changed:
//
//	observeSpec     moved.go        a spec that has changed since the status was written. A new end needs nothing here: View has
//	                                laid the extension over the spec (Target.Lasting in extend.go) before Decide looks
//	onAnswer        decide.go       an answer to a request, by
//	  onAcquire, onStart            start.go, with the uid that a session gets
//	  onQuery                       on_query.go; uploads.go and query_interval.go (when to ask again)
//	  onUpdate                      update.go
//	  onStop                        stop.go; stop_gone.go after a 404
//	onNotice        notice.go       a notification of the service
//	onPaddingPreempted, onRelieved
//	                padding.go      another class needs the session of this one
//	onSentLate      decide.go       the store could not be written when a request was due
//
// Then choose, called by next until it names no request, says what is to be done:
//
//	ask             due.go          for each session: endUnneeded ends it, or its next request is due
//	                                (endUnneeded calls stopExcess and rotateSession of successor.go)
//	dueOrAbandon    due.go          for each replica without a session: beginSession, or none follows
//	finish          outcome.go      once nothing is left to ask: the outcome
//
// Beside them: foreign_answer.go is about answers that do not come from the service, foreign_orphan.go about recordings that this
// store does not know, target.go compares what plans want, answer.go and answer_reason.go put an answer into the terms of this
// package, uncoded.go is for tests. waits.go holds the waits that the documentation leaves open; the documented ones are in
// agora/catalog.
//
// The package runner stores the status before it sends a request that Decide names. So a crash leaves a request without an
// answer, and the next worker reports that as an event. docs/crash-matrix.md lists each such point, docs/state-machine.md each
// transition and what a change of the spec does.
//
// The package imports the types and tables of agora, never its client, and nothing of runner but the reason codes.
package session
