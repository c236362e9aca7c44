//go:build soak

package runner_test

import "testing"

// TestTheSoakFailsWithoutTheRecoveryOfUnansweredRequests is the negative control: an engine that forgets at its start
// what it had asked must be caught.
func TestTheSoakFailsWithoutTheRecoveryOfUnansweredRequests(t *testing.T) {
	t.Parallel()
	// Where the crashes fall is chance: a week in which none met a start tells nothing, and the next is looked at.
	var out soak
	for next := range uint64(4) {
		if out = runSoak(t, 1, *seed+next, true); len(out.faults) > 0 {
			break
		}
	}
	if len(out.faults) == 0 {
		t.Error("the soak did not notice")
	}
	t.Logf("%d faults noticed, such as %q", len(out.faults), out.faults[:min(1, len(out.faults))])
}
