// Package access decides who may do what over HTTP. Requests for the JSON API and the duty page pass its [Guard]; health
// checks and the webhook do not.
//
// The rules:
//
//   - Without an access file, requests from this machine may read, and nobody may act. They must name a host of this
//     machine, so that a page in a browser cannot read by a name that it points here. HTTP/1.0 is refused: proxies speak it.
//   - With an access file ([Policy]), each request needs a token or a name with a password, whose scopes say what it may do.
//   - An address of the network needs an access file, and TLS or a proxy that is named as trusted. Without an access file
//     the guard answers there that it serves nothing.
//   - A change from another origin is refused, whatever it carries ([net/http.CrossOriginProtection]).
//   - Requests, failed attempts and bodies have limits.
//
// A request runs: [Guard.Handler] → headers → address of the client → transport → origin → limits → credentials → the
// handler, which finds the [Caller] by [CallerOf] and asks [Caller.Can]. Refusals are problems by RFC 9457.
package access
