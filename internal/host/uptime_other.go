//go:build !linux && !darwin && !windows

package host

import "time"

// Uptime is the time since this process was started, without that in which the machine slept.
func Uptime() time.Duration { return time.Since(begun) }
