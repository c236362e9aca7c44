package host

import (
	"time"

	"golang.org/x/sys/unix"
)

// Uptime is the time since the machine was started. It goes on while the machine sleeps, unlike the clock by which Go
// measures what has passed.
func Uptime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return time.Since(begun) // kernels before 2.6.39
	}
	return time.Duration(t.Nano())
}
