package agora_test

import (
	"testing"

	"rundown/agora"
)

// TestEachDocumentedAnswerHasItsVerdict holds that what the callers tell apart goes by the documented codes.
func TestEachDocumentedAnswerHasItsVerdict(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		op      agora.Op
		status  int
		code    int
		reason  string
		foreign bool
		want    agora.Verdict
	}{
		{"success", agora.OpStart, 200, 0, "", false, agora.VerdictDone},
		{"resource id has started", agora.OpStart, 201, 7, "", false, agora.VerdictAlreadyStarted},
		{"task conflict", agora.OpStart, 400, 53, "", false, agora.VerdictConflict},
		{"still at it", agora.OpStart, 206, 65, "", false, agora.VerdictPending},
		{"out of time", agora.OpStart, 500, 62, "", false, agora.VerdictTimedOut},
		{"no worker", agora.OpStart, 500, 502, "", false, agora.VerdictNewResource},
		{"resource id too old", agora.OpStart, 400, 433, "", false, agora.VerdictNewResource},
		{"parameter", agora.OpAcquire, 400, 2, "", false, agora.VerdictRefused},
		{"too many recordings", agora.OpAcquire, 400, 406, "", false, agora.VerdictWait},
		{"overdue", agora.OpAcquire, 400, 405, "", false, agora.VerdictAccountInactive},
		{"credentials", agora.OpQuery, 401, 0, "unauthorized", false, agora.VerdictUnauthorized},
		{"credentials, by something else", agora.OpQuery, 401, 0, "who are you", true, agora.VerdictUnauthorized},
		{"too many requests", agora.OpQuery, 429, 0, "", false, agora.VerdictRateLimited},
		{"unknown to query", agora.OpQuery, 404, 404, "failed to find worker", false, agora.VerdictGone},
		{"unknown to stop", agora.OpStop, 404, 404, "failed to find worker", false, agora.VerdictGone},
		{"a wrong path", agora.OpQuery, 404, 0, "not here", true, agora.VerdictBlocked},
		{"upload goes on", agora.OpStop, 206, 50, "", false, agora.VerdictUploading},
		{"nothing recorded", agora.OpStop, 206, 435, "", false, agora.VerdictNothingRecorded},
		{"invalid operation", agora.OpStop, 400, 49, "", false, agora.VerdictEnded},
		{"internal error", agora.OpAcquire, 500, 500, "", false, agora.VerdictRetry},
		{"a redirect", agora.OpStart, 302, 0, "", true, agora.VerdictBlocked},
		{"a firewall", agora.OpStart, 403, 0, "", true, agora.VerdictBlocked},
		{"a balancer without a back end", agora.OpStart, 503, 0, "", true, agora.VerdictBlocked},
		{"a balancer whose back end failed", agora.OpStart, 502, 0, "", true, agora.VerdictForeign},
		{"a login page", agora.OpAcquire, 202, 0, "", true, agora.VerdictForeign},
	} {
		e := &agora.Error{Op: tt.op, Result: agora.Classify(tt.op, tt.status, tt.code, tt.reason), Status: tt.status, Code: tt.code, Foreign: tt.foreign}
		if got := e.Verdict(); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	if got := (&agora.Error{Op: agora.OpStart}).Verdict(); got != agora.VerdictUnknown {
		t.Errorf("no answer: %s", got)
	}
	for c := agora.Unknown; c <= agora.Wait; c++ {
		if agora.Judge(c, 0, 0, false) == "" {
			t.Errorf("result %s has no verdict", c)
		}
	}
}
