package session

import (
	"testing"

	"rundown/agora"
)

// TestEachVerdictButSuccessHasAReasonCode holds that no answer leaves a session without a code.
func TestEachVerdictButSuccessHasAReasonCode(t *testing.T) {
	t.Parallel()
	for class := agora.Unknown; class <= agora.Wait; class++ {
		for _, status := range []int{0, 200, 201, 206, 302, 400, 401, 403, 404, 429, 500, 503} {
			for _, code := range []int{0, 2, 7, 49, 50, 53, 62, 65, 404, 405, 406, 433, 435, 502} {
				for _, foreign := range []bool{false, true} {
					a := Answer{Result: class, Status: status, Code: code, Foreign: foreign}
					if got := a.ReasonCode(); (got == "") != (class == agora.Done) {
						t.Errorf("%s, HTTP %d, code %d, foreign %v: %q", class, status, code, foreign, got)
					}
				}
			}
		}
	}
}
