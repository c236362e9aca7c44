package cli

import (
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rundown/runner/reason"
)

// TestADaemonTellsWhatBecomesOfItsClasses runs a class and holds what a webhook hears against the store.
func TestADaemonTellsWhatBecomesOfItsClasses(t *testing.T) {
	t.Parallel()
	address, _ := serve(t, "--start-after", "1s")
	hook := newReceiver(t)
	folder := t.TempDir()
	path, dsn := filepath.Join(folder, "today.yaml"), "sqlite:"+filepath.Join(folder, "rundown.db")
	pace := paceNow()
	from := time.Now().UTC().Truncate(time.Second).Add(pace.of(8 * time.Second))
	text := notified(", severity: info") + "  algebra: {title: Algebra I, labels: {campus: berlin}, when: " + dated(from, pace.of(6*time.Second)) + "}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	daemon := start(t, "stderr", hook.env(), "run", path, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0")
	daemon.await(1, "msg=running")
	if status, _, said := command(t, "notify", "test", "duty", "--store", dsn); status != StatusOK {
		t.Errorf("notify test: %d %s", status, said)
	}
	if got := hook.events("test"); len(got) != 1 || !strings.Contains(got[0].Data.Text, "today/duty") {
		t.Errorf("tests %+v", got)
	}
	eventually(t, time.Until(from)+pace.of(6*time.Second)+40*time.Second, "the class is told as recorded", func() bool { return len(hook.events("class.recorded")) > 0 })
	if status, _, said := command(t, "cancel", "algebra", "--store", dsn); status == StatusOK {
		t.Errorf("a class that is over is cancelled: %s", said)
	}
	if status := daemon.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("ended with status %d", status)
	}
	got := hook.events("class.recorded")
	o := outcomesOf(t, dsn)["algebra"]
	if len(got) != 1 || got[0].Subject != o.ID || got[0].Source != "rundown/today" || got[0].Data.Occurrence == nil {
		t.Fatalf("told %+v, want %s once", got, o.ID)
	}
	c := got[0].Data.Occurrence
	if orUnknown(c.Title) != "Algebra I" || c.Recording != "algebra" || c.Labels["campus"] != "berlin" || orUnknown(c.Outcome) != "recorded" ||
		!c.Start.Equal(from) || c.Timezone != "UTC" || got[0].Data.Text == "" || got[0].Data.Advice == "" {
		t.Errorf("occurrence %+v of %+v", c, got[0].Data)
	}
	for _, kind := range []string{"plan.applied", "node.joined"} {
		if len(hook.events(kind)) != 1 {
			t.Errorf("%d events %s", len(hook.events(kind)), kind)
		}
	}
	_, out, _ := command(t, "notify", "list", "--store", dsn, "--format", "json")
	var list outboxJSON
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list.Targets) != 1 || list.Targets[0] != "today/duty" {
		t.Errorf("%v: targets %v", err, list.Targets)
	}
	for _, m := range list.Messages {
		if m.State != "sent" || m.Target != "today/duty" {
			t.Errorf("message %+v", m)
		}
	}
	if strings.Contains(out+daemon.output(), "CANARY") {
		t.Errorf("a secret is shown:\n%s\n%s", out, daemon.output())
	}
}

// TestADaemonKilledWhileItTellsLosesNothing kills a daemon at each point between the outcome of a class and the settled
// message, and starts another one.
func TestADaemonKilledWhileItTellsLosesNothing(t *testing.T) {
	t.Parallel()
	address, _ := serve(t, "--start-after", "1s", "--strict")
	for _, point := range []string{
		"before writing the outcome", "after writing the outcome", "before posting messages", "after posting messages",
		"before sending a message", "after sending a message", "after settling messages",
	} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			hook := newReceiver(t)
			folder := t.TempDir()
			path, dsn := filepath.Join(folder, "today.yaml"), "sqlite:"+filepath.Join(folder, "rundown.db")
			pace := paceNow()
			from := time.Now().UTC().Truncate(time.Second).Add(pace.of(6 * time.Second))
			text := strings.Replace(notified(", events: [class.recorded, class.partial, class.failed]"), "padding: {before: 1s, after: 1s}", "padding: {before: 0s, after: 0s}", 1)
			text += "  algebra: {when: " + dated(from, pace.of(6*time.Second)) + "}\n"
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			args := []string{"run", path, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0"}
			app := fmt.Sprintf("APP=%032x", sha256.Sum256([]byte(point)))[:36] // an App ID of its own has a budget of its own
			first := start(t, "stderr", append(hook.env(), app, "RUNDOWN_TEST_DIE="+point), args...)
			if !first.awaitEnd(time.Until(from)+60*time.Second) || first.cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
				t.Fatalf("the daemon never came to this point:\n%s", first.output())
			}
			second := start(t, "stderr", append(hook.env(), app), args...)
			second.await(1, "msg=running")
			eventually(t, 30*time.Second, "the outcome is told and settled", func() bool {
				_, out, _ := command(t, "notify", "list", "--store", dsn, "--format", "json")
				var list outboxJSON
				return json.Unmarshal([]byte(out), &list) == nil && len(list.Messages) == 1 && list.Messages[0].State == "sent"
			})
			ids := map[string]bool{}
			hook.mu.Lock()
			for _, e := range hook.took {
				ids[e.ID] = true
			}
			taken := len(hook.took)
			hook.mu.Unlock()
			if len(ids) != 1 || taken > 2 {
				t.Errorf("%d ids in %d messages, want one id", len(ids), taken)
			}
		})
	}
}

// TestAClassIsToldAtRiskWhileTheStoreCannotBeWritten has another process hold the store, so that neither the class nor the
// message about it can be written.
func TestAClassIsToldAtRiskWhileTheStoreCannotBeWritten(t *testing.T) {
	t.Parallel()
	address, _ := serve(t)
	hook := newReceiver(t)
	folder := t.TempDir()
	path, file := filepath.Join(folder, "today.yaml"), filepath.Join(folder, "rundown.db")
	text := notified(`, events: ["class.*"]`) + "  algebra: {when: " + dated(time.Now().UTC().Truncate(time.Second).Add(15*time.Minute), time.Minute) + "}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	daemon := start(t, "stderr", hook.env(), "run", path, "--store", "sqlite:"+file, "--api-url", address, "--listen", "127.0.0.1:0")
	daemon.await(1, "msg=running")
	db, err := sql.Open("sqlite", file+"?_txlock=immediate&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	held, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, 60*time.Second, "the class is told at risk", func() bool { return len(hook.events("class.at-risk")) > 0 })
	// The daemon cannot report it to the store, so it is asked.
	if status, problems, _ := command(t, "status", "--check", "--store", "sqlite:"+file); status != StatusFindings || !strings.HasPrefix(problems, "store-failed: the store cannot be written: ") {
		t.Errorf("status --check ends with %d and says\n%s", status, problems)
	}
	if status, checks, _ := command(t, "doctor", "--offline", "--store", "sqlite:"+file); status != StatusFindings || !strings.Contains(checks, "fail  health: store-failed: ") {
		t.Errorf("doctor ends with %d and says\n%s", status, checks)
	}
	if err := held.Rollback(); err != nil {
		t.Fatal(err)
	}
	got := hook.events("class.at-risk")
	if c := got[0].Data.ReasonCode; c == nil || *c != reason.IssueStoreFailed {
		t.Errorf("told for %v", got[0].Data)
	}
	eventually(t, 30*time.Second, "the outbox has it", func() bool {
		_, out, _ := command(t, "notify", "list", "--store", "sqlite:"+file, "--format", "json")
		var list outboxJSON
		return json.Unmarshal([]byte(out), &list) == nil && len(list.Messages) == 1 && list.Messages[0].State == "sent" && list.Messages[0].ID == got[0].ID
	})
	if again := hook.events("class.at-risk"); len(again) != 1 {
		t.Errorf("told %d times", len(again))
	}
}

// TestAClassOfARefusedAccountIsToldBeforeItsBell has a plan whose credentials the service does not accept, which the engine
// finds out only when the class begins.
func TestAClassOfARefusedAccountIsToldBeforeItsBell(t *testing.T) {
	t.Parallel()
	address, _ := serve(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/v1/apps/0123456789abcdef0123456789abcdef/cloud_recording/acquire",
		strings.NewReader(`{"cname":"example","uid":"1","clientRequest":{"scene":1}}`))
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth("the", "owner")
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	hook := newReceiver(t)
	folder := t.TempDir()
	path, listen := filepath.Join(folder, "today.yaml"), freeAddress(t)
	text := notified(`, events: [at-risk, health.raised]`) + "  algebra: {when: " + dated(time.Now().UTC().Truncate(time.Second).Add(20*time.Minute), time.Minute) + "}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	daemon := start(t, "stderr", hook.env(), "run", path, "--store", "sqlite:"+filepath.Join(folder, "rundown.db"), "--api-url", address, "--listen", listen)
	daemon.await(1, "msg=running")
	eventually(t, 60*time.Second, "the class is told at risk", func() bool { return len(hook.events("class.at-risk")) > 0 && len(hook.events("health.raised")) > 0 })
	got := hook.events("class.at-risk")[0]
	if c := got.Data.ReasonCode; c == nil || *c != reason.IssueAccountRefused || got.Data.Occurrence == nil || got.Data.Occurrence.Recording != "algebra" {
		t.Errorf("told %+v", got.Data)
	}
	if status, body := health(listen, "/readyz"); status != http.StatusServiceUnavailable || strings.Count(body, "account-refused") != 1 {
		t.Errorf("readyz: %d %s", status, body)
	}
	if sent := readLedger(t, address).Requests; sent["acquire"] != 1 || sent["start"] != 0 {
		t.Errorf("requests %v: want no acquire of the daemon's", sent)
	}
}

// TestPagesAndKeysAreLookedAtBeforeTheBell has a class whose page is nowhere, one whose page is not to be looked at, and a storage
// without temporary credentials.
func TestPagesAndKeysAreLookedAtBeforeTheBell(t *testing.T) {
	t.Parallel()
	address, _ := serve(t)
	hook := newReceiver(t)
	folder := t.TempDir()
	path := filepath.Join(folder, "today.yaml")
	when := "when: " + dated(time.Now().UTC().Truncate(time.Second).Add(20*time.Minute), time.Minute)
	text := notified(`, events: [at-risk, health.raised]`) + "  algebra: {" + when + "}\n  once: {preflight: false, " + when + "}\n"
	text = strings.Replace(text, `access_key: "${ACCESS}", secret_key: "${SECRET}"`, `sts: {file: keys.json}`, 1)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	daemon := start(t, "stderr", hook.env(), "run", path, "--store", "sqlite:"+filepath.Join(folder, "rundown.db"), "--api-url", address, "--listen", "127.0.0.1:0",
		"--preflight", "--public-url", "https://rundown.school.example/")
	daemon.await(1, "msg=running")
	eventually(t, 60*time.Second, "both classes are told at risk", func() bool { return len(hook.events("class.at-risk")) > 1 && len(hook.events("health.raised")) > 0 })
	risks := hook.events("class.at-risk")
	got, once := risks[0], risks[1]
	if once.Data.Occurrence.Recording != "once" {
		got, once = once, got
	}
	if strings.Contains(once.Data.Text, "page") {
		t.Errorf("a page was asked for that was not to be: %q", once.Data.Text)
	}
	for _, want := range []string{"the credentials of the next classes cannot be fetched: storage videos: sts: file keys.json", "the page of algebra (school.example) failed a check from the daemon's machine: it"} {
		if !strings.Contains(got.Data.Text, want) {
			t.Errorf("%q lacks %q", got.Data.Text, want)
		}
	}
	if want := "https://rundown.school.example/class/" + got.Subject; got.Data.Link != want {
		t.Errorf("the link is %q, want %q", got.Data.Link, want)
	}
	if raised := hook.events("health.raised"); len(raised) != 1 || *raised[0].Data.ReasonCode != reason.IssueCredentialsFailing {
		t.Errorf("raised: %+v", raised)
	}
	if sent := readLedger(t, address).Requests; sent["acquire"] != 0 {
		t.Errorf("requests %v", sent)
	}
}

// TestNoClassIsLaterForAReceiverThatHangs has a bell with twenty classes, and a webhook that is never answered.
func TestNoClassIsLaterForAReceiverThatHangs(t *testing.T) {
	t.Parallel()
	address, _ := serve(t, "--start-after", "1s")
	hung := make(chan struct{})
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked.Add(1)
		<-hung
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(hung) })
	folder := t.TempDir()
	path, dsn := filepath.Join(folder, "today.yaml"), "sqlite:"+filepath.Join(folder, "rundown.db")
	pace := paceNow()
	bell := time.Now().UTC().Truncate(time.Second).Add(pace.of(25 * time.Second))
	text := notified(", severity: info")
	for i := range 20 {
		text += fmt.Sprintf("  class-%d: {when: %s}\n", i, dated(bell, pace.of(5*time.Second)))
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := append(slices.Clone(canaries), "HOOK="+server.URL, "HOOK_SECRET="+hookSecret)
	daemon := start(t, "stderr", env, "run", path, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0")
	daemon.await(20, "msg=occurrence", "state=ended")
	if asked.Load() == 0 {
		t.Error("the receiver was never asked")
	}
	for name, o := range outcomesOf(t, dsn) {
		if orUnknown(o.Outcome) != "recorded" {
			t.Errorf("%s: %s, %s", name, orUnknown(o.Outcome), orUnknown(o.Reason))
		}
	}
	for _, s := range readLedger(t, address).Sessions {
		if s.RecordingAt == nil || s.RecordingAt.After(bell) {
			t.Errorf("%s writes from %v, its class begins at %v", s.Cname, s.RecordingAt, bell)
		}
	}
	told := time.Now()
	if status := daemon.end(syscall.SIGTERM); status != StatusOK || time.Since(told) > pace.of(time.Minute) {
		t.Errorf("ended with status %d after %v", status, time.Since(told))
	}
}
