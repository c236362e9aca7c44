package runner_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/agora/simulator"
	"rundown/plan"
	"rundown/plan/load"
	"rundown/plan/rules"
	"rundown/plan/schedule"
	"rundown/runner"
	"rundown/runner/session"
)

var (
	differentialPlans = flag.Int("differential.plans", 300, "random plans of the differential property")
	differentialSeed  = flag.Uint64("differential.seed", 0, "the first of their seeds; 0: by the clock")
)

// The differential property: plans are written at and around every bound, and the requests of their classes sent to
// the simulator. A plan without errors must be accepted; in other words, of whatever is refused for its parameters
// (code 2, or 401 for the channel name), validate must have found an error.
//
// A rule that the plan tunes itself is left out: who turns an error off asks for the refusal.

// TestWhatValidatePassesTheServiceAccepts tries plans with none, one or two values out of bounds.
func TestWhatValidatePassesTheServiceAccepts(t *testing.T) {
	first := *differentialSeed
	if first == 0 {
		first = uint64(time.Now().UnixNano())
	}
	var d differential
	for i := range *differentialPlans {
		d.try(t, first+uint64(i), nil)
	}
	t.Log(d)
	if d.passed == 0 || d.refused == 0 {
		t.Errorf("%v: the property was not tried", d)
	}
}

// TestEachValueOutOfBoundsIsFoundOrAccepted tries every bad value of every key by itself, beside different good ones.
func TestEachValueOutOfBoundsIsFoundOrAccepted(t *testing.T) {
	var d differential
	for _, name := range spoilableNames() {
		for i := range spoilable[name].bad {
			for seed := range uint64(4) {
				d.try(t, seed, map[string]int{name: i})
			}
		}
	}
	t.Log(d)
}

// differential counts what was tried.
type differential struct{ plans, passed, strict, requests, refused int }

func (d differential) String() string {
	return fmt.Sprintf("%d plans, %d passed, %d refused by validate alone; %d classes sent, %d refused by the service",
		d.plans, d.passed, d.strict, d.requests, d.refused)
}

// try writes one plan and holds validate against the service. Without spoiled values, it draws some.
func (d *differential) try(t *testing.T, seed uint64, spoiled map[string]int) {
	t.Helper()
	w := planWriter{rng: rand.New(rand.NewPCG(seed, 0)), spoiled: spoiled}
	if spoiled == nil {
		w.spoil()
	}
	text := w.plan()
	d.plans++
	p, findings, err := load.Load(files{"plan.yaml": text}, "plan.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var errors []string
	for _, f := range append(findings, rules.Check(p, rules.Options{Now: september, Lookup: references})...) {
		if f.Severity == plan.SeverityError {
			errors = append(errors, f.Rule+": "+f.Message)
		}
	}
	refusals := 0
	classes := sample(p)
	for _, o := range classes {
		d.requests++
		if answer := submit(t, o); answer != "" {
			refusals++
			d.refused++
			if len(errors) == 0 {
				t.Errorf("validate passes the plan, and the service refuses %s: %s\nseed %d, spoiled %s\n%s", o.ID, answer, seed, w.drawn, text)
				return
			}
		}
	}
	switch {
	case len(errors) == 0 && len(classes) == 0:
		t.Errorf("validate passes a plan without a class\nseed %d, spoiled %s\n%s", seed, w.drawn, text)
	case len(errors) == 0:
		d.passed++
	case len(w.spoiled) == 0:
		t.Errorf("validate refuses a plan with nothing wrong: %v\nseed %d\n%s", errors, seed, text)
	case refusals == 0:
		d.strict++
	}
}

var september = time.Date(2031, 9, 1, 0, 0, 0, 0, time.UTC)

// sample is some classes of the plan for which requests can be made, changed ones among them.
func sample(p *plan.Plan) []*plan.Occurrence {
	var list []*plan.Occurrence
	if p == nil {
		return nil
	}
	perRecording := map[string]int{}
	for o := range schedule.All(p, september, september.AddDate(0, 4, 0)) {
		s := o.Settings
		if o.Cancelled() || s.App == nil || s.Storage == nil || s.Zone == nil {
			continue
		}
		key := o.Recording.ID + o.Change
		if perRecording[key]++; perRecording[key] <= 1 {
			list = append(list, &o)
		}
	}
	return list
}

// submit sends acquire and start of one class as the engine would, and gives the refusal; "" for none.
func submit(t *testing.T, o *plan.Occurrence) string {
	t.Helper()
	now := o.RecordFrom.Add(-time.Minute)
	sim, err := simulator.New(simulator.Config{QPS: -1, Strict: true, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	var app string
	call := func(op agora.Op, resource string, body any) (id, refusal string) {
		data, err := json.Marshal(body)
		if err != nil {
			return "", err.Error()
		}
		method, path, err := agora.Route(op, app, resource, "")
		if err != nil {
			return "", err.Error()
		}
		req, err := http.NewRequest(method, "https://api.agora.io"+path, bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("customer-example", "secret-example")
		req.Header.Set("Content-Type", agora.ContentType)
		res, err := sim.Transport().RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		answer, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ ResourceID string }
		if res.StatusCode != http.StatusOK {
			return "", fmt.Sprintf("%s: HTTP %d %s\n%s", op, res.StatusCode, answer, data)
		}
		if err := json.Unmarshal(answer, &got); err != nil {
			t.Fatal(err)
		}
		return got.ResourceID, ""
	}
	app, err = o.Settings.App.ID.Resolve(references)
	if err != nil {
		return err.Error()
	}
	uid := o.UIDs(0)[0]
	longest, expire := o.Hours(o.RecordFrom.Add(-catalog.StartLead()))
	reveal := func(t plan.Text) (string, error) { return t.Resolve(references) }
	x := session.Session{Cname: o.Cname, UID: uid, Limits: session.Limits{MaxHour: longest, ExpireHour: expire}, HoldFacts: session.HoldFacts{Held: o.Settings.ExactStart}}
	var keys runner.Keys
	if storage := o.Settings.Storage; storage.STS == nil {
		access, err := reveal(storage.AccessKey)
		if err != nil {
			return err.Error()
		}
		secret, err := reveal(storage.SecretKey)
		if err != nil {
			return err.Error()
		}
		keys = runner.NewKeys(access, secret)
	}
	var push plan.Text
	if o.Settings.CDN != nil {
		push = o.Settings.CDN.URL
	}
	start, err := runner.StartRequest(o, x, push, keys, reveal)
	if err != nil {
		return err.Error()
	}
	if o.Settings.Storage.STS != nil { // what the command or the file gives is not known before
		storage := &start.ClientRequest.StorageConfig
		storage.AccessKey, storage.SecretKey, storage.STSToken = "key-example", "secret-example", "token-example"
		storage.STSExpiration = uint64(now.Add(12 * time.Hour).Unix())
	}
	resource, refusal := call(agora.OpAcquire, "", runner.AcquireRequest(o, x))
	if refusal != "" {
		return refusal
	}
	_, refusal = call(agora.OpStart, resource, start)
	return refusal
}

// planWriter writes a plan in which every key is one that the format allows, with values at and just inside of each
// bound; but for the spoiled keys, which are just outside.
type planWriter struct {
	rng     *rand.Rand
	spoiled map[string]int // which of its bad values a key gets
	drawn   []string       // those values, for messages
}

// keyValues are what a key may be given. Texts are YAML; "" leaves the key out.
type keyValues struct{ good, bad []string }

// spoil chooses none, one or two keys.
func (w *planWriter) spoil() {
	w.spoiled = map[string]int{}
	names := spoilableNames()
	for range w.rng.IntN(3) {
		name := names[w.rng.IntN(len(names))]
		w.spoiled[name] = w.rng.IntN(len(spoilable[name].bad))
	}
}

func spoilableNames() []string { return slices.Sorted(maps.Keys(spoilable)) }

func (w *planWriter) value(name string) string {
	v := spoilable[name]
	if i, ok := w.spoiled[name]; ok {
		w.drawn = append(w.drawn, name+": "+v.bad[i])
		return v.bad[i]
	}
	return v.good[w.rng.IntN(len(v.good))]
}

func (w *planWriter) maybe() bool { return w.rng.IntN(2) == 0 }

// pair is "name: value, " or nothing.
func (w *planWriter) pair(key, name string) string {
	if value := w.value(name); value != "" {
		return key + ": " + value + ", "
	}
	return ""
}

func (w *planWriter) block(indent int, key, name string) string {
	if value := w.value(name); value != "" {
		return strings.Repeat(" ", indent) + key + ": " + value + "\n"
	}
	return ""
}

func text(s string) string { return fmt.Sprintf("%q", s) }

// spoilable are the keys with their values, by the name under which they are drawn.
var spoilable = map[string]keyValues{
	"version":          {good: []string{"1"}, bad: []string{"0", "2", "one", "1.0", ""}},
	"name":             {good: []string{"a", "autumn-2031", strings.Repeat("n", 40), "7a"}, bad: []string{strings.Repeat("n", 41), "A", "a_b", "ä", `""`, ""}},
	"customer_id":      {good: []string{"${CUSTOMER}", "customer-example"}, bad: []string{"", `""`, "${EMPTY}", "${UNSET}"}},
	"customer_secret":  {good: []string{"${SECRET}", "${file:secret}"}, bad: []string{"", `""`, "${EMPTY}"}},
	"app.id":           {good: []string{"${APP}", "app-example"}, bad: []string{"", `""`, "${EMPTY}"}},
	"qps":              {good: []string{"", "1", "10", "500"}, bad: []string{"0", "-1", "1.5", "ten"}},
	"concurrent":       {good: []string{"", "50", "500"}, bad: []string{"0", "-1"}},
	"streams":          {good: []string{"", "{sd: 50, hd: 50, fhd: 50}"}, bad: []string{"{sd: 0}", "{hd: -1}", "{fhd: x}", "{uhd: 1}"}},
	"bucket":           {good: []string{"bucket", "a.b-c"}, bad: []string{"", `""`}},
	"access_key":       {good: []string{"${ACCESS}"}, bad: []string{"", "${EMPTY}", `""`}},
	"secret_key":       {good: []string{"${SECRET}"}, bad: []string{"", "${EMPTY}", `""`}},
	"prefix":           {good: []string{"", `["{plan}", "{id}", "{date}"]`, "[a, B, \"9\"]", text(strings.Repeat("p", 127)), "[" + strings.Repeat("p", 63) + ", " + strings.Repeat("q", 63) + "]", `["{campus}"]`, `["x{odd}"]`, `["{odd}"]`}, bad: []string{text(strings.Repeat("p", 128)), "[" + strings.Repeat("p", 64) + ", " + strings.Repeat("q", 63) + "]", `["a-b"]`, `["ä"]`, `["a/b"]`, `[""]`, `["{nobody}"]`, `["` + strings.Repeat("p", 110) + `", "{id}{id}{plan}{date}"]`}},
	"sse":              {good: []string{"", "kms", "aes256"}, bad: []string{"AES256", "aws:kms", `""`}},
	"tag":              {good: []string{"", "term-autumn"}, bad: []string{"[a]"}},
	"endpoint":         {good: []string{"objects.school.example", "objects.school.example:9000"}, bad: []string{"", "https://objects.school.example", "objects.school.example/bucket", "a b", `""`}},
	"cdn":              {good: []string{"rtmp://live.school.example/app/${KEY}", "rtmps://live.school.example:443/app/${KEY}", "${RTMP}", "rtmps://${HOST}/app"}, bad: []string{"http://live.school.example/${KEY}", "rtmp:///app", "rtmp://", "live.school.example", "srt://live.school.example/${KEY}", "RTMP://live.school.example/app/${KEY}", "${PAGE}", "${EMPTY}", `" rtmp://live.school.example/${KEY}"`}},
	"url":              {good: []string{"https://class.example.edu/{id}", "http://class.example.edu/{date}/{time}?c={campus}", "https://class.example.edu:8443/?t=${TOKEN}", "https://{campus}.example.edu/ä%20ö"}, bad: []string{"https://{campus}.example.edu/ä ö", "", `""`, "ftp://class.example.edu/", "class.example.edu/x", "https://", "https:///x", "file:///etc/passwd", "https://class.example.edu:port/", "https://[::1/", `"https://class.example.edu/%zz"`, `"https://class ex.edu/"`, "https://{nobody}.example.edu/", "mailto:x@example.edu", "https://class.example.edu/${SECRET}"}},
	"timezone":         {good: []string{"UTC", "America/New_York", "Pacific/Apia"}, bad: []string{"", "Local", "Europe/Nowhere", `""`, "utc+1"}},
	"cname":            {good: []string{"", "field-trip", "c", strings.Repeat("c", 63), `"a !#$%&()+-:;<=.>?@[]^_{{}|~,"`, `"{plan}-{id}"`, "c{campus}"}, bad: []string{strings.Repeat("c", 1025), `"ä"`, "a/b", `"a\"b"`, `"{odd}ä"`, "a*b", `"a\\b"`}},
	"video":            {good: []string{"", "360p", "480p", "720p", "1080p", "720p5", "1080p60", "{width: 240, height: 240}", "{width: 1920, height: 1080}", "{width: 1080, height: 1920}", "{width: 241, height: 1919, fps: 5, bitrate: 1}", "{width: 1280, height: 720, fps: 60, bitrate: 8000}"}, bad: []string{"720p4", "720p61", "4k", "{width: 239, height: 240}", "{width: 240, height: 239}", "{width: 1921, height: 240}", "{width: 240, height: 1921}", "{width: 1920, height: 1081}", "{width: 1441, height: 1440}", "{width: 640}", "{height: 640}", "{width: 640, height: 360, fps: 4}", "{width: 640, height: 360, fps: 61}", "{width: 640, height: 360, bitrate: 0}", "{width: 640, height: 360, bitrate: -1}", "{width: 640, height: 360, bitrate: 2147483648}", "{width: 640.5, height: 360}"}},
	"audio_profile":    {good: []string{"", "0", "1", "2"}, bad: []string{"-1", "3", "high"}},
	"mp4":              {good: []string{"", "true", "false", "30m", "31m", "2h", "4h", "239m"}, bad: []string{"29m", "241m", "90s", "30m30s", "0s", "5", "-30m"}},
	"mobile":           {good: []string{"", "true", "false", "none"}, bad: []string{"1", "phone"}},
	"ready_timeout":    {good: []string{"", "none", "0s", "1s", "60s", "1m"}, bad: []string{"61s", "-1s", "500ms", "30"}},
	"preflight":        {good: []string{"", "true", "false"}, bad: []string{"0", "never"}},
	"exact_start":      {good: []string{"", "true", "false"}, bad: []string{"1", "exact"}},
	"padding":          {good: []string{"", "{before: 0s, after: 0s}", "{before: 10m}", "{after: 1h}"}, bad: []string{"{before: -1s}", "{after: 2}", "30s", "{around: 1m}"}},
	"min_remainder":    {good: []string{"", "never", "5m", "1h"}, bad: []string{"-5m", "always", "5"}},
	"attempts":         {good: []string{"", "1", "20"}, bad: []string{"0", "21", "-1"}},
	"redundancy":       {good: []string{"", "1", "4"}, bad: []string{"0", "5"}},
	"priority":         {good: []string{"", "low", "normal", "high"}, bad: []string{"urgent", "1"}},
	"when":             {good: []string{"2031-10-20 18:00-19:30", "[2031-10-20 18:00-19:30, 2031-10-21 23:30-00:30]", "2031-10-20 09:00:20-09:00:50", `{cron: "30 15 20 10 *", duration: 90m}`, "Mon Wed 09:00-09:50", `{cron: "0 8 1 11 *", duration: 24h}`, `{cron: "0 0 1 10 *", duration: 716h}`}, bad: []string{"", "[]", "Mon 09:00", "Mon 25:00-26:00", "2031-02-30 18:00-19:00", `{cron: "30 15 * *", duration: 90m}`, `{cron: "30 15 * * FRI"}`, `{cron: "30 15 20 10 *", duration: 0s}`, `{cron: "0 0 1 10 *", duration: 721h}`, `{cron: "TZ=UTC 0 0 1 10 *", duration: 1h}`}},
	"change":           {good: []string{"", "{note: x}", "{url: \"https://spare.example.edu/\"}", "{video: 1080p60}", "{to: 2031-10-22 10:00-11:00}", "{cname: other}", "{cdn: none}", "{mp4: 30m, ready_timeout: 60s}", "{audio_profile: 2, exact_start: true}"}, bad: []string{"{url: \"ftp://spare.example.edu/\"}", "{video: {width: 239, height: 240}}", "{to: 25:00-26:00}", "{cname: ä}", "{cname: " + strings.Repeat("c", 1025) + "}", "{mp4: 29m}", "{ready_timeout: 61s}", "{audio_profile: 3}", "moved", "{storage: nowhere}", "{region: XX}", "{region: CN, storage: other-area}", "{to: 2031-10-22 10:00-10:00}"}},
	"labels":           {good: []string{"{campus: mitte, odd: \"--\"}"}, bad: []string{"{campus: \"a b/c\", odd: \"\\\"\", \"9x\": y}", "{campus: [a], odd: x}"}},
	"region of vendor": {good: []string{"match"}, bad: []string{"unknown", "withdrawn", "other area", "another vendor's", "missing"}},
	"vendor's own":     {good: []string{"keep"}, bad: []string{"sse elsewhere", "tag elsewhere", "endpoint elsewhere", "sts elsewhere", "sts and keys"}},
	"acquire region":   {good: []string{""}, bad: []string{"XX", "na", "\"\""}},
}

func (w *planWriter) plan() string {
	var b strings.Builder
	b.WriteString(w.block(0, "version", "version"))
	b.WriteString(w.block(0, "name", "name"))
	b.WriteString("account:\n" + w.block(2, "customer_id", "customer_id") + w.block(2, "customer_secret", "customer_secret"))
	b.WriteString("apps:\n  main:\n    id: " + w.value("app.id") + "\n    limits: {" + w.pair("qps", "qps") + w.pair("concurrent", "concurrent") + w.pair("streams", "streams") + "}\n")
	region := w.storage(&b)
	b.WriteString("cdn:\n  campus: " + w.value("cdn") + "\n")
	b.WriteString("expose: [TOKEN]\n")
	b.WriteString("calendars: {term: 2031-10-01..2031-11-30}\n")
	b.WriteString("defaults:\n" + w.block(2, "timezone", "timezone") + w.block(2, "url", "url") + w.block(2, "labels", "labels") + "  only: term\n")
	if region != "" {
		b.WriteString("  region: " + region + "\n")
	}
	b.WriteString("recordings:\n  one:\n    storage: files\n    cdn: campus\n")
	for _, key := range []string{"when", "cname", "video", "audio_profile", "mp4", "mobile", "ready_timeout", "exact_start", "preflight", "padding", "min_remainder", "attempts", "redundancy", "priority"} {
		b.WriteString(w.block(4, key, key))
	}
	if change := w.value("change"); change != "" {
		b.WriteString("  two:\n    storage: files\n    url: https://class.example.edu/two\n    when: 2031-10-20 18:00-19:30\n    changes: {2031-10-20: " + change + "}\n")
	}
	return b.String()
}

// references are what the plans' references stand for; what is not set cannot be looked up.
func references(r plan.Reference) (string, error) {
	known := map[string]string{
		"CUSTOMER": "customer-example", "SECRET": "secret-example", "APP": "app-example", "ACCESS": "access-example",
		"KEY": "key-example", "TOKEN": "token-example", "RTMP": "rtmps://live.school.example/app/key-example",
		"HOST": "live.school.example", "PAGE": "https://class.example.edu/", "EMPTY": "",
	}
	if value, ok := known[r.Name]; ok {
		return value, nil
	}
	if r.Name == "" || strings.Contains(r.String(), "file:") {
		return "from-a-file-example", nil
	}
	return "", fmt.Errorf("%s is not set", r)
}

// storage writes the storages, and gives the region of acquire that fits.
func (w *planWriter) storage(b *strings.Builder) (region string) {
	vendors := catalog.Vendors()
	vendor := vendors[w.rng.IntN(len(vendors))]
	place := vendor.Regions[w.rng.IntN(len(vendor.Regions))]
	name, area := place.Name, place.Area
	fence := w.maybe()
	switch w.value("region of vendor") {
	case "unknown":
		name = "atlantis-1"
	case "withdrawn":
		name = "US_GOV_EAST_1"
	case "other area":
		fence = true
		area = map[catalog.Region]catalog.Region{"NA": "EU", "EU": "AP", "AP": "CN", "CN": "NA", catalog.RegionNone: "EU"}[area]
	case "another vendor's":
		name = "AP_Shenzhen_FSI"
		if vendor.Name == "tencent" {
			name = "SA_Brazil_1"
		}
	case "missing":
		name = ""
	}
	b.WriteString("storage:\n  files:\n    vendor: " + vendor.Name + "\n")
	if name != "" && len(vendor.Regions) > 1 {
		if w.maybe() {
			name = strings.ToLower(strings.ReplaceAll(name, "_", "-"))
		}
		b.WriteString("    region: " + name + "\n")
	}
	b.WriteString(w.block(4, "bucket", "bucket") + w.block(4, "prefix", "prefix"))
	sts := slices.Contains([]string{"s3", "alibaba", "tencent"}, vendor.Name) && w.maybe()
	sse, tag, endpoint := vendor.Name == "s3", vendor.Name == "s3" || vendor.Name == "alibaba", vendor.Name == "s3-compatible"
	keys := !sts
	switch w.value("vendor's own") {
	case "sse elsewhere":
		b.WriteString(unless(sse, "    sse: kms\n"))
	case "tag elsewhere":
		b.WriteString(unless(tag, "    tag: x\n"))
	case "endpoint elsewhere":
		b.WriteString(unless(endpoint, "    endpoint: objects.school.example\n"))
	case "sts elsewhere":
		sts, keys = true, false
	case "sts and keys":
		sts, keys = true, true
	}
	if sse {
		b.WriteString(w.block(4, "sse", "sse"))
	}
	if tag {
		b.WriteString(w.block(4, "tag", "tag"))
	}
	if endpoint {
		b.WriteString(w.block(4, "endpoint", "endpoint"))
	}
	if sts {
		b.WriteString("    sts: {file: sts.json}\n")
	}
	if keys {
		b.WriteString(w.block(4, "access_key", "access_key") + w.block(4, "secret_key", "secret_key"))
	}
	if wrong := w.value("acquire region"); wrong != "" {
		return wrong
	}
	if fence && area != catalog.RegionNone {
		return string(area)
	}
	return ""
}

func unless(condition bool, s string) string {
	if condition {
		return ""
	}
	return s
}
