// Package api is the JSON API under /api/v1: what commands show and do, over HTTP.
//
// [New] makes the handler. Each route is one function in the file of its resource: status.go, occurrences.go, acts.go,
// closures.go, plans.go, forecast.go, calendar.go, events.go. It is added by registerRead where it reads everything, which asks for
// that right, else by register, and asks itself; both make a problem of an error (api.go).
//
// stream.go serves what changes.go and follower.go find in the log, as server-sent events. Reading goes by runner/view, acts
// by runner/operate and runner/closure, so that API, commands and page agree. Answers are the types of runner/view; refusals are problems by RFC 9457 ([access.Problem]).
//
// Who may do what is decided by runner/web/access, whose guard stands in front of the handler and gives each request its
// caller. A route asks that caller; without a guard nothing is allowed.
//
// The OpenAPI document is generated from the Go types. It is served at /openapi.json and kept as schemas/openapi.json; a
// test holds the file against the types, and real answers against the file.
package api
