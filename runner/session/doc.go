// Package session is the state machine of a class: pure, without a clock, a store or a client.
//
// A [Target] is what the plan and the operators want of a class, a [State] what has happened to it, with a [Session] for
// each recording that was begun at the service. [Decide] takes a State, an [Observation] (an answer, a notification, a
// wake) and the time, and gives the next State, what to do, and when to look again. It begins in decide.go; moved.go
// follows a class that the plan moves, outcome.go says how it ended, waits.go holds the waits that the catalogue does not.
//
// The package runner stores a State before it does what Decide says, so that a crash between the two leaves the
// intent: docs/crash-matrix.md shows each such point, docs/state-machine.md each transition.
package session
