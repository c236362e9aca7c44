package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// guideRequest is a request of the web page recording guide: its bodies in words of our own order, since JSON objects
// have none.
type guideRequest struct {
	path string
	body string
}

// recordPage are the guide's requests to record a page; the second start adds a push to a CDN.
var (
	guideAcquire = guideRequest{"/v1/apps/APP/cloud_recording/acquire", `{"cname": "ANY", "uid": "ANY", "clientRequest": {"scene": 1, "resourceExpiredHour": "ANY"}}`}
	guideStop    = guideRequest{"/v1/apps/APP/cloud_recording/resourceid/RESOURCE/sid/SID/mode/web/stop", `{"cname": "ANY", "uid": "ANY", "clientRequest": {}}`}

	guideFiles   = `"recordingFileConfig": {"avFileType": ["hls", "mp4"]}`
	guideStorage = `"storageConfig": {"vendor": 2, "region": 3, "bucket": "ANY", "accessKey": "ANY", "secretKey": "ANY", "fileNamePrefix": ["directory1", "directory2"]}`

	guideStartPage = guideRequest{"/v1/apps/APP/cloud_recording/resourceid/RESOURCE/mode/web/start", `{"cname": "ANY", "uid": "ANY", "clientRequest": {
		"token": "ANY",
		"extensionServiceConfig": {"errorHandlePolicy": "error_abort", "extensionServices": [
			{"serviceName": "web_recorder_service", "errorHandlePolicy": "error_abort", "serviceParam":
				{"url": "ANY", "audioProfile": 0, "videoWidth": 1280, "videoHeight": 720, "maxRecordingHour": "ANY"}}]},
		` + guideFiles + `, ` + guideStorage + `}}`}
	guideStartPush = guideRequest{guideStartPage.path, `{"cname": "ANY", "uid": "ANY", "clientRequest": {
		"token": "ANY",
		"extensionServiceConfig": {"extensionServices": [
			{"serviceName": "web_recorder_service", "errorHandlePolicy": "error_abort", "serviceParam":
				{"url": "ANY", "audioProfile": 0, "videoWidth": 1280, "videoHeight": 720, "maxRecordingHour": "ANY", "maxVideoDuration": 200}},
			{"serviceName": "rtmp_publish_service", "errorHandlePolicy": "error_ignore", "serviceParam":
				{"outputs": [{"rtmpUrl": "ANY"}]}}]},
		` + guideFiles + `, ` + guideStorage + `}}`}
)

// deviations are what our requests have and the guide's have not, or the other way round, each with its reason.
var deviations = map[string]string{
	"- clientRequest.token":                                    "the RTC token is for the other modes (C12)",
	"+ clientRequest.async_stop":                               "sent explicitly, since editions disagree about its default (C40)",
	"+ clientRequest.extensionServiceConfig.errorHandlePolicy": "error_abort is its only value; the guide gives it in one example and leaves it out in the other",
}

func TestDryRunSendsTheGuidesRequests(t *testing.T) {
	tests := []struct {
		plan  string
		wants []guideRequest
		seen  []string // deviations
	}{
		{"record-page.yaml", []guideRequest{guideAcquire, guideStartPage, guideStop}, []string{"- clientRequest.token", "+ clientRequest.async_stop"}},
		{"record-and-push.yaml", []guideRequest{guideAcquire, guideStartPush, guideStop}, []string{
			"+ clientRequest.extensionServiceConfig.errorHandlePolicy", "- clientRequest.token", "+ clientRequest.async_stop",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.plan, func(t *testing.T) {
			var out, errs bytes.Buffer
			args := []string{"run", "../../examples/" + tt.plan, "--dry-run", "--format", "json", "--from", "2031-09-01", "--until", "2031-12-31"}
			if status := Main(context.Background(), args, Streams{Out: &out, Err: &errs}); status != StatusOK {
				t.Fatalf("status %d: %s", status, errs.String())
			}
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			if len(lines) != len(tt.wants) {
				t.Fatalf("%d requests, want %d:\n%s", len(lines), len(tt.wants), out.String())
			}
			var found []string
			for i, line := range lines {
				var got struct {
					Occurrence, At, Method, URL string
					Headers                     map[string]string
					Body                        any
				}
				if err := json.Unmarshal([]byte(line), &got); err != nil {
					t.Fatal(err)
				}
				want := tt.wants[i]
				path := strings.NewReplacer("APP", "${AGORA_APP_ID}", "RESOURCE", "<resourceid>", "SID", "<sid>").Replace(want.path)
				if got.Method != "POST" || got.URL != "https://api.agora.io"+path {
					t.Errorf("%s %s, want POST https://api.agora.io%s", got.Method, got.URL, path)
				}
				headers := map[string]string{"Content-Type": "application/json;charset=utf-8", "Authorization": "[redacted]"}
				if !maps.Equal(got.Headers, headers) {
					t.Errorf("headers %v, want %v", got.Headers, headers)
				}
				var body any
				if err := json.Unmarshal([]byte(want.body), &body); err != nil {
					t.Fatal(err)
				}
				for _, d := range difference("", body, got.Body) {
					if deviations[d] == "" {
						t.Errorf("request %d deviates from the guide: %s", i+1, d)
					}
					found = append(found, d)
				}
			}
			if !slices.Equal(found, tt.seen) {
				t.Errorf("deviations %q, want %q", found, tt.seen)
			}
		})
	}
}

// difference lists where got is not as want: "- key" is missing, "+ key" is added, "≠ key" has another value. "ANY"
// stands for any value that is not empty.
func difference(path string, want, got any) []string {
	if want == "ANY" {
		if got == nil || got == "" {
			return []string{"≠ " + path}
		}
		return nil
	}
	var out []string
	switch want := want.(type) {
	case map[string]any:
		have, ok := got.(map[string]any)
		if !ok {
			return []string{"≠ " + path}
		}
		for _, key := range slices.Sorted(maps.Keys(want)) {
			at := strings.TrimPrefix(path+"."+key, ".")
			if _, ok := have[key]; !ok {
				out = append(out, "- "+at)
				continue
			}
			out = append(out, difference(at, want[key], have[key])...)
		}
		for _, key := range slices.Sorted(maps.Keys(have)) {
			if _, ok := want[key]; !ok {
				out = append(out, "+ "+strings.TrimPrefix(path+"."+key, "."))
			}
		}
	case []any:
		have, ok := got.([]any)
		if !ok || len(have) != len(want) {
			return []string{"≠ " + path}
		}
		for i := range want {
			out = append(out, difference(fmt.Sprintf("%s[%d]", path, i), want[i], have[i])...)
		}
	default:
		if want != got {
			out = append(out, fmt.Sprintf("≠ %s: %v, want %v", path, got, want))
		}
	}
	return out
}

func TestDryRunShowsWhatNothingActsOnYet(t *testing.T) {
	var out, errs bytes.Buffer
	args := []string{"run", "../../examples/reference.yaml", "--dry-run", "--format", "json", "--from", "2031-12-12", "--until", "2031-12-17"}
	if status := Main(context.Background(), args, Streams{Out: &out, Err: &errs}); status != StatusOK {
		t.Fatalf("status %d: %s", status, errs.String())
	}
	for what, part := range map[string]string{
		"exact_start opens on hold":           `"onhold":true`,
		"exact_start resumes":                 `{"webRecordingConfig":{"onhold":false}}`,
		"redundancy places the second apart":  `"excludeResourceIds":["<resourceid>"]`,
		"temporary credentials are not shown": `"stsToken":"[redacted]"`,
	} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("%s: no %s in\n%s", what, part, out.String())
		}
	}
}
