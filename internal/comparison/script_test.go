package comparison

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// script does what examples/cron-and-curl does, request by request: record.sh or, where careful, careful.sh.
type script struct {
	service http.RoundTripper
	careful bool
}

// How a boot of the machine ends: in order, with SIGTERM to every process, or not.
var (
	errTerminated = errors.New("terminated")
	errPowerCut   = errors.New("power cut")
)

// lead and tail are by how much the careful script begins early and ends late; cron knows minutes only.
const (
	lead = time.Minute
	tail = 2 * time.Minute
)

// record is one run of the script, from cron's minute to its end. boot ends with the machine. It says whether the
// script ended with an error that cron can mail.
func (s script) record(boot context.Context, c class) (complained bool) {
	begin, end := c.start, c.end
	if s.careful {
		begin, end = c.start.Add(-lead), c.end.Add(tail)
	}
	if !sleep(boot, time.Until(begin)) {
		return false // cron does not catch up on what it missed
	}
	job := fmt.Sprintf(`"cname":%q,"uid":"1000"`, c.cname)
	answer, err := s.curl(boot, "acquire", `{`+job+`,"clientRequest":{"scene":1}}`)
	resource := field(answer, "resourceId")
	if s.careful && (err != nil || resource == "") {
		return boot.Err() == nil
	}
	answer, err = s.curl(boot, "resourceid/"+resource+"/mode/web/start", `{`+job+startRequest)
	sid := field(answer, "sid")
	if s.careful && (err != nil || sid == "") {
		return boot.Err() == nil
	}
	ended := sleep(boot, end.Sub(begin))
	stopping := boot
	if s.careful && errors.Is(context.Cause(boot), errTerminated) {
		stopping = context.WithoutCancel(boot) // its trap
	}
	_, err = s.curl(stopping, "resourceid/"+resource+"/sid/"+sid+"/mode/web/stop", `{`+job+`,"clientRequest":{}}`)
	return s.careful && ended && err != nil
}

// startRequest is the rest of the body of start. maxRecordingHour is what Rundown asks for, so that only the sequences
// differ.
const startRequest = `,"clientRequest":{"recordingFileConfig":{"avFileType":["hls"]},` +
	`"storageConfig":{"vendor":1,"region":7,"bucket":"videos","accessKey":"example","secretKey":"example"},` +
	`"extensionServiceConfig":{"errorHandlePolicy":"error_abort","extensionServices":[{"serviceName":"web_recorder_service",` +
	`"errorHandlePolicy":"error_abort","serviceParam":{"url":"https://school.example/","audioProfile":0,"videoWidth":1280,` +
	`"videoHeight":720,"maxRecordingHour":2}}]}}}`

// curl is the command with -s or, where careful, with
//
//	-fsS --max-time 30 --retry 3 --retry-all-errors
//
// which repeats whatever failed after 1, 2 and 4 seconds.
func (s script) curl(ctx context.Context, path, body string) (answer string, err error) {
	if !s.careful {
		answer, _, err = s.post(ctx, path, body)
		return answer, err
	}
	for wait := time.Second; ; wait *= 2 {
		try, cancel := context.WithTimeout(ctx, 30*time.Second)
		var status int
		answer, status, err = s.post(try, path, body)
		cancel()
		if err == nil && status >= 400 {
			answer, err = "", fmt.Errorf("curl: (22) The requested URL returned error: %d", status)
		}
		if err == nil || wait > 4*time.Second || !sleep(ctx, wait) {
			return answer, err
		}
	}
}

func (s script) post(ctx context.Context, path, body string) (answer string, status int, err error) {
	const app = "https://api.agora.io/v1/apps/0123456789abcdef0123456789abcdef/cloud_recording/"
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, app+path, strings.NewReader(body))
	if err != nil {
		return "", 0, err
	}
	r.SetBasicAuth("customer", "example")
	r.Header.Set("Content-Type", "application/json;charset=utf-8")
	response, err := s.service.RoundTrip(r)
	if err != nil {
		return "", 0, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return string(text), response.StatusCode, err
}

// field is a string of an answer, as sed finds it; "" where there is none.
func field(answer, name string) string {
	m := regexp.MustCompile(`"` + name + `":"([^"]*)"`).FindStringSubmatch(answer)
	if m == nil {
		return ""
	}
	return m[1]
}

// sleep is false where the machine went down meanwhile.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
