package runner

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/runner/session"
)

func TestTemporaryKeysAreReadStrictlyAndNeverQuoted(t *testing.T) {
	now := time.Date(2031, 9, 17, 12, 0, 0, 700_000_000, time.UTC) // an issuer's 4 h are whole seconds
	text := func(expiration string) string {
		return `{"access_key":"canary1","secret_key":"canary2","token":"canary3","expiration":` + expiration + `}`
	}
	for name, tt := range map[string]struct{ text, want string }{
		"RFC 3339":             {text(`"2031-09-17T16:00:00Z"`), ""},
		"Unix seconds":         {text(fmt.Sprint(now.Add(12 * time.Hour).Unix())), ""},
		"an hour is too short": {text(`"2031-09-17T13:00:00Z"`), "asks for at least 4h"},
		"a second too short":   {text(`"2031-09-17T15:59:59Z"`), "asks for at least 4h"},
		"Unix milliseconds":    {text(fmt.Sprint(now.Add(12 * time.Hour).UnixMilli())), "neither a time"},
		"no expiration":        {`{"access_key":"canary1","secret_key":"canary2","token":"canary3"}`, "expiration is missing"},
		"no token":             {`{"access_key":"canary1","secret_key":"canary2","expiration":1}`, "token is missing"},
		"a word":               {text(`"canary4"`), "neither a time"},
		"not JSON":             {"canary5", "not a JSON object"},
		"a number as a key":    {`{"access_key":7}`, "not a JSON object of texts"},
	} {
		keys, err := ReadKeys([]byte(tt.text), now)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "canary")) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
		if shown := fmt.Sprintf("%v %+v %#v %s", keys, keys, &keys, keys); strings.Contains(shown, "canary") {
			t.Errorf("%s: printed as %s", name, shown)
		}
	}
}

func TestARenewalSendsTheWholeStorageBlock(t *testing.T) {
	vendor, _ := catalog.VendorByName("s3")
	o := &plan.Occurrence{Prefix: []string{"german"}}
	o.Settings.Storage = &plan.Storage{Vendor: vendor, Region: vendor.Regions[1], Bucket: "lessons", SSE: "kms", Tag: "term"}
	until := time.Date(2031, 9, 17, 16, 0, 0, 0, time.UTC)
	got := KeysRequest(o, session.Session{Cname: "hall", UID: "11"}, Keys{"key", "example", "token", until}).ClientRequest.StorageConfig
	want := &agora.StorageConfig{
		Vendor: 1, Region: vendor.Regions[1].Number, Bucket: "lessons", AccessKey: "key", SecretKey: "example",
		STSToken: "token", STSExpiration: uint64(until.Unix()), FileNamePrefix: []string{"german"},
		ExtensionParams: &agora.ExtensionParams{SSE: "kms", Tag: "term"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("storage (-want +got):\n%s", diff)
	}
}

// TestTemporaryKeysDisplaceNoSecretOfAPlan has keys that are fetched each hour for nine weeks, and a file that is replaced
// as often.
func TestTemporaryKeysDisplaceNoSecretOfAPlan(t *testing.T) {
	var e Engine
	e.learnSecret("https://school.example/hall?token=example-room")
	storage := &plan.Storage{Name: "main", STS: &plan.STS{}}
	for i := range 9 * 7 * 24 {
		Keys{access: fmt.Sprintf("access-%06d", i), secret: fmt.Sprintf("example-%06d", i), token: fmt.Sprintf("token-%06d", i)}.learn(&e.secrets, storage)
		e.learnSecret(fmt.Sprintf("rtmps://live.example/app/stream-%06d", i), plan.Reference{File: "stream.txt"})
	}
	last := 9*7*24 - 1
	text := fmt.Sprintf("example-room, access-%06d, token-%06d, stream-%06d", last, last, last)
	if got := e.Redacted(text); got != "[redacted], [redacted], [redacted], [redacted]" {
		t.Errorf("%s is shown as %s", text, got)
	}
}
