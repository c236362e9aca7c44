package simulator

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// params are the settings of the CDN push that withPush added.
func pushParam(b tree) tree {
	return services(b)["extensionServices"].([]any)[1].(tree)["serviceParam"].(tree)
}

func fileConfig(b tree) tree { return settings(b)["recordingFileConfig"].(tree) }

func TestAcquireRefusesWrongParametersByName(t *testing.T) {
	tests := []struct {
		name   string
		spoil  func(tree)
		code   int
		reason string
	}{
		{"no cname", set(whole, "cname", nil), 2, "cname"},
		{"an empty cname", set(whole, "cname", ""), 2, "cname"},
		{"a cname that is a number", set(whole, "cname", 7), 2, "cname"},
		{"a cname of 1025 bytes", set(whole, "cname", strings.Repeat("a", 1025)), 2, "cname"},
		{"a cname with a slash", set(whole, "cname", "a/b"), 401, "invalid_channel_name"},
		{"a cname with a quote", set(whole, "cname", `a"b`), 401, "invalid_channel_name"},
		{"a cname beyond ASCII", set(whole, "cname", "größe"), 401, "invalid_channel_name"},
		{"no uid", set(whole, "uid", nil), 2, "uid"},
		{"a uid that is a number", set(whole, "uid", 7), 2, "uid"},
		{"uid 0", set(whole, "uid", "0"), 2, "uid"},
		{"a uid with a sign", set(whole, "uid", "+7"), 2, "uid"},
		{"a uid past 32 bits", set(whole, "uid", "4294967296"), 2, "uid"},
		{"an unknown member", set(whole, "Cname", "x"), 2, `"Cname"`},
		{"no clientRequest", set(whole, "clientRequest", nil), 2, "clientRequest"},
		{"a clientRequest that is a list", set(whole, "clientRequest", []any{}), 2, "clientRequest"},
		{"no scene", set(settings, "scene", nil), 2, "clientRequest.scene"},
		{"scene 0", set(settings, "scene", 0), 2, "clientRequest.scene"},
		{"a scene in quotes", set(settings, "scene", "1"), 2, "clientRequest.scene"},
		{"resourceExpiredHour 0", set(settings, "resourceExpiredHour", 0), 2, "clientRequest.resourceExpiredHour"},
		{"resourceExpiredHour 721", set(settings, "resourceExpiredHour", 721), 2, "clientRequest.resourceExpiredHour"},
		{"an unknown region", set(settings, "region", "eu"), 2, "clientRequest.region"},
		{"an empty region", set(settings, "region", ""), 2, "clientRequest.region"},
		{"regionAffinity 5", set(settings, "regionAffinity", 5), 2, "clientRequest.regionAffinity"},
		{"regionAffinity in quotes", set(settings, "regionAffinity", "0"), 2, "clientRequest.regionAffinity"},
		{"excludeResourceIds as a string", set(settings, "excludeResourceIds", "x"), 2, "clientRequest.excludeResourceIds"},
		{"excludeResourceIds of numbers", set(settings, "excludeResourceIds", []any{1}), 2, "clientRequest.excludeResourceIds[0]"},
		{"a startParameter that is no object", set(settings, "startParameter", "x"), 2, "clientRequest.startParameter"},
	}
	r := newRig(t, Config{QPS: -1, Strict: true})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r.acquire("room-1", "7", tt.spoil).want(t, 400, tt.code, tt.reason)
		})
	}
	r.acquire("room-1 !#$%&()+-:;<=.>?@[]^_{}|~,", "4294967295").want(t, 200, 0, "")
	r.acquire(strings.Repeat("a", 1024), "1", set(settings, "region", "AP"), set(settings, "resourceExpiredHour", 720.0),
		set(settings, "excludeResourceIds", []any{"x"})).want(t, 200, 0, "")
}

func TestStartRefusesWrongParametersByName(t *testing.T) {
	const (
		files = "clientRequest.recordingFileConfig"
		store = "clientRequest.storageConfig."
		ext   = "clientRequest.extensionServiceConfig."
		first = ext + "extensionServices[0]."
		page  = first + "serviceParam."
		cdn   = ext + "extensionServices[1].serviceParam."
	)
	push := withPush("rtmp://ingest.example.net/live/key-41")
	both := func(fs ...func(tree)) func(tree) {
		return func(b tree) {
			for _, f := range fs {
				f(b)
			}
		}
	}
	tests := []struct {
		name   string
		spoil  func(tree)
		reason string
	}{
		{"an unknown member", set(settings, "storageconfig", tree{}), `"storageconfig"`},
		{"snapshotConfig", set(settings, "snapshotConfig", tree{}), `"snapshotConfig"`},
		{"a token that is a number", set(settings, "token", 1), "clientRequest.token"},
		{"no recordingFileConfig", set(settings, "recordingFileConfig", nil), files},
		{"mp4 alone", set(fileConfig, "avFileType", []any{"mp4"}), files + ".avFileType"},
		{"no kind of file", set(fileConfig, "avFileType", []any{}), files + ".avFileType"},
		{"hls twice", set(fileConfig, "avFileType", []any{"hls", "hls"}), files + ".avFileType"},
		{"a misspelt avFileType", set(fileConfig, "avFiletype", []any{"hls"}), `"avFiletype"`},
		{"no storageConfig", set(settings, "storageConfig", nil), "clientRequest.storageConfig"},
		{"not a vendor", set(storage, "vendor", nil), store + "vendor"},
		{"vendor 4", set(storage, "vendor", 4), store + "vendor"},
		{"a vendor in quotes", set(storage, "vendor", "1"), store + "vendor"},
		{"no region", set(storage, "region", nil), store + "region"},
		{"a withdrawn region", set(storage, "region", 17), store + "region"},
		{"a region past the list", set(storage, "region", 26), store + "region"},
		{"a region outside of acquire's", set(storage, "region", 0), store + "region"},
		{"a region in no area", set(storage, "region", 12), store + "region"},
		{"no bucket", set(storage, "bucket", nil), store + "bucket"},
		{"an empty accessKey", set(storage, "accessKey", ""), store + "accessKey"},
		{"no secretKey", set(storage, "secretKey", nil), store + "secretKey"},
		{"a hyphen in the prefix", set(storage, "fileNamePrefix", []any{"a-b"}), store + "fileNamePrefix[0]"},
		{"an empty part of the prefix", set(storage, "fileNamePrefix", []any{"a", ""}), store + "fileNamePrefix[1]"},
		{"a prefix of 129 characters", set(storage, "fileNamePrefix", []any{strings.Repeat("a", 128)}), store + "fileNamePrefix"},
		{"a prefix that is no list", set(storage, "fileNamePrefix", "a"), store + "fileNamePrefix"},
		{"stsToken without stsExpiration", set(storage, "stsToken", "token-example"), store + "stsExpiration"},
		{"stsExpiration in quotes", set(storage, "stsExpiration", "1"), store + "stsExpiration"},
		{"stsExpiration with a sign", set(storage, "stsExpiration", -1), store + "stsExpiration"},
		{"stsExpiration in the past", set(storage, "stsExpiration", 1), store + "stsExpiration"},
		{"stsToken for vendor 5", both(set(storage, "vendor", 5), set(storage, "region", 0),
			set(storage, "stsToken", "token-example"), set(storage, "stsExpiration", 4102444800)), store + "stsToken"},
		{"an unknown sse", set(storage, "extensionParams", tree{"sse": "aes128"}), store + "extensionParams.sse"},
		{"an endpoint for vendor 1", set(storage, "extensionParams", tree{"endpoint": "s3.example.net"}), store + "extensionParams.endpoint"},
		{"vendor 11 without extensionParams", both(set(storage, "vendor", 11), set(storage, "region", 0)), store + "extensionParams"},
		{"vendor 11 with an address for endpoint", both(set(storage, "vendor", 11), set(storage, "region", 0),
			set(storage, "extensionParams", tree{"endpoint": "https://s3.example.net"})), store + "extensionParams.endpoint"},
		{"a tag for vendor 3", both(set(storage, "vendor", 3), set(storage, "region", 18),
			set(storage, "extensionParams", tree{"tag": "x"})), store + "extensionParams.tag"},
		{"no extensionServiceConfig", set(settings, "extensionServiceConfig", nil), "clientRequest.extensionServiceConfig"},
		{"an outer policy of error_ignore", set(services, "errorHandlePolicy", "error_ignore"), ext + "errorHandlePolicy"},
		{"no services", set(services, "extensionServices", nil), ext + "extensionServices"},
		{"an empty list of services", set(services, "extensionServices", []any{}), ext + "extensionServices"},
		{"an unknown service", set(service, "serviceName", "web_recorder"), first + "serviceName"},
		{"a recorder that ignores errors", set(service, "errorHandlePolicy", "error_ignore"), first + "errorHandlePolicy"},
		{"no serviceParam", set(service, "serviceParam", nil), first + "serviceParam"},
		{"no url", set(param, "url", nil), page + "url"},
		{"a url without host", set(param, "url", "https:///x"), page + "url"},
		{"a url of another scheme", set(param, "url", "ftp://example.org/"), page + "url"},
		{"no audioProfile", set(param, "audioProfile", nil), page + "audioProfile"},
		{"audioProfile 3", set(param, "audioProfile", 3), page + "audioProfile"},
		{"no videoWidth", set(param, "videoWidth", nil), page + "videoWidth"},
		{"videoWidth 239", set(param, "videoWidth", 239), page + "videoWidth"},
		{"videoHeight 1921", set(param, "videoHeight", 1921), page + "videoHeight"},
		{"1920 × 1200", both(set(param, "videoWidth", 1920), set(param, "videoHeight", 1200)), page + "videoWidth"},
		{"no maxRecordingHour", set(param, "maxRecordingHour", nil), page + "maxRecordingHour"},
		{"maxRecordingHour 721", set(param, "maxRecordingHour", 721), page + "maxRecordingHour"},
		{"videoBitrate 0", set(param, "videoBitrate", 0), page + "videoBitrate"},
		{"VideoBitrate", set(param, "VideoBitrate", 2000), `"VideoBitrate"`},
		{"videoFps 4", set(param, "videoFps", 4), page + "videoFps"},
		{"videoFps 61", set(param, "videoFps", 61), page + "videoFps"},
		{"mobile as a number", set(param, "mobile", 1), page + "mobile"},
		{"maxVideoDuration 29", set(param, "maxVideoDuration", 29), page + "maxVideoDuration"},
		{"maxVideoDuration 241", set(param, "maxVideoDuration", 241), page + "maxVideoDuration"},
		{"onhold in quotes", set(param, "onhold", "true"), page + "onhold"},
		{"a negative readyTimeout", set(param, "readyTimeout", -1), page + "readyTimeout"},
		{"a fractional readyTimeout", set(param, "readyTimeout", 1.5), page + "readyTimeout"},
		{"readyTimeout 61", set(param, "readyTimeout", 61), page + "readyTimeout"},
		{"two pushes", both(push, push), ext + "extensionServices"},
		{"a push alone", func(b tree) {
			push(b)
			services(b)["extensionServices"] = services(b)["extensionServices"].([]any)[1:]
		}, ext + "extensionServices"},
		{"a push to https", withPush("https://ingest.example.net/"), cdn + "outputs[0].rtmpUrl"},
		{"a push to nowhere", withPush("rtmp://"), cdn + "outputs[0].rtmpUrl"},
		{"no output", both(push, set(pushParam, "outputs", []any{})), cdn + "outputs"},
		{"two outputs", both(push, set(pushParam, "outputs", []any{tree{"rtmpUrl": "rtmp://a.example/b"}, tree{"rtmpUrl": "rtmp://a.example/c"}})), cdn + "outputs"},
		{"a misspelt rtmpUrl", both(push, set(pushParam, "outputs", []any{tree{"rtmpURL": "rtmp://a.example/b"}})), `"rtmpURL"`},
	}
	r := newRig(t, Config{QPS: -1, Strict: true})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := r.acquire("room-1", "7", set(settings, "region", "EU"))
			b := r.start(a.body.ResourceID, "room-1", "7", tt.spoil)
			b.want(t, 400, 2, tt.reason)
			for _, secret := range []string{"secret-key-example", "key-example", "token-example", "key-41"} {
				if strings.Contains(b.raw, secret) {
					t.Errorf("the reason repeats %s", secret)
				}
			}
		})
	}
	if n := len(r.sim.Ledger().Sessions); n != 0 {
		t.Fatalf("%d sessions in the ledger", n)
	}
}

func TestStartAcceptsWhatIsDocumented(t *testing.T) {
	r := newRig(t, Config{QPS: -1, Concurrent: -1})
	for name, with := range map[string]func(tree){
		"portrait":     func(b tree) { param(b)["videoWidth"], param(b)["videoHeight"] = 1080, 1920 },
		"a phone":      func(b tree) { param(b)["videoWidth"], param(b)["videoHeight"], param(b)["mobile"] = 390, 844, true },
		"a token":      set(settings, "token", "token-example"),
		"30.0":         set(param, "readyTimeout", json.Number("30.0")),
		"kinds turned": set(fileConfig, "avFileType", []any{"mp4", "hls"}),
		"azure":        func(b tree) { storage(b)["vendor"], storage(b)["region"] = 5, 0 },
		"s3 compatible": func(b tree) {
			storage(b)["vendor"], storage(b)["region"] = 11, 0
			storage(b)["extensionParams"] = tree{"endpoint": "s3.example.net"}
		},
		"sts":             func(b tree) { storage(b)["stsToken"], storage(b)["stsExpiration"] = "token-example", 4102444800 },
		"a prefix of 128": set(storage, "fileNamePrefix", []any{strings.Repeat("a", 63), strings.Repeat("b", 63)}),
		"a push":          withPush("rtmp://ingest.example.net/live/key-41"),
	} {
		t.Run(name, func(t *testing.T) {
			a := r.acquire(name, "7")
			r.start(a.body.ResourceID, name, "7", with).want(t, 200, 0, "")
		})
	}
}

func TestStartParameterMustEqualWhatStartSends(t *testing.T) {
	r := newRig(t, Config{})
	planned := settings(startBody("room-1", "7"))
	a := r.acquire("room-1", "7", set(settings, "startParameter", planned))
	r.start(a.body.ResourceID, "room-1", "7", set(param, "videoWidth", 1281)).want(t, 400, 2, "startParameter")
	r.start(a.body.ResourceID, "room-1", "7", set(param, "videoWidth", json.Number("1280.0"))).want(t, 200, 0, "")
}

func TestUpdateAndStopRefuseWrongParametersByName(t *testing.T) {
	r := newRig(t, Config{QPS: -1, Strict: true})
	k := r.begin("room-1", "7")
	for _, tt := range []struct {
		name     string
		settings tree
		reason   string
	}{
		{"streamSubscribe", tree{"streamSubscribe": tree{}}, `"streamSubscribe"`},
		{"onHold", tree{"webRecordingConfig": tree{"onHold": true}}, `"onHold"`},
		{"onhold in quotes", tree{"webRecordingConfig": tree{"onhold": "true"}}, "clientRequest.webRecordingConfig.onhold"},
		{"a CDN address without a push", tree{"rtmpPublishConfig": tree{"outputs": []any{tree{"rtmpUrl": "rtmp://a.example/b"}}}}, "clientRequest.rtmpPublishConfig"},
		{"half a storageConfig", tree{"storageConfig": tree{"stsToken": "token-example"}}, "clientRequest.storageConfig.vendor"},
	} {
		t.Run(tt.name, func(t *testing.T) { k.update(tt.settings).want(t, 400, 2, tt.reason) })
	}
	stop := func(body any) answer { return r.do(http.MethodPost, taskPath(k.resource, k.sid, "stop"), body) }
	stop(tree{"cname": "room-1", "uid": "7"}).want(t, 400, 2, "clientRequest")
	stop(tree{"cname": "room-1", "uid": "7", "clientRequest": tree{"asyncStop": true}}).want(t, 400, 2, `"asyncStop"`)
	stop(tree{"cname": "room-1", "uid": "7", "clientRequest": tree{"async_stop": "true"}}).want(t, 400, 2, "async_stop")
	stop(tree{"cname": "room-1", "uid": "8", "clientRequest": tree{}}).want(t, 400, 432, "uid")
	if k.entry().StoppedAt != nil {
		t.Fatal("a refused stop ended the recording")
	}
	stop(tree{"cname": "room-1", "uid": "7", "clientRequest": tree{}}).want(t, 206, 435, "")
}

func TestTheBodyMustBeWellFormedAndSoNamed(t *testing.T) {
	r := newRig(t, Config{QPS: -1, Strict: true})
	for name, body := range map[string]string{
		"nothing": "", "half": `{"cname":`, "two values": `{} {}`, "a list": `[]`, "null": `null`,
		"too long": `{"cname":"` + strings.Repeat("a", bodyLimit) + `"}`,
		"deep":     strings.Repeat(`{"a":`, 20000),
	} {
		t.Run(name, func(t *testing.T) {
			r.do(http.MethodPost, appPath+"acquire", body).want(t, 400, 8, "body")
		})
	}
	for _, kind := range []string{"", "application/json", "application/json; charset=utf-8", "text/plain"} {
		r.kind = kind
		r.acquire("room-1", "7").want(t, 400, 8, "Content-Type")
	}
}

func TestAnSTSTokenIsJudgedByTheSimulatorsClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{})
		k := r.begin("room-1", "7")
		time.Sleep(time.Hour)
		fresh := storage(startBody("", ""))
		fresh["stsToken"], fresh["stsExpiration"] = "token-example", time.Now().Unix()+1
		k.update(tree{"storageConfig": fresh}).want(t, 200, 0, "")
		time.Sleep(time.Second)
		k.update(tree{"storageConfig": fresh}).want(t, 400, 2, "stsExpiration")
	})
}
