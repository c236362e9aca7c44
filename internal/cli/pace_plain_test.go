//go:build !race

package cli

import "time"

// idleStart is how long the test binary takes to start as the program on an idle machine.
const idleStart = 80 * time.Millisecond
