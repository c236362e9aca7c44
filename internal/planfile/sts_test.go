package planfile

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rundown/plan"
	"rundown/runner"
)

func script(t *testing.T, folder, text string) []string {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, "issue"), []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return []string{"./issue", "argument"}
}

func TestTemporaryKeysComeFromACommandInThePlansFolderOrFromAFile(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "keys.json"), []byte(`{"access_key":"A"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	issue := IssueSTS(filepath.Join(folder, "plan.yaml"))
	for name, s := range map[string]*plan.STS{"command": {Command: script(t, folder, `cat keys.json`)}, "file": {File: "keys.json"}} {
		if text, err := issue(context.Background(), s); err != nil || string(text) != `{"access_key":"A"}` {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}

func TestACommandThatFailsIsToldWithoutWhatItPrinted(t *testing.T) {
	folder := t.TempDir()
	issue := IssueSTS(filepath.Join(folder, "plan.yaml"))
	for text, want := range map[string]string{
		"echo canary; echo canary >&2; exit 3":            "command ./issue exited with status 3",
		"while :; do echo canarycanarycanarycanary; done": "prints more than 65536 bytes",
		"": "",
	} {
		_, err := issue(context.Background(), &plan.STS{Command: script(t, folder, text)})
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary")):
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	for _, s := range []*plan.STS{{Command: []string{"./nothing"}}, {Command: []string{"rundown-no-such-program"}}, {File: "nothing.json"}} {
		if _, err := issue(context.Background(), s); err == nil || strings.Contains(err.Error(), folder) {
			t.Errorf("%v: %v", s, err)
		}
		text, err := SimulatedSTS(issue, time.Now)(context.Background(), s)
		if err != nil {
			t.Errorf("%v simulated: %v", s, err)
		}
		if _, err := runner.ReadKeys(text, time.Now()); err != nil {
			t.Errorf("%v simulated: %v", s, err)
		}
	}
}
