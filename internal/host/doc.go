// Package host connects the daemon to its operating system.
//
// [LogQueue] is a queue between the log and standard error: a reader that stalls does not block the daemon. [Supervised]
// reports readiness and liveness to systemd. [ConnectionLimit] and [DiskSpace] query limits of the system. [Uptime] goes on while
// the machine sleeps, by which the engine notices that it did. The files do not depend on each other.
//
// The run and now commands use it. It asks the engine whether it makes progress and gives health issues in the engine's form; it
// knows neither plans nor commands.
package host
