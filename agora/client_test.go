package agora

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rundown/agora/catalog"
)

const (
	testSID  = "00aa11bb22cc33dd44ee55ff66778899"
	testRes  = "Zr7bQ0-EXAMPLE-_k41"
	okAnswer = `{"cname":"hall","uid":"7001","resourceId":"` + testRes + `","sid":"` + testSID + `","new":{"x":1}}`
)

func fixedCredentials(context.Context) (string, string, error) {
	return "id-example", "secret-example", nil
}

// received is a request as a server of the tests saw it.
type received struct {
	Method, Path, Body string
	Header             http.Header
}

// serve answers every request with one answer and notes what came.
func serve(t *testing.T, status int, body string, header ...string) (*App, *[]received) {
	t.Helper()
	got := new([]received)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		*got = append(*got, received{r.Method, r.URL.EscapedPath(), string(b), r.Header})
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	c, err := New(fixedCredentials, WithBaseURL(server.URL), WithUserAgent("rundown/test"))
	if err != nil {
		t.Fatal(err)
	}
	return c.App("app-example", nil), got
}

func exampleStart() StartRequest {
	hold, ready := true, 40
	return StartRequest{
		Cname: "hall", UID: "7001",
		ClientRequest: StartClientRequest{
			RecordingFileConfig: RecordingFileConfig{AVFileType: []string{"hls", "mp4"}},
			StorageConfig: StorageConfig{
				Vendor: 1, Region: 7, Bucket: "recordings", AccessKey: "AKEXAMPLE", SecretKey: "s3cr3t-example",
				FileNamePrefix: []string{"townhall", "2031q2"},
			},
			ExtensionServiceConfig: ExtensionServiceConfig{
				ErrorHandlePolicy: PolicyAbort,
				ExtensionServices: []ExtensionService{
					{Name: ServiceWebRecorder, ErrorHandlePolicy: PolicyAbort, Recorder: &RecorderParam{
						URL: "https://stage.example.org/show?id=41", AudioProfile: 2, VideoWidth: 1280, VideoHeight: 720,
						VideoFPS: 30, VideoBitrate: 2500, MaxRecordingHour: 2, MaxVideoDuration: 60, OnHold: &hold, ReadyTimeout: &ready,
					}},
					{Name: ServiceRTMPPublish, ErrorHandlePolicy: PolicyIgnore, Publisher: &PublisherParam{
						Outputs: []Output{{RTMPURL: "rtmps://ingest.example.net/live/key-41"}},
					}},
				},
			},
		},
	}
}

const exampleStartBody = `{"cname":"hall","uid":"7001",
 "clientRequest":{
  "recordingFileConfig":{"avFileType":["hls","mp4"]},
  "storageConfig":{"vendor":1,"region":7,"bucket":"recordings",
    "accessKey":"AKEXAMPLE","secretKey":"s3cr3t-example",
    "fileNamePrefix":["townhall","2031q2"]},
  "extensionServiceConfig":{"errorHandlePolicy":"error_abort","extensionServices":[
    {"serviceName":"web_recorder_service","errorHandlePolicy":"error_abort",
     "serviceParam":{"url":"https://stage.example.org/show?id=41","audioProfile":2,
       "videoWidth":1280,"videoHeight":720,"videoFps":30,"videoBitrate":2500,
       "maxRecordingHour":2,"maxVideoDuration":60,"onhold":true,"readyTimeout":40}},
    {"serviceName":"rtmp_publish_service","errorHandlePolicy":"error_ignore",
     "serviceParam":{"outputs":[{"rtmpUrl":"rtmps://ingest.example.net/live/key-41"}]}}]}}}`

func TestRequestsAreWhatTheDocumentationPrints(t *testing.T) {
	storage := exampleStart().ClientRequest.StorageConfig
	storage.FileNamePrefix, storage.STSToken, storage.STSExpiration = nil, "FwoExample", 1931014400
	start := exampleStart().ClientRequest
	for _, c := range []struct {
		name, method, path, body string
		call                     func(*App) error
	}{
		{
			"acquire", "POST", "/v1/apps/app-example/cloud_recording/acquire",
			`{"cname":"hall","uid":"7001","clientRequest":{"scene":1,"resourceExpiredHour":6,"region":"EU"}}`,
			func(a *App) error {
				_, err := a.Acquire(t.Context(), AcquireRequest{"hall", "7001", AcquireClientRequest{Scene: 1, ResourceExpiredHour: 6, Region: catalog.RegionEU}})
				return err
			},
		},
		{
			"acquire with all", "POST", "/v1/apps/app-example/cloud_recording/acquire",
			`{"cname":"hall","uid":"7001","clientRequest":{"scene":1,"excludeResourceIds":["r0"],"startParameter":` +
				strings.TrimSuffix(exampleStartBody[strings.Index(exampleStartBody, `"clientRequest":`)+len(`"clientRequest":`):], "}") + `}}`,
			func(a *App) error {
				_, err := a.Acquire(t.Context(), AcquireRequest{"hall", "7001", AcquireClientRequest{Scene: 1, ExcludeResourceIDs: []string{"r0"}, StartParameter: &start}})
				return err
			},
		},
		{
			"start", "POST", "/v1/apps/app-example/cloud_recording/resourceid/" + testRes + "/mode/web/start", exampleStartBody,
			func(a *App) error { _, err := a.Start(t.Context(), testRes, exampleStart()); return err },
		},
		{
			"query", "GET", "/v1/apps/app-example/cloud_recording/resourceid/r%2F1%3F/sid/s%201/mode/web/query", "",
			func(a *App) error { _, err := a.Query(t.Context(), "r/1?", "s 1"); return err },
		},
		{
			"update onhold", "POST", "/v1/apps/app-example/cloud_recording/resourceid/r/sid/s/mode/web/update",
			`{"cname":"hall","uid":"7001","clientRequest":{"webRecordingConfig":{"onhold":false}}}`,
			func(a *App) error {
				_, err := a.Update(t.Context(), "r", "s", UpdateRequest{"hall", "7001", UpdateClientRequest{WebRecordingConfig: &WebRecordingConfig{}}})
				return err
			},
		},
		{
			"update address and storage", "POST", "/v1/apps/app-example/cloud_recording/resourceid/r/sid/s/mode/web/update",
			`{"cname":"hall","uid":"7001","clientRequest":{"rtmpPublishConfig":{"outputs":[{"rtmpUrl":"rtmps://backup.example.net/live/key-41"}]},
			  "storageConfig":{"vendor":1,"region":7,"bucket":"recordings","accessKey":"AKEXAMPLE","secretKey":"s3cr3t-example","stsToken":"FwoExample","stsExpiration":1931014400}}}`,
			func(a *App) error {
				_, err := a.Update(t.Context(), "r", "s", UpdateRequest{"hall", "7001", UpdateClientRequest{
					RTMPPublishConfig: &PublisherParam{[]Output{{"rtmps://backup.example.net/live/key-41"}}}, StorageConfig: &storage,
				}})
				return err
			},
		},
		{
			"stop", "POST", "/v1/apps/app-example/cloud_recording/resourceid/r/sid/s/mode/web/stop",
			`{"cname":"hall","uid":"7001","clientRequest":{"async_stop":false}}`,
			func(a *App) error {
				_, err := a.Stop(t.Context(), "r", "s", StopRequest{Cname: "hall", UID: "7001"})
				return err
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			app, got := serve(t, 200, strings.TrimSuffix(okAnswer, "}")+`,"serverResponse":{"status":5}}`)
			if err := c.call(app); err != nil {
				t.Fatal(err)
			}
			if len(*got) != 1 {
				t.Fatalf("%d requests", len(*got))
			}
			r := (*got)[0]
			if r.Method != c.method || r.Path != c.path {
				t.Errorf("%s %s, want %s %s", r.Method, r.Path, c.method, c.path)
			}
			if diff := cmp.Diff(fromJSON(t, c.body), fromJSON(t, r.Body)); diff != "" {
				t.Error(diff)
			}
			if ct := r.Header.Values("Content-Type"); len(ct) != 1 || ct[0] != "application/json;charset=utf-8" {
				t.Errorf("Content-Type %q", ct)
			}
			if auth := r.Header.Get("Authorization"); auth != "Basic aWQtZXhhbXBsZTpzZWNyZXQtZXhhbXBsZQ==" {
				t.Errorf("Authorization %q", auth)
			}
			if ua := r.Header.Get("User-Agent"); ua != "rundown/test" {
				t.Errorf("User-Agent %q", ua)
			}
		})
	}
}

func fromJSON(t *testing.T, s string) (v any) {
	t.Helper()
	if s == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		t.Fatalf("%v: %s", err, s)
	}
	return v
}

func TestAnswersAreReadWithWhatIsKnownOfTheExchange(t *testing.T) {
	body := `{"cname":"hall","uid":"7001","resourceId":"r","sid":"s","later":true,
	 "serverResponse":{"status":5,"extensionServiceState":[
	  {"serviceName":"web_recorder_service","playload":{"state":"inProgress","onhold":false,
	   "fileList":[{"fileName":"a.m3u8","sliceStartTime":1931000000}]}},
	  {"serviceName":"rtmp_publish_service","payload":{"state":"inProgress",
	   "outputs":[{"rtmpUrl":"rtmps://ingest.example.net/live/key-41","status":"publishing"}]}}]}}`
	app, _ := serve(t, 200, body, "X-Request-Id", "req-1", "Date", "Wed, 17 Sep 2031 17:00:00 GMT")
	got, err := app.Query(t.Context(), "r", "s")
	if err != nil {
		t.Fatal(err)
	}
	took := got.Meta.Took
	held := false
	want := QueryResponse{
		Cname: "hall", UID: "7001", ResourceID: "r", SID: "s",
		Meta: Meta{RequestID: "req-1", Date: time.Date(2031, 9, 17, 17, 0, 0, 0, time.UTC), Took: took},
		ServerResponse: ServerResponse{Status: StatusInProgress, Services: []ServiceState{
			{ServiceWebRecorder, ServicePayload{State: "inProgress", OnHold: &held, FileList: []File{{"a.m3u8", 1931000000}}}},
			{ServiceRTMPPublish, ServicePayload{State: "inProgress", Outputs: []OutputState{{"publishing"}}}},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	stopped, err := app.Stop(t.Context(), "r", "s", StopRequest{})
	if took <= 0 || stopped.Meta.Took <= 0 {
		t.Errorf("answered after %v and %v", took, stopped.Meta.Took)
	}
	stopped.Meta.Took = took
	if err != nil || stopped.Meta != want.Meta {
		t.Errorf("stop: %+v, %v", stopped.Meta, err)
	}
	if text := fmt.Sprintf("%+v %+v", got, stopped); strings.Contains(text, "key-41") {
		t.Errorf("the address of a push, which holds its key, is passed on: %s", text)
	}
}

func TestRefusalsCarryWhatTheServiceSaid(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
		header []string
		call   func(*App) error
		want   Error
	}{
		{
			"a conflict", 400, `{"code":53,"reason":"task conflict"}`,
			[]string{"X-Request-Id", "req-9"},
			callStart,
			Error{Op: OpStart, Result: NewResource, Status: 400, Code: 53, Reason: "task conflict", RequestID: "req-9", Sent: true},
		},
		{
			"started before, with a sid", 201, `{"code":7,"reason":"already started","sid":"` + testSID + `"}`, nil, callStart,
			Error{Op: OpStart, Result: Unknown, Status: 201, Code: 7, Reason: "already started", SID: testSID, Sent: true},
		},
		{
			"a code in quotes", 400, `{"code":"2","reason":"uid"}`, nil, callStart,
			Error{Op: OpStart, Result: Permanent, Status: 400, Code: 2, Reason: "uid", Sent: true},
		},
		{
			"the gateway", 401, `{"message":"Invalid authentication credentials"}`, nil, callStart,
			Error{Op: OpStart, Result: Permanent, Status: 401, Reason: "Invalid authentication credentials", Sent: true},
		},
		{
			"stopped with what is uploaded", 206, `{"code":435,"reason":"no recorded data","serverResponse":{"extensionServiceState":[
			 {"serviceName":"upload_service","payload":{"uploadingStatus":"unknown"}},
			 {"serviceName":"rtmp_publish_service","payload":{"outputs":[{"rtmpUrl":"rtmp://x/key","status":"disconnected"}]}}]}}`, nil, callStop,
			Error{Op: OpStop, Result: Ended, Status: 206, Code: 435, Reason: "no recorded data", Sent: true, Services: ServerResponse{Services: []ServiceState{
				{ServiceUpload, ServicePayload{UploadingStatus: "unknown"}},
				{ServiceRTMPPublish, ServicePayload{Outputs: []OutputState{{"disconnected"}}}},
			}}},
		},
		{
			"upload still on, as a 200", 200, `{"code":50,"reason":"upload timeout"}`, nil, callStop,
			Error{Op: OpStop, Result: Ended, Status: 200, Code: 50, Reason: "upload timeout", Sent: true},
		},
		{
			"a trouble with a hint", 503, `{"message":"busy"}`,
			[]string{"Retry-After", "7"},
			callStart,
			Error{Op: OpStart, Result: Retry, Status: 503, Reason: "busy", Foreign: true, RetryAfter: 7 * time.Second, Sent: true},
		},
		{
			"no JSON", 502, "<html>\nbad gateway</html>", nil, callStart,
			Error{Op: OpStart, Result: Retry, Status: 502, Reason: "the answer is not a JSON object: bad gateway", Foreign: true, Sent: true},
		},
		{
			"a page", 403, "<!doctype html><title>\n Access  denied</title><p>by policy", nil, callAcquire,
			Error{Op: OpAcquire, Result: Wait, Status: 403, Reason: "the answer is not a JSON object: Access denied", Foreign: true, Sent: true},
		},
		{
			"JSON of something else", 403, `{"error":"denied by policy","push":"rtmps://ingest/canary"}`, nil, callAcquire,
			Error{
				Op: OpAcquire, Result: Wait, Status: 403, Foreign: true, Sent: true,
				Reason: `the answer is of another form than documented: {"error":"denied by policy","push":"[redacted]"}`,
			},
		},
		{
			"nothing", 404, "", nil, callStop,
			Error{Op: OpStop, Result: Wait, Status: 404, Reason: "the answer is empty", Foreign: true, Sent: true},
		},
		{
			"a started recording without a readable sid", 200, `{"cname":"hall","sid":"abc`, nil, callStart,
			Error{Op: OpStart, Result: Unknown, Status: 200, Reason: "the answer is not a JSON object", Foreign: true, Sent: true},
		},
		{
			"a started recording without a sid", 200, `{"cname":"hall"}`, nil, callStart,
			Error{Op: OpStart, Result: Unknown, Status: 200, Reason: "the answer has no sid", Foreign: true, Sent: true},
		},
		{
			"a sid of another type", 200, `{"sid":[1]}`, nil, callStart,
			Error{Op: OpStart, Result: Unknown, Status: 200, Reason: "the answer's sid is of another type than documented", Foreign: true, SID: "[1]", Sent: true},
		},
		{
			"a query without a status", 200, `{"serverResponse":{}}`, nil, callQuery,
			Error{Op: OpQuery, Result: Retry, Status: 200, Reason: "the answer has no serverResponse.status", Foreign: true, Sent: true},
		},
		{
			"an acquire without an id", 200, `{}`, nil, callAcquire,
			Error{Op: OpAcquire, Result: Retry, Status: 200, Reason: "the answer has no resourceId", Foreign: true, Sent: true},
		},
		{
			"a stop that repeats nothing", 200, `{"welcome":"to the hotel"}`, nil, callStop,
			Error{Op: OpStop, Result: Unknown, Status: 200, Reason: "the answer has no resourceId, sid, cname or uid", Foreign: true, Sent: true},
		},
		{
			"too much", 200, `{"sid":"s","x":"` + strings.Repeat("x", maxAnswer) + `"}`, nil, callStart,
			Error{Op: OpStart, Result: Unknown, Status: 200, Reason: "the answer is larger than 1 MiB", Foreign: true, Sent: true},
		},
		{
			"cut", 200, `{"sid":"s"}`,
			[]string{"Content-Length", "500"},
			callStart,
			Error{Op: OpStart, Result: Unknown, Status: 200, Reason: "the answer was cut short", Foreign: true, Sent: true},
		},
		{
			"a redirect", 307, "",
			[]string{"Location", "https://elsewhere.example.net/"},
			callStart,
			Error{Op: OpStart, Result: Wait, Status: 307, Reason: "redirects are not followed; check the base URL (this one leads to https://elsewhere.example.net)", Foreign: true, Sent: true},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			app, got := serve(t, c.status, c.body, append(c.header, "Date", "none")...)
			err := c.call(app)
			e, ok := err.(*Error)
			if !ok {
				t.Fatalf("got %v", err)
			}
			if e.Took <= 0 {
				t.Errorf("answered after %v", e.Took)
			}
			e.Host, e.Took = "", 0
			if diff := cmp.Diff(&c.want, e); diff != "" {
				t.Error(diff)
			}
			if len(*got) != 1 {
				t.Errorf("%d requests", len(*got))
			}
		})
	}
}

// The calls have no context of a test's: a bubble of virtual time may not wait for one from outside of it.

func callStart(a *App) error {
	_, err := a.Start(context.Background(), "r", exampleStart())
	return err
}

func callStop(a *App) error {
	_, err := a.Stop(context.Background(), "r", "s", StopRequest{})
	return err
}

func callQuery(a *App) error {
	_, err := a.Query(context.Background(), "r", "s")
	return err
}

func callAcquire(a *App) error {
	_, err := a.Acquire(context.Background(), AcquireRequest{})
	return err
}

func TestAuthorizationNeverFollowsARedirect(t *testing.T) {
	var asked bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer other.Close()
	app, _ := serve(t, 302, "", "Location", other.URL)
	if err := callQuery(app); ResultOf(err) != Wait {
		t.Errorf("got %v", err)
	}
	if asked {
		t.Error("the other host was asked")
	}
}

func TestNothingIsSentWithoutWhatARequestNeeds(t *testing.T) {
	for name, c := range map[string]struct {
		creds  Credentials
		app    string
		call   func(*App) error
		want   string
		result Result
	}{
		"no app id":         {fixedCredentials, "", callAcquire, "app id is empty", Permanent},
		"no resource id":    {fixedCredentials, "a", func(a *App) error { _, err := a.Query(t.Context(), "", "s"); return err }, "resource id is empty", Permanent},
		"no sid":            {fixedCredentials, "a", func(a *App) error { _, err := a.Query(t.Context(), "r", ""); return err }, "sid is empty", Permanent},
		"a step up":         {fixedCredentials, "a", func(a *App) error { _, err := a.Query(t.Context(), "r", ".."); return err }, "cannot stand in a path", Permanent},
		"empty secret":      {func(context.Context) (string, string, error) { return "id", "", nil }, "a", callQuery, "customer secret is empty", Retry},
		"unreadable secret": {func(context.Context) (string, string, error) { return "", "", io.ErrUnexpectedEOF }, "a", callQuery, "credentials: unexpected EOF", Retry},
	} {
		t.Run(name, func(t *testing.T) {
			var sent bool
			client, err := New(c.creds, WithTransport(transport(func(*http.Request) (*http.Response, error) {
				sent = true
				return nil, io.EOF
			})))
			if err != nil {
				t.Fatal(err)
			}
			err = c.call(client.App(c.app, nil))
			if err == nil || !strings.Contains(err.Error(), c.want) || ResultOf(err) != c.result {
				t.Errorf("got %v (%v)", err, ResultOf(err))
			}
			if sent {
				t.Error("something was sent")
			}
		})
	}
}

func TestABaseURLIsHTTPSOrOnThisMachine(t *testing.T) {
	for base, ok := range map[string]bool{
		"https://api.example.net": true, "https://api.example.net/prefix/": true, "http://127.0.0.1:8090": true,
		"http://localhost:1": true, "http://[::1]:8090": true,
		"http://api.agora.io": false, "http://127.0.0.1.example.net": false, "http://10.0.0.1": false, "ftp://127.0.0.1": false,
		"api.agora.io": false, "": false, "https://": false, "https://u:p@api.example.net": false, "https://a.example.net?x=1": false,
		"https://a.example.net/#x": false, ":": false,
	} {
		if _, err := New(fixedCredentials, WithBaseURL(base)); (err == nil) != ok {
			t.Errorf("%q: %v", base, err)
		}
	}
	if _, err := New(fixedCredentials, WithBaseURL("https://u:p4ssw0rd@api.example.net")); err == nil || strings.Contains(err.Error(), "p4ssw0rd") {
		t.Errorf("got %v", err)
	}
}

func TestAClientIsNotBuiltFromHalfOfWhatItNeeds(t *testing.T) {
	if _, err := New(nil); err == nil {
		t.Error("no credentials")
	}
	for name, opt := range map[string]Option{
		"transport": WithTransport(nil), "logger": WithLogger(nil), "observer": WithObserver(nil),
		"region": WithRegion("EU-WEST"),
	} {
		if _, err := New(fixedCredentials, opt); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestABasePathStandsBeforeTheRoute(t *testing.T) {
	var path string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { path = r.URL.EscapedPath() }))
	defer server.Close()
	c, err := New(fixedCredentials, WithBaseURL(server.URL+"/pre%2Ffix/"))
	if err != nil {
		t.Fatal(err)
	}
	_ = callQuery(c.App("a", nil))
	if want := "/pre%2Ffix/v1/apps/a/cloud_recording/resourceid/r/sid/s/mode/web/query"; path != want {
		t.Errorf("path %s, want %s", path, want)
	}
}

func TestNoSecretReachesErrorsLogsOrObservers(t *testing.T) {
	canaries := []string{
		"canary-secret", "canary-access", "canary-storage", "canary-sts", "canary-stream", "canary-query", "canary-page",
		"Y2FuYXJ5LWlkOmNhbmFyeS1zZWNyZXQ=", // the pair as Authorization carries it
	}
	creds := func(context.Context) (string, string, error) { return "canary-id", "canary-secret", nil }
	start := exampleStart()
	s := &start.ClientRequest.StorageConfig
	s.AccessKey, s.SecretKey, s.STSToken = "canary-access", "canary-storage", "canary-sts"
	services := start.ClientRequest.ExtensionServiceConfig.ExtensionServices
	services[0].Recorder.URL = "https://school.example.org/room?token=canary-page"
	services[1].Publisher.Outputs[0].RTMPURL = "rtmps://live.example.net/app/canary-stream?auth=canary-query"
	update := UpdateRequest{ClientRequest: UpdateClientRequest{StorageConfig: s, RTMPPublishConfig: services[1].Publisher}}

	// The service quotes all that it got, headers included.
	echo := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			quote, _ := json.Marshal(r.Header.Get("Authorization") + " secret canary-secret, " + shorten(string(body)))
			w.Header().Set("Retry-After", "60") // too long to wait for within a call
			w.Header().Set("X-Request-Id", "id-"+r.Header.Get("Authorization"))
			w.WriteHeader(status)
			_, _ = fmt.Fprintf(w, `{"code":2,"reason":%s,"serverResponse":{"extensionServiceState":[
				{"serviceName":"rtmp_publish_service","payload":{"outputs":[{"rtmpUrl":"rtmps://live.example.net/app/canary-stream"}]}}]}}`, quote)
		}
	}
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	over := func() {} // ends a call after its first try
	for _, status := range []int{200, 201, 206, 400, 401, 404, 429, 500} {
		server := httptest.NewServer(echo(status))
		c, err := New(creds, WithBaseURL(server.URL), WithLogger(log), WithObserver(func(x Exchange) {
			_, _ = fmt.Fprintf(&out, "%+v\n", x)
			over()
		}))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		app := c.App("app", nil)
		_, acquire := app.Acquire(ctx, AcquireRequest{ClientRequest: AcquireClientRequest{StartParameter: &start.ClientRequest}})
		_, started := app.Start(ctx, "r", start)
		_, updated := app.Update(ctx, "r", "s", update)
		_, stopped := app.Stop(ctx, "r", "s", StopRequest{})
		server.Close()
		over = cancel
		_, refused := app.Start(ctx, "r", start) // nobody listens
		over = func() {}
		for _, err := range []error{acquire, started, updated, stopped, refused} {
			if err == nil {
				t.Fatalf("HTTP %d: no error", status)
			}
			_, _ = fmt.Fprintf(&out, "%v %+v %#v\n", err, err, *err.(*Error))
			log.Error("call", "error", err)
			text, _ := json.Marshal(err)
			out.Write(text)
		}
	}
	for _, canary := range canaries {
		if at := strings.Index(out.String(), canary); at >= 0 {
			t.Errorf("%s: %s", canary, out.String()[max(0, at-300):min(out.Len(), at+100)])
		}
	}
	if n := strings.Count(out.String(), "[redacted]"); n < 100 {
		t.Errorf("only %d redactions: the service did not quote", n)
	}
}

// shorten keeps of a body what is near the canaries, so that the limit on reasons does not hide them.
func shorten(body string) string {
	var parts []string
	for _, p := range strings.Split(body, `"`) {
		if strings.Contains(p, "canary") {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, " ")
}
