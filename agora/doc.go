// Package agora talks to Agora's Cloud Recording service in its web page recording mode.
//
// It holds a typed client ([New], [Client.App]), the class of every documented answer ([Error], [Class]), the request
// budget of an App ID ([Budget]), hosts and their order ([Route]), and webhook verification ([VerifySignature]). The
// documented facts that it works by are in agora/catalog.
//
// It knows nothing of plans or of scheduling, keeps no state but the budget and the host that answered last, and
// never decides whether a recording is worth another attempt: it says what an answer means, the caller says what to do.
package agora
