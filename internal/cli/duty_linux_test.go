package cli

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rundown/runner/web/page/pagetest"
)

// TestThePageActsOnWhatRuns extends, stops and takes back a class that a daemon is recording, in a real browser. The
// simulator's ledger has what came of it.
func TestThePageActsOnWhatRuns(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write(t, filepath.Join(folder, "password"), "an example password\n")
	file := filepath.Join(folder, "access.yaml")
	write(t, file, fmt.Sprintf("users: [{name: duty, password: '${file:%s/password}', scopes: [operate]}]\n", folder))
	l := inClass(t, 20*time.Minute, "--access", file)

	b := pagetest.Start(t)
	b.Open(strings.Replace(l.listen, "http://", "http://duty:an%20example%20password@", 1))
	b.Await("the class that runs", `document.querySelector("#live").innerText.includes("Recording")`)
	b.Click("#live .c-name a")
	b.Await("its page", `document.querySelector("h1").innerText === "class"`)
	act := func(what, says string) {
		t.Helper()
		b.Click(`a[href$="/` + what + `"]`)
		if text := b.Text(); !strings.Contains(text, says) {
			t.Errorf("%s does not say %q:\n%s", what, says, text)
		}
		b.Click("form[method=post] button.button")
	}
	act("extend", "is recorded to its new end")
	b.Await("the extension, carried out", `document.querySelector("#classhead").innerText.includes("by duty") && !document.querySelector("#classhead").innerText.includes("has not carried it out")`)
	act("stop", "The daemon stops the recording within seconds")
	b.Await("the stop", `document.querySelector("#classhead").innerText.includes("Cancelled")`)
	if ran := readLedger(t, l.address).Sessions; len(ran) != 1 || ran[0].StopReason != "stop" {
		t.Fatalf("the ledger: %+v", ran)
	}
	act("undo", "A new session records")
	b.Await("another session", `document.querySelector("#sessions").innerText.includes("Session 2")`)
	l.await(1, "state=recording")
	if text := b.Text(); !strings.Contains(text, "order to take the cancel back") && !strings.Contains(text, "Order to take the cancel back") {
		t.Errorf("the story does not tell of the acts:\n%s", text)
	}
}

// TestThePageIsForThisMachineUnlessToldOtherwise asks a daemon without an access file: it shows and does not act.
func TestThePageIsForThisMachineUnlessToldOtherwise(t *testing.T) {
	t.Parallel()
	l := inClass(t, time.Minute)
	for _, tt := range []struct {
		method, path, host string
		status             int
		says               string
	}{
		{"GET", "/", "", 200, "Recording now"},
		{"GET", "/", "rundown.example", 403, "names a host that is not this machine"},
		{"GET", "/healthz", "rundown.example", 200, "ok"},
		{"POST", "/class/today/class/20310917T070000Z/stop", "", 403, "it needs a token or user"},
		{"GET", "/nothing", "", 404, "There is nothing here"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), tt.method, l.listen+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if tt.host != "" {
			r.Host = tt.host
		}
		status, body := answerOf(t, r)
		if status != tt.status || !strings.Contains(strings.ToLower(body), strings.ToLower(tt.says)) {
			t.Errorf("%s %s at %q: %d\n%s", tt.method, tt.path, tt.host, status, body)
		}
	}
}

func answerOf(t *testing.T, r *http.Request) (status int, body string) {
	t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var b strings.Builder
	if err := answer.Write(&b); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, b.String()
}
