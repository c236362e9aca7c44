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
		want         Result
	}{
		// Any endpoint.
		{allOps, 200, 0, "", Done},
		{allOps, 400, 0, "appid is invalid", Permanent},
		{allOps, 401, 0, "Unauthorized", Permanent},
		{allOps, 401, 0, "Invalid authentication credentials", Permanent},
		{allOps, 404, 0, "no Route matched with those values", Wait},
		{allOps, 429, 0, "API rate limit exceeded", Wait},
		{allOps, 429, 0, "", Wait},
		{allOps, 400, 2, "invalid parameter", Permanent},
		{allOps, 500, 0, "", Retry},
		{allOps, 502, 0, "", Retry},
		{allOps, 503, 0, "", Retry},
		{allOps, 504, 0, "", Retry},
		{allOps, 503, 12345, "whatever", Retry},
		{allOps, 400, 12345, "whatever", Permanent},
		{allOps, 403, 12345, "whatever", Permanent},

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
		{only(OpAcquire), 400, 400, "invalid_appid", Permanent},
		{only(OpAcquire), 400, 401, "invalid_channel_name", Permanent},
		{only(OpAcquire), 400, 405, "no_active_status", Permanent},
		{only(OpAcquire), 400, 406, "vendor_over_load", Wait},
		{only(OpAcquire), 500, 500, "internal_error", Retry},
		{only(OpAcquire), 500, 501, "no_worker_manager_available", Retry},
		{only(OpAcquire), 500, 504, "allocate_timeout", Retry},
		{only(OpAcquire), 400, 62, "", Retry},
		{only(OpAcquire), 504, 62, "request timeout", Retry},
		{only(OpAcquire), 206, 12345, "", Retry},
		{only(OpAcquire), 404, 404, "failed to find worker", Permanent},

		// start
		{only(OpStart), 201, 7, "already started", Unknown},
		{only(OpStart), 201, 0, "", Unknown},
		{only(OpStart), 200, 7, "already started", Unknown},
		{only(OpStart), 206, 65, "request not completed", Retry},
		{only(OpStart), 206, 0, "", Unknown},
		{only(OpStart), 200, 12345, "", Unknown},
		{only(OpStart), 400, 53, "task conflict", NewResource},
		{only(OpStart), 500, 502, "Failed to allocate worker", NewResource},
		{only(OpStart), 500, 62, "request timeout", Retry},
		{only(OpStart), 504, 62, "request timeout", Retry},
		{only(OpStart), 500, 501, "", Retry},
		{only(OpStart), 404, 404, "failed to find worker", Permanent},

		// query, update and stop
		{live, 206, 65, "request not completed", Retry},
		{live, 504, 62, "request timeout", Retry},
		{live, 400, 49, "invalid operation", Ended},
		{live, 404, 501, "", Ended},
		{live, 404, 2, "", Permanent},
		{live, 404, 12345, "", Permanent},
		{only(OpQuery, OpUpdate), 404, 404, "failed to find worker", Retry},
		{only(OpQuery, OpUpdate), 404, 0, "failed to find worker", Retry},
		{only(OpQuery), 206, 0, "", Retry},
		{only(OpQuery), 206, 435, "no recorded data", Retry},
		{only(OpUpdate, OpStop), 206, 0, "", Unknown},
		{only(OpStop), 404, 404, "failed to find worker", Ended},
		{only(OpStop), 206, 435, "no recorded data", Ended},
		{only(OpStop), 200, 50, "upload timeout", Ended},
		{only(OpStop), 206, 50, "", Ended},
		{only(OpStop), 400, 50, "", Ended},
		{only(OpStop), 504, 50, "", Ended},

		// Older codes.
		{allOps, 400, 8, "", Permanent},
		{allOps, 400, 109, "", Permanent},
		{allOps, 400, 110, "", Permanent},
		{allOps, 400, 432, "", Permanent},
		{allOps, 400, 433, "", NewResource},
		{allOps, 400, 1001, "", NewResource},
		{allOps, 500, 1001, "", NewResource},
		{allOps, 400, 1003, "", Permanent},
		{allOps, 400, 1013, "", Permanent},
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
	for op, want := range map[Op]Result{
		OpAcquire: Retry, OpQuery: Retry, OpStart: Unknown, OpUpdate: Unknown, OpStop: Unknown,
	} {
		if got := ClassifyFailure(op, true); got != want {
			t.Errorf("%s, sent: %v, want %v", op, got, want)
		}
		if got := ClassifyFailure(op, false); got != Retry {
			t.Errorf("%s, not sent: %v", op, got)
		}
	}
}
