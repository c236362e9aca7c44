package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rundown/runner/store"
)

func TestDoctorTellsWhatIsWrong(t *testing.T) {
	address, _ := serve(t)
	for _, pair := range canaries {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	path := filepath.Join(t.TempDir(), "plan.yaml")
	tomorrows(t, path, 1)
	dsn := emptyStore(t)
	results := func(args ...string) map[string]checkJSON {
		t.Helper()
		status, out, said := command(t, append([]string{"doctor", path, "--format", "json", "--store", dsn}, args...)...)
		if strings.Contains(out, "CANARY") {
			t.Errorf("a secret is shown: %s", out)
		}
		var doc struct{ Checks []checkJSON }
		if err := json.Unmarshal([]byte(out), &doc); err != nil {
			t.Fatal(err)
		}
		byName, want := map[string]checkJSON{}, StatusOK
		for _, c := range doc.Checks {
			if byName[c.Check] = c; c.Result == checkFail {
				want = StatusFindings
			}
		}
		if status != want {
			t.Errorf("status %d of %v, want %d: %s", status, doc.Checks, want, said)
		}
		return byName
	}
	expect := func(got map[string]checkJSON, check string, result checkResult, part string) {
		t.Helper()
		if c := got[check]; c.Result != result || !strings.Contains(c.Message, part) {
			t.Errorf("%s is %+v, want %s with %q", check, c, result, part)
		}
	}
	got := results("--api-url", address)
	for _, check := range []string{"time zones", "store", "space", "plan " + path, "references of today", "app main of today", "clock"} {
		expect(got, check, checkOK, "")
	}
	expect(got, "daemon", checkWarn, "not running (no daemon has used this store)")

	t.Setenv("AGORA_SECRET", "CANARY-other-secret") // the pair that was seen first owns the App ID
	expect(results("--api-url", address), "app main of today", checkFail, "refuses the credentials")
	faults := filepath.Join(t.TempDir(), "faults.yaml")
	const page = "requests: [{endpoint: query, status: 302, body: '<html>', headers: {Location: 'https://login.example/?CANARY'}}]"
	if err := os.WriteFile(faults, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	between, _ := serve(t, "--faults", faults)
	got = results("--api-url", between)
	expect(got, "app main of today", checkWarn, "not from the service: HTTP 302")
	expect(got, "app main of today", checkWarn, "https://login.example")
	t.Setenv("ACCESS", "")
	expect(results("--offline"), "references of today", checkFail, "${ACCESS}")
	expect(results("--offline"), "service", checkOK, "skipped")
	expect(results("--api-url", "http://127.0.0.1:1"), "app main of today", checkFail, "cannot reach the service")

	s, err := store.Open(t.Context(), dsn, store.Options{Work: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	expect(results("--offline"), "daemon", checkWarn, fmt.Sprintf("another command, pid %d, is using the store", os.Getpid()))
	if err := s.Beat(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	expect(results("--offline"), "daemon", checkOK, fmt.Sprintf("running (pid %d, since ", os.Getpid()))
}

// TestDoctorNamesTheBucketsThatNobodyChecks has a bucket that can be checked before a class, and one that cannot.
func TestDoctorNamesTheBucketsThatNobodyChecks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plan.yaml")
	text := strings.Replace(aroundNow, "storage: {", `storage: {old: {vendor: google, bucket: lessons, access_key: "${ACCESS}", secret_key: "${SECRET}"}, `, 1) +
		"  algebra: {storage: old, when: " + dated(time.Now().Add(24*time.Hour), time.Minute) + "}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, out, _ := command(t, "doctor", path, "--offline", "--store", emptyStore(t))
	out = strings.Join(strings.Fields(out), " ")
	if !strings.Contains(out, "storage old: run does not check buckets of Google Cloud before classes") || strings.Contains(out, "storage videos") {
		t.Error(out)
	}
}
