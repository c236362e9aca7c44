package host

import (
	"time"

	"golang.org/x/sys/windows"
)

// Uptime is the time since the machine was started, that in which it slept included. It goes on in steps of some 16 ms.
func Uptime() time.Duration { return windows.DurationSinceBoot() }
