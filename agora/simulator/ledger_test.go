package simulator

import (
	"encoding/json"
	"testing"
	"time"
)

func TestTheLedgerHasTheDocumentedKeysAndNullForWhatIsUnknown(t *testing.T) {
	now := time.Date(2031, 9, 17, 17, 0, 0, 0, time.UTC)
	sim, err := New(Config{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, sim: sim, http: sim.Transport(), base: "https://api.agora.io", id: "customer-example", kind: contentType}
	plain := r.begin("room-1", "7")
	a := r.acquire("room-2", "8", set(settings, "region", "EU"))
	b := r.start(a.body.ResourceID, "room-2", "8", withPush("rtmp://ingest.example.net/live/key-41"))
	now = now.Add(12*time.Second + 345678*time.Microsecond)
	task{r, "room-2", "8", a.body.ResourceID, b.body.SID}.stop(true).want(t, 200, 0, "")

	got, err := json.Marshal(sim.Ledger())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"sessions":[` +
		`{"app":"app-example","cname":"room-1","uid":"7","resource_id":"` + plain.resource + `","sid":"` + plain.sid + `",` +
		`"region":null,"url":"https://class.example.org/show?id=41","width":1280,"height":720,"rtmp_url":null,` +
		`"started_at":"2031-09-17T17:00:00.000Z","recording_at":"2031-09-17T17:00:05.000Z","stopped_at":null,"stop_reason":null,` +
		`"paused_seconds":0,"billed_seconds":12.345678},` +
		`{"app":"app-example","cname":"room-2","uid":"8","resource_id":"` + a.body.ResourceID + `","sid":"` + b.body.SID + `",` +
		`"region":"EU","url":"https://class.example.org/show?id=41","width":1280,"height":720,"rtmp_url":"rtmp://ingest.example.net/live/key-41",` +
		`"started_at":"2031-09-17T17:00:00.000Z","recording_at":"2031-09-17T17:00:05.000Z","stopped_at":"2031-09-17T17:00:12.345Z","stop_reason":"stop",` +
		`"paused_seconds":0,"billed_seconds":12.345678}],` +
		`"requests":{"acquire":2,"query":0,"start":2,"stop":1,"update":0},"answers":{"200":5,"429":0}}`
	if !sameJSON(t, string(got), want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	var back Ledger
	if err := json.Unmarshal(got, &back); err != nil {
		t.Fatal(err)
	}
	if len(back.Sessions) != 2 || back.Sessions[0].StopReason != "" || back.Sessions[1].RTMPURL == "" || back.Sessions[1].RecordingAt == nil {
		t.Errorf("read again: %+v", back.Sessions)
	}
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal([]byte(a), &x); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(b), &y); err != nil {
		t.Fatal(err)
	}
	ax, _ := json.Marshal(x)
	by, _ := json.Marshal(y)
	return string(ax) == string(by)
}
