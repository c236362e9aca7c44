package agora

import (
	"testing"
)

var allOps = []Op{OpAcquire, OpStart, OpQuery, OpUpdate, OpStop}

func TestEveryDocumentedAnswerHasItsClass(t *testing.T) {
	only := func(ops ...Op) []Op { return ops }
	live := only(OpQuery, OpUpdate, OpStop)
	for _, c := range []struct {
		ops          []Op
		status, code int
		reason       string
		want         Class
	}{
		// Any endpoint.
		{allOps, 200, 0, "", Done},
		{allOps, 400, 0, "appid is invalid", Fix},
		{allOps, 401, 0, "Unauthorized", Fix},
		{allOps, 401, 0, "Invalid authentication credentials", Fix},
		{allOps, 404, 0, "no Route matched with those values", Wait},
		{allOps, 429, 0, "API rate limit exceeded", Wait},
		{allOps, 429, 0, "", Wait},
		{allOps, 400, 2, "invalid parameter", Fix},
		{allOps, 500, 0, "", Again},
		{allOps, 502, 0, "", Again},
		{allOps, 503, 0, "", Again},
		{allOps, 504, 0, "", Again},
		{allOps, 503, 12345, "whatever", Again},
		{allOps, 400, 12345, "whatever", Fix},
		{allOps, 403, 12345, "whatever", Fix},

		// What has no code is not the service's word; a 400 may also say that there were too many requests.
		{allOps, 302, 0, "", Wait},
		{allOps, 400, 0, "", Wait},
		{allOps, 400, 0, "too many requests", Wait},
		{allOps, 403, 0, "", Wait},
		{allOps, 404, 0, "", Wait},
		{allOps, 407, 0, "", Wait},
		{allOps, 408, 0, "", Wait},
		{allOps, 418, 0, "", Wait},
		{allOps, 421, 0, "", Wait},

		// acquire
		{only(OpAcquire), 400, 400, "invalid_appid", Fix},
		{only(OpAcquire), 400, 401, "invalid_channel_name", Fix},
		{only(OpAcquire), 400, 405, "no_active_status", Fix},
		{only(OpAcquire), 400, 406, "vendor_over_load", Wait},
		{only(OpAcquire), 500, 500, "internal_error", Again},
		{only(OpAcquire), 500, 501, "no_worker_manager_available", Again},
		{only(OpAcquire), 500, 504, "allocate_timeout", Again},
		{only(OpAcquire), 400, 62, "", Again},
		{only(OpAcquire), 504, 62, "request timeout", Again},
		{only(OpAcquire), 206, 12345, "", Again},
		{only(OpAcquire), 404, 404, "failed to find worker", Fix},

		// start
		{only(OpStart), 201, 7, "already started", Unknown},
		{only(OpStart), 201, 0, "", Unknown},
		{only(OpStart), 200, 7, "already started", Unknown},
		{only(OpStart), 206, 65, "request not completed", Again},
		{only(OpStart), 206, 0, "", Unknown},
		{only(OpStart), 200, 12345, "", Unknown},
		{only(OpStart), 400, 53, "task conflict", Pair},
		{only(OpStart), 500, 502, "Failed to allocate worker", Pair},
		{only(OpStart), 500, 62, "request timeout", Again},
		{only(OpStart), 504, 62, "request timeout", Again},
		{only(OpStart), 500, 501, "", Again},
		{only(OpStart), 404, 404, "failed to find worker", Fix},

		// query, update and stop
		{live, 206, 65, "request not completed", Again},
		{live, 504, 62, "request timeout", Again},
		{live, 400, 49, "invalid operation", Ended},
		{live, 404, 501, "", Ended},
		{live, 404, 2, "", Fix},
		{live, 404, 12345, "", Fix},
		{only(OpQuery, OpUpdate), 404, 404, "failed to find worker", Again},
		{only(OpQuery, OpUpdate), 404, 0, "failed to find worker", Again},
		{only(OpQuery), 206, 0, "", Again},
		{only(OpQuery), 206, 435, "no recorded data", Again},
		{only(OpUpdate, OpStop), 206, 0, "", Unknown},
		{only(OpStop), 404, 404, "failed to find worker", Ended},
		{only(OpStop), 206, 435, "no recorded data", Ended},
		{only(OpStop), 200, 50, "upload timeout", Ended},
		{only(OpStop), 206, 50, "", Ended},
		{only(OpStop), 400, 50, "", Ended},
		{only(OpStop), 504, 50, "", Ended},

		// Older codes.
		{allOps, 400, 8, "", Fix},
		{allOps, 400, 109, "", Fix},
		{allOps, 400, 110, "", Fix},
		{allOps, 400, 432, "", Fix},
		{allOps, 400, 433, "", Pair},
		{allOps, 400, 1001, "", Pair},
		{allOps, 500, 1001, "", Pair},
		{allOps, 400, 1003, "", Fix},
		{allOps, 400, 1013, "", Fix},
	} {
		for _, op := range c.ops {
			if got := Classify(op, c.status, c.code, c.reason); got != c.want {
				t.Errorf("%s, HTTP %d, code %d %q: %v, want %v", op, c.status, c.code, c.reason, got, c.want)
			}
		}
	}
}

func TestOnlyA200WithoutACodeIsDone(t *testing.T) {
	codes := []int{-1, 435, 502, 999, 1001, 1003, 1013, 12345}
	for i := range 111 {
		codes = append(codes, i, 400+i)
	}
	for _, op := range allOps {
		for status := 100; status < 600; status++ {
			for _, code := range codes {
				if got := Classify(op, status, code, ""); (got == Done) != (status == 200 && code == 0) {
					t.Fatalf("%s, HTTP %d, code %d: %v", op, status, code, got)
				}
			}
		}
	}
}

func TestARequestWithoutAnAnswerIsUnknownOnlyWhereItMayHaveHadAnEffect(t *testing.T) {
	for op, want := range map[Op]Class{
		OpAcquire: Again, OpQuery: Again, OpStart: Unknown, OpUpdate: Unknown, OpStop: Unknown,
	} {
		if got := ClassifyFailure(op, true); got != want {
			t.Errorf("%s, sent: %v, want %v", op, got, want)
		}
		if got := ClassifyFailure(op, false); got != Again {
			t.Errorf("%s, not sent: %v", op, got)
		}
	}
}
