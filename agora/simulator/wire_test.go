package simulator

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
)

// overHTTP puts a rig on a real port.
func overHTTP(t *testing.T, cfg Config) *rig {
	r := newRig(t, cfg)
	server := httptest.NewServer(r.sim)
	t.Cleanup(server.Close)
	r.base, r.http = server.URL, &http.Transport{DisableKeepAlives: true}
	return r
}

func TestAWholeLifeOverHTTP(t *testing.T) {
	r := overHTTP(t, Config{StartAfter: -1, UploadDelay: -1})
	k := r.begin("room-1", "7", withPush("rtmps://ingest.example.net/live/key-41"))
	k.wantStatus(4)
	k.update(tree{"webRecordingConfig": tree{"onhold": true}}).want(t, 200, 0, "")
	if a := k.wantStatus(5); !a.body.Server.Services[0].Payload.OnHold { // the pause completed the first slice
		t.Fatalf("answer %s", a.raw)
	}
	a := k.stop(false)
	a.want(t, 200, 0, "")
	if files := a.body.Server.Services[1].Payload.FileList; len(files) != 1 {
		t.Fatalf("answer %s", a.raw)
	}
	if a.header.Get("X-Request-Id") == "" || len(a.header.Values("Date")) != 1 {
		t.Errorf("headers %v", a.header)
	}
	k.query().want(t, 404, 404, "failed to find worker")
}

func TestADropClosesTheConnection(t *testing.T) {
	r := overHTTP(t, Config{Faults: faults(t, `{requests: [{endpoint: acquire, drop: before, times: 1}]}`)})
	if a, err := r.try(t.Context(), http.MethodPost, appPath+"acquire", acquireBody("room-1", "7")); err == nil {
		t.Fatalf("answered %s", a.raw)
	}
	r.acquire("room-1", "7").want(t, 200, 0, "")
}

func TestTheEndpointsOfItsOwnNeedNoAuthenticationAndCountNothing(t *testing.T) {
	r := overHTTP(t, Config{})
	r.id, r.kind = "", ""
	if a := r.do("GET", "/_simulator/", nil); a.status != 200 || !strings.Contains(a.raw, "ledger") {
		t.Fatalf("answer %s", a.raw)
	}
	if a := r.do("PUT", "/_simulator/faults", `{"requests":[{"endpoint":"acquire","sttaus":500}]}`); a.status != 400 || !strings.Contains(a.raw, `sttaus`) {
		t.Fatalf("answer %s", a.raw)
	}
	if a := r.do("PUT", "/_simulator/faults", `{"requests":[{"endpoint":"acquire","status":500,"code":501}]}`); a.status != 200 {
		t.Fatalf("answer %s", a.raw)
	}
	shown := r.do("GET", "/_simulator/faults", nil)
	if a := r.do("PUT", "/_simulator/faults", shown.raw); a.status != 200 || a.raw != shown.raw {
		t.Fatalf("what was shown is not taken back: %s", a.raw)
	}
	if a := r.do("DELETE", "/_simulator/faults", nil); a.status != 404 {
		t.Fatalf("answer %s", a.raw)
	}
	if a := r.do("GET", "/_simulator/ledger", nil); !sameJSON(t, a.raw,
		`{"sessions":[],"requests":{"acquire":0,"start":0,"query":0,"update":0,"stop":0},"answers":{"200":0,"429":0}}`) {
		t.Fatalf("ledger %s", a.raw)
	}
	r.id, r.kind = "customer-example", contentType
	r.acquire("room-1", "7").want(t, 500, 501, "")
}

func TestTheMessageTypesOfTheClientAreWhatTheSimulatorTakes(t *testing.T) {
	r := newRig(t, Config{QPS: -1})
	hold, ready := true, 40
	settings := agora.StartClientRequest{
		RecordingFileConfig: agora.RecordingFileConfig{AVFileType: []string{"hls", "mp4"}},
		StorageConfig: agora.StorageConfig{
			Vendor: 2, Region: 3, Bucket: "bucket-example", AccessKey: "key-example", SecretKey: "secret-key-example",
			STSToken: "token-example", STSExpiration: 4102444800, FileNamePrefix: []string{"a", "b"},
			ExtensionParams: &agora.ExtensionParams{Tag: "x"},
		},
		ExtensionServiceConfig: agora.ExtensionServiceConfig{
			ErrorHandlePolicy: agora.PolicyAbort,
			ExtensionServices: []agora.ExtensionService{
				{Name: agora.ServiceWebRecorder, ErrorHandlePolicy: agora.PolicyAbort, Recorder: &agora.RecorderParam{
					URL: "https://class.example.org/", AudioProfile: 1, VideoWidth: 640, VideoHeight: 360, MaxRecordingHour: 1,
					VideoBitrate: 1000, VideoFPS: 30, Mobile: &hold, MaxVideoDuration: 60, OnHold: &hold, ReadyTimeout: &ready,
				}},
				{Name: agora.ServiceRTMPPublish, ErrorHandlePolicy: agora.PolicyIgnore, Publisher: &agora.PublisherParam{
					Outputs: []agora.Output{{RTMPURL: "rtmp://ingest.example.net/live/key-41"}},
				}},
			},
		},
	}
	a := r.do("POST", appPath+"acquire", agora.AcquireRequest{Cname: "room-1", UID: "7", ClientRequest: agora.AcquireClientRequest{
		Scene: 1, ResourceExpiredHour: 25, Region: catalog.RegionCN, ExcludeResourceIDs: []string{"x"}, StartParameter: &settings,
	}})
	a.want(t, 200, 0, "")
	b := r.do("POST", appPath+"resourceid/"+a.body.ResourceID+"/mode/web/start", agora.StartRequest{Cname: "room-1", UID: "7", ClientRequest: settings})
	b.want(t, 200, 0, "")
	r.do("POST", taskPath(a.body.ResourceID, b.body.SID, "update"), agora.UpdateRequest{Cname: "room-1", UID: "7", ClientRequest: agora.UpdateClientRequest{
		WebRecordingConfig: &agora.WebRecordingConfig{}, StorageConfig: &settings.StorageConfig,
		RTMPPublishConfig: &agora.PublisherParam{Outputs: []agora.Output{{RTMPURL: "rtmps://backup.example.net/live/key-41"}}},
	}}).want(t, 200, 0, "")
	r.do("POST", taskPath(a.body.ResourceID, b.body.SID, "stop"), agora.StopRequest{Cname: "room-1", UID: "7"}).want(t, 206, 435, "")
}

func TestInMemoryACancelledRequestIsNotServed(t *testing.T) {
	r := newRig(t, Config{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.try(ctx, http.MethodPost, appPath+"acquire", acquireBody("room-1", "7")); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	if n := r.sim.Ledger().Requests["acquire"]; n != 0 {
		t.Fatalf("%d requests served", n)
	}
}

func TestConcurrentCallersAgreeWithTheLedger(t *testing.T) {
	r := newRig(t, Config{QPS: -1, Concurrent: -1, UploadDelay: time.Millisecond})
	const callers = 20
	done := make(chan int, callers)
	for i := range callers {
		go func() {
			status := 0
			defer func() { done <- status }()
			uid := string(rune('1'+i%9)) + "0"
			a := r.acquire("room-"+string(rune('a'+i)), uid)
			b := r.start(a.body.ResourceID, "room-"+string(rune('a'+i)), uid)
			k := task{r, "room-" + string(rune('a'+i)), uid, a.body.ResourceID, b.body.SID}
			k.query()
			k.update(tree{"webRecordingConfig": tree{"onhold": true}})
			status = k.stop(i%2 == 0).status
		}()
	}
	for range callers {
		if status := <-done; status != 206 {
			t.Errorf("stop answered %d", status)
		}
	}
	if l := r.sim.Ledger(); len(l.Sessions) != callers || l.Requests["stop"] != callers || l.Answers["206"] != callers {
		t.Errorf("ledger has %d sessions, %v, %v", len(l.Sessions), l.Requests, l.Answers)
	}
}
