package simulator

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func TestWrongPathsAndMethodsAreNoRoute(t *testing.T) {
	r := newRig(t, Config{})
	k := r.begin("room-1", "7")
	for _, tt := range []struct{ method, path string }{
		{"GET", appPath + "acquire"},
		{"POST", appPath + "Acquire"},
		{"POST", appPath + "acquire/"},
		{"POST", "/v1/apps//cloud_recording/acquire"},
		{"POST", "/v2/apps/app-example/cloud_recording/acquire"},
		{"POST", appPath + "resourceid/x/mode/mix/start"},
		{"POST", appPath + "resourceid//mode/web/start"},
		{"POST", taskPath(k.resource, k.sid, "query")},
		{"GET", taskPath(k.resource, k.sid, "stop")},
		{"POST", taskPath(k.resource, k.sid, "updateLayout")},
		{"GET", "/"},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			a := r.do(tt.method, tt.path, tree{})
			a.want(t, 404, 0, "no Route matched with those values")
			if a.raw != `{"message":"no Route matched with those values"}` {
				t.Errorf("body %s", a.raw)
			}
		})
	}
}

func TestTheFirstPairOwnsItsAppID(t *testing.T) {
	r := newRig(t, Config{})
	r.id = ""
	r.acquire("room-1", "7").want(t, 401, 0, "Unauthorized")
	r.id = "customer-example"
	r.acquire("room-1", "7").want(t, 200, 0, "")
	r.id = "another-example"
	r.acquire("room-1", "7").want(t, 401, 0, "Invalid authentication credentials")
	r.do("POST", "/v1/apps/another-app/cloud_recording/acquire", acquireBody("room-1", "7")).want(t, 200, 0, "")

	req, _ := http.NewRequest(http.MethodPost, r.base+appPath+"acquire", nil)
	req.Header.Set("Authorization", "Bearer example")
	res, err := r.http.RoundTrip(req)
	if err != nil || res.StatusCode != 401 {
		t.Fatalf("another scheme: %v %v", res, err)
	}
}

func TestARecordingIsKnownToItsAppIDAlone(t *testing.T) {
	r := newRig(t, Config{})
	k := r.begin("room-1", "7")
	r.do("GET", "/v1/apps/another-app/cloud_recording/resourceid/"+k.resource+"/sid/"+k.sid+"/mode/web/query", nil).want(t, 404, 404, "failed to find worker")
	r.do("GET", taskPath("another", k.sid, "query"), nil).want(t, 404, 404, "failed to find worker")
}

func TestEveryAnswerHasARequestIDAndTheSimulatorsDate(t *testing.T) {
	at := time.Date(2031, 9, 17, 17, 0, 0, 0, time.UTC)
	r := newRig(t, Config{Now: func() time.Time { return at }})
	seen := map[string]bool{}
	for _, a := range []answer{r.acquire("room-1", "7"), r.acquire("room-1", "x"), r.do("GET", "/", nil)} {
		id := a.header.Get("X-Request-Id")
		if id == "" || seen[id] || a.header.Get("Date") != "Wed, 17 Sep 2031 17:00:00 GMT" {
			t.Errorf("headers %v", a.header)
		}
		seen[id] = true
	}
}

func TestBeyondTheBudgetOfASecondRequestsAreRefused(t *testing.T) {
	inBubble(t, Config{RetryAfter: true}, func(t *testing.T, r *rig) {
		for range 10 {
			r.acquire("room-1", "7").want(t, 200, 0, "")
		}
		a := r.acquire("room-1", "7")
		a.want(t, 429, 0, "API rate limit exceeded")
		if a.header.Get("Retry-After") != "1" {
			t.Errorf("Retry-After %q", a.header.Get("Retry-After"))
		}
		r.do("POST", "/v1/apps/another-app/cloud_recording/acquire", acquireBody("room-1", "7")).want(t, 200, 0, "")
		time.Sleep(100*time.Millisecond - 1)
		r.acquire("room-1", "7").want(t, 429, 0, "")
		time.Sleep(time.Nanosecond)
		r.acquire("room-1", "7").want(t, 200, 0, "")
		if l := r.sim.Ledger(); l.Requests["acquire"] != 14 || l.Answers["200"] != 12 || l.Answers["429"] != 2 {
			t.Errorf("ledger %v %v", l.Requests, l.Answers)
		}
	})
}

func TestANegativeRateIsUnlimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{QPS: -1})
		for range 100 {
			r.acquire("room-1", "7").want(t, 200, 0, "")
		}
	})
}

func TestABucketAdmitsAtMostItsDepthAndRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		qps := rapid.IntRange(1, 1000).Draw(t, "qps")
		b := newBucket(qps)
		start := time.Date(2031, 9, 17, 17, 0, 0, 0, time.UTC)
		now, admitted := start, 0
		for range rapid.IntRange(1, 200).Draw(t, "requests") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(time.Second)/4).Draw(t, "gap")))
			wait, ok := b.take(now)
			if ok {
				admitted++
			} else if _, early := b.take(now.Add(wait - 1)); early {
				t.Fatalf("admitted before the wait of %s was over", wait)
			}
			// A token's interval is rounded down to a nanosecond, hence the one to spare.
			if most := qps + int(now.Sub(start).Seconds()*float64(qps)) + 1; admitted > most {
				t.Fatalf("%d admitted within %s at %d a second", admitted, now.Sub(start), qps)
			}
		}
	})
}

func TestABucketNeverRefusesWhoKeepsToAnySlidingSecond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		qps := rapid.IntRange(1, 20).Draw(t, "qps")
		b := newBucket(qps)
		now := time.Date(2031, 9, 17, 17, 0, 0, 0, time.UTC)
		var sent []time.Time
		for range 100 {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(time.Second)/4).Draw(t, "gap")))
			if len(sent) >= qps && now.Before(sent[len(sent)-qps].Add(time.Second)) {
				now = sent[len(sent)-qps].Add(time.Second)
			}
			if _, ok := b.take(now); !ok {
				t.Fatalf("request %d refused", len(sent))
			}
			sent = append(sent, now)
		}
	})
}
