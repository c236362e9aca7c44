package cli

import (
	"strings"

	"rundown/runner/view"
)

// splitClock takes the time of day from the arguments of a command, where it is a word of its own after an ID with a day.
func splitClock(args []string) (id, rest []string) {
	if len(args) > 1 && strings.Contains(args[0], "@") {
		if _, err := view.ReadClock(args[1]); err == nil {
			return args[:2], args[2:]
		}
	}
	return args[:min(len(args), 1)], args[min(len(args), 1):]
}
