package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheWebhookSecretIsAReferenceThatIsReadAnewEachTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("first")
	set := map[string]string{"HOOK": "from the environment", "EMPTY": ""}
	a := &app{env: func(name string) (string, bool) { v, ok := set[name]; return v, ok }}
	secret, err := a.webhookSecret("${file:" + path + "}")
	if err != nil {
		t.Fatal(err)
	}
	write("second")
	if v, err := secret(); err != nil || v != "second" {
		t.Errorf("after a rotation: %q, %v", v, err)
	}
	if secret, err := a.webhookSecret("${HOOK}"); err != nil {
		t.Error(err)
	} else if v, _ := secret(); v != "from the environment" {
		t.Errorf("by name: %q", v)
	}
	for _, flag := range []string{"canary", "${EMPTY}", "${UNSET}", "${file:" + path + ".no}", "x${HOOK}"} {
		if _, err := a.webhookSecret(flag); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v, want an error without the value", flag, err)
		}
	}
	if secret, err := a.webhookSecret(""); secret != nil || err != nil {
		t.Errorf("without flag and variable: %v", err)
	}
	set[webhookSecretVariable] = "default"
	if secret, err := a.webhookSecret(""); secret == nil || err != nil {
		t.Errorf("with the variable: %v", err)
	}
}
