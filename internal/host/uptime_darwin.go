package host

import (
	"time"

	"golang.org/x/sys/unix"
)

// Uptime is the time since the machine was started. It goes on while the machine sleeps: of macOS's clocks that one is called
// monotonic, and Go measures by another.
func Uptime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		return time.Since(begun) // macOS before 10.12
	}
	return time.Duration(t.Nano())
}
