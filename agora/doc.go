// Package agora talks to Agora's Cloud Recording service in its web page recording mode.
//
// Start reading at [New] and [Client.App]. A call takes this way:
//
//	client.go    the typed calls of an App ID: [App.Acquire], [App.Start], [App.Query], [App.Update], [App.Stop]
//	call.go      one call with its repetitions: budget, credentials, host, time limit, answer
//	budget.go    [Budget] admits requests by priority, and an acquire together with its start
//	hosts.go     the order of the hosts, and which one answered last
//	answer.go    the answer as far as it can be read, without secrets
//	classify.go  the documented tables of answers: [Classify], and [Judge] in verdict.go
//
// Beside them: messages.go has the bodies, route.go the paths, codes.go the service's codes that count; pool.go and connection.go
// are the transport, which says whether a request may have been sent. [ParseEvent] (event.go) and [VerifySignature] are for
// notifications, [Client.Addresses] for the list of where they come from, [Unreached] and [CheckProxy] for who has to find out why
// nothing answers. The documented facts are in agora/catalog.
//
// Package runner makes the calls, under the budget of the worker that owns the App ID. runner/session uses the types and verdicts
// and never a [Client].
//
// The package knows nothing of plans and schedules, keeps no state but the budget and the hosts, and never decides whether
// a recording is worth another attempt: it says what an answer means ([Error], [Result], [Verdict]), and the caller says what
// to do. Nothing that it returns or logs contains a secret of the request.
package agora
