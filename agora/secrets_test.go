package agora

import (
	"strings"
	"testing"

	"rundown/internal/redact"
)

func TestASecretIsTakenOutBeforeAReasonIsShortened(t *testing.T) {
	var r redact.Redactor
	r.Add(strings.Repeat("s", 40))
	for _, member := range []string{"reason", "message"} {
		body := `{"` + member + `":"` + strings.Repeat("x", maxReason-10) + strings.Repeat("s", 40) + `"}`
		if a := readAnswer(OpStart, respond(400, body), redact.All{&r}); strings.Contains(a.reason, "ss") || !strings.Contains(a.reason, "[redacted") {
			t.Errorf("%s: got %q", member, a.reason)
		}
	}
}
