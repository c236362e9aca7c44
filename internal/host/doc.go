// Package host connects the daemon to its operating system.
//
// [LogQueue] is a queue between the log and standard error: a reader that stalls does not block the daemon. [Supervised]
// reports readiness and liveness to systemd. [ConnectionLimit] and [FreeSpace] query limits of the system. The files do
// not depend on each other, and the package knows neither plans nor commands.
package host
