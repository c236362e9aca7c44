package simulator

import (
	"encoding/json"
	"net/http"
	"testing"
)

// TestWhatPublicClientsSendIsTaken holds the members and media types that public clients of the service send, each
// through acquire, start, query, update and stop. A strict service refuses those that the documentation's letter does.
func TestWhatPublicClientsSendIsTaken(t *testing.T) {
	vendor := func(n int) func(tree) {
		return func(b tree) {
			storage(b)["vendor"] = n
			delete(storage(b), "region")
			if n == vendorS3Compatible {
				storage(b)["extensionParams"] = tree{"endpoint": "s3.example.net"}
			}
		}
	}
	for _, c := range []struct {
		name    string
		kind    string // Content-Type
		area    string // before the version in the path
		acquire func(tree)
		start   func(tree)
		strict  int // status of the first refusal by a strict service, 0: it takes it
	}{
		{name: "a media type without charset", kind: "application/json", strict: 400},
		{name: "a media type with a space", kind: "application/json; charset=UTF-8", strict: 400},
		{name: "another JSON media type", kind: "application/vnd.api+json", strict: 400},
		{name: "regionAffinity", acquire: set(settings, "regionAffinity", 2)},
		{name: "regionAffinity and the area in the path", area: "/ap", acquire: set(settings, "regionAffinity", 2)},
		{name: "empty sse and tag", start: set(storage, "extensionParams", tree{"sse": "", "tag": ""}), strict: 400},
		{name: "Azure without a region", start: vendor(5), strict: 400},
		{name: "Google without a region", start: vendor(6), strict: 400},
		{name: "an S3-compatible storage without a region", start: vendor(11), strict: 400},
		{name: "no recordingFileConfig", start: set(settings, "recordingFileConfig", nil), strict: 400},
		{name: "a token", start: set(settings, "token", "token-example")},
		{name: "recordingConfig", start: set(settings, "recordingConfig", tree{"maxIdleTime": 120, "channelType": 1})},
		{name: "appsCollection", start: set(settings, "appsCollection", tree{"combinationPolicy": "default"}), strict: 400},
		{name: "maxIdleTime", start: set(settings, "maxIdleTime", 30), strict: 400},
		{name: "apiVersion of the extensions", start: set(services, "apiVersion", "v1"), strict: 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, strict := range []bool{false, true} {
				r := newRig(t, Config{QPS: -1, StartAfter: -1, Strict: strict})
				if c.kind != "" {
					r.kind = c.kind
				}
				first := r.through(c.area, c.acquire, c.start)
				if want := map[bool]int{true: c.strict}[strict]; first != want {
					t.Errorf("strict %v: first refusal with HTTP %d, want %d", strict, first, want)
				}
			}
		})
	}
}

// through records with the changes to the bodies and gives the status of the first refusal, 0 for none. That nothing
// was written by the time of the stop is no refusal.
func (r *rig) through(area string, acquire, start func(tree)) int {
	r.t.Helper()
	changes := func(f func(tree)) []func(tree) {
		if f == nil {
			return nil
		}
		return []func(tree){f}
	}
	post := func(path string, body tree) (answer, bool) {
		a := r.do(http.MethodPost, area+path, body)
		return a, a.status == http.StatusOK || a.body.Code == codeNoData
	}
	a, ok := post(appPath+"acquire", acquireBody("room-1", "7", changes(acquire)...))
	if !ok {
		return a.status
	}
	id := a.body.ResourceID
	a, ok = post(appPath+"resourceid/"+id+"/mode/web/start", startBody("room-1", "7", changes(start)...))
	if !ok {
		return a.status
	}
	sid := a.body.SID
	if a := r.do(http.MethodGet, area+taskPath(id, sid, "query"), nil); a.status != http.StatusOK {
		return a.status
	}
	for _, request := range []struct {
		op       string
		settings tree
	}{{"update", tree{"webRecordingConfig": tree{"onhold": false}}}, {"stop", tree{"async_stop": true}}} {
		if a, ok := post(taskPath(id, sid, request.op), tree{"cname": "room-1", "uid": "7", "clientRequest": request.settings}); !ok {
			return a.status
		}
	}
	return 0
}

func TestAStartParameterEqualsAStartWithIgnoredMembers(t *testing.T) {
	r := newRig(t, Config{QPS: -1})
	start := func(b tree) { settings(b)["maxIdleTime"] = 30 }
	parameter := settings(startBody("room-1", "7", start))
	if status := r.through("", set(settings, "startParameter", parameter), start); status != 0 {
		t.Errorf("refused with HTTP %d", status)
	}
}

func TestTheAddressesOfNotificationsAreTold(t *testing.T) {
	r := newRig(t, Config{})
	for _, path := range []string{"/v1/ncs/ip", "/v2/ncs/ip"} {
		a := r.do(http.MethodGet, path, nil)
		var body struct {
			Data struct {
				Service struct {
					Hosts []struct {
						PrimaryIP string `json:"primaryIP"`
					} `json:"hosts"`
				} `json:"service"`
			} `json:"data"`
		}
		if err := json.Unmarshal([]byte(a.raw), &body); err != nil || a.status != http.StatusOK || len(body.Data.Service.Hosts) != 1 {
			t.Errorf("%s: HTTP %d %s %v", path, a.status, a.raw, err)
		}
	}
	r.do(http.MethodGet, "/v3/ncs/ip", nil).want(t, 404, 0, "no Route")
	r.do(http.MethodPost, "/v1/ncs/ip", tree{}).want(t, 404, 0, "no Route")
}
