// Package runner makes happen what a plan says. What is wanted of an occurrence, its spec, and what is happening to it,
// its status, are two things, written by two parties; the store holds both.
//
// [New] builds an [Engine] over a store and a client; [Engine.Apply] gives it a plan; [Engine.Start] works until
// [Engine.Close]. What comes in goes this way:
//
//   - A plan is compared with the store by reconcile (reconcile.go, pure), and the specs that differ are written
//     (specs.go) in spec transactions, each of which raises the store's generation.
//   - An operator's order is judged by [Give] in such a transaction (orders.go) and holds when that returns, whether a
//     daemon runs or not.
//   - Each App ID has one worker (worker.go), which owns the status of its occurrences and the request budget. It reads
//     what is near by an index (load.go), and steps it through the pure state machine of package session (step.go):
//     Decide, commit, send, schedule. While a commit is out, events are queued; a store that cannot be written is one
//     branch of the same path.
//   - Requests are made in goroutines (ask.go), and their answers posted back to the worker's loop.
//
// Only a worker's loop touches its occurrences. The engine's lock guards the plans, the workers and the health issues,
// and is never held while the store or a worker is waited for.
//
// A crash leaves each row as it was committed. A request that was committed as asked and has no answer is told to Decide
// by the next worker ("asked, no answer known"); a row that holds sessions is always read. A spec that was written while
// a worker decided on the one before asks to be looked at at once, by its wake time.
//
// The package never reads YAML, never prints, and never ends a recording because it is itself told to end: what runs
// in the cloud goes on and is adopted at the next start.
package runner
