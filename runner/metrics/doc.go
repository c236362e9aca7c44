// Package metrics counts what a daemon does, for Prometheus.
//
// [New] makes a [Metrics] with a registry of its own. It is fed by hooks that others call: [Metrics.Exchange] for each
// request to the service (agora.WithObserver), [Metrics.Step] for each stored step of an occurrence
// (runner.Config.OnChange), and [Metrics.Commit] for each write of the store (store.Options.OnCommit). What is a state
// and not an event is read when a scrape asks for it, from the functions in [Sources]. [Metrics.Handler] answers
// /metrics.
//
// The table in contract.go lists every metric with its type, labels, values and meaning. The collectors and
// docs/metrics.md are made from it. Names and labels are a contract: they are added to and never renamed.
//
// Every label has a fixed set of values, except plan, which has one for each active plan. Nothing is labelled by
// class, recording, session or page, so the number of series does not grow with the timetable.
package metrics
