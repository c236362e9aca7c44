package cli

import (
	"database/sql"
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

// TestDoctorChecksThePlansThatItCanRead has one of three active revisions be unreadable in the store.
func TestDoctorChecksThePlansThatItCanRead(t *testing.T) {
	dsn := emptyStore(t)
	for _, name := range []string{"arts", "broken", "crafts"} {
		path := filepath.Join(t.TempDir(), name+".yaml")
		tomorrows(t, path, 1)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		write(t, path, strings.Replace(string(text), "name: today", "name: "+name, 1))
		if status, _, said := command(t, "apply", path, "--store", dsn); status != StatusOK {
			t.Fatal(said)
		}
	}
	db, err := sql.Open("sqlite", strings.TrimPrefix(dsn, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`ALTER TABLE revisions RENAME TO sound`,
		`CREATE VIEW revisions AS SELECT id, applied_at, plan, path, hash, who, git_commit, state, note, reason_code, back_to,
			CASE plan WHEN 'broken' THEN abs(-9223372036854775807 - id / id) ELSE body END AS body FROM sound`, // an overflow
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	status, out, _ := command(t, "doctor", "--offline", "--store", dsn)
	for _, part := range []string{
		"ok    plan arts: 1 recordings\n", "ok    plan crafts: 1 recordings\n", "references of arts:", "references of crafts:",
		"fail  plan broken: revision 2 of plan broken cannot be read", "integer overflow", "pass its file as PLAN",
	} {
		if status != StatusFindings || !strings.Contains(strings.Join(strings.Fields(out), " "), strings.Join(strings.Fields(part), " ")) {
			t.Errorf("status %d, and it does not say %q:\n%s", status, part, out)
		}
	}
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

// TestDoctorNeedsNoReferencesForASimulator checks a plan without its variables for a store of each service. The simulator needs none, so
// that they are told and are no failure; for Agora they are one.
func TestDoctorNeedsNoReferencesForASimulator(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plan.yaml")
	tomorrows(t, path, 1)
	for _, tt := range []struct {
		service      string
		args         []string
		status       int
		shows, lacks []string
	}{
		{service: "simulator", status: StatusOK, shows: []string{"note  references of today: not set", "${ACCESS}", "the simulator needs none", "warn  simulation: nothing is recorded at Agora", "skip  service: "}},
		{service: "agora", args: []string{"--offline"}, status: StatusFindings, shows: []string{"fail  references of today: not set"}, lacks: []string{"simulat"}},
		{args: []string{"--simulate"}, status: StatusOK, shows: []string{"note  references of today: not set", "skip  service: "}},
	} {
		dsn := emptyStore(t)
		s, err := store.Open(t.Context(), dsn, store.Options{Work: true, Service: tt.service})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		status, out, said := command(t, append([]string{"doctor", path, "--store", dsn}, tt.args...)...)
		if status != tt.status {
			t.Errorf("%q %v: status %d, want %d\n%s%s", tt.service, tt.args, status, tt.status, out, said)
		}
		for _, text := range tt.shows {
			if !strings.Contains(out, text) {
				t.Errorf("%q %v: no %q in\n%s", tt.service, tt.args, text, out)
			}
		}
		for _, text := range tt.lacks {
			if strings.Contains(out, text) {
				t.Errorf("%q %v: %q in\n%s", tt.service, tt.args, text, out)
			}
		}
	}
}

// TestDoctorAsksNoServiceThatItWasNotGiven has a store of a daemon with --api-url: Agora itself is not asked about its classes, and the
// credentials go to no address that only the store names.
func TestDoctorAsksNoServiceThatItWasNotGiven(t *testing.T) {
	address, _ := serve(t)
	for _, pair := range canaries {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	path := filepath.Join(t.TempDir(), "plan.yaml")
	tomorrows(t, path, 1)
	dsn := emptyStore(t)
	s, err := store.Open(t.Context(), dsn, store.Options{Work: true, Service: address})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1") // nothing gets to Agora
	_, out, _ := command(t, "doctor", path, "--store", dsn)
	if want := "skip  service: skipped, not tested: the store belongs to the service " + address + "; add --api-url " + address + "\n"; !strings.Contains(out, want) || strings.Contains(out, "app main") {
		t.Errorf("it says\n%s\nwant\n%s", out, want)
	}
	if _, out, _ := command(t, "doctor", path, "--store", dsn, "--api-url", address); !strings.Contains(out, "ok    app main of today: ") {
		t.Errorf("with --api-url it says\n%s", out)
	}
}
