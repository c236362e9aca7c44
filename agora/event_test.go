package agora

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func event(kind, details string) []byte {
	return []byte(`{"noticeId":"n-1","productId":3,"eventType":` + kind + `,"notifyMs":1931000001000,"extra":[1],` +
		`"payload":{"cname":"hall","uid":"7001","sid":"s-1","sequence":4,"sendts":1931000000500,"serviceType":6,` +
		`"more":{},"details":` + details + `}}`)
}

func TestAnEventsEnvelopeIsRead(t *testing.T) {
	got, err := ParseEvent(event("70", `{"msgName":"web_recorder_started","recorderStartTime":1931000000250}`))
	if err != nil {
		t.Fatal(err)
	}
	want := Event{
		NoticeID: "n-1", ProductID: ProductCloudRecording, Type: EventWebRecorderStarted,
		Cname: "hall", UID: "7001", SID: "s-1", Sequence: 4,
		At: time.UnixMilli(1931000000500).UTC(), ServiceType: 6,
		RawDetails: json.RawMessage(`{"msgName":"web_recorder_started","recorderStartTime":1931000000250}`),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheDetailsOfEachKindAreRead(t *testing.T) {
	for _, c := range []struct {
		kind, details string
		want          any
	}{
		{"1", `{"module":6,"errorLevel":5,"errorCode":32,"stat":0,"errorMsg":"storage"}`, &ErrorDetails{6, 5, 32, 0, "storage"}},
		{"2", `{"module":1,"warnCode":31}`, &WarningDetails{1, 31}},
		{"3", `{"status":5,"recordingMode":0,"fileList":{}}`, &StatusDetails{StatusInProgress}},
		{"4", `{"fileList":"a.m3u8"}`, &FileInfosDetails{"a.m3u8"}},
		{"11", `{"exitStatus":1}`, &SessionExitDetails{1}},
		{"12", `{"newUid":4294967295}`, &SessionFailoverDetails{"4294967295"}},
		{"12", `{"newUid":"7002"}`, &SessionFailoverDetails{"7002"}},
		{"30", `{"status":0}`, &StatusDetails{}},
		{"31", `{"status":0}`, &StatusDetails{}},
		{"32", `{"status":0}`, &StatusDetails{}},
		{"33", `{"progress":10000}`, &UploadingProgressDetails{10000}},
		{"40", `{"status":0}`, &StatusDetails{}},
		{"41", `{"leaveCode":6}`, &RecorderLeaveDetails{6}},
		{"70", `{"recorderStartTime":1931000000250}`, &WebRecorderStartedDetails{1931000000250}},
		{
			"71", `{"code":6,"message":"recorder_error ","details":"x","fileList":[{"fileName":"a.m3u8","sliceStartTime":1931000000250}]}`,
			&WebRecorderStoppedDetails{6, "recorder_error", "x", []File{{"a.m3u8", 1931000000250}}},
		},
		{
			"71", `{"code":0,"message":"ok","fileList":[{"filename":"b.m3u8","sliceStartTime":1}]}`,
			&WebRecorderStoppedDetails{0, "ok", "", []File{{"b.m3u8", 1}}},
		},
		{"72", `{"limitType":"WebGL"}`, &CapabilityLimitDetails{"WebGL"}},
		{"73", `{"reason":"page_load_timeout"}`, &WebRecorderReloadDetails{"page_load_timeout"}},
		{"90", `{"vendor":1,"region":7,"bucket":"b","fileName":"x;y"}`, &DownloadFailedDetails{1, 7, "b", "x;y"}},
		{"100", `{"rtmpUrl":"rtmps://live.example.net/a/k","status":"disconnected"}`, &RTMPPublishDetails{"rtmps://live.example.net/a/k", "disconnected"}},
		{"13", `{"any":1}`, json.RawMessage(`{"any":1}`)},
		{"4711", `{"any":1}`, json.RawMessage(`{"any":1}`)},
	} {
		e, err := ParseEvent(event(c.kind, c.details))
		if err != nil {
			t.Errorf("%s: %v", c.kind, err)
			continue
		}
		got, err := e.Details()
		if err != nil {
			t.Errorf("%s: %v", c.kind, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("event %s: %s", c.kind, diff)
		}
	}
	started := WebRecorderStartedDetails{1931000000250}
	if !started.At().Equal(time.UnixMilli(1931000000250)) || !(WebRecorderStartedDetails{}).At().IsZero() {
		t.Errorf("start %v", started.At())
	}
}

func TestABrokenNotificationIsAnErrorWithoutItsText(t *testing.T) {
	const canary = "stream-key-canary"
	for name, body := range map[string]string{
		"empty":            "",
		"no JSON":          canary,
		"a list":           `["` + canary + `"]`,
		"no payload":       `{"eventType":71}`,
		"a kind in words":  strings.Replace(string(event("71", "{}")), "71", `"`+canary+`"`, 1),
		"cut":              string(event("71", "{}"))[:40],
		"larger than 1 MB": string(event("71", `"`+strings.Repeat("x", maxAnswer)+`"`)),
	} {
		if _, err := ParseEvent([]byte(body)); err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, details := range map[string]string{
		"null":          `null`,
		"a text":        `"` + canary + `"`,
		"a wrong type":  `{"code":"` + canary + `"}`,
		"a nested list": `{"fileList":[{"filename":["` + canary + `"]}]}`,
	} {
		e, err := ParseEvent(event("71", details))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Details(); name != "null" && err == nil || err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", name, err)
		}
	}
	e := Event{Type: EventUploaded}
	if _, err := e.Details(); err == nil {
		t.Error("no error for absent details")
	}
}

func FuzzParseEvent(f *testing.F) {
	f.Add([]byte(vectorA))
	f.Add(event("71", `{"code":6,"message":"recorder_error "}`))
	f.Add([]byte(`{"payload":{"uid":1}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := ParseEvent(body)
		if err == nil {
			_, _ = e.Details()
		}
	})
}

func TestANotificationOfAnotherProductIsTakenWhateverItHolds(t *testing.T) {
	for _, body := range []string{
		`{"productId":1}`,
		`{"productId":1,"payload":[1,"two"]}`,
		`{"productId":1,"noticeId":7,"eventType":"101","notifyMs":"now","payload":{"sid":7,"sequence":"x"}}`,
		`{"productId":"1","payload":null}`,
	} {
		if e, err := ParseEvent([]byte(body)); err != nil || e.ProductID != 1 {
			t.Errorf("%s: product %d, %v", body, e.ProductID, err)
		}
	}
}
