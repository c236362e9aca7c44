// Package session is the state machine of an occurrence: pure, without a clock, a store or a client.
//
// A [Spec] is what the plan and the operators want of an occurrence, a [Status] what is happening to it, with a [Session]
// for each recording that was begun at the service. [Decide] compares the two, takes in an [Event] (an answer, a
// notification, that time has passed) and gives the next status, the requests to send, and when to look again. [View] is
// both together, for those who report.
//
// Start reading at Decide in decide.go. moved.go takes in a spec that has changed, request.go chooses requests, start.go,
// monitoring.go, update.go and stop.go take in answers, notice.go notifications; outcome.go says how it ended, and waits.go
// holds the waits that the catalogue does not.
//
// The package runner stores a status before it sends what Decide names, so that a crash between the two leaves the
// intent: docs/crash-matrix.md shows each such point, docs/state-machine.md each transition.
package session
