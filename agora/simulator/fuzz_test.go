package simulator

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// FuzzBodies sends anything as the body of anything: the answer is never a server's mistake, nothing panics, and
// what is refused has had no effect.
func FuzzBodies(f *testing.F) {
	seed := func(v any) {
		data, err := json.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		for _, op := range []string{"acquire", "start", "update", "stop"} {
			f.Add(op, string(data))
		}
	}
	seed(acquireBody("room-1", "7"))
	seed(startBody("room-1", "7", withMP4, withPush("rtmp://ingest.example.net/live/key-41")))
	seed(tree{"cname": "room-1", "uid": "7", "clientRequest": tree{"webRecordingConfig": tree{"onhold": true}}})
	seed(tree{"cname": "room-1", "uid": "7", "clientRequest": tree{"storageConfig": storage(startBody("", ""))}})
	seed(tree{"cname": "room-1", "uid": "7", "clientRequest": tree{"async_stop": true}})
	seed(tree{"clientRequest": tree{"extensionServiceConfig": tree{"extensionServices": []any{nil, 1, tree{"serviceParam": tree{"videoWidth": 1e300}}}}}})
	f.Fuzz(func(t *testing.T, op, body string) {
		now := time.Date(2031, 9, 17, 17, 0, 0, 0, time.UTC)
		r := newRig(t, Config{Now: func() time.Time { return now }, QPS: -1, UploadDelay: -1})
		k := r.begin("room-1", "7", withPush("rtmp://ingest.example.net/live/key-41"))
		spare := r.acquire("room-1", "7")
		now = now.Add(time.Minute)
		before := len(r.sim.Ledger().Sessions)
		path := appPath + "acquire"
		switch op {
		case "start":
			k.stop(true)
			path = appPath + "resourceid/" + spare.body.ResourceID + "/mode/web/start"
		case "update", "stop":
			path = taskPath(k.resource, k.sid, op)
		}
		a := r.do(http.MethodPost, path, body)
		if a.status >= 500 {
			t.Fatalf("%s %q: HTTP %d %s", op, body, a.status, a.raw)
		}
		if a.status != 200 && (a.body.Code == 0 || a.body.Reason == "" || strings.Contains(a.body.Reason, "\n")) {
			t.Fatalf("%s %q: refused with %s", op, body, a.raw)
		}
		if after := len(r.sim.Ledger().Sessions); (after > before) != (op == "start" && a.status == 200) {
			t.Fatalf("%s %q: HTTP %d, %d sessions before, %d after", op, body, a.status, before, after)
		}
		now = now.Add(50 * time.Hour)
		r.sim.Ledger()
		k.query()
	})
}

// FuzzPaths sends any method to any path.
func FuzzPaths(f *testing.F) {
	f.Add("POST", appPath+"acquire")
	f.Add("GET", taskPath("x", "y", "query"))
	f.Add("GET", "/_simulator/ledger")
	f.Add("PUT", "/_simulator/faults")
	f.Add("GET", "/v1/apps/%2F/cloud_recording/resourceid/%00/sid/%zz/mode/web/query")
	f.Fuzz(func(t *testing.T, method, path string) {
		r := newRig(t, Config{})
		req, err := http.NewRequest(method, r.base, nil)
		if err != nil {
			return
		}
		req.URL.Path, req.URL.RawPath = path, path
		res, err := r.http.RoundTrip(req)
		if err != nil || res.StatusCode >= 500 {
			t.Fatalf("%s %s: %v %v", method, path, res, err)
		}
	})
}

// FuzzFaults reads anything as a script: an error of one line, or a script that can be set.
func FuzzFaults(f *testing.F) {
	f.Add(`{"seed":1,"requests":[{"endpoint":"start","times":2,"delay":"2s"}],"sessions":[{"cname":"*","after":"10s","stop":"recorder_error"}]}`)
	f.Add("requests:\n  - {status: 500}\n")
	f.Add("a: &a [*a]")
	f.Fuzz(func(t *testing.T, text string) {
		script, err := ParseFaults([]byte(text))
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("more than a line: %s", err)
			}
			return
		}
		if err := newRig(t, Config{}).sim.SetFaults(script); err != nil {
			t.Fatal(err)
		}
	})
}
