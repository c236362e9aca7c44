// Package host is what a process that works for long needs of the machine on which it runs.
//
// [LogQueue] is between the log and standard error, so that a reader that does not read stops nothing. [Supervised] tells
// systemd how the process is. [ConnectionLimit] and [FreeSpace] ask for the limits of the system. Each file stands by
// itself; the package knows neither plans nor commands.
package host
