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
// Start reading at [Decide]. It calls, in this order:
//
//	moved.go        takes in a spec that has changed since the status was written
//	start.go        answers to acquire and start; which uid a session gets
//	monitoring.go   answers to query; update.go to update; stop.go and stop_gone.go to stop
//	notice.go       notifications of the service
//	request.go      then chooses the next request of each session, and whether a new session begins
//	successor.go    ends sessions that are no longer needed or whose hours run out
//	outcome.go      settles the outcome, once nothing is left to ask
//
// foreign_answer.go is about answers that do not come from the service, waits.go holds the waits that the documentation
// leaves open; the documented ones are in agora/catalog.
//
// The package runner stores the status before it sends a request that Decide names. So a crash leaves a request without an
// answer, and the next worker reports that as an event. docs/crash-matrix.md lists each such point, docs/state-machine.md each
// transition and what a change of the spec does.
//
// The package imports the types and tables of agora, never its client, and nothing of runner but the reason codes.
package session
