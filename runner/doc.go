// Package runner makes happen what plans say. It keeps two things apart: what is wanted of an occurrence, its spec, and what is
// happening to it, its status. The store holds both.
//
// [New] builds an [Engine] over a store and a client. [Engine.Start] runs the plans until [Engine.Close]; [Engine.Apply] replaces
// one meanwhile. Start reading at worker.step in step.go. What comes in goes this way:
//
//   - A plan is compared with the store by reconcile (reconcile.go, pure). The specs that differ are written (specs.go) in
//     spec transactions, each of which raises the store's generation. The methods on that way are listed below.
//   - An operator's order is judged by [Give] in such a transaction (orders.go). It holds when Give returns, whether a daemon
//     runs or not.
//   - A process is a node, which owns App IDs by its heartbeats (node.go, assign.go). On SQLite one node owns all of them.
//   - Each App ID has one worker (worker.go). It alone writes the status of its occurrences, and it has the request budget. It reads
//     what is near by an index (load.go), and steps it (step.go): Decide of package session, commit, send. While a commit
//     is out, events are queued. A store that cannot be written is one branch of the same path.
//   - Requests are sent from goroutines (ask.go, request.go), and their answers are posted back to the worker's loop. So are
//     notifications of the service (notices.go).
//
// A plan becomes the active one, and then its specs are written, by these methods of [Engine]. All but pollStore run under its lock
// applying:
//
//	start: beginWork      activateAtStart        the plans that are given, and those of the store
//	                      given, keepGiven       which revision a start works on; keepRevision stores a new one
//	                      setActive              the plan is active here: App IDs are resolved and claimed, workers made
//	                      writeNear              removeOthers, and for each plan writeNearOf; then the workers begin
//	                      writeRest              for each plan writePlan: moveOrders, passOnExtensions, and then writeWindow up to the horizon
//	Apply (a reload)      keepRevision, replace  replace is setActive, writePlanInTheEnd, reloadWorkers; or the plan waits
//	each poll: pollStore  updateOwnership        dead nodes are buried, App IDs claimed and handed over
//	                      reloadWorkers          the workers read what has a higher generation; new ones begin
//	after it: syncPlans   writeOwnPlans          writePlan, where this node came to own the first App ID of the plan
//	                      activateStored         replace, for a revision that a command stored; dropPlan, for one that was withdrawn
//	each hour             extendHorizon          writeWindow
//
// writeWindow and writeNearOf repeat writeOnce until no other writer comes between: wantAll, reconcile, and writeAll for what is near, and
// then for the rest. Where several plans are written, what is near of all of them goes first.
//
// Beside this way:
//
//	revision.go, confirmation.go    plans from the store: which one is active, waits or is refused
//	placement.go                    when a first request is due
//	capacity.go                     padding that gives its session to another class
//	health.go                       health issues, which the files about their causes raise (breaker.go, reach.go, foreign.go …)
//	running.go                      what a plan makes of the classes that are being recorded, for people and their histories
//	clock.go                        a clock that jumps, and one that differs from the service's
//	lifecycle.go                    the start, the timers and the end
//	occurrence.go                   one class that the worker has in memory
//	node.go, handover.go            several nodes: which of them live, who owns an App ID, and how that changes; duty.go: what one
//	                                node does for all
//	gate.go                         who may send
//	unfit.go                        plans that this node cannot work on, and which revision a start works on
//	late.go, relay.go               what one node leaves in the store for another
//	maintenance.go                  old classes are removed, and the log of an SQLite file is emptied
//	keys.go                         references and storage credentials, resolved for each request
//	now.go, dryrun.go               what somebody asks for outside of the schedule; the requests of a plan without sending any
//
// Commands and runner/web call it, the latter for the most part by runner/view and runner/operate. Calls run from the
// engine to the workers, and from both to the packages session, store and agora, which never call back. What
// goes out are requests, rows of the store, log lines, and the hooks of [Config].
//
// Only a worker's loop touches its occurrences. The locks of the engine are described at [Engine].
//
// A crash leaves each row as it was committed. Where a row says that a request was asked and no answer is stored, the next worker
// reports that to Decide as an event ("asked, no answer known"); a row with sessions that are not over is always read. A spec that
// was written while a worker decided on the one before wakes its row at once.
//
// The package never reads YAML and never prints. It does not end a recording because the process ends: what runs in the cloud
// goes on, and the next start adopts it. Where several nodes share the store, another one takes it over within seconds.
package runner
