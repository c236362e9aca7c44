package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// rig talks to a simulator as a client would, with bodies as plain maps so that tests can spoil them.
type rig struct {
	t    *testing.T
	sim  *Simulator
	http http.RoundTripper
	base string
	id   string // Customer ID
	host string
	kind string // Content-Type
}

func newRig(t *testing.T, cfg Config) *rig {
	t.Helper()
	sim, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	return &rig{t: t, sim: sim, http: sim.Transport(), base: "https://api.agora.io", id: "customer-example", kind: contentType}
}

// inBubble runs a test under virtual time.
func inBubble(t *testing.T, cfg Config, f func(*testing.T, *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, cfg)
		f(t, r)
		_ = r.sim.Close()
	})
}

type answer struct {
	status int
	header http.Header
	raw    string
	body   struct {
		Code       int    `json:"code"`
		Reason     string `json:"reason"`
		Message    string `json:"message"`
		ResourceID string `json:"resourceId"`
		SID        string `json:"sid"`
		Server     struct {
			Status   *int `json:"status"`
			Services []struct {
				Name    string `json:"serviceName"`
				Payload struct {
					State     string       `json:"state"`
					OnHold    bool         `json:"onhold"`
					FileList  []fileAnswer `json:"fileList"`
					Uploading string       `json:"uploadingStatus"`
					Outputs   []pushOutput `json:"outputs"`
				} `json:"payload"`
			} `json:"extensionServiceState"`
		} `json:"serverResponse"`
	}
}

func (r *rig) try(ctx context.Context, method, path string, body any) (answer, error) {
	r.t.Helper()
	var data []byte
	switch b := body.(type) {
	case nil:
	case string:
		data = []byte(b)
	default:
		var err error
		if data, err = json.Marshal(b); err != nil {
			r.t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, r.base+path, bytes.NewReader(data))
	if err != nil {
		r.t.Fatal(err)
	}
	if r.host != "" {
		req.Host = r.host
	}
	if r.id != "" {
		req.SetBasicAuth(r.id, "secret-example")
	}
	if r.kind != "" {
		req.Header.Set("Content-Type", r.kind)
	}
	res, err := r.http.RoundTrip(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: res.StatusCode, header: res.Header, raw: string(raw)}
	scripted := res.Header.Get("X-Request-Id") == "" // only what a fault answers in place of the service has none
	if err := json.Unmarshal(raw, &a.body); err != nil && !scripted {
		r.t.Fatalf("%s %s: answer is no JSON: %v: %s", method, path, err, raw)
	}
	return a, nil
}

func (r *rig) do(method, path string, body any) answer {
	r.t.Helper()
	a, err := r.try(r.t.Context(), method, path, body)
	if err != nil {
		r.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

const appPath = "/v1/apps/app-example/cloud_recording/"

func taskPath(resource, sid, op string) string {
	return appPath + "resourceid/" + resource + "/sid/" + sid + "/mode/web/" + op
}

func (r *rig) acquire(cname, uid string, with ...func(tree)) answer {
	r.t.Helper()
	return r.do(http.MethodPost, appPath+"acquire", acquireBody(cname, uid, with...))
}

func (r *rig) start(resource, cname, uid string, with ...func(tree)) answer {
	r.t.Helper()
	return r.do(http.MethodPost, appPath+"resourceid/"+resource+"/mode/web/start", startBody(cname, uid, with...))
}

// task is a recording that a test started.
type task struct {
	*rig
	cname, uid, resource, sid string
}

func (r *rig) begin(cname, uid string, with ...func(tree)) task {
	r.t.Helper()
	a := r.acquire(cname, uid)
	a.want(r.t, 200, 0, "")
	b := r.start(a.body.ResourceID, cname, uid, with...)
	b.want(r.t, 200, 0, "")
	return task{r, cname, uid, a.body.ResourceID, b.body.SID}
}

func (k task) query() answer {
	k.t.Helper()
	return k.do(http.MethodGet, taskPath(k.resource, k.sid, "query"), nil)
}

func (k task) update(settings tree) answer {
	k.t.Helper()
	return k.do(http.MethodPost, taskPath(k.resource, k.sid, "update"), tree{"cname": k.cname, "uid": k.uid, "clientRequest": settings})
}

func (k task) stop(async bool) answer {
	k.t.Helper()
	return k.do(http.MethodPost, taskPath(k.resource, k.sid, "stop"),
		tree{"cname": k.cname, "uid": k.uid, "clientRequest": tree{"async_stop": async}})
}

// wantStatus queries and compares the recording's status.
func (k task) wantStatus(want int) answer {
	k.t.Helper()
	a := k.query()
	a.want(k.t, 200, 0, "")
	if *a.body.Server.Status != want {
		k.t.Fatalf("status %d, want %d: %s", *a.body.Server.Status, want, a.raw)
	}
	return a
}

// entry is the recording's line in the ledger.
func (k task) entry() LedgerSession {
	k.t.Helper()
	for _, l := range k.sim.Ledger().Sessions {
		if l.SID == k.sid {
			return l
		}
	}
	k.t.Fatalf("no session %s in the ledger", k.sid)
	return LedgerSession{}
}

func (a answer) want(t *testing.T, status, code int, text string) {
	t.Helper()
	if a.status != status || a.body.Code != code || !strings.Contains(a.body.Reason+a.body.Message, text) {
		t.Fatalf("HTTP %d %s, want HTTP %d, code %d, %q", a.status, a.raw, status, code, text)
	}
}

// tree is a JSON object.
type tree = map[string]any

func acquireBody(cname, uid string, with ...func(tree)) tree {
	b := tree{"cname": cname, "uid": uid, "clientRequest": tree{"scene": 1}}
	for _, f := range with {
		f(b)
	}
	return b
}

func startBody(cname, uid string, with ...func(tree)) tree {
	b := tree{"cname": cname, "uid": uid, "clientRequest": tree{
		"recordingFileConfig": tree{"avFileType": []any{"hls"}},
		"storageConfig": tree{
			"vendor": 1, "region": 7, "bucket": "bucket-example", "accessKey": "key-example",
			"secretKey": "secret-key-example", "fileNamePrefix": []any{"school", "2031"},
		},
		"extensionServiceConfig": tree{"errorHandlePolicy": "error_abort", "extensionServices": []any{
			tree{"serviceName": "web_recorder_service", "errorHandlePolicy": "error_abort", "serviceParam": tree{
				"url": "https://class.example.org/show?id=41", "audioProfile": 2, "videoWidth": 1280, "videoHeight": 720,
				"maxRecordingHour": 2,
			}},
		}},
	}}
	for _, f := range with {
		f(b)
	}
	return b
}

// Parts of a start's body.
func settings(b tree) tree { return b["clientRequest"].(tree) }
func storage(b tree) tree  { return settings(b)["storageConfig"].(tree) }
func services(b tree) tree { return settings(b)["extensionServiceConfig"].(tree) }
func service(b tree) tree  { return services(b)["extensionServices"].([]any)[0].(tree) }
func param(b tree) tree    { return service(b)["serviceParam"].(tree) }

// set changes a member of a part; remove with nil.
func set(part func(tree) tree, name string, value any) func(tree) {
	return func(b tree) {
		if value == nil {
			delete(part(b), name)
			return
		}
		part(b)[name] = value
	}
}

func whole(b tree) tree { return b }

func withPush(address string) func(tree) {
	return func(b tree) {
		x := services(b)
		x["extensionServices"] = append(x["extensionServices"].([]any), tree{
			"serviceName": "rtmp_publish_service", "errorHandlePolicy": "error_ignore",
			"serviceParam": tree{"outputs": []any{tree{"rtmpUrl": address}}},
		})
	}
}

func withMP4(b tree) {
	settings(b)["recordingFileConfig"] = tree{"avFileType": []any{"hls", "mp4"}}
}

func (r *rig) sleepUntil(at time.Time) { time.Sleep(time.Until(at)) }
