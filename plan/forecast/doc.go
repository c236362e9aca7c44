// Package forecast computes what plans will use of the service: concurrent sessions, request rate, minutes and cost; and
// how two plans differ.
//
// [Of] makes a [Forecast] in one sweep (sweep.go) over the starts and ends of all classes of a window. Recordings that are
// alike are counted once, with their number (likeness.go). Requests are counted second by second (request_count.go), money
// by account and month (account.go, price.go). [Diff] compares the classes, settings and figures of two plans, and
// [Difference.Groups] combines what people read as one change.
package forecast
