package load

import (
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"rundown/plan/plantest"
)

// hintFor gives the hint of the unknown key in a plan of one recording.
func hintFor(t *testing.T, place, key, value string) string {
	t.Helper()
	text := map[string]string{
		"recording": "recordings:\n  a:\n    " + key + ": " + value + "\n",
		"defaults":  "defaults:\n  " + key + ": " + value + "\nrecordings: {}\n",
		"plan":      key + ": " + value + "\nrecordings: {}\n",
		"storage":   "storage:\n  videos:\n    " + key + ": " + value + "\nrecordings: {}\n",
	}[place]
	for _, f := range findingsOf(t, plantest.Texts{"plan.yaml": text}, "plan.yaml") {
		if f.Rule == "unknown-key" {
			return f.Hint
		}
	}
	t.Errorf("%s is a key of %s", key, place)
	return ""
}

func TestKeysOfAgorasRequestsNameOurs(t *testing.T) {
	for key, want := range map[string]string{
		"maxVideoDuration": "mp4: 2h", "avFileType": "mp4: true", "fileNamePrefix": "prefix", "onhold": "exact_start: true",
		"maxRecordingHour": "remove it", "videoWidth": "video: {width: 1280", "videoHeight": "video: {width: 1280", "videoFps": "fps",
		"videoBitrate": "bitrate", "token": "needs no token", "uid": "remove it", "hls": "mp4: true", "readyTimeout": "ready_timeout: 30s",
		"ready-timeout": "ready_timeout: 30s", "rtmpUrl": "cdn", "rtmpUrls": "cdn", "audioProfile": "audio_profile: 1", "name": "title", "schedule": "when",
	} {
		if got := hintFor(t, "recording", key, "x"); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
}

func TestKeysAtTheWrongPlaceSayWhereTheyBelong(t *testing.T) {
	for _, test := range []struct{ place, key, value, want string }{
		{"plan", "timezone", "Europe/Berlin", "timezone belongs in defaults, or in a recording: write defaults: {timezone: Europe/Berlin}"},
		{"plan", "when", "Mon 09:00-09:50", "when belongs in a recording: write recordings: {german-a1: {when: Mon 09:00-09:50}}"},
		{"plan", "bucket", "lingua-videos", "bucket belongs in a storage: write storage: {videos: {bucket: lingua-videos}}"},
		{"plan", "secret_key", "hunter2", "secret_key belongs in a storage: write storage: {videos: {secret_key: …}}"},
		{"plan", "customer_id", "x", "customer_id belongs in account: write account: {customer_id: …}"},
		{"plan", "holidays", "24.12.2031 - 06.01.2032", "days belong in calendars: write calendars: {holidays: 2031-12-24..2032-01-06}"},
		{"recording", "bucket", "x", "bucket belongs in a storage"},
		{"recording", "width", "640", "width belongs in video: write video: {width: …}"},
		{"recording", "qps", "10", "qps belongs in limits of an app"},
		{"recording", "calendars", "x", "calendars belongs in the plan's root, without indentation: write calendars: …"},
		{"defaults", "when", "x", "when belongs in a recording"},
		{"storage", "mp4", "true", "mp4 belongs in defaults, or in a recording"},
	} {
		if got := hintFor(t, test.place, test.key, test.value); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s in %s: %q, want %q", test.key, test.place, got, test.want)
		}
	}
}

// TestHintsThatCanBePastedAreYAML reads what the hints of a first guess write.
func TestHintsThatCanBePastedAreYAML(t *testing.T) {
	pasted := regexp.MustCompile(`(?:^add |write |before the keys: )([a-z_]+: (?:\{.*\}|\[.*\]|[^ ,]+))`)
	count := 0
	for _, f := range findingsOf(t, plantest.Folder("../testdata/err"), "first-guess.yaml") {
		m := pasted.FindStringSubmatch(f.Hint)
		if m == nil {
			continue
		}
		count++
		var v map[string]any
		if err := yaml.Unmarshal([]byte(m[1]), &v); err != nil || len(v) != 1 {
			t.Errorf("%s: %v", m[1], err)
		}
	}
	if count < 6 {
		t.Errorf("%d hints can be pasted", count)
	}
}
