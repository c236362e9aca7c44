package agora

import (
	"errors"
	"fmt"
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

func TestPredicatesNameTheAnswersThatCallersBranchOn(t *testing.T) {
	for _, c := range []struct {
		name string
		is   func(error) bool
		yes  []Error
		no   []Error
	}{
		{
			"already started", IsAlreadyStarted,
			[]Error{{Op: OpStart, Status: 201, Code: 7}, {Op: OpStart, Status: 201}},
			[]Error{{Op: OpStop, Status: 201, Code: 7}, {Op: OpStart, Status: 201, Code: 65}},
		},
		{
			"task conflict", IsTaskConflict,
			[]Error{{Op: OpStart, Status: 400, Code: 53}},
			[]Error{{Op: OpStart, Status: 400, Code: 2}, {Op: OpStop, Status: 400, Code: 53}},
		},
		{
			"not found", IsNotFound,
			[]Error{
				{Op: OpQuery, Status: 404, Code: 404, Reason: "failed to find worker"},
				{Op: OpStop, Status: 404, Reason: "Failed to find worker"},
			},
			[]Error{
				{Op: OpUpdate, Status: 404},
				{Op: OpQuery, Status: 404, Reason: "no Route matched with those values"},
				{Op: OpStart, Status: 404, Code: 404},
				{Op: OpQuery, Status: 400, Code: 2},
				{Op: OpQuery},
			},
		},
		{"unauthorized", IsUnauthorized, []Error{{Op: OpQuery, Status: 401}}, []Error{{Op: OpAcquire, Status: 400, Code: 401}}},
		{"no active status", IsNoActiveStatus, []Error{{Op: OpAcquire, Status: 400, Code: 405}}, []Error{{Op: OpStart, Status: 405}}},
		{"overloaded", IsOverloaded, []Error{{Op: OpAcquire, Status: 400, Code: 406}}, []Error{{Op: OpAcquire, Status: 406}}},
		{"rate limited", IsRateLimited, []Error{{Op: OpStart, Status: 429}}, []Error{{Op: OpStart, Status: 400, Code: 429}}},
		{"no recorded data", IsNoRecordedData, []Error{{Op: OpStop, Status: 206, Code: 435}}, []Error{{Op: OpStop, Status: 206, Code: 65}}},
		{"upload timeout", IsUploadTimeout, []Error{{Op: OpStop, Status: 504, Code: 50}}, []Error{{Op: OpStart, Status: 504, Code: 50}}},
		{"request timeout", IsRequestTimeout, []Error{{Op: OpStart, Status: 500, Code: 62}}, []Error{{Op: OpStart, Status: 504}}},
		{"not completed", IsNotCompleted, []Error{{Op: OpStart, Status: 206, Code: 65}}, []Error{{Op: OpStop, Status: 206, Code: 435}}},
		{"allocate failed", IsAllocateFailed, []Error{{Op: OpStart, Status: 500, Code: 502}}, []Error{{Op: OpStart, Status: 502}}},
	} {
		for _, e := range c.yes {
			if !c.is(fmt.Errorf("wrapped: %w", &e)) {
				t.Errorf("%s: no for %v", c.name, &e)
			}
		}
		for _, e := range c.no {
			if c.is(&e) {
				t.Errorf("%s: yes for %v", c.name, &e)
			}
		}
		if c.is(nil) || c.is(errors.New("other")) {
			t.Errorf("%s: yes for something else", c.name)
		}
	}
}
