// Package notify tells people and programs what happens to classes, and what will go wrong before it does.
//
// What happened comes in as announcements of the store: those of classes and orders are written in the transaction in
// which they happened ([Changes] says which a step makes), those of conditions that last (health issues, classes at
// risk, plans) by an observer that compares what is with what was announced last. A router makes a message of each for
// every target of the active plans that hears of it, and a worker for each target sends the messages, in order for one
// class, again and again with growing waits until the target has taken them. All of it is in the store, so that a crash
// at any point loses nothing but what the store could not take (direct.go), and repeats a message only under the same id.
//
// One node of a store sends: the one that has the lease of the duties. It asks the store for that before each look and before each
// batch of messages that it sends (Notifier.mine), so that one that was frozen sends nothing more once it wakes but what it had in its
// hands, as far as the store can be read: while it cannot, the node goes on. What is sent twice has the same id, what the other node
// has settled stays settled, and a target has one message of an id at most. The look at what the next classes need (check.go) and
// the calls of ping (ping.go) do not ask: they end with the notifier, some moments after the engine has learned that the duties are gone.
// Two things remain. A message that was out comes after a later one of its class. A condition that the node had found and not stored
// when it froze is announced a second time under another id where its id holds when it was found, as those of class.at-risk, health.raised
// and class.recovered do, and is told as over only by the next sender, which reads the marks anew.
//
//	engine, orders ──┐
//	                 ├─▶ announcements ──router──▶ outbox ──worker for each target──▶ webhook or channel
//	observer ────────┘
//
//	changes.go         what a step of a class announces, in the transaction of the step; fact.go: what an announcement holds
//	observe.go         what lasts and what has ended, by marks in the store; nodes.go, digest.go and check.go announce too
//	interrupted.go     class.late of a class that loses its recording while it lasts
//	route.go           which targets (target.go) hear of an announcement
//	message.go         the body of a message; words*.go and text.go: its sentences
//	worker.go          sends what is due: webhook.go to programs, channel.go to people; backoff.go: when it is tried again
//	direct.go          sends what is critical while the store cannot be written
//	ping.go, try.go    the address that is called each minute; the test of one target
//	event.go           the same words for readers of the API's stream
//
// Start reading at [Notifier] (notifier.go). Nothing in here is waited for by the engine: the goroutines are the package's own, and
// slow targets are bounded by timeouts. Texts and routing are pure functions. A target's address is a secret: it is
// resolved for each try and is in no message, log or error.
package notify
