//go:build race

package cli

import "time"

// idleStart is how long the test binary takes to start as the program on an idle machine, here under the race detector.
const idleStart = 250 * time.Millisecond
